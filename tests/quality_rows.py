"""Typed rows of a good partition, for the tests of quality."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa

from extract.lake.schemas import TABLES
from extract.quality.gate import Gate, Verdict

DAY = date(2022, 1, 11)
MASTER_DATA = ("stations", "charging_points", "connectors")
Rows = dict[str, list[dict[str, Any]]]


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=UTC)


def good_rows(day: date = DAY) -> Rows:
    """Two polls of a city: one station, one point that stays as it is, one connector that changes.

    A third poll failed; it has no records.
    """
    own = {"source": "chargecloud", "stream": "poi", "date": day}
    here = {**own, "scope": "koeln"}
    first, last = at("20:58:22", day), at("21:08:23", day)
    good = {**here, "outcome": "ok", "records": 2, "unreadable_records": 0, "duplicate_records": 0}
    failed = {**good, "outcome": "http_error", "records": 0, "error": "HTTP 503"}
    both = {**here, "first_query_time": first, "last_query_time": last}
    point = {"unit": "chargingpoint", "unit_id": "DE*REK*E00025*001", "status": "AVAILABLE"}
    connector = {**here, "unit": "connector", "unit_id": "447"}
    then = {"first_query_time": first, "last_query_time": first, "status": "AVAILABLE", "polls": 1}
    now = {"first_query_time": last, "last_query_time": last, "status": "CHARGING", "polls": 1}
    return {
        "polls": [
            {**good, "query_time": first, "requested_at": first},
            {**good, "query_time": last, "requested_at": last},
            {**failed, "query_time": at("21:18:00", day), "requested_at": at("21:18:00", day)},
        ],
        "status_spans": [
            {**both, **point, "polls": 2},
            {**connector, **then},
            {**connector, **now},
        ],
        "stations": [{**both, "station_id": "25", "latitude": 50.9, "longitude": 6.9}],
        "charging_points": [{**both, "charging_point_id": "DE*REK*E00025*001"}],
        "connectors": [{**both, "connector_id": "447", "ampere": 32.0}],
        "quarantine": [],
    }


def feed_rows(day: date = DAY) -> Rows:
    """Good rows without master data, where that is of no interest: checks take their time."""
    return {table: rows for table, rows in good_rows(day).items() if table not in MASTER_DATA}


def arrow(rows: Rows) -> dict[str, pa.Table]:
    return {name: pa.Table.from_pylist(rows[name], schema=TABLES[name]) for name in rows}


WORDS = [
    {"source": "chargecloud", "source_status": "Available "},
    {"source": "chargecloud", "source_status": "CHARGING"},
    {"source": "zaptec", "source_status": "3"},
]


def check(gate: Gate, rows: Rows, history: list[int] | None = None) -> Verdict:
    """The gate's verdict on a partition of these rows."""
    return gate.check("chargecloud", "poi", DAY, arrow(rows), history or [])
