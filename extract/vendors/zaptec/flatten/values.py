"""Values of Zaptec's answers as typed columns hold them; what cannot be read says why.

Numbers also come as texts (every observation's value does). Missing and empty are NULL.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MISSING = np.iinfo(np.int64).min
"""Stands for no time in an array of times; a NaT to numpy and to Arrow."""


class Issue(NamedTuple):
    """Something that could not be read: where it is, which field, its value, and why."""

    record: str
    field: str | None
    value: str | None
    reason: str


class UnreadableError(Exception):
    """A value that is not what its field holds."""

    def __init__(self, field: str, value: Any, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.value, self.reason = field, value, reason

    def issue(self, record: str) -> Issue:
        """It as something to tell, for the record it stands in."""
        value = None if self.value is None else json.dumps(self.value, ensure_ascii=False)[:200]
        return Issue(record, self.field, value, self.reason)


def text(field: str, value: Any) -> str | None:
    """A text; a number as it is written."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise UnreadableError(field, value, "is not text")


def number(field: str, value: Any) -> float | None:
    """A finite number, or the text of one."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return found
    raise UnreadableError(field, value, "is not a number")


def flag(field: str, value: Any) -> bool | None:
    """True or false, also written out."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", ""):
        return value.lower() == "true" if value else None
    raise UnreadableError(field, value, "is neither true nor false")


def record(value: Any) -> dict[str, Any]:
    """An object."""
    if isinstance(value, dict):
        return value
    raise UnreadableError("", value, "is not an object")


# --- Times -------------------------------------------------------------------------------------

_ZONE = r"(Z|[+-]\d\d:?\d\d)$"


def times(texts: list[str | None]) -> tuple[np.ndarray, list[int]]:
    """Times (int64, microseconds since 1970 UTC, `MISSING` for none), and the places of those that
    cannot be read. A time without a zone is UTC; up to nine digits of a second are cut to six.
    .NET's first moment, in the year 1, means that there is no time."""
    column = pa.array(texts, pa.string())
    is_none = pc.starts_with(column, "0001-01-01")
    if pc.any(is_none).as_py():
        column = pc.if_else(is_none, None, column)
    unreadable: list[int] = []
    return _times(column, 0, unreadable), unreadable


def moment(field: str, value: Any) -> int | None:
    """One such time; None for none."""
    written = text(field, value)
    if written is None or written.startswith("0001-01-01"):
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise UnreadableError(field, value, "is not a time") from None
    return (at.replace(tzinfo=at.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


def _times(column: pa.StringArray, place: int, unreadable: list[int]) -> np.ndarray:
    """All at once, 0.1 µs each; where one cannot be read, half by half until it is found."""
    try:
        return _parsed(column)
    except pa.ArrowInvalid:
        if len(column) == 1:
            unreadable.append(place)
            return np.array([MISSING])
    middle = len(column) // 2
    halves = (column[:middle], place), (column[middle:], place + middle)
    return np.concatenate([_times(half, start, unreadable) for half, start in halves])


def _parsed(column: pa.StringArray) -> np.ndarray:
    has_zone = pc.fill_null(pc.match_substring_regex(column, _ZONE), True)
    if not pc.all(has_zone).as_py():
        zone = pc.if_else(has_zone, "", "Z")
        column = pc.binary_join_element_wise(column, zone, "")
    nanoseconds = column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
    known = nanoseconds.is_valid().to_numpy(zero_copy_only=False)
    found = nanoseconds.fill_null(0).to_numpy(zero_copy_only=False) // 1000
    return np.where(known, found, MISSING)


def moments(microseconds: np.ndarray) -> pa.Array:
    """Times as a typed column, NULL where they are missing."""
    column = pa.array(microseconds, mask=microseconds == MISSING)
    return column.cast(pa.timestamp("us", "UTC"))
