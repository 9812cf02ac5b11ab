"""A sandbox of eight chargers, an account of it, and what has landed of it, for tests."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from extract.lake import raw
from extract.lake.files import Lake
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD, garage_of

MORNING = datetime(2026, 11, 17, 8, 40, tzinfo=UTC)  # a Tuesday: half of the places are taken
OPTIONS = Options(chargeamps_chargers=8, now=MORNING, chargeamps_token_seconds=3)
GARAGE = garage_of(OPTIONS)
POINTS = list(GARAGE.chargers)


def settings_for(url: str, home: Path, **more: Any) -> Settings:
    """An account at a server."""
    values = {
        "chargeamps_url": url,
        "chargeamps_email": EMAIL,
        "chargeamps_password": PASSWORD,
        "chargeamps_api_key": API_KEY,
        "chargeamps_interval": 0.5,
        "chargeamps_window": 2,
    }
    return Settings(_env_file=None, home=home, **{**values, **more})


def landed(settings: Settings, stream: str | None = None) -> list[dict[str, Any]]:
    """The rows of the lake, in the order of asking; of status without statements."""
    lake = Lake(settings.lake_url)
    rows = [
        row
        for files in raw.partitions(lake).values()
        for file in files
        for row in lake.read(file.path).to_pylist()
    ]
    rows.sort(key=lambda row: row["requested_at"])
    return [
        row
        for row in rows
        if stream in (None, row["stream"])
        and (row["stream"], row["endpoint"]) != ("status", "owned")
    ]


def counts(sandbox: Sandbox) -> Counter[str]:
    """How often the sandbox was asked."""
    return Counter(requests.get(f"{sandbox.url_of('chargeamps')}/counts", timeout=10).json())
