"""The garage in the API's JSON, with what the client code in the wild makes us expect of it.

By its dialect a charger writes status in words, OCPP names or their numbers (as text), ids as
numbers or text, currents as numbers or text, and times with `Z`, with an offset or with neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from extract.vendors.chargeamps.sandbox.garage import Charger, Connector, Dialect, Person
from extract.vendors.chargeamps.sandbox.plug_ins import PlugIn
from extract.vendors.chargeamps.sandbox.state import Garage, Sample, Session, Settings

Json = dict[str, Any]

OCPP_NUMBERS = (
    "Available Preparing Charging SuspendedEVSE SuspendedEV Finishing Reserved Unavailable "
    "Faulted Unknown"
).split()
OLD_NUMBERS = "Available Charging Connected Error Unknown".split()


def organisations(ids: Iterable[str]) -> list[Json]:
    """The organisations of an Enterprise account."""
    return [
        {"id": name, "name": f"Dansmästaren Drift {number}", "description": None}
        for number, name in enumerate(ids, 1)
    ]


def owned(chargers: Iterable[Charger]) -> list[Json]:
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
            "ownerReadOnly": False,
            "ocppVersion": "1.6" if charger.dialect in ("ocpp", "numeric") else None,
            "settings": None,
            "connectors": [
                {
                    "chargePointId": charger.id,
                    "connectorId": connector.number,
                    "type": connector.type,
                    "settings": None,
                    "connectorUserId": None,
                }
                for connector in charger.connectors
            ],
        }
        for charger in chargers
    ]


def status(garage: Garage, charger: Charger, at: float, unreadable: bool = False) -> Json:
    """The charge point and its connectors; without them while its Wi-Fi is away."""
    samples = garage.samples(charger, at)
    found = None if samples is None else [_connector(charger.dialect, one) for one in samples]
    if found and unreadable:
        found[0]["connectorId"] = None
        found[1]["measurements"] = [{"phase": "L1", "current": "n/a", "voltage": 230.0}]
    return {
        "id": charger.id,
        "status": "Offline" if samples is None else "Online",
        "connectorStatuses": found,
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


def session(charger: Charger, session: Session) -> Json:
    """A session, with the person who charged."""
    plug_in, person = session.plug_in, session.plug_in.person
    dialect = charger.dialect
    return {
        "id": plug_in.number if dialect != "ocpp" else str(plug_in.number),
        "chargePointId": plug_in.connector.charger,
        "connectorId": plug_in.connector.number,
        "userId": person and person.user_id,
        "rfid": person and person.rfid,
        "rfidDec": person and person.rfid_dec,
        "rfidDecReverse": person and person.rfid_dec_reverse,
        "organisationId": charger.organisation,
        "sessionType": _session_type(dialect, plug_in),
        "totalConsumptionKwh": session.energy_kwh,
        "externalTransactionId": str(plug_in.number % 100_000),
        "externalId": None,
        "startTime": _time(dialect, plug_in.start),
        "endTime": None if session.is_open else _time(dialect, plug_in.end),
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
        "userStatus": "Valid",
    }


def _connector(dialect: Dialect, sample: Sample) -> Json:
    plug_in, word = sample.plug_in, sample.word(dialect)
    if dialect == "numeric":
        word = str(OCPP_NUMBERS.index(word))
    elif dialect == "numeric_old":
        word = str(OLD_NUMBERS.index(word))
    as_text = dialect in ("ocpp", "numeric_old")
    return {
        "chargePointId": sample.connector.charger,
        "connectorId": sample.connector.number,
        "totalConsumptionKwh": sample.register_kwh,
        "chargingPowerKw": sample.power_kw,
        "status": word,
        "measurements": _measurements(dialect, sample),
        "startTime": plug_in and _time(dialect, plug_in.start),
        "endTime": None,
        "sessionId": plug_in and (str(plug_in.number) if as_text else plug_in.number),
        "sessionType": plug_in and _session_type(dialect, plug_in),
    }


def _measurements(dialect: Dialect, sample: Sample) -> list[Json] | None:
    if sample.phases is None:
        return None
    kind = str if dialect == "numeric" else float
    return [
        {"phase": phase, "current": kind(amps), "voltage": kind(volts)}
        for phase, (amps, volts) in sample.phases.items()
    ]


def _session_type(dialect: Dialect, plug_in: PlugIn) -> str | None:
    if dialect in ("ocpp", "numeric"):
        return None
    return "OnePhase" if plug_in.phases == 1 else "ThreePhase"


def _time(dialect: Dialect, at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    if dialect == "words":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if dialect == "ocpp":
        return moment.astimezone(ZoneInfo("Europe/Stockholm")).isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000")
