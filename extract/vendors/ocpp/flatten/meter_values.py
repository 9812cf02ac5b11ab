"""MeterValues as they are sent, in OCPP 1.6 and 2.0.1, with names in camel or in snake case.

Nine tenths of a log are MeterValues: a payload in the form of the standard is decoded at once. Any
other is read sample by sample, so that an unreadable sample is left out alone.
"""

from __future__ import annotations

from typing import Any

import msgspec

from extract.lake.fields import UnreadableError
from extract.vendors.ocpp.flatten.payload import payload


class Sample(msgspec.Struct, gc=False):
    """A SampledValue; `unit` of 1.6, `unitOfMeasure` of 2.0.1."""

    value: str | float | None = None
    measurand: str | None = None
    phase: str | None = None
    unit: str | None = None
    context: str | None = None
    location: str | None = None
    format: str | None = None
    unitOfMeasure: dict[str, Any] | None = None
    unit_of_measure: dict[str, Any] | None = None


class MeterValue(msgspec.Struct, gc=False):
    """The samples of one moment."""

    timestamp: str | None = None
    sampledValue: list[Sample] | Sample | None = None
    sampled_value: list[Sample] | Sample | None = None


class MeterValues(msgspec.Struct, gc=False):
    """The payload of a MeterValues request."""

    connectorId: int | str | None = None
    connector_id: int | str | None = None
    evseId: int | str | None = None
    evse_id: int | str | None = None
    transactionId: int | str | None = None
    transaction_id: int | str | None = None
    meterValue: list[MeterValue] | MeterValue | None = None
    meter_value: list[MeterValue] | MeterValue | None = None


_decoder = msgspec.json.Decoder(MeterValues, strict=False)


def meter_values(body: str, issues: list[UnreadableError]) -> tuple[dict[str, Any], list[Any]]:
    """The ids of a MeterValues request (in camel case), and its MeterValues. What cannot be read
    is added to `issues`; UnreadableError where nothing can be."""
    try:
        found = _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        fields = payload(body)
        return fields, sampled("meterValue", fields.get("meterValue"), issues)
    evse = found.evseId if found.evse_id is None else found.evse_id
    connector = found.connectorId if found.connector_id is None else found.connector_id
    transaction = found.transactionId if found.transaction_id is None else found.transaction_id
    ids = {"connectorId": connector, "evseId": evse, "transactionId": transaction}
    return ids, as_list(found.meterValue if found.meter_value is None else found.meter_value)


def sampled(name: str, value: Any, issues: list[UnreadableError]) -> list[MeterValue]:
    """The MeterValues of a field. An unreadable sample is left out alone, and added to `issues`."""
    found = []
    for meter in as_list(value):
        try:
            made = msgspec.convert(meter, MeterValue, strict=False)
        except (msgspec.MsgspecError, RecursionError):
            made = _sample_by_sample(name, meter, issues)
        found.append(made)
    return found


def _sample_by_sample(name: str, meter: Any, issues: list[UnreadableError]) -> MeterValue:
    if not isinstance(meter, dict):
        issues.append(UnreadableError(name, meter, "is not an object"))
        return MeterValue()
    samples = []
    for sample in as_list(meter.get("sampledValue")):
        try:
            samples.append(msgspec.convert(sample, Sample, strict=False))
        except (msgspec.MsgspecError, RecursionError) as error:
            issues.append(
                UnreadableError(f"{name}.sampledValue", sample, f"cannot be read: {error}")
            )
    time = meter.get("timestamp")
    if time is not None and not isinstance(time, str):
        issues.append(UnreadableError(f"{name}.timestamp", time, "is not a time"))
        time = None
    return MeterValue(timestamp=time, sampledValue=samples)


def as_list(value: Any) -> list[Any]:
    """The value as a list: one of its own where it is none, an empty one for None."""
    return value if isinstance(value, list) else [] if value is None else [value]
