"""What a message's payload says, in OCPP 1.6 and 2.0.1, with names in camel or in snake case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

PHASES = {
    **{f"L{n}": f"L{n}" for n in (1, 2, 3)},
    **{f"L{n}-N": f"L{n}" for n in (1, 2, 3)},
}
TOTAL = "total"
_SCALE = {"kw": 1000.0, "kwh": 1000.0, "mw": 1e6, "mwh": 1e6, "ma": 0.001, "mv": 0.001}


class PayloadError(Exception):
    """A payload, or a field of it, that cannot be read."""

    def __init__(self, field: str | None, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.field, self.value = field, value


class Reading(NamedTuple):
    """A sampled value. `quantity`: current_a, voltage_v, power_w or register_wh; `time` as told."""

    time: str | None
    phase: str
    quantity: str
    value: float


class Sample(msgspec.Struct):
    """A SampledValue."""

    value: str | float | None = None
    measurand: str | None = None
    phase: str | None = None
    unit: str | None = None
    unitOfMeasure: dict[str, Any] | None = None
    unit_of_measure: dict[str, Any] | None = None


class Sampled(msgspec.Struct):
    """A MeterValue."""

    timestamp: str | None = None
    sampledValue: list[Sample] | Sample | None = None
    sampled_value: list[Sample] | Sample | None = None


class Meter(msgspec.Struct):
    """The payload of MeterValues."""

    connectorId: int | str | None = None
    connector_id: int | str | None = None
    evseId: int | None = None
    evse_id: int | None = None
    transactionId: int | str | None = None
    transaction_id: int | str | None = None
    meterValue: list[Sampled] | Sampled | None = None
    meter_value: list[Sampled] | Sampled | None = None


_meter = msgspec.json.Decoder(Meter, strict=False)
_sampled = list[Sampled] | Sampled | None


def meter_values(body: str) -> Meter:
    """The payload of a MeterValues request. PayloadError where it is none."""
    try:
        return _meter.decode(body)
    except msgspec.DecodeError as error:
        raise PayloadError("meterValue", None, f"cannot be read: {error}") from error


def sampled(value: Any) -> list[Sampled]:
    """The meter values inside another payload (StopTransaction, TransactionEvent)."""
    try:
        found = msgspec.convert(value, _sampled, strict=False)
    except msgspec.ValidationError as error:
        raise PayloadError("meterValue", None, f"cannot be read: {error}") from error
    return as_list(found)


def as_list(value: Any) -> list[Any]:
    """A list where one was sent alone, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def readings(values: list[Sampled]) -> Iterator[Reading]:
    """What is known of the samples: amperes, volts, watts and watt-hours. PayloadError where a
    value of them is no number."""
    for meter in values:
        for sample in as_list(meter.sampled_value or meter.sampledValue):
            quantity = _QUANTITIES.get(sample.measurand or _REGISTER)
            phase = TOTAL if sample.phase is None else PHASES.get(sample.phase)
            if quantity is None or phase is None or sample.value is None:
                continue
            yield Reading(meter.timestamp, phase, quantity, _number(sample))


_REGISTER = "Energy.Active.Import.Register"  # what a sample without a measurand is, says OCPP
_QUANTITIES = {
    "Current.Import": "current_a",
    "Voltage": "voltage_v",
    "Power.Active.Import": "power_w",
    _REGISTER: "register_wh",
}


def _number(sample: Sample) -> float:
    unit, scale = sample.unit, 1.0
    if measure := sample.unitOfMeasure or sample.unit_of_measure:
        unit = measure.get("unit", unit)
        scale = 10.0 ** (measure.get("multiplier") or 0)
    try:
        number = float(sample.value or 0)
    except ValueError:
        number = float("nan")
    if not abs(number) < 1e15:
        raise PayloadError(sample.measurand, sample.value, "is not a number")
    return number * scale * _SCALE.get((unit or "").lower(), 1.0)


# --- the other payloads --------------------------------------------------------------------------


def payload(body: str) -> dict[str, Any]:
    """A payload with the names of its fields in camel case, in any depth. PayloadError where it
    is no object."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise PayloadError(None, None, "is no JSON") from error
    if not isinstance(value, dict):
        raise PayloadError(None, None, "is no object")
    camel: dict[str, Any] = _camel(value)
    return camel


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(inner) for inner in value]
    if isinstance(value, dict):
        return {_camel_name(name): _camel(inner) for name, inner in value.items()}
    return value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def text(fields: dict[str, Any], name: str) -> str | None:
    """A text or a number as text."""
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise PayloadError(name, value, "is not text")


def whole(fields: dict[str, Any], name: str) -> int | None:
    """A whole number, also as text."""
    value = fields.get(name)
    try:
        return None if value in (None, "") else int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise PayloadError(name, value, "is not a whole number") from None


def number(fields: dict[str, Any], name: str) -> float | None:
    """A number, also as text."""
    value = fields.get(name)
    try:
        return None if value in (None, "") else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise PayloadError(name, value, "is not a number") from None


def token(fields: dict[str, Any]) -> str | None:
    """The pseudonym of who charges: idTag (1.6), idToken (2.0.1)."""
    found = fields.get("idTag", fields.get("idToken"))
    found = found.get("idToken") if isinstance(found, dict) else found
    return None if found is None else str(found)
