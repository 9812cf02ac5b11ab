"""What Wattstar reads of OCPP messages: fields of a payload → typed columns of `ocpp_messages`.

One tuple per kind of message, the same for OCPP 1.6, 2.0.1 and 2.1. A dot leads into an object.
Where several fields fill one column, the first that holds a value counts. Each field is read by
itself: one that cannot be read is quarantined and costs the message nothing else. What of a message
may land at all is declared in `poll/redaction`. Meter samples are read in `flatten/samples.py`.
"""

from __future__ import annotations

from extract.lake.fields import (
    FLAG,
    ID,
    NUMBER,
    PERSON,
    TEXT,
    TIME,
    WHOLE,
    Field,
    Kind,
    read_key,
    read_text,
)

LARGEST_REGISTER_WH = 1e12  # a thousand GWh: no meter of a charge point counts so far


def _read_optional_key(field: str, value: object) -> str | None:
    return None if read_text(field, value) is None else read_key(field, value)


_OPTIONAL_KEY = Kind("id", _read_optional_key, ID.land)


def _number(name: str, column: str, meaning: str, most: float = 1e9) -> Field:
    return Field(name, WHOLE, column, meaning=meaning, least=0, most=most)


def _register(name: str) -> Field:
    return Field(
        name, NUMBER, "meter_wh", "Wh", "The meter", -LARGEST_REGISTER_WH, LARGEST_REGISTER_WH
    )


def _transaction(name: str) -> Field:
    return Field(name, _OPTIONAL_KEY, "sent_transaction_id", meaning="The id as sent")


_TIME = Field("timestamp", TIME, "event_time", meaning="When it happened, by the sender's clock")
_CONNECTOR = _number("connectorId", "connector_id", "0 is the charge point itself", 1e6)
_RESERVATION = _number("reservationId", "reservation_id", "The reservation that is used", 1e15)
_TAG = Field("idTag", PERSON, "id_tag", meaning="Who charges, as a pseudonym")
_TOKEN = (
    Field("idToken.idToken", PERSON, "id_tag", meaning="Who charges, as a pseudonym"),
    Field("idToken.type", TEXT, "id_token_type", meaning="ISO14443, eMAID, NoAuthorization, …"),
)
_STATUS = Field("status", TEXT, "status", meaning="The status, or how a request was answered")
_ERROR_CODE = Field("errorCode", TEXT, "error_code", meaning="Of a fault")


def _evse(name: str) -> tuple[Field, ...]:
    """2.0.1 calls an EVSE what 1.6 calls a connector: it serves one car at a time."""
    return _number(name, "connector_id", "The EVSE", 1e6), _number(name, "evse_id", "The EVSE", 1e6)


STATUS_OF_EVSE = (
    *_evse("evseId"),
    _number("connectorId", "evse_connector_id", "The connector within its EVSE", 1e6),
    Field("connectorStatus", TEXT, "status", meaning="Available, Occupied, …"),
    _STATUS,
    _TIME,
)
"""StatusNotification of 2.0.1: one that names an EVSE."""

METERED = (
    *_evse("evseId"),
    _CONNECTOR,
    _transaction("transactionId"),
)
"""MeterValues, beside its samples."""

REQUESTS: dict[str, tuple[Field, ...]] = {
    "StartTransaction": (_CONNECTOR, _TAG, _register("meterStart"), _TIME, _RESERVATION),
    "StopTransaction": (
        _transaction("transactionId"),
        _TAG,
        _register("meterStop"),
        _TIME,
        Field("reason", TEXT, "reason", meaning="Why it ended"),
    ),
    "TransactionEvent": (
        *_evse("evse.id"),
        _number("evse.connectorId", "evse_connector_id", "The connector within its EVSE", 1e6),
        _transaction("transactionInfo.transactionId"),
        *_TOKEN,
        _TIME,
        Field("eventType", TEXT, "status", meaning="Started, Updated, Ended"),
        Field("transactionInfo.stoppedReason", TEXT, "reason", meaning="Why it ended"),
        Field("transactionInfo.chargingState", TEXT, "charging_state", meaning="Charging, …"),
        _number("transactionInfo.remoteStartId", "remote_start_id", "Of the request", 1e15),
        _number("seqNo", "seq_no", "Counts a transaction's events from 0"),
        Field("triggerReason", TEXT, "trigger_reason", meaning="Why the event was sent"),
        Field("offline", FLAG, "is_offline", meaning="It happened without a connection"),
        _RESERVATION,
    ),
    "StatusNotification": (
        _CONNECTOR,
        _STATUS,
        Field("connectorStatus", TEXT, "status", meaning="Available, Occupied, …"),
        _ERROR_CODE,
        _TIME,
    ),
    "Authorize": (_TAG, *_TOKEN),
    "BootNotification": (
        Field("chargePointVendor", TEXT, "vendor", meaning="Who made it"),
        Field("chargingStation.vendorName", TEXT, "vendor", meaning="Who made it"),
        Field("chargePointModel", TEXT, "model", meaning="Its model"),
        Field("chargingStation.model", TEXT, "model", meaning="Its model"),
        Field("firmwareVersion", TEXT, "firmware_version", meaning="Its firmware"),
        Field("chargingStation.firmwareVersion", TEXT, "firmware_version", meaning="Its firmware"),
        Field("reason", TEXT, "reason", meaning="Why it booted"),
    ),
    "RemoteStartTransaction": (_CONNECTOR, _TAG),
    "RequestStartTransaction": (
        *_evse("evseId"),
        *_TOKEN,
        _number("remoteStartId", "remote_start_id", "The first event names it", 1e15),
    ),
    "RemoteStopTransaction": (_transaction("transactionId"),),
    "RequestStopTransaction": (_transaction("transactionId"),),
    "ReserveNow": (
        *_evse("evseId"),
        _CONNECTOR,
        _TAG,
        *_TOKEN,
        Field("parentIdTag", PERSON, "group_id_tag", meaning="The group, as a pseudonym"),
        Field("groupIdToken.idToken", PERSON, "group_id_tag", meaning="The group"),
        _RESERVATION,
        _number("id", "reservation_id", "Of the reservation", 1e15),
    ),
    "CancelReservation": (_RESERVATION,),
}
"""Requests by action; of any other action nothing is read."""

FROM_CHARGE_POINT = frozenset(
    ("StartTransaction", "StatusNotification", "MeterValues", "TransactionEvent")
)
"""Requests whose connector exists, because the charge point names it."""

RESPONSE = (
    _transaction("transactionId"),
    _number("interval", "heartbeat_interval_s", "Given in the response to a BootNotification"),
    _STATUS,
    Field("idTagInfo.status", TEXT, "status", meaning="Whether the tag is accepted"),
    Field("idTokenInfo.status", TEXT, "status", meaning="Whether the token is accepted"),
    Field("idTagInfo.status", TEXT, "id_status", meaning="Whether the tag is accepted"),
    Field("idTokenInfo.status", TEXT, "id_status", meaning="Whether the token is accepted"),
    Field("idTagInfo.parentIdTag", PERSON, "group_id_tag", meaning="The group, as a pseudonym"),
    Field("idTokenInfo.groupIdToken.idToken", PERSON, "group_id_tag", meaning="The group"),
)
"""A response names no action on the wire: all are read in the same way."""

ERROR = (_ERROR_CODE,)
