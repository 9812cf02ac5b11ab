"""One session of either endpoint, read into the same values.

`/api/chargehistory` has the bits of SessionCommitMetadata and user fields at the top;
`/api/sessions/archived` has a boolean for each bit and an `authorizedUser`. The fields are declared
in `fields.py`. Users and tokens arrive as pseudonyms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from extract.lake.fields import (
    EPOCH,
    TIME,
    Field,
    Record,
    UnreadableError,
    read_flag,
    read_list,
    read_object,
    read_record,
    read_text,
    read_time,
    read_whole,
)
from extract.vendors.zaptec import fields

# SessionCommitMetadata of /api/constants; bit 1 (online) is the contrary of bit 2
_BITS = {"is_offline": 2, "has_reliable_clock": 4, "by_rfid": 8, "is_signed": 16, "is_void": 32}
_BITS |= {"is_aborted": 64, "is_native": 128}

COLUMNS = (
    *("charging_point_id", "started_at", "ended_at", "driver", "token", "energy_kwh"),
    *("session_type", "end_reason", "is_void", "is_aborted", "is_signed", "is_offline"),
    *("has_reliable_clock", "replaced_by", "external_id"),
)
CHARGER, START, END = range(3)  # places in COLUMNS
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  of a time without an offset, which is UTC
_FIRST_YEAR, _LAST_YEAR = 1901, 2198  # of a time that any offset leaves within what is read
_values = itemgetter(*COLUMNS)
Fields = Mapping[str, Any]


class Session(NamedTuple):
    """A session: its id where one is given; its values in the order of `COLUMNS` (times in µs since
    1970 UTC), as a plain tuple, which the garbage collector need not track; and two fields as they
    were sent, to be read later."""

    id: str | None
    values: tuple[Any, ...]
    details: Any
    signature: Any


class Shape(NamedTuple):
    """What differs between the endpoints."""

    record: Record
    detail: Record
    identity: str  # names of fields
    start: str
    details: str
    signature: str
    more: Callable[[Fields], dict[str, Any]]  # driver, is_external, bits that have no own field
    readers: tuple[Reader, ...]


Reader = tuple[str, str, Callable[[str, Any], Any]]
"""A column, the field that fills it, and how that is read."""


def _readers(record: Record) -> tuple[Reader, ...]:
    """What reads a record's columns, in half the time of `Record.read`: sessions are many."""
    return tuple(
        (field.column, field.name, _time if field.kind is TIME else field.reader)
        for field in record.fields
        if field.column
    )


def _time(name: str, value: Any) -> int | None:
    """The same as `read_time`, in a fifth of its time for a time as Zaptec writes it."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return read_time(name, value)
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return read_time(name, value)
    since = at - (_EPOCH if at.tzinfo is None else EPOCH)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def read(shape: Shape, sent: Any) -> Session:
    """A session. UnreadableError where a value cannot be read, and where the charger or the start
    is missing."""
    found = read_record(sent)
    row = {
        column: None if (value := found.get(name)) is None else read_value(name, value)
        for column, name, read_value in shape.readers
    }
    if row["charging_point_id"] is None or row["started_at"] is None:
        shape.record.read(found)  # raises where the charger is missing
        start = found.get(shape.start)
        raise UnreadableError(shape.start, start, "is missing: the session has no key")
    row |= shape.more(found)
    signature = found.get(shape.signature)
    if row["is_signed"] is None and signature:
        row["is_signed"] = True
    row["session_type"] = "ocpp_native" if row["is_native"] else None
    row["end_reason"] = (
        "rfid"
        if row["by_rfid"]
        else "external"
        if row["is_external"]
        else "aborted"
        if row["is_aborted"]
        else None
    )
    return Session(row["session_id"], _values(row), found.get(shape.details), signature)


def _first(names: tuple[str, ...], found: Fields) -> str | None:
    """The first of these fields with a value: who charged; None for a guest."""
    for name in names:
        if (value := found.get(name)) is not None and (text := read_text(name, value)):
            return text
    return None


def _of_history(found: Fields) -> dict[str, Any]:
    return {
        **_bits(read_whole("CommitMetadata", found.get("CommitMetadata"))),
        "driver": _first(("UserId", "UserEmail", "UserFullName", "UserUserName"), found),
        "is_external": read_flag("ExternallyEnded", found.get("ExternallyEnded")),
    }


@lru_cache(1024)
def _bits(metadata: int | None) -> Mapping[str, bool | None]:
    return {name: None if metadata is None else bool(metadata & bit) for name, bit in _BITS.items()}


def _of_archived(found: Fields) -> dict[str, Any]:
    user = read_object("authorizedUser", found.get("authorizedUser"))
    return {
        "driver": _first(("id", "email", "fullName"), user),
        "is_external": read_flag("externallyAbandoned", found.get("externallyAbandoned")),
        "by_rfid": read_flag("stoppedByRfid", found.get("stoppedByRfid")),
        "is_native": read_flag("ocppNative", found.get("ocppNative")),
    }


HISTORY = Shape(
    *(fields.HISTORY, fields.ENERGY_DETAIL, "Id", "StartDateTime"),
    *("EnergyDetails", "SignedSession", _of_history, _readers(fields.HISTORY)),
)
ARCHIVED = Shape(
    *(fields.ARCHIVED, fields.ARCHIVED_DETAIL, "id", "startDateTime"),
    *("energyDetails", "sessionSignature", _of_archived, _readers(fields.ARCHIVED)),
)


# --- Energy details ----------------------------------------------------------------------------


def read_details(shape: Shape, sent: Any) -> tuple[list[str], list[float]]:
    """The times (texts) and energies (kWh) of a session's energy details. UnreadableError where one
    cannot be read."""
    if sent is None:
        return [], []
    at, kwh = (field.name for field in shape.detail.fields)
    try:
        times = [entry[at] for entry in sent]
        values = [entry[kwh] for entry in sent]
    except (KeyError, TypeError, IndexError):
        return _one_by_one(shape, sent)
    if {*map(type, times)} <= {str} and {*map(type, values)} <= {float}:
        return times, values
    return _one_by_one(shape, sent)


def _one_by_one(shape: Shape, sent: Any) -> tuple[list[str], list[float]]:
    """Read the details one by one: some are unreadable, or their numbers are texts."""
    at, kwh = shape.detail.fields
    times, values = [], []
    for place, entry in enumerate(read_list(shape.details, sent)):
        path = f"{shape.details}[{place}]"
        found = read_record(entry, path)
        time, value = read_text(f"{path}.{at.name}", found.get(at.name)), _read(path, kwh, found)
        if time is None or value is None:
            raise UnreadableError(path, entry, "lacks its time or its energy")
        times.append(time)
        values.append(value)
    return times, values


def _read(path: str, field: Field, found: Fields) -> Any:
    try:
        return field.read(found.get(field.name))
    except UnreadableError as error:
        raise UnreadableError(f"{path}.{error.field}", error.value, error.reason) from None
