"""Zaptec's answers, recorded or made by hand, and the typed tables that come of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import KEYS, TABLES
from extract.vendors.zaptec.flatten.partition import flatten, flattener

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "zaptec"
NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
SITE, CHARGER = "2bbec6f9-c3ce-4edf-a72f-b1b2a663c6ba", "93d603a7-ff53-4ed8-8dd6-f79c94819458"
STREAMS = {"state": "state", "chargehistory": "sessions", "archived": "sessions"}
Tables = dict[str, pa.Table]


def recorded(name: str) -> Any:
    """A recorded answer; skips the test where it is not on this machine."""
    file = RECORDED / name
    if not file.exists():
        pytest.skip(f"no recorded answers in {RECORDED}")
    return json.loads(file.read_text())


def exchange(
    sent: Any, endpoint: str = "chargehistory", scope: str = SITE, minutes: float = 0, **more: Any
) -> Exchange:
    """An answer, minutes after now; `sent` as JSON, or bytes as they are."""
    body = sent if isinstance(sent, bytes | None) else json.dumps(sent).encode()
    at = NOW + timedelta(minutes=minutes)
    return Exchange(
        **{
            **{"source": "zaptec", "stream": STREAMS.get(endpoint, "assets"), "scope": scope},
            **{"endpoint": endpoint, "url": "http://127.0.0.1/", "params": {}},
            **{"requested_at": at, "query_time": at, "status_code": 200, "attempts": 1},
            **{"elapsed_ms": 1.0, "body": body},
            **more,
        }
    )


def page(records: Sequence[Any], endpoint: str = "chargehistory") -> dict[str, Any]:
    """A page of any of the lists."""
    if endpoint == "archived":
        return {"sessions": list(records), "cursor": None, "hasMore": False}
    return {"Pages": 1, "Data": list(records)}


def session(**more: Any) -> dict[str, Any]:
    """A session of 3 kWh."""
    return {
        "Id": "s1",
        "ChargerId": CHARGER,
        "StartDateTime": "2026-11-16T18:00:00.5",
        "EndDateTime": "2026-11-17T06:00:00",
        "Energy": 3.0,
        "CommitMetadata": 5,
        "EnergyDetails": [
            {"Timestamp": "2026-11-16T19:00:00+00:00", "Energy": 1.0},
            {"Timestamp": "2026-11-16T20:00:00+00:00", "Energy": 2.0},
        ],
    } | more


def tables(*exchanges: Exchange) -> Tables:
    """The typed tables of exchanges of one date, as the flattening alone gives them."""
    taking = flattener(Partition("zaptec", exchanges[0].stream, NOW.date()))
    for number, one in enumerate(sorted(exchanges, key=lambda one: one.query_time)):
        body = None if one.body is None else pa.py_buffer(one.body)
        times = microseconds(one.query_time), microseconds(one.requested_at)
        taking.add(
            Answer(
                *(one.scope, *times, one.status_code, one.error, body, f"file{number}"),
                *(one.endpoint, json.dumps(dict(one.params))),
            )
        )
    return checked(taking.tables())


def landed(folder: Path, *files: Sequence[Exchange]) -> Tables:
    """The same through files of a lake."""
    lake = Lake(str(folder))
    for file in files:
        raw.land(lake, file)
    ((partition, found),) = raw.partitions(lake).items()
    return checked(flatten(lake, partition, found))


def checked(made: Tables) -> Tables:
    """The tables, each with its schema and without a key that stands twice."""
    for name, table in made.items():
        assert table.schema == TABLES[name]
        table.validate(full=True)
        keys = list(zip(*(table[key].to_pylist() for key in KEYS.get(name, ())), strict=True))
        assert len(keys) == len(set(keys)), name
    return made


def microseconds(at: datetime) -> int:
    """Since 1970 UTC."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
