"""What a message's payload says, in OCPP 1.6 and 2.0.1, with names in camel or in snake case."""

from __future__ import annotations

import math
from typing import Any

import msgspec

PHASES = {
    **{f"L{n}": f"L{n}" for n in (1, 2, 3)},
    **{f"L{n}-N": f"L{n}" for n in (1, 2, 3)},
}
TOTAL = "total"
QUANTITIES = ("current_a", "voltage_v", "power_w", "register_wh")
_SCALE = {"kw": 1000.0, "kwh": 1000.0, "mw": 1e6, "mwh": 1e6, "ma": 0.001, "mv": 0.001}


class PayloadError(Exception):
    """A payload, or a field of it, that cannot be read."""

    def __init__(self, field: str | None, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = None if value is None else str(value)[:200].replace("\0", "")


class Sample(msgspec.Struct):
    """A SampledValue."""

    value: str | float | None = None
    measurand: str | None = None
    phase: str | None = None
    unit: str | None = None
    format: str | None = None
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


def as_list(value: Any) -> list[Any]:
    """A list where one was sent alone, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


Samples = dict[tuple[str | None, str], list[float | None]]
"""(time as told, phase) → current_a, voltage_v, power_w, register_wh."""


def readings(values: list[Sampled]) -> tuple[Samples, list[PayloadError]]:
    """What is known of the samples, and the values among them that are no numbers."""
    samples: Samples = {}
    wrong: list[PayloadError] = []
    for meter in values:
        time = meter.timestamp
        for sample in as_list(meter.sampled_value or meter.sampledValue):
            kind = sample.measurand, sample.phase, sample.unit
            meaning = _MEANINGS.get(kind)
            if meaning is None:
                meaning = _MEANINGS[kind] = _meaning(*kind)
            place, phase, scale = meaning
            if place < 0 or sample.value is None:
                continue
            row = samples.get((time, phase))
            if row is None:
                row = samples[time, phase] = [None] * len(QUANTITIES)
            try:
                value = float(sample.value)
                if measure := sample.unitOfMeasure or sample.unit_of_measure:
                    scale = _multiplied(measure)
            except (ValueError, TypeError, OverflowError):
                value = math.nan
            if abs(value) < _MOST:
                row[place] = value * scale
            elif sample.format != "SignedData":
                wrong.append(PayloadError(sample.measurand, sample.value, "is not a number"))
    return samples, wrong


_REGISTER = "Energy.Active.Import.Register"  # what a sample without a measurand is, says OCPP
_PLACES = {"Current.Import": 0, "Voltage": 1, "Power.Active.Import": 2, _REGISTER: 3}
_MOST = 1e15  # no meter reads more
_Kind = tuple[str | None, str | None, str | None]
_MEANINGS: dict[_Kind, tuple[int, str, float]] = {}
"""(measurand, phase, unit) → where its value goes (-1: nowhere), its phase, what it is times."""


def _meaning(measurand: str | None, phase: str | None, unit: str | None) -> tuple[int, str, float]:
    named = TOTAL if not phase else PHASES.get(phase)
    place = _PLACES.get(measurand or _REGISTER, -1)
    return (-1, "", 1.0) if named is None else (place, named, _SCALE.get((unit or "").lower(), 1.0))


def _multiplied(measure: dict[str, Any]) -> float:
    """The scale that OCPP 2.0.1 tells: {unit, multiplier}."""
    return float(10.0 ** int(measure.get("multiplier") or 0)) * _SCALE.get(
        str(measure.get("unit", "")).lower(), 1.0
    )


# --- the other payloads --------------------------------------------------------------------------


class Fields(dict[str, Any]):
    """The fields of an object. One that cannot be read is None and among the `problems`, so that it
    costs the message nothing else."""

    def __init__(self, values: Any, problems: list[PayloadError] | None = None) -> None:
        super().__init__(values if isinstance(values, dict) else {})
        self.problems: list[PayloadError] = [] if problems is None else problems

    def inside(self, name: str) -> Fields:
        """The fields of an object inside; none where there is none."""
        return Fields(self.get(name), self.problems)

    def text(self, name: str) -> str | None:
        """A text, or a number as text (a whole one without decimals)."""
        value = self.get(name)
        if isinstance(value, str) and "\0" not in value:
            return value or None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(int(value) if value % 1 == 0 else value)
        if value is not None:
            self._wrong(name, "is not text")
        return None

    def whole(self, name: str) -> int | None:
        """A whole number, also as text."""
        value = self.number(name)
        if value is None or (value == int(value) and abs(value) <= 1e9):
            return None if value is None else int(value)
        self._wrong(name, "is not a whole number")
        return None

    def number(self, name: str) -> float | None:
        """A number, also as text."""
        value = self.get(name)
        if value is None or value == "":
            return None
        try:
            made = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            made = math.nan
        if abs(made) < _MOST:
            return made
        self._wrong(name, "is not a number")
        return None

    def token(self) -> str | None:
        """The pseudonym of who charges: idTag (1.6), idToken (2.0.1)."""
        found = self.get("idTag", self.get("idToken"))
        found = found.get("idToken") if isinstance(found, dict) else found
        return found if isinstance(found, str) else None

    def sampled(self, name: str) -> list[Sampled]:
        """Meter values inside (StopTransaction, TransactionEvent)."""
        try:
            found = msgspec.convert(self.get(name), _sampled, strict=False)
        except msgspec.ValidationError as error:
            self._wrong(name, f"cannot be read: {error}")
            return []
        return as_list(found)

    def _wrong(self, name: str, why: str) -> None:
        self.problems.append(PayloadError(name, self[name], why))


def payload(body: str) -> Fields:
    """A payload with the names of its fields in camel case, in any depth. PayloadError where it
    is no object."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise PayloadError(None, None, "is no JSON") from error
    if not isinstance(value, dict):
        raise PayloadError(None, None, "is no object")
    return Fields(_camel(value))


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(inner) for inner in value]
    if isinstance(value, dict):
        return {_camel_name(name): _camel(inner) for name, inner in value.items()}
    return value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
