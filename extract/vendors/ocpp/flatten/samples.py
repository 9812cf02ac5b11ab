"""Meter samples of OCPP 1.6 and 2.0.1 → what was measured, by moment and phase.

Several samples of a message may be about one quantity at one moment. Which of them is the reading:

1. by location: Outlet (also where none is named), before Inlet, Body, Cable, EV, any other;
2. by context: Sample.Periodic (also where none is named) and Sample.Clock, before Transaction.Begin
   and Transaction.End, before any other;
3. a plain number before signed data;
4. of equals the larger.

A register of context Transaction.Begin is the meter at the start, whatever the moment of the sample
(OCPP 1.6, ReadingContext): it is kept apart. So are Energy.Active.Import.Interval, which is the
energy since the sample before, and Energy.Active.Net.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from extract.lake.fields import UnreadableError, read_time
from extract.vendors.ocpp.fields import LARGEST_REGISTER_WH
from extract.vendors.ocpp.flatten.meter_values import MeterValue, Sample, as_list
from extract.vendors.ocpp.flatten.signed import signed_registers

TOTAL = "total"
PHASES = {f"L{n}{to}": f"L{n}" for n in (1, 2, 3) for to in ("", "-N")}
QUANTITIES = (
    *("current_a", "voltage_v", "power_w", "register_wh", "begin_register_wh"),
    *("interval_wh", "net_wh"),
)
CURRENT, VOLTAGE, POWER, REGISTER, BEGIN, INTERVAL, NET = range(len(QUANTITIES))
UNITS = (None, "Wh", "kWh", "MWh", "other")
WORST_RANK = 127
UNIT, RANKS = len(QUANTITIES), len(QUANTITIES) + 1  # places in a reading
_NOTHING = (*(None,) * len(QUANTITIES), 0, None)
_LIMITS = (1e5, 1e6, 1e8, *(LARGEST_REGISTER_WH,) * 4)
_SCALES = {"kw": 1e3, "kwh": 1e3, "mw": 1e6, "mwh": 1e6, "ma": 1e-3, "mv": 1e-3, "kv": 1e3}
_UNIT_CODES = {"": 0, "wh": 1, "kwh": 2, "mwh": 3}
_DEFAULT = "Energy.Active.Import.Register"  # what a sample without a measurand is, says OCPP
_PLACES = {
    "Current.Import": CURRENT,
    "Voltage": VOLTAGE,
    "Power.Active.Import": POWER,
    _DEFAULT: REGISTER,
    "Energy.Active.Import.Interval": INTERVAL,
    "Energy.Active.Net": NET,
}
_LOCATIONS = {None: 0, "": 0, "Outlet": 0, "Inlet": 1, "Body": 2, "Cable": 3, "EV": 4}
_CONTEXTS = {None: 0, "": 0, "Sample.Periodic": 0, "Sample.Clock": 0}
_CONTEXTS |= {"Transaction.Begin": 1, "Transaction.End": 1}


Reading = list[Any]
"""The values of `QUANTITIES`; then the code of the register's unit as sent (see `UNITS`); then the
ranks of the values that are not of the best rank, 0: {place: rank}, or None."""

Samples = dict[int | None, dict[str, Reading]]
"""Moment (µs since 1970 UTC by the charge point's clock; None: that of the message) → phase → what
was measured."""


# --- what a kind of sample means ------------------------------------------------------------------


class _Meaning(NamedTuple):
    """Where a value goes among `QUANTITIES` (-1: nowhere), its phase, what it is multiplied by,
    how good it is, the unit's code, and whether it is the meter at a transaction's begin."""

    place: int
    phase: str
    scale: float
    rank: int
    unit: int
    is_signed: bool


_Kind = tuple[str | None, str | None, str | None, str | None, str | None, str | None]
"""Measurand, phase, unit, context, location, format."""

_MEANINGS: dict[_Kind, _Meaning] = {}
_MOST_MEANINGS = 10_000  # that are remembered; a log has a few dozen


def _new_meaning(kind: _Kind) -> _Meaning:
    """The meaning of a kind of sample, which is remembered."""
    if len(_MEANINGS) >= _MOST_MEANINGS:
        _MEANINGS.clear()
    made = _MEANINGS[kind] = _meaning(kind)
    return made


def _meaning(kind: _Kind) -> _Meaning:
    measurand, phase, unit, context, location, form = kind
    place = _PLACES.get(measurand or _DEFAULT, -1)
    named = TOTAL if not phase else PHASES.get(phase)
    if place < 0 or named is None:
        return _Meaning(-1, "", 1.0, 0, 0, is_signed=False)
    if place in (REGISTER, NET) and context == "Transaction.Begin":
        place = BEGIN
    is_signed = form == "SignedData" and place in (REGISTER, BEGIN)
    rank = 20 * _LOCATIONS.get(location, 5) + 2 * _CONTEXTS.get(context, 2) + is_signed
    name = (unit or "").lower()
    code = _UNIT_CODES.get(name, len(UNITS) - 1)
    return _Meaning(place, named, _SCALES.get(name, 1.0), rank, code, is_signed)


def location_rank(ranks: np.ndarray) -> np.ndarray:
    """How good the locations are that ranks stand for: 0 is Outlet."""
    return ranks // 20


def is_signed_rank(ranks: np.ndarray) -> np.ndarray:
    """Whether ranks are those of signed data."""
    return ranks % 2 == 1


# --- reading them ---------------------------------------------------------------------------------


def read_samples(values: list[MeterValue], issues: list[UnreadableError]) -> Samples:
    """The samples of a message. What cannot be read is added to `issues`."""
    samples: Samples = {}
    for meter in values:
        try:
            time = read_time("timestamp", meter.timestamp)
        except UnreadableError as error:
            issues.append(error)
            time = None
        read = meter.sampled_value or meter.sampledValue
        _read_moment(as_list(read), samples.setdefault(time, {}), issues)
    return samples


def _read_moment(
    read: list[Sample], phases: dict[str, Reading], issues: list[UnreadableError]
) -> None:
    """Samples of one moment. This loop is where most of the time goes."""
    for sample in read:
        unit, scale = sample.unit, 1.0
        if measure := sample.unitOfMeasure or sample.unit_of_measure:
            unit, scale = _unit_of_measure(measure)
        kind = sample.measurand, sample.phase, unit, sample.context, sample.location, sample.format
        meaning = _MEANINGS.get(kind) or _new_meaning(kind)
        place, phase, factor, rank, code, is_signed = meaning
        if place < 0 or sample.value is None:
            continue
        row = phases.get(phase)
        if row is None:
            row = phases[phase] = [*_NOTHING]
        if is_signed:
            _keep_signed(row, meaning, sample.value)
            continue
        try:
            value = float(sample.value) * factor * scale
        except (ValueError, OverflowError):
            value = math.nan
        if not abs(value) < _LIMITS[place]:
            issues.append(_no_number(sample, place))
        elif row[place] is None and rank == 0 and place != REGISTER:
            row[place] = value
        else:
            _keep(row, place, value, rank, code)


def _no_number(sample: Sample, place: int) -> UnreadableError:
    reason = f"is not a number below {_LIMITS[place]:.0e} as {QUANTITIES[place]}"
    return UnreadableError(sample.measurand or _DEFAULT, sample.value, reason)


def _keep_signed(row: Reading, meaning: _Meaning, value: Any) -> None:
    found = signed_registers(value)
    for place, wh in ((BEGIN, found.begin_wh), (meaning.place, found.register_wh)):
        if wh is not None and abs(wh) < LARGEST_REGISTER_WH:
            _keep(row, place, wh, meaning.rank, meaning.unit)


def _keep(row: Reading, place: int, value: float, rank: int, unit: int) -> None:
    """Keep the better one of a value and the one that is known."""
    known, ranks = row[place], row[RANKS] or {}
    better = (-rank, value, unit)
    if known is not None and better <= (-ranks.get(place, 0), known, row[UNIT]):
        return
    row[place] = value
    if rank or place in ranks:
        row[RANKS] = ranks | {place: rank}
    if place == REGISTER:
        row[UNIT] = unit


def _unit_of_measure(measure: dict[str, Any]) -> tuple[str | None, float]:
    """2.0.1's {unit, multiplier}: the unit, and what the value is multiplied by (infinity, which
    makes the value unreadable, where that cannot be read)."""
    unit = measure.get("unit")
    try:
        power = int(measure.get("multiplier") or 0)
    except (TypeError, ValueError, OverflowError):
        power = 99
    scale = 10.0**power if abs(power) <= 20 else math.inf
    return unit if isinstance(unit, str) else None, scale
