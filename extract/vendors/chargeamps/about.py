"""Charge Amps: what it is, and its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from extract.about import About, Connection, Demo, Pool, StatusWord, Stream
from extract.settings import VendorSettings, vendor_config

ABOUT = About(
    name="chargeamps",
    title="Charge Amps",
    what=(
        "charge points, status and phase measurements every 30 seconds, sessions, settings; "
        "`control` of connectors"
    ),
    site="https://www.chargeamps.com",
    licence=None,
    real_time="sampled without a gap, sessions hourly, assets daily; `backfill`",
    credentials="email, password, API key",
    state="ready; built from the vendor's OpenAPI, not yet run against its server",
    streams=(
        Stream("assets", timedelta(days=1), "charge points, and the settings of their connectors"),
        Stream(
            "status",
            timedelta(minutes=10),
            "status, current and voltage of every connector",
            samples=True,
        ),
        Stream("sessions", timedelta(hours=1), "charging sessions"),
    ),
    pool=Pool(3, "One window is sampled while the next one waits for its start."),
    connection=Connection(login="email", extras=("api_key",)),
    in_use_by=("url", "email"),
    statuses=(
        StatusWord("AVAILABLE", "AVAILABLE", False, False, True),
        StatusWord("CHARGING", "CHARGING", True, True, True),
        StatusWord("CONNECTED", "BLOCKED", True, False, True),
        StatusWord("ERROR", "OUTOFORDER", False, False, False),
        StatusWord("FAULTED", "OUTOFORDER", False, False, False),
        StatusWord("FINISHING", "BLOCKED", True, False, True),
        StatusWord("OFFLINE", "UNKNOWN", is_operational=False),
        StatusWord("ONLINE", "UNKNOWN"),
        StatusWord("PREPARING", "BLOCKED", True, False, True),
        StatusWord("RESERVED", "RESERVED", False, False, True),
        StatusWord("SUSPENDEDEV", "BLOCKED", True, False, True),
        StatusWord("SUSPENDEDEVSE", "BLOCKED", True, False, True),
        StatusWord("UNAVAILABLE", "INOPERATIVE", False, False, False),
        StatusWord("UNKNOWN", "UNKNOWN"),
    ),
    demo=Demo(
        settings=(
            ("email", "drift@dansmastaren.example.se"),
            ("password", "sandbox-two-sockets"),
            ("api_key", "5a1d0b0c-sandbox-api-key"),
        ),
        streams=("assets", "status", "sessions"),
    ),
)


class Settings(VendorSettings):
    """`WATTSTAR_CHARGEAMPS_…`: an account of my.charge.space, and how often it is sampled."""

    model_config = vendor_config(ABOUT.name)

    url: str = "https://eapi.charge.space"
    version: Literal["v5", "v4"] = "v5"  # of the API
    email: str = ""
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    interval: float = Field(default=30, gt=0)  # seconds between samples
    window: float = Field(default=600, gt=0)  # seconds that one poll samples
