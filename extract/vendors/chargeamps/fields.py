"""The fields of Charge Amps' answers, declared: how each is read, and what of it may land.

From the vendor's own OpenAPI of version 5 (`swagger_v5.json` in hass-chargeamps/hass-chargeamps,
commit 96c44153) and from client code in the wild; no recording of the real API exists. Version 4
sends a part of it. Energy is in kWh, currents are in A per phase. Times are ISO 8601 with `Z`, with
an offset, or with neither (UTC). Numbers, ids and times are read as number or text: clients have
seen both. `control` is Wattstar's own record of a change of settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extract.lake.fields import (
    FLAG,
    ID,
    KEY,
    LIST,
    NUMBER,
    OBJECT,
    PERSON,
    SECRET,
    TIME,
    VERSION,
    WHOLE,
    WORD,
    Field,
    Kind,
    Record,
    UnreadableError,
    read_key,
    read_whole,
)
from extract.lake.pseudonyms import PersonFields, is_pseudonym


def _read_connector(field: str, value: Any) -> str:
    return str(read_whole(field, read_key(field, value)))


CONNECTOR_NUMBER = Kind("number of a connector", _read_connector, NUMBER.land)
TITLE = "Charge Amps"
LARGEST = 10_000.0  # A, V and kW: no charger comes near it, and the warehouse's columns hold it

_POINT_ID = Field("chargePointId", ID, "charging_point_id", meaning="the charge point's id")
_CONNECTOR_ID = Field(
    "connectorId", CONNECTOR_NUMBER, "connector_id", meaning="counts a charge point's connectors"
)
_SESSION_TYPE = Field(
    "sessionType", WORD, "session_type", meaning="OnePhase, ThreePhase or Schuko; null"
)
_LIMIT = Field(
    *("maxCurrent", NUMBER, "max_current_a", "A", "the limit; null: the charger's own"),
    least=0,
    most=LARGEST,
)

CONNECTOR_SETTINGS = Record(
    "settings",
    (
        _POINT_ID,
        _CONNECTOR_ID,
        Field("mode", WORD, "mode", meaning="Off, On or Schedule"),
        _LIMIT,
        Field("rfidLock", FLAG, "rfid_lock", meaning="charging only with a tag"),
        Field("cableLock", FLAG, "cable_lock", meaning="the cable stays locked to the charger"),
    ),
)

_POINT_SETTINGS = Record(
    "charge point settings",
    (
        Field("id", ID, meaning="the charge point's id"),
        Field("dimmer", WORD, meaning="brightness of its lights"),
        Field("downLight", FLAG, meaning="the light below it"),
        Field("maxCurrent", NUMBER, unit="A", meaning="the limit of the whole charge point"),
    ),
)

CONNECTOR = Record(
    "connector",
    (
        _POINT_ID,
        _CONNECTOR_ID,
        Field("type", WORD, "standard", meaning="Charger (type 2) or Schuko (a domestic socket)"),
        Field("settings", OBJECT, inside=CONNECTOR_SETTINGS, meaning="null unless asked for"),
        Field("connectorUserId", PERSON, meaning="who owns this one connector"),
    ),
)

POINT = Record(
    "charge point",
    (
        Field("id", KEY, "station_id", meaning="the serial number"),
        Field("name", PERSON, "name", meaning="often a person's or a parking place's"),
        Field("password", SECRET, meaning="of the charge point"),
        Field("type", WORD, meaning="the model"),
        Field("isLoadbalanced", FLAG, meaning="shares the power of a group of charge points"),
        Field("firmwareVersion", VERSION, meaning="of its software"),
        Field("hardwareVersion", VERSION, meaning="of the device"),
        Field("ownerReadOnly", FLAG, meaning="its owner may look and not change"),
        Field("ocppVersion", VERSION, meaning="null: CAPI; 1.6: OCPP"),
        Field("settings", OBJECT, inside=_POINT_SETTINGS, meaning="null unless asked for"),
        Field("connectors", LIST, inside=CONNECTOR, meaning="one or two"),
    ),
)

MEASUREMENT = Record(
    "measurement",
    (
        Field("phase", WORD, "phase", meaning="L1, L2 or L3; 1, 2 or 3"),
        Field(
            "current",
            NUMBER,
            "current_a",
            "A",
            "only while it charges",
            least=-LARGEST,
            most=LARGEST,
        ),
        Field("voltage", NUMBER, "voltage_v", "V", "against neutral", least=-LARGEST, most=LARGEST),
    ),
)

CONNECTOR_STATUS = Record(
    "connector status",
    (
        _POINT_ID,
        _CONNECTOR_ID,
        Field("totalConsumptionKwh", NUMBER, "register_kwh", "kWh", "the session's so far"),
        Field(
            *("chargingPowerKw", NUMBER, "power_w", "kW", "all phases together"),
            least=-LARGEST,
            most=LARGEST,
        ),
        _SESSION_TYPE,
        Field("status", WORD, "status", meaning="a word, OCPP's name, or a number as text"),
        Field("measurements", LIST, inside=MEASUREMENT, meaning="null unless it charges"),
        Field("startTime", TIME, meaning="of the session"),
        Field("endTime", TIME, meaning="of the session; null while it is open"),
        Field("sessionId", ID, "session_id", meaning="null or 0: no session"),
    ),
)

POINT_STATUS = Record(
    "charge point status",
    (
        Field("id", KEY, "charging_point_id", meaning="the serial number"),
        Field("status", WORD, "status", meaning="Online or Offline"),
        Field("connectorStatuses", LIST, inside=CONNECTOR_STATUS, meaning="null: none is known"),
    ),
)

SESSION = Record(
    "session",
    (
        Field("id", KEY, "session_id", meaning="a number"),
        _POINT_ID,
        Field("connectorId", WHOLE, "connector_id", meaning="counts a charge point's connectors"),
        Field("userId", PERSON, "driver", meaning="who charged; null: a guest"),
        Field("rfid", PERSON, "token", meaning="the tag, hexadecimal"),
        Field("rfidDec", PERSON, "token", meaning="the same in decimal digits"),
        Field("rfidDecReverse", PERSON, "token", meaning="its bytes in reverse order"),
        Field("organisationId", ID, meaning="whose charge point it is"),
        _SESSION_TYPE,
        Field("totalConsumptionKwh", NUMBER, "energy_kwh", "kWh", "so far, or in all"),
        Field("externalId", ID, "external_id", meaning="of another system"),
        Field("externalTransactionId", ID, "external_id", meaning="of OCPP"),
        Field("startTime", TIME, "started_at", meaning="when the car was plugged in"),
        Field("endTime", TIME, "ended_at", meaning="null: it is open"),
    ),
)

ORGANISATION = Record(
    "organisation",
    (
        Field("id", KEY, "organisation_id", meaning="a UUID"),
        Field("name", PERSON, meaning="may be a person's"),
        Field("description", PERSON, meaning="may hold a person's name"),
    ),
)

CONTROL = Record(
    "control",
    (
        _POINT_ID,
        _CONNECTOR_ID,
        Field("wanted", OBJECT, inside=CONNECTOR_SETTINGS, meaning="the fields to change"),
        Field("before", OBJECT, inside=CONNECTOR_SETTINGS, meaning="the settings as read first"),
        Field("after", OBJECT, inside=CONNECTOR_SETTINGS, meaning="null: not read back"),
        Field("outcome", WORD, "outcome", meaning="taken, delayed, ignored, altered or failed"),
        Field("text", meaning="the outcome in words"),
        Field("requestedBy", column="requested_by", meaning="the operator's own staff"),
        Field("reason", column="reason", meaning="why, in their words"),
    ),
)
"""Our own record of a change of settings: Wattstar writes it, Charge Amps never sees it."""

ENDPOINTS: Mapping[str, Record] = {
    "owned": POINT,
    "organisations": ORGANISATION,
    "organisation_chargepoints": POINT,
    "settings": CONNECTOR_SETTINGS,
    "settings_put": CONNECTOR_SETTINGS,
    "status": POINT_STATUS,
    "statuses": POINT_STATUS,
    "chargingsessions": SESSION,
    "organisation_chargingsessions": SESSION,
}
"""What an endpoint, by its name in raw, answers: such a record or a list of them."""

RECORDS = (
    *(POINT, CONNECTOR, _POINT_SETTINGS, CONNECTOR_SETTINGS, POINT_STATUS, CONNECTOR_STATUS),
    *(MEASUREMENT, SESSION, ORGANISATION, CONTROL),
)
"""Every record, in the order of the documentation."""

PERSON_FIELDS = PersonFields(
    identify=frozenset(["userid", "connectoruserid", "email", "mobile"]),
    describe=frozenset(["rfid", "rfiddec", "rfiddecreverse", "firstname", "lastname"]),
)
"""Fields that name a person, in lower case; those of a user's record stand in no answer that lands
by itself. A tag may be lent."""


def stated_version(record: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether a charge point states its protocol, and which: its `ocppVersion`, None for CAPI. A
    value that cannot be read, or that landed as a pseudonym, states nothing."""
    if "ocppVersion" not in record:
        return False, None
    try:
        version = POINT.value(record, "ocppVersion")
    except UnreadableError:
        return False, None
    return not is_pseudonym(version or ""), version
