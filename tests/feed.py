"""Answers of a small ChargeCloud city, made by hand, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Answer, Partition
from extract.vendors import flattener
from extract.vendors.chargecloud.flatten.flattener import Flattener

NOON = datetime(2022, 1, 11, 12, tzinfo=UTC)
RECORDINGS = Path(__file__).parents[2] / "shared" / "data" / "chargecloud"


def recordings() -> list[dict[str, dict]]:
    """The recorded polls, oldest first; skips the test where they are not on this machine."""
    files = sorted(RECORDINGS.glob("*_cities.json"))
    if not files:
        pytest.skip(f"no recorded polls in {RECORDINGS}")
    return [json.loads(file.read_text()) for file in files]


def connector(key: Any, status: str | None = "AVAILABLE", **more: Any) -> dict:
    """A connector as the 2022 feed sends it."""
    return {
        "id": key,
        "status": status,
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "ampere": "32",
        "voltage": "400",
        "max_power": 22,
        "tariff_id": None,
    } | more


def evse(key: Any, status: str | None = "AVAILABLE", connectors: Any = None, **more: Any) -> dict:
    """A charging point with one connector of its own."""
    return {
        "uid": f"u{key}",
        "id": key,
        "status": status,
        "capabilities": ["RFID_READER", "RFID_READER"],
        "physical_reference": "",
        "floor_level": "",
        "vehicle_type": "four_wheeled",
        "connectors": [connector(f"{key}-1", status)] if connectors is None else connectors,
        "chargePointPosition": "links",
        "chargePointPublicComment": None,
        "chargePointParkingSpaceNumbers": None,
        "chargingStationPosition": None,
        "roaming": False,
    } | more


def location(key: Any, *evses: dict, **more: Any) -> dict:
    """A location, with one charging point of its own where none is given."""
    return {
        "id": key,
        "name": f"Station {key}",
        "address": "Musterweg 1",
        "city": "Köln",
        "postal_code": "01067 ",
        "country": "DE",
        "directions": "Zufahrt von hinten;\r\nzweite Ebene",
        "coordinates": {"latitude": "50.940991", "longitude": "6.992267"},
        "distance_in_m": "0",
        "operator": {"name": "Lichtbogen GmbH", "hotline": "+49221000000"},
        "opening_times": {"twentyfourseven": True},
        "owner": None,
        "roaming": False,
        "evses": list(evses) or [evse(f"DE*{key}")],
    } | more


def afir_location(key: Any, status: str = "AVAILABLE", **more: Any) -> dict:
    """A location of the AFIR feed, with one charging point of one connector."""
    connector = {
        "id": f"DE*{key}-1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 400,
        "max_amperage": 32,
        "max_electric_power": 22000,
    }
    point = {
        "uid": f"u{key}",
        "evse_id": f"DE*{key}",
        "status": status,
        "capabilities": ["RFID_READER"],
        "physical_reference": "",
        "connectors": [connector],
    }
    return {
        "id": key,
        "name": f"Station {key}",
        "address": "Musterweg 1",
        "city": "Musterstadt",
        "postal_code": "01234",
        "country": "DEU",
        "country_code": "DE",
        "party_id": "BSP",
        "publish": True,
        "time_zone": "Europe/Berlin",
        "coordinates": {"latitude": "48.89", "longitude": "9.18"},
        "directions": [{"text": "hinter dem Haus", "language": "DE"}],
        "opening_times": {"twentyfourseven": True},
        "operator": {"name": "Stadtwerke Beispiel", "website": "https://beispiel.example"},
        "help_phone": "+49221000000",
        "evses": [point],
    } | more


def body(*locations: Any, at: datetime = NOON, **more: Any) -> bytes:
    """A whole answer."""
    envelope = {"data": list(locations), "status_code": 1000, "status_message": "Success"}
    return json.dumps(envelope | {"timestamp": at.isoformat()} | more).encode()


def exchange(
    content: bytes | None,
    at: datetime = NOON,
    scope: str = "koeln",
    status: int | None = 200,
    *,
    page: int = 1,
) -> Exchange:
    """The exchange that brought a body at a time."""
    error = None if status == 200 else f"HTTP {status}"
    url = f"http://127.0.0.1/{scope}"
    endpoint = "poi" if page == 1 else f"poi page {page}"
    return Exchange(
        "chargecloud", "poi", endpoint, scope, url, {}, at, at, status, 1, 12.0, error, content
    )


def flatten(*exchanges: Exchange) -> dict[str, pa.Table]:
    """The typed tables of exchanges of one date, as the flattening alone gives them."""
    partition = Partition("chargecloud", "poi", exchanges[0].query_time.date())
    flattener = Flattener(partition)
    for number, one in enumerate(exchanges):
        flattener.add(
            Answer(
                one.scope,
                microseconds(one.query_time),
                microseconds(one.requested_at),
                one.status_code,
                one.error,
                None if one.body is None else pa.py_buffer(one.body),
                f"file{number}",
                one.endpoint,
            )
        )
    return flattener.tables()


def landed(lake: Lake, *polls: list[Exchange]) -> dict[str, pa.Table]:
    """The typed tables of polls landed in a lake and read back; all of one date."""
    for poll in polls:
        raw.land(lake, poll)
    ((partition, files),) = raw.partitions(lake).items()
    return dict(flattener(partition.source).flatten(lake, partition, files))


def microseconds(at: datetime) -> int:
    """Since 1970 UTC."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def later(minutes: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def walk(poll: dict) -> dict:
    """Every (unit, id) → (status, parking sensor) of a recorded poll, the plain way."""
    found = {}
    for answer in poll.values():
        for place in answer["data"]:
            for point in place["evses"]:
                sensor = point.get("parkingsensor_status")
                found["chargingpoint", point["id"]] = (point["status"], sensor)
                for connector in point["connectors"]:
                    found["connector", connector["id"]] = (connector["status"], None)
    return found
