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
from extract.vendors.ocpp.poll.batch import Batch
from extract.vendors.ocpp.poll.redact import Redactor
from extract.vendors.ocpp.poll.redact_columns import ColumnRedactor
from extract.vendors.ocpp.poll.times import Clock, TimeError

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNDATED = "unreadable"
"""The charge point of a line that could not be read."""


LONGEST_NAME = 255
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=366)
"""A message is quarantined if its time is before `EARLIEST`, or more than `AHEAD` from now: the
clock of who wrote the log was not set."""


class Landing:
    """The raw rows of one file. A line that is not a message lands with the time of a message
    beside it; `unplaced` are such lines before the first message. `landed` is the last line that
    has landed: up to it, lines are left out. `messages` counts those that landed."""

    def __init__(
        self, pseudonyms: Pseudonyms, name: str, clock: Clock, now: datetime | None = None
    ) -> None:
        self.unplaced: list[tuple[str, str]] = []
        self.landed = 0
        self.messages = 0
        self.quarantined = 0
        self._redactor = ColumnRedactor(Redactor(pseudonyms))
        self._name = name
        self._clock = clock
        self._latest = (now or datetime.now(UTC)) + AHEAD
        self._member = ""
        self._beside: datetime | None = None

    @property
    def is_archive(self) -> bool:
        """Whether the lines are of files within an archive; `landed` then says nothing of it."""
        return bool(self._member)

    def skip_to(self, line: int) -> None:
        """Leave out what landed when the file was read before."""
        self.landed = line

    def rows(self, batch: Batch) -> Iterator[Rows]:
        """A batch's rows, by UTC date."""
        if batch.member != self._member:
            self._member, self.landed = batch.member, 0
        table, lines, bad = self._table(batch)
        if table.num_rows:
            self._beside = table["message_time"][0].as_py()
        fresh = table.slice(bisect_right(lines, self.landed))
        self.messages += fresh.num_rows
        yield from _by_date(fresh)
        name = f"{self._name}/{self._member}" if self._member else self._name
        self.unplaced += [
            (f"{name}, {batch.unit} {line}", why) for line, why in bad if line > self.landed
        ]
        if self._beside is None:
            return
        self.quarantined += len(self.unplaced)
        yield from _by_date(_unreadable(self.unplaced, self._beside))
        self.unplaced = []
        self.landed = max([self.landed, *lines[-1:], *(line for line, _ in bad[-1:])])

    def _table(self, batch: Batch) -> tuple[pa.Table, Sequence[int], list[tuple[int, str]]]:
        """The batch as raw rows, their lines, and the lines that are not messages, with reasons."""
        times, wrong = self._times(batch.rows["time"])
        table, unreadable = self._raw(batch.rows, times)
        wrong |= unreadable | _unfit(batch.rows)
        lines = batch.lines
        if wrong:
            keep = np.ones(len(table), bool)
            keep[list(wrong)] = False
            table = table.filter(pa.array(keep))
            lines = [line for row, line in enumerate(lines) if row not in wrong]
        bad = batch.bad + [(batch.lines[row], why) for row, why in wrong.items()]
        return table, lines, sorted(bad)

    def _raw(self, rows: pa.Table, times: pa.Array) -> tuple[pa.Table, dict[int, str]]:
        """All rows without personal data, and those of which nothing can be kept."""
        size = len(rows)
        ids, types, actions, bodies = (
            rows[name].combine_chunks() for name in ("message_id", "message_type", "action", "body")
        )
        bodies, unreadable = self._redactor.bodies(types, actions, bodies)
        ids = self._redactor.ids(ids)
        unreadable |= dict.fromkeys(_where(pc.is_null(ids)), "has no message id")
        table = pa.table(
            [
                pa.repeat("ocpp", size),
                pa.repeat("messages", size),
                rows["charge_point_id"],
                times,
                ids,
                types,
                self._redactor.actions(actions),
                bodies,
                pa.nulls(size, pa.string()),
                pa.nulls(size, pa.string()),
            ],
            schema=RAW_MESSAGES,
        )
        return table, unreadable

    def _times(self, values: pa.ChunkedArray) -> tuple[pa.Array, dict[int, str]]:
        """Times of a column (cast at once where all have one form), and the rows without a time."""
        times, wrong = self._read_times(values)
        is_out = pc.or_(
            pc.less(times, pa.scalar(EARLIEST, TIME)),
            pc.greater(times, pa.scalar(self._latest, TIME)),
        )
        if pc.any(is_out).as_py():
            why = f"has a time before {EARLIEST.year}, or more than a year from now"
            out = np.flatnonzero(is_out.to_numpy(zero_copy_only=False)).tolist()
            wrong = dict.fromkeys(out, why) | wrong
        return times, wrong

    def _read_times(self, values: pa.ChunkedArray) -> tuple[pa.Array, dict[int, str]]:
        if self._clock.is_plain:
            try:
                return values.cast(TIME).combine_chunks(), {}
            except pa.ArrowInvalid:  # some name no zone, or are no such text
                pass
        if (at_once := self._local_times(values)) is not None:
            return at_once, {}
        times, wrong = [], {}
        for row, value in enumerate(values.to_pylist()):
            try:
                times.append(self._clock.utc(value))
            except TimeError as error:
                times.append(EARLIEST)
                wrong[row] = str(error)
        return pa.array(times, TIME), wrong

    def _local_times(self, values: pa.ChunkedArray) -> pa.Array | None:
        """Times of which none names a zone; None where some differ in form."""
        if self._clock.form is not None or (pc.min(pc.binary_length(values)).as_py() or 0) < 16:
            return None  # a date alone is no time
        try:
            local = values.cast(pa.timestamp("us")).combine_chunks()
            return pc.assume_timezone(local, str(self._clock.zone or "UTC")).cast(TIME)
        except pa.ArrowInvalid:
            return None


def _unfit(rows: pa.Table) -> dict[int, str]:
    """Rows with a character that no database keeps, or with a name too long for its index."""
    found: dict[int, str] = {}
    for name in ("charge_point_id", "message_id", "action", "body"):
        held = pc.fill_null(pc.match_substring(rows[name], "\0"), False)
        found |= dict.fromkeys(
            _where(held), f"has a NUL, or a byte that is not UTF-8, in its {name}"
        )
    for name in ("charge_point_id", "message_id", "action"):
        is_long = pc.fill_null(pc.greater(pc.binary_length(rows[name]), LONGEST_NAME), False)
        found |= dict.fromkeys(_where(is_long), f"has a {name} of more than {LONGEST_NAME} bytes")
    return found


def _where(held: pa.Array | pa.ChunkedArray) -> list[int]:
    if not pc.any(held).as_py():
        return []
    rows: list[int] = np.flatnonzero(np.asarray(held)).tolist()
    return rows


def _unreadable(bad: list[tuple[str, str]], at: datetime) -> pa.Table:
    """Rows for lines that could not be read: where they are and why, but nothing of their text,
    which could name somebody."""
    rows = [
        {
            **{"source": "ocpp", "stream": "messages", "scope": UNDATED, "message_time": at},
            **{"message_id": place.replace(", line ", ":").replace(", record ", ":")},
            **{"message_type": UNREADABLE, "body": "", "place": place, "error": why},
        }
        for place, why in bad
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
