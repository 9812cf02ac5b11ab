"""Signed meter readings in the Open Charge Metering Format: `OCMF|{payload}|{signature}`.

There may be a third section, a public key, or no signature (seen with a Go). A reading is
`{TM, TX, RV, RI, RU, ST}`: TM "2025-06-07T09:20:55,943+00:00 R" (a comma, and a letter for the
clock: U unknown, I informative, S synchronised, R relative), TX B at the beginning, T at a tariff's
change or on the quarter hour, E at the end, RV the meter's register in RU, RI which register, ST
the meter's state, G if all is well. A field may be left out where it equals that of the reading
before; seen with RU. ZS is the session's id (as in Zaptec's own firmware).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import le
from typing import Any, NamedTuple

import msgspec

from extract.lake.fields import UnreadableError, read_key
from extract.lake.ocmf_redact import PREFIX
from extract.vendors.zaptec.fields import READING

IMPORT = "1-0:1.8.0"  # OBIS code: active energy taken from the grid, in all
UNITS = {"kWh": 1.0, "Wh": 0.001}
GOOD = {"G", None}


class _Reading(msgspec.Struct):
    time: str | None = msgspec.field(name="TM", default=None)
    value: float | str | None = msgspec.field(name="RV", default=None)
    register: str | None = msgspec.field(name="RI", default=None)
    unit: str | None = msgspec.field(name="RU", default=None)
    state: str | None = msgspec.field(name="ST", default=None)


class _Payload(msgspec.Struct):
    readings: list[_Reading] | None = msgspec.field(name="RD", default=None)
    session_id: str | None = msgspec.field(name="ZS", default=None)


class Readings(NamedTuple):
    """A session's readings of the import register: times as text, values in kWh. `bad`: why a
    reading in between was left out: the meter itself reports an error there."""

    times: list[str]
    kwh: list[float]
    bad: UnreadableError | None


_payload = msgspec.json.Decoder(_Payload)


def _decode(field: str, text: Any) -> _Payload:
    """The signed part. UnreadableError, of that field, where it is malformed."""
    if not isinstance(text, str) or not text.startswith(PREFIX):
        raise UnreadableError(field, text, "is not OCMF")
    problem = ""
    for end in _ends(text):
        try:
            return _payload.decode(text[len(PREFIX) : end])
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
            problem = problem or str(error)  # the bar may stand within a text of the payload
    raise UnreadableError(field, text, f"is malformed OCMF: {problem}")


def _ends(text: str) -> Iterator[int]:
    """Where the payload may end: before a bar that closes a section, or with the text."""
    end = text.find("}|")
    while end >= 0:
        yield end + 1
        end = text.find("}|", end + 1)
    yield len(text)


def session_id(field: str, text: Any) -> str | None:
    """The session's id; None where there is none that can be read."""
    try:
        return read_key("ZS", _decode(field, text).session_id)
    except UnreadableError:
        return None


def readings(field: str, text: Any) -> Readings:
    """The readings of the import register. UnreadableError where one is malformed, where the first
    or the last is not good, and where the register falls."""
    rows = _decode(field, text).readings or []
    found = _plain(rows) or _one_by_one(field, rows)
    if not all(map(le, found.kwh, found.kwh[1:])):
        raise UnreadableError(f"{field}.RD", found.kwh, "has a register that falls")
    return found


def _plain(rows: list[_Reading]) -> Readings | None:
    """Readings in the usual form: all good, of one register, in one unit; None for any other."""
    values: list[Any] = [row.value for row in rows]
    times: list[Any] = [row.time for row in rows]
    is_plain = (
        {row.state for row in rows} <= GOOD
        and {row.register for row in rows} == {IMPORT}
        and {row.unit for row in rows[1:]} <= {rows[0].unit, None}
        and rows[0].unit in UNITS
        and {*map(type, values)} == {float}
        and {*map(type, times)} == {str}
    )
    if not is_plain:
        return None
    scale = UNITS[rows[0].unit or ""]
    return Readings([_iso(time) for time in times], [value * scale for value in values], None)


def _one_by_one(field: str, rows: list[_Reading]) -> Readings:
    found = Readings([], [], None)
    time = register = unit = None
    for place, row in enumerate(rows):
        time, register = row.time or time, row.register or register
        unit = row.unit or unit
        if register is not None and register.split("*")[0] != IMPORT:
            continue
        path = f"{field}.RD[{place}]"
        if row.state not in GOOD:
            bad = UnreadableError(f"{path}.ST", row.state, "is not G: the meter reports an error")
            if place in (0, len(rows) - 1):
                raise bad
            found = found._replace(bad=bad)
            continue
        if time is None:
            raise UnreadableError(f"{path}.TM", time, "is missing")
        found.kwh.append(_kwh(path, row.value, unit))
        found.times.append(_iso(time))
    return found


def _iso(time: str) -> str:
    """Without the letter for the clock."""
    return time.replace(",", ".").partition(" ")[0]


def _kwh(path: str, value: float | str | None, unit: str | None) -> float:
    if unit not in UNITS:
        raise UnreadableError(f"{path}.RU", unit, "is no unit of energy that is known")
    try:
        register = READING.value({"RV": value}, "RV")
    except UnreadableError as error:
        raise UnreadableError(f"{path}.RV", value, error.reason) from None
    if register is None:
        raise UnreadableError(f"{path}.RV", value, "is missing")
    return float(register * UNITS[unit])
