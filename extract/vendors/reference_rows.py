"""The vendors' descriptions as rows for `extract.warehouse.reference`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

STATUS_WORDS = Path(__file__).with_name("status_words.csv")
"""Every vendor's status words: source, source_status, status, is_occupied, is_charging,
is_operational (true, false, or empty where the word does not say)."""

_FLAGS = {"true": True, "false": False, "": None}


def sources() -> list[dict[str, Any]]:
    """One row per source: source, is_event, name, public_site, licence."""
    columns = ("source", "is_event", "name", "public_site", "licence")
    rows = (
        ("chargeamps", False, "Charge Amps", None, None),
        ("chargecloud", False, "ChargeCloud", "https://new-poi.chargecloud.de", None),
        ("ocpp", True, "OCPP", None, None),
        ("zaptec", False, "Zaptec", None, None),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def status_words() -> list[dict[str, Any]]:
    """One row per source and status word, with the flags as booleans or None."""
    with STATUS_WORDS.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        for flag in ("is_occupied", "is_charging", "is_operational"):
            row[flag] = _FLAGS[row[flag]]
    return rows
