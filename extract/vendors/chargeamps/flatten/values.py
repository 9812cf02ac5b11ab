"""What Charge Amps sends → what a typed column holds; what cannot be read, and why.

The client code in the wild reads ids as numbers or text and numbers as numbers or text, so both
are read here. Times are ISO 8601 with `Z`, with an offset, or with neither: then they are UTC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

Json = Mapping[str, Any]


class Issue(NamedTuple):
    """A record that could not be read: where it is, which field, its value, and why."""

    record: str
    field: str | None
    value: str | None
    reason: str


class UnreadableError(Exception):
    """A field that cannot be read: its whole record is then left out, and told as an `Issue`."""

    def __init__(self, field: str, value: Any, reason: str) -> None:
        self.field, self.value, self.reason = field, value, reason

    def issue(self, record: str) -> Issue:
        """What to tell of the record."""
        return Issue(record, self.field, str(self.value)[:100], self.reason)


def text(record: Json, field: str) -> str | None:
    """A text or a number as text, without blanks at its ends; None for nothing."""
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnreadableError(field, value, "is neither text nor a number")
    return str(int(value)) if float(value).is_integer() else str(value)


def key(record: Json, field: str) -> str:
    """A text that must be there."""
    found = text(record, field)
    if found is None:
        raise UnreadableError(field, record.get(field), "is missing: the record has no key")
    return found


def number(record: Json, field: str) -> float | None:
    """A number, or one as text; None for nothing."""
    value = record.get(field)
    if type(value) is float and math.isfinite(value):
        return value
    if value is None or value == "":
        return None
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        if math.isfinite(found):
            return found
    raise UnreadableError(field, value, "is not a number")


def flag(record: Json, field: str) -> bool | None:
    """True or false; None for nothing."""
    value = record.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise UnreadableError(field, value, "is neither true nor false")


def instant(record: Json, field: str) -> datetime | None:
    """A time with its zone; None for nothing."""
    value = record.get(field)
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableError(field, value, "is not a time") from None


def records(container: Json, field: str) -> list[Any]:
    """A list; an empty one for nothing."""
    value = container.get(field)
    if value is None or isinstance(value, list):
        return value or []
    raise UnreadableError(field, value, "is not a list")


def checked(value: Any) -> dict[str, Any]:
    """An object, which a record must be."""
    if isinstance(value, dict):
        return value
    raise UnreadableError("", value, "is not an object")
