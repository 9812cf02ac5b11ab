"""The garage in the API's JSON, with what the client code in the wild makes us expect of it.

By its dialect a charger tells status in words, OCPP names or their numbers (as text), ids as
numbers or text, currents as numbers or text, and times with `Z`, with an offset or with neither.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from extract.vendors.chargeamps.sandbox.garage import Charger, Connector, Dialect, Person
from extract.vendors.chargeamps.sandbox.plug_ins import Stay
from extract.vendors.chargeamps.sandbox.state import Garage, Sample, Session, Settings

Json = dict[str, Any]

OCPP_NUMBERS = (
    "Available Preparing Charging SuspendedEVSE SuspendedEV Finishing Reserved Unavailable "
    "Faulted Unknown"
).split()
OLD_NUMBERS = "Available Charging Connected Error Unknown".split()
ORGANISATION = "b1f6c1de-55a8-4c3e-9f0c-0d1a2b3c4d5e"


def owned(garage: Garage) -> list[Json]:
    """The charge points, their secrets too."""
    return [
        {
            "id": charger.id,
            "name": charger.name,
            "password": charger.password,
            "type": "HALO" if charger.connectors[1].type == "Schuko" else "AURA",
            "isLoadbalanced": False,
            "firmwareVersion": "162",
            "hardwareVersion": "2",
            "ocppVersion": "1.6" if charger.dialect in ("ocpp", "numeric") else None,
            "connectors": [
                {"chargePointId": charger.id, "connectorId": one.number, "type": one.type}
                for one in charger.connectors
            ],
        }
        for charger in garage.chargers.values()
    ]


def status(garage: Garage, charger: Charger, at: float, unreadable: bool = False) -> Json:
    """The charge point and its connectors; without them while its Wi-Fi is away."""
    samples = garage.samples(charger, at)
    told = None if samples is None else [_connector(charger.dialect, one) for one in samples]
    if told and unreadable:
        told[0]["connectorId"] = None
        told[1]["measurements"] = [{"phase": "L1", "current": "n/a", "voltage": 230.0}]
    return {
        "id": charger.id,
        "status": "Offline" if samples is None else "Online",
        "connectorStatuses": told,
    }


def settings(connector: Connector, now: Settings) -> Json:
    """A connector's settings."""
    return {
        "chargePointId": connector.charger,
        "connectorId": connector.number,
        "mode": now.mode,
        "rfidLock": now.rfid_lock,
        "cableLock": now.cable_lock,
        "maxCurrent": now.max_current,
    }


def session(dialect: Dialect, told: Session) -> Json:
    """A session, with the person who charged."""
    stay, person = told.stay, told.stay.person
    return {
        "id": stay.number if dialect != "ocpp" else str(stay.number),
        "chargePointId": stay.connector.charger,
        "connectorId": stay.connector.number,
        "userId": person and person.user_id,
        "rfid": person and person.rfid,
        "rfidDec": person and person.rfid_dec,
        "rfidDecReverse": person and person.rfid_dec_reverse,
        "organisationId": ORGANISATION,
        "sessionType": _session_type(dialect, stay),
        "totalConsumptionKwh": told.energy_kwh,
        "externalTransactionId": str(stay.number % 100_000),
        "externalId": None,
        "startTime": _time(dialect, stay.start),
        "endTime": None if told.is_open else _time(dialect, stay.end),
    }


def user(person: Person, email: str) -> Json:
    """Who logs in."""
    tag = {
        "active": True,
        "rfid": person.rfid,
        "rfidDec": person.rfid_dec,
        "rfidDecReverse": person.rfid_dec_reverse,
    }
    return {
        "id": person.user_id,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": email,
        "mobile": person.mobile,
        "rfidTags": [tag],
        "userStatus": "Active",
    }


def _connector(dialect: Dialect, sample: Sample) -> Json:
    stay, word = sample.stay, sample.word(dialect)
    if dialect == "numeric":
        word = str(OCPP_NUMBERS.index(word))
    elif dialect == "numeric_old":
        word = str(OLD_NUMBERS.index(word))
    as_text = dialect in ("ocpp", "numeric_old")
    return {
        "chargePointId": sample.connector.charger,
        "connectorId": sample.connector.number,
        "totalConsumptionKwh": sample.register_kwh,
        "status": word,
        "measurements": _measurements(dialect, sample),
        "startTime": stay and _time(dialect, stay.start),
        "endTime": None,
        "sessionId": stay and (str(stay.number) if as_text else stay.number),
        "sessionType": stay and _session_type(dialect, stay),
    }


def _measurements(dialect: Dialect, sample: Sample) -> list[Json] | None:
    if sample.phases is None:
        return None
    kind = str if dialect == "numeric" else float
    return [
        {"phase": phase, "current": kind(amps), "voltage": kind(volts)}
        for phase, (amps, volts) in sample.phases.items()
    ]


def _session_type(dialect: Dialect, stay: Stay) -> str | None:
    if dialect in ("ocpp", "numeric"):
        return None
    return "OnePhase" if stay.phases == 1 else "ThreePhase"


def _time(dialect: Dialect, at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    if dialect == "words":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if dialect == "ocpp":
        return moment.astimezone(ZoneInfo("Europe/Stockholm")).isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000")
