"""Some thousand sessions as columns: their times read and their energy worked out all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from extract.lake.schemas import SESSIONS
from extract.vendors.zaptec.flatten import energy, ocmf, records
from extract.vendors.zaptec.flatten.energy import Entries, Intervals
from extract.vendors.zaptec.flatten.records import CHARGER, COLUMNS, END, START, Session, Shape
from extract.vendors.zaptec.flatten.values import MISSING, Issue, UnreadableError, moments, times

Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class Filled:
    """The columns of a batch of sessions, and of their intervals, whose `owner` is the session's
    row among all. `unreadable`: rows of which the start or the end is no time; `issues` by row."""

    sessions: pa.Table
    intervals: pa.Table
    unreadable: list[int]
    issues: dict[int, list[Issue]]


class _Part:
    """The readings of one kind of all sessions of a batch, one after another."""

    def __init__(self) -> None:
        self.owners: list[int] = []
        self.counts: list[int] = []
        self.times: list[str | None] = []
        self.values: list[float] = []

    def add(self, owner: int, times: list[str], values: list[float]) -> None:
        """A session's readings."""
        self.owners.append(owner)
        self.counts.append(len(times))
        self.times += times
        self.values += values

    def entries(self) -> tuple[Entries, dict[int, str | None]]:
        """All of them but those of a session that has one without a readable time, and what stands
        there instead, by session."""
        at, _ = times(self.times)
        value = np.array(self.values, np.float64)
        owner = np.repeat(np.array(self.owners, np.int64), np.array(self.counts, np.int64))
        unreadable = np.flatnonzero(at == MISSING).tolist()
        refused = {int(owner[place]): self.times[place] for place in reversed(unreadable)}
        if refused:
            kept = ~np.isin(owner, list(refused))
            owner, at, value = owner[kept], at[kept], value[kept]
        return Entries.ordered(owner, at, value), refused


