"""A message's payload → the columns of its row, its samples, its status and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from extract.vendors.ocpp.flatten.payload_fields import (
    QUANTITIES,
    TOTAL,
    Fields,
    Meter,
    PayloadError,
    Sampled,
    Samples,
    as_list,
    meter_values,
    payload,
    readings,
)


@dataclass(slots=True)
class Contents:
    """What a message says, by column of ocpp_messages; `event_time` as told."""

    columns: dict[str, Any] = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)
    status: str | None = None  # of a StatusNotification
    wrong: list[PayloadError] = field(default_factory=list)  # what of it cannot be read


def request(action: str | None, body: str) -> Contents:
    """The contents of a CALL. PayloadError where nothing of it can be read."""
    if action == "MeterValues":
        return _meter(meter_values(body))
    reader = _READERS.get(action or "")
    return Contents() if reader is None else reader(payload(body))


def response(body: str) -> Contents:
    """The contents of a CALLRESULT: what starts and boots are answered with."""
    found = payload(body)
    info = found.get("idTagInfo") or found.get("idTokenInfo")
    status = found.get("status") or (info.get("status") if isinstance(info, dict) else None)
    columns = {
        "transaction_id": found.text("transactionId"),
        "heartbeat_interval_s": found.whole("interval"),
        "status": status.replace("\0", "") if isinstance(status, str) else None,
    }
    return Contents(columns, wrong=found.problems)


def error(body: str) -> Contents:
    """The contents of a CALLERROR."""
    found = payload(body)
    return Contents({"error_code": found.text("errorCode")}, wrong=found.problems)


def _meter(meter: Meter) -> Contents:
    connector = meter.connectorId if meter.connector_id is None else meter.connector_id
    if connector is None:
        connector = meter.evseId if meter.evse_id is None else meter.evse_id
    transaction = meter.transactionId if meter.transaction_id is None else meter.transaction_id
    values = meter.meterValue if meter.meter_value is None else meter.meter_value
    found = Fields({"connectorId": connector, "transactionId": transaction})
    columns = {
        "connector_id": found.whole("connectorId"),
        "transaction_id": found.text("transactionId"),
    }
    return _with_samples(columns, as_list(values), found.problems)


_POWER, _REGISTER = QUANTITIES.index("power_w"), QUANTITIES.index("register_wh")


def _with_samples(
    columns: dict[str, Any], values: list[Sampled], problems: list[PayloadError]
) -> Contents:
    """Samples by time and phase, and the last total power and register of them."""
    samples, wrong = readings(values)
    power = register = None
    for (_, phase), row in samples.items():
        if phase == TOTAL:
            power = power if row[_POWER] is None else row[_POWER]
            register = register if row[_REGISTER] is None else row[_REGISTER]
    columns |= {"power_w": power, "register_wh": register}
    return Contents(columns, samples, wrong=problems + wrong)


def _start(found: Fields) -> Contents:
    columns = {
        "connector_id": found.whole("connectorId"),
        "id_tag": found.token(),
        "meter_wh": found.number("meterStart"),
        "event_time": found.text("timestamp"),
    }
    return Contents(columns, wrong=found.problems)


def _stop(found: Fields) -> Contents:
    columns = {
        "transaction_id": found.text("transactionId"),
        "id_tag": found.token(),
        "meter_wh": found.number("meterStop"),
        "event_time": found.text("timestamp"),
        "reason": found.text("reason"),
    }
    return _with_samples(columns, found.sampled("transactionData"), found.problems)


def _status(found: Fields) -> Contents:
    status = found.text("status") or found.text("connectorStatus")
    evse = found.whole("evseId")
    columns = {
        "connector_id": found.whole("connectorId") if evse is None else evse,
        "status": status,
        "error_code": found.text("errorCode"),
        "event_time": found.text("timestamp"),
    }
    return Contents(columns, status=status, wrong=found.problems)


def _authorize(found: Fields) -> Contents:
    return Contents({"id_tag": found.token()})


def _boot(found: Fields) -> Contents:
    told = found.inside("chargingStation") or found
    columns = {
        "vendor": told.text("chargePointVendor") or told.text("vendorName"),
        "model": told.text("chargePointModel") or told.text("model"),
        "firmware_version": told.text("firmwareVersion"),
        "reason": found.text("reason"),
    }
    return Contents(columns, wrong=found.problems)


def _transaction(found: Fields) -> Contents:
    """TransactionEvent of 2.0.1. Its EVSE is what 1.6 calls a connector."""
    info = found.inside("transactionInfo")
    columns = {
        "connector_id": found.inside("evse").whole("id"),
        "transaction_id": info.text("transactionId"),
        "id_tag": found.token(),
        "event_time": found.text("timestamp"),
        "status": found.text("eventType"),
        "reason": info.text("stoppedReason"),
    }
    return _with_samples(columns, found.sampled("meterValue"), found.problems)


_READERS: dict[str, Callable[[Fields], Contents]] = {
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "StatusNotification": _status,
    "Authorize": _authorize,
    "BootNotification": _boot,
    "TransactionEvent": _transaction,
}
