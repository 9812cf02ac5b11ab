"""A message's payload → the columns of its row, its samples, its status and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from extract.vendors.ocpp.payloads import (
    TOTAL,
    Meter,
    PayloadError,
    as_list,
    meter_values,
    number,
    payload,
    readings,
    sampled,
    text,
    token,
    whole,
)

QUANTITIES = ("current_a", "voltage_v", "power_w", "register_wh")
_PLACE = {name: place for place, name in enumerate(QUANTITIES)}

Samples = dict[tuple[str | None, str], list[float | None]]
"""(time as told, phase) → current_a, voltage_v, power_w, register_wh."""


@dataclass(slots=True)
class Contents:
    """What a message says, by column of ocpp_messages; `event_time` as told."""

    columns: dict[str, Any] = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)
    status: str | None = None  # of a StatusNotification


def request(action: str | None, body: str) -> Contents:
    """The contents of a CALL. PayloadError where it cannot be read."""
    if action == "MeterValues":
        return _meter(meter_values(body))
    reader = _READERS.get(action or "")
    return Contents() if reader is None else reader(payload(body))


def response(body: str) -> Contents:
    """The contents of a CALLRESULT: what starts and boots are answered with."""
    found = payload(body)
    info = found.get("idTagInfo") or found.get("idTokenInfo")
    status = found.get("status") or (info.get("status") if isinstance(info, dict) else None)
    return Contents(
        {
            "transaction_id": text(found, "transactionId"),
            "heartbeat_interval_s": whole(found, "interval"),
            "status": status if isinstance(status, str) else None,
        }
    )


def _meter(meter: Meter) -> Contents:
    def first(*values: Any) -> Any:
        return next((value for value in values if value is not None), None)

    connector = first(meter.connector_id, meter.connectorId, meter.evse_id, meter.evseId)
    transaction = first(meter.transaction_id, meter.transactionId)
    values = as_list(first(meter.meter_value, meter.meterValue))
    columns = {
        "connector_id": whole({"connectorId": connector}, "connectorId"),
        "transaction_id": None if transaction is None else str(transaction),
    }
    return _with_samples(columns, values)


def _with_samples(columns: dict[str, Any], values: list[Any]) -> Contents:
    """Samples by time and phase, and the last total power and register of them."""
    samples: Samples = {}
    for reading in readings(values):
        row = samples.setdefault((reading.time, reading.phase), [None] * len(QUANTITIES))
        row[_PLACE[reading.quantity]] = reading.value
    totals = [row for (_, phase), row in samples.items() if phase == TOTAL]
    for name in ("power_w", "register_wh"):
        told = [row[_PLACE[name]] for row in totals if row[_PLACE[name]] is not None]
        columns[name] = told[-1] if told else None
    return Contents(columns, samples)


def _start(found: dict[str, Any]) -> Contents:
    return Contents(
        {
            "connector_id": whole(found, "connectorId"),
            "id_tag": token(found),
            "meter_wh": number(found, "meterStart"),
            "event_time": text(found, "timestamp"),
        }
    )


def _stop(found: dict[str, Any]) -> Contents:
    contents = _with_samples({}, sampled(found.get("transactionData")))
    contents.columns |= {
        "transaction_id": text(found, "transactionId"),
        "id_tag": token(found),
        "meter_wh": number(found, "meterStop"),
        "event_time": text(found, "timestamp"),
        "reason": text(found, "reason"),
    }
    return contents


def _status(found: dict[str, Any]) -> Contents:
    status = text(found, "status") or text(found, "connectorStatus")
    evse = whole(found, "evseId")
    columns = {
        "connector_id": whole(found, "connectorId") if evse is None else evse,
        "status": status,
        "error_code": text(found, "errorCode"),
        "event_time": text(found, "timestamp"),
    }
    return Contents(columns, status=status)


def _authorize(found: dict[str, Any]) -> Contents:
    return Contents({"id_tag": token(found)})


def _boot(found: dict[str, Any]) -> Contents:
    station = found.get("chargingStation")
    told = station if isinstance(station, dict) else found
    return Contents(
        {
            "vendor": text(told, "chargePointVendor") or text(told, "vendorName"),
            "model": text(told, "chargePointModel") or text(told, "model"),
            "firmware_version": text(told, "firmwareVersion"),
            "reason": text(found, "reason"),
        }
    )


def _transaction(found: dict[str, Any]) -> Contents:
    """TransactionEvent of 2.0.1. Its EVSE is what 1.6 calls a connector."""
    evse, info = found.get("evse") or {}, found.get("transactionInfo") or {}
    if not isinstance(evse, dict) or not isinstance(info, dict):
        raise PayloadError("transactionInfo", None, "is not an object")
    contents = _with_samples({}, sampled(found.get("meterValue")))
    contents.columns |= {
        "connector_id": whole(evse, "id"),
        "transaction_id": text(info, "transactionId"),
        "id_tag": token(found),
        "event_time": text(found, "timestamp"),
        "status": text(found, "eventType"),
        "reason": text(info, "stoppedReason"),
    }
    return contents


_READERS: dict[str, Callable[[dict[str, Any]], Contents]] = {
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "StatusNotification": _status,
    "Authorize": _authorize,
    "BootNotification": _boot,
    "TransactionEvent": _transaction,
}