class Batch:
    """Collects sessions; the first of them has the row `first` among all."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._values: list[tuple[Any, ...]] = []
        self._shapes: list[Shape] = []
        self._paths: list[str] = []
        self._issues: dict[int, list[Issue]] = defaultdict(list)  # by row among all
        self._plain, self._signed = _Part(), _Part()

    def __len__(self) -> int:
        return len(self._values)

    @staticmethod
    def identity(shape: Shape, session: Session) -> str:
        """The id of a session that is told without one: as its signed readings tell it, else made
        of its charger and start. UnreadableError where the start is no time."""
        if session.signature:
            try:
                signed = ocmf.payload(shape.signature, session.signature).session_id
            except UnreadableError:
                signed = None  # told when the readings are read
            if signed:
                return signed
        charger, start = session.values[CHARGER], session.values[START]
        (at,), unreadable = times([start])
        if unreadable or at == MISSING:
            raise UnreadableError(shape.texts[START], start, "is not a time")
        return f"{charger}@{np.datetime64(int(at), 'us')}Z"

    def add(self, shape: Shape, session: Session, path: str) -> None:
        """Take a session, whose `path` is told with what cannot be read of it."""
        owner = len(self._values)
        self._values.append(session.values)
        self._shapes.append(shape)
        self._paths.append(path)
        try:
            self._plain.add(owner, *records.details(shape, session.details))
        except UnreadableError as error:
            self._refuse(owner, error)
        if session.signature:
            try:
                signed = ocmf.readings(shape.signature, session.signature)
            except UnreadableError as error:
                self._refuse(owner, error)
                return
            self._signed.add(owner, signed.times, signed.kwh)
            if signed.bad:
                self._refuse(owner, signed.bad)

    def _refuse(self, owner: int, error: UnreadableError) -> None:
        self._issues[self._first + owner].append(error.issue(self._paths[owner]))

    def filled(self) -> Filled:
        """The columns."""
        values = zip(*self._values, strict=True) if self._values else [()] * len(COLUMNS)
        read: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
        start, bad_starts = self._times(read["started_at"], START)
        end, bad_ends = self._times(read["ended_at"], END)
        told = np.array(read["energy_kwh"], np.float64)
        intervals, worked_out = self._energy(start, end, told)
        columns = read | {
            "connector_id": read["charging_point_id"],
            "started_at": moments(start),
            "ended_at": moments(end),
            "energy_kwh": _nullable(told),
            **{name: _nullable(column) for name, column in worked_out.items()},
        }
        fields = [field for field in SESSIONS if field.name in columns]
        table = {field.name: pa.array(columns[field.name], field.type) for field in fields}
        unreadable = {self._first + place for place in (*bad_starts, *bad_ends)}
        return Filled(pa.table(table), intervals, sorted(unreadable), dict(self._issues))

    def _times(self, texts: Sequence[str | None], field: int) -> tuple[np.ndarray, list[int]]:
        """A column of times, and the sessions that are left out because of it."""
        found, unreadable = times(list(texts))
        if field == START:
            unreadable = np.flatnonzero(found == MISSING).tolist()
        for place in unreadable:
            error = UnreadableError(self._shapes[place].texts[field], texts[place], "is not a time")
            self._issues[self._first + place] = [error.issue(self._paths[place])]
        return found, unreadable

    def _energy(
        self, start: np.ndarray, end: np.ndarray, told: np.ndarray
    ) -> tuple[pa.Table, dict[str, np.ndarray]]:
        """The intervals of all sessions, signed ones where there are any, and what follows."""
        owners = len(self)
        plain = energy.amounts(self._entries(self._plain, "details"), told)
        signed = energy.metered(self._entries(self._signed, "signature"))
        readings = np.bincount(signed.owner, minlength=owners)
        is_signed = readings >= 2
        first, last = np.full((2, owners), np.nan)
        first[signed.owner[signed.firsts]] = signed.meter[signed.firsts]
        last[signed.owner[signed.lasts]] = signed.meter[signed.lasts]
        last[~is_signed] = np.nan
        signed = signed.of(is_signed)
        difference = energy.differences(plain, signed, owners)
        at_first = np.full(owners, np.iinfo(np.int64).max)  # before it, nothing is signed
        intervals, method = energy.together(
            energy.intervals(signed, at_first, end),
            energy.intervals(plain.of(~is_signed), start, end),
        )
        for owner in intervals.lost.tolist():
            self._lose(owner, "details", "holds energy, but no time in which it flowed")
        return _interval_table(intervals, method, self._first), {
            "meter_start_kwh": np.round(first, energy.DIGITS),
            "meter_stop_kwh": np.round(last, energy.DIGITS),
            "intervals_energy_kwh": energy.totals(intervals.owner, intervals.energy, owners),
            "signed_difference_kwh": difference,
        }

    def _entries(self, part: _Part, field: str) -> Entries:
        """The readings of a kind; a session with one whose time cannot be read has none."""
        entries, refused = part.entries()
        for owner, written in refused.items():
            self._lose(owner, field, "holds something that is not a time", written)
        return entries

    def _lose(self, owner: int, field: str, reason: str, value: str | None = None) -> None:
        error = UnreadableError(getattr(self._shapes[owner], field), value, reason)
        self._refuse(owner, error)


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _interval_table(intervals: Intervals, method: np.ndarray, first_row: int) -> pa.Table:
    return pa.table(
        {
            "owner": intervals.owner + first_row,
            "interval_start_at": moments(intervals.start),
            "interval_end_at": moments(intervals.end),
            "energy_kwh": intervals.energy,
            "register_end_kwh": _nullable(intervals.meter),
            "method": method,
        }
    )


def joined(batches: list[Filled], rows: np.ndarray) -> tuple[Columns, Columns]:
    """The columns of these sessions, in this order, and of their intervals in theirs; `owner` is
    then the session's place in the order."""
    sessions = pa.concat_tables([batch.sessions for batch in batches])
    intervals = pa.concat_tables([batch.intervals for batch in batches])
    place = np.full(len(sessions), -1)
    place[rows] = np.arange(len(rows))
    owner = place[intervals["owner"].to_numpy()]
    order = np.argsort(owner, kind="stable")
    order = order[np.count_nonzero(owner < 0) :]
    found = {name: intervals[name].take(pa.array(order)) for name in intervals.column_names[1:]}
    found["method"] = pa.array(energy.METHODS).take(found["method"])
    return (
        {name: sessions[name].take(pa.array(rows)) for name in sessions.column_names},
        {"owner": pa.array(owner[order]), **found},
    )
