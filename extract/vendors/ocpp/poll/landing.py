"""Messages as columns → raw rows by UTC date, without personal data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Partition, Rows
from extract.lake.schemas import TIME
from extract.vendors.ocpp.messages import RAW_MESSAGES, UNREADABLE
from extract.vendors.ocpp.poll.batch import Batch, utc
from extract.vendors.ocpp.poll.redact import Redactor
from extract.vendors.ocpp.poll.redact_columns import ColumnRedactor

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNDATED = "unreadable"
"""The charge point of a line that could not be read."""


class Landing:
    """The raw rows of one file. Lines that are no messages are kept under the time of a message
    beside them; `unplaced` are those that had none so far. `landed` is the last line that has
    landed: it and what stands before are left out."""

    def __init__(self, pseudonyms: Pseudonyms, name: str) -> None:
        self.unplaced: list[tuple[int, str]] = []
        self.landed = 0
        self._redactor = ColumnRedactor(Redactor(pseudonyms))
        self._name = name
        self._beside: datetime | None = None

    def rows(self, batch: Batch) -> Iterator[Rows]:
        """A batch's rows, by UTC date."""
        table, lines, bad = _table(batch, self._redactor)
        if table.num_rows:
            self._beside = table["message_time"][0].as_py()
        yield from _by_date(table.slice(bisect_right(lines, self.landed)))
        self.unplaced += [(line, why) for line, why in bad if line > self.landed]
        if self._beside is None:
            return
        yield from _by_date(_unreadable(self.unplaced, self._name, self._beside))
        self.unplaced = []
        self.landed = max([self.landed, *lines[-1:], *(line for line, _ in bad[-1:])])


def _table(
    batch: Batch, redactor: ColumnRedactor
) -> tuple[pa.Table, Sequence[int], list[tuple[int, str]]]:
    """The batch as raw rows, their lines, and the lines that are none."""
    rows = batch.rows
    times, wrong = _times(rows["time"])
    ids, types, actions, bodies = (
        rows[name].combine_chunks() for name in ("message_id", "message_type", "action", "body")
    )
    bodies, unreadable = redactor.bodies(types, actions, bodies)
    wrong |= unreadable | _with_nul(rows)
    size = len(rows)
    table = pa.table(
        [
            pa.repeat("ocpp", size),
            pa.repeat("messages", size),
            rows["charge_point_id"],
            times,
            redactor.ids(ids),
            types,
            redactor.actions(actions),
            bodies,
            pa.nulls(size, pa.string()),
            pa.nulls(size, pa.string()),
        ],
        schema=RAW_MESSAGES,
    )
    lines = batch.lines
    if wrong:
        keep = np.ones(size, bool)
        keep[list(wrong)] = False
        table = table.filter(pa.array(keep))
        lines = [line for row, line in enumerate(lines) if row not in wrong]
    bad = batch.bad + [(batch.lines[row], why) for row, why in wrong.items()]
    return table, lines, sorted(bad)


def _times(values: pa.ChunkedArray) -> tuple[pa.Array, dict[int, str]]:
    """Times of a column, all at once where they are alike, and the rows where there is none."""
    try:
        return values.cast(TIME).combine_chunks(), {}
    except pa.ArrowInvalid:
        pass
    times, wrong = [], {}
    for row, value in enumerate(values.to_pylist()):
        try:
            times.append(utc(value))
        except (ValueError, OverflowError, OSError):
            times.append(_EPOCH)
            wrong[row] = "has a time that cannot be read"
    return pa.array(times, TIME), wrong


def _with_nul(rows: pa.Table) -> dict[int, str]:
    """Rows with a character that no database keeps."""
    found: dict[int, str] = {}
    for name in ("charge_point_id", "message_id", "action", "body"):
        held = pc.fill_null(pc.match_substring(rows[name], "\0"), False)
        if pc.any(held).as_py():
            for row in np.flatnonzero(held.to_numpy()).tolist():
                found[row] = f"has a NUL character in its {name}"
    return found


def _unreadable(bad: list[tuple[int, str]], name: str, at: datetime) -> pa.Table:
    """Rows for lines that could not be read: where they are and why, but nothing of their text,
    which could name somebody."""
    rows = [
        {
            **{"source": "ocpp", "stream": "messages", "scope": UNDATED, "message_time": at},
            **{"message_id": f"{name}:{line}", "message_type": UNREADABLE, "body": ""},
            **{"place": f"{name}, line {line}", "error": why},
        }
        for line, why in bad
    ]
    return pa.Table.from_pylist(rows, schema=RAW_MESSAGES)


def _by_date(table: pa.Table) -> Iterator[Rows]:
    """The rows of each UTC date, in the order in which they stand."""
    if not table.num_rows:
        return
    times = table["message_time"].cast(pa.int64()).to_numpy()
    days = times // _DAY_US
    for day in np.unique(days).tolist():
        where = np.flatnonzero(days == day)
        part = table if len(where) == table.num_rows else table.take(where)
        first = _EPOCH + timedelta(microseconds=int(times[where].min()))
        partition = Partition("ocpp", "messages", date(1970, 1, 1) + timedelta(days=day))
        yield Rows(partition, first, part)
