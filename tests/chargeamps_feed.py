"""Answers of Charge Amps made by hand, for tests, and the typed tables they become."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Partition
from extract.lake.schemas import KEYS, TABLES
from extract.vendors.chargeamps.flatten import flatten

START = datetime(2026, 11, 17, 9, tzinfo=UTC)
POINT = "2103012345M"
OTHER = "2103099999M"
ORGANISATION = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def tick(number: int) -> datetime:
    """A tick of half a minute, counted from nine o'clock."""
    return START + timedelta(seconds=30 * number)


def exchange(
    answer: Any, at: datetime = START, scope: str = POINT, endpoint: str = "status", **more: Any
) -> Exchange:
    """An answer that was got; `answer` as JSON, or bytes as they are."""
    body = answer if isinstance(answer, bytes | None) else json.dumps(answer).encode()
    stream = {"status": "status", "statuses": "status"}.get(endpoint, "assets")
    stream = "sessions" if endpoint.endswith("sessions") else stream
    return Exchange(
        **{
            **{"source": "chargeamps", "stream": stream, "endpoint": endpoint, "scope": scope},
            **{"url": "http://127.0.0.1/", "params": {}, "requested_at": at, "query_time": at},
            **{"status_code": 200, "attempts": 1, "elapsed_ms": 1.0, "body": body},
            **more,
        }
    )


def failed(at: datetime, error: str = "HTTP 503", status: int | None = 503) -> Exchange:
    """A request for status that brought nothing."""
    return exchange(None, at, status_code=status, error=error)


def statement(versions: dict[str, Any], at: datetime = START) -> Exchange:
    """What the charge points stated as their `ocppVersion`, as it lands beside their status."""
    records = [{"id": name, "ocppVersion": version} for name, version in versions.items()]
    return exchange(records, at, "*", "owned", stream="status")


def tables_of(tmp_path: Any, *files: Iterable[Exchange], stream: str = "status") -> dict[str, Any]:
    """The typed tables of exchanges that were landed in these files."""
    lake = Lake(str(tmp_path))
    for file in files:
        raw.land(lake, file)
    partition = Partition("chargeamps", stream, START.date())
    made = dict(flatten(lake, partition, raw.partitions(lake)[partition]))
    for name, table in made.items():
        assert table.schema == TABLES[name]
        if key := KEYS.get(name):
            assert table.group_by(list(key)).aggregate([]).num_rows == table.num_rows, name
    return made


def connector(
    number: Any = 1, status: Any = "Charging", measurements: Any = (), **more: Any
) -> dict[str, Any]:
    """A connector in a status answer; without measurements unless they are given."""
    return {
        "chargePointId": POINT,
        "connectorId": number,
        "totalConsumptionKwh": 12.5,
        "chargingPowerKw": None,
        "status": status,
        "measurements": list(measurements or ()) or None,
        "startTime": "2026-11-17T06:25:05Z",
        "endTime": None,
        "sessionId": 9_937_000,
        "sessionType": "ThreePhase",
    } | more


def phase(name: Any = "L1", current: Any = 15.2, voltage: Any = 230.4) -> dict[str, Any]:
    """A measurement of a connector."""
    return {"phase": name, "current": current, "voltage": voltage}


def point(*connectors: Any, status: Any = "Online", name: Any = POINT) -> dict[str, Any]:
    """The status of a charge point."""
    return {"id": name, "status": status, "connectorStatuses": list(connectors)}


def session(key: Any = 815, **more: Any) -> dict[str, Any]:
    """A session whose person has become pseudonyms."""
    return {
        "id": key,
        "chargePointId": POINT,
        "connectorId": 2,
        "userId": "p_" + "1" * 32,
        "rfid": "p_" + "2" * 32,
        "rfidDec": "p_" + "3" * 32,
        "rfidDecReverse": "p_" + "4" * 32,
        "organisationId": None,
        "sessionType": "ThreePhase",
        "totalConsumptionKwh": 18.25,
        "externalTransactionId": "77",
        "externalId": None,
        "startTime": "2026-11-17T07:00:00Z",
        "endTime": "2026-11-17T08:30:00Z",
    } | more


def owned(**more: Any) -> dict[str, Any]:
    """A charge point with two connectors."""
    return {
        "id": POINT,
        "name": "Dansmästaren 01",
        "password": None,
        "type": "HALO",
        "isLoadbalanced": False,
        "firmwareVersion": "162",
        "hardwareVersion": "2",
        "ownerReadOnly": False,
        "ocppVersion": None,
        "settings": None,
        "connectors": [
            {"chargePointId": POINT, "connectorId": 1, "type": "Charger", "settings": None},
            {"chargePointId": POINT, "connectorId": 2, "type": "Schuko", "connectorUserId": None},
        ],
    } | more


def settings(number: Any = 1, limit: Any = 16, **more: Any) -> dict[str, Any]:
    """The settings of a connector."""
    return {
        **{"chargePointId": POINT, "connectorId": number, "mode": "On", "rfidLock": True},
        **{"cableLock": False, "maxCurrent": limit},
        **more,
    }


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of each row."""
    return [tuple(row[column] for column in columns) for row in table.to_pylist()]


def only(table: pa.Table) -> dict[str, Any]:
    """The only row."""
    (row,) = table.to_pylist()
    return dict(row)


def statuses(tables: dict[str, Any], unit: str = "connector") -> list[str | None]:
    """The words of all spans of a kind of unit, in order of id and time."""
    return [row["status"] for row in tables["status_spans"].to_pylist() if row["unit"] == unit]
