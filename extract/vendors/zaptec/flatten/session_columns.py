"""Sessions as columns, some thousand at a time: the times of their energy details are read, and
their intervals computed, for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from extract.lake.fields import Issue, UnreadableError
from extract.lake.schemas import SESSIONS
from extract.vendors.zaptec.fields import LARGEST_KWH
from extract.vendors.zaptec.flatten import energy, ocmf, records
from extract.vendors.zaptec.flatten.energy import Entries, Intervals
from extract.vendors.zaptec.flatten.records import CHARGER, COLUMNS, START, Session, Shape
from extract.vendors.zaptec.flatten.times import MISSING, read_times, time_column

Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class ColumnChunk:
    """Sessions as columns, and their intervals, whose `session_index` is the session's row among
    all chunks; issues by that row."""

    sessions: pa.Table
    intervals: pa.Table
    issues: dict[int, list[Issue]]


class _Readings:
    """The readings of one kind of all sessions of a chunk, one after another."""

    def __init__(self) -> None:
        self.sessions: list[int] = []
        self.counts: list[int] = []
        self.times: list[str] = []
        self.values: list[float] = []

    def add(self, session: int, times: list[str], values: list[float]) -> None:
        """A session's readings (kWh)."""
        self.sessions.append(session)
        self.counts.append(len(times))
        self.times += times
        self.values += values

    def entries(self) -> tuple[Entries, dict[int, str]]:
        """The entries of the sessions whose readings can all be read; for each other session the
        text that cannot be read."""
        at, _ = read_times(self.times)
        value = np.array(self.values, np.float64)
        session = np.repeat(np.array(self.sessions, np.int64), np.array(self.counts, np.int64))
        unreadable = np.flatnonzero((at == MISSING) | (np.abs(value) > LARGEST_KWH)).tolist()
        refused = {
            int(session[place]): f"{self.times[place]} {self.values[place]}"
            for place in reversed(unreadable)
        }
        if refused:
            kept = ~np.isin(session, list(refused))
            session, at, value = session[kept], at[kept], value[kept]
        return Entries.ordered(session, at, value), refused


class ChunkBuilder:
    """Collects sessions. `first`: the row of the first one among the sessions of all chunks."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._values: list[tuple[Any, ...]] = []
        self._shapes: list[Shape] = []
        self._paths: list[str] = []
        self._issues: dict[int, list[Issue]] = defaultdict(list)  # by row among all
        self._plain, self._signed = _Readings(), _Readings()

    def __len__(self) -> int:
        return len(self._values)

    def add(self, shape: Shape, session: Session, path: str) -> None:
        """Take a session. `path` names it in the quarantine."""
        row = len(self._values)
        self._values.append(session.values)
        self._shapes.append(shape)
        self._paths.append(path)
        try:
            self._plain.add(row, *records.read_details(shape, session.details))
        except UnreadableError as error:
            self._refuse(row, error)
        if session.signature:
            try:
                signed = ocmf.readings(shape.signature, session.signature)
            except UnreadableError as error:
                self._refuse(row, error)
                return
            self._signed.add(row, signed.times, signed.kwh)
            if signed.bad:
                self._refuse(row, signed.bad)

    def _refuse(self, row: int, error: UnreadableError) -> None:
        self._issues[self._first + row].append(error.issue(self._paths[row]))

    def chunk(self) -> ColumnChunk:
        """The columns."""
        values: Sequence[Any] = [*zip(*self._values, strict=True)] or [()] * len(COLUMNS)
        columns: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
        start, end = (_times(columns[name]) for name in ("started_at", "ended_at"))
        reported_kwh = np.array(columns["energy_kwh"], np.float64)
        intervals, worked_out = self._energy(start, end, reported_kwh)
        columns |= {
            "connector_id": columns["charging_point_id"],
            "started_at": time_column(start),
            "ended_at": time_column(end),
            "energy_kwh": _nullable(reported_kwh),
            **{name: _nullable(column) for name, column in worked_out.items()},
        }
        fields = [field for field in SESSIONS if field.name in columns]
        table = {field.name: pa.array(columns[field.name], field.type) for field in fields}
        return ColumnChunk(pa.table(table), intervals, dict(self._issues))

    def _energy(
        self, start: np.ndarray, end: np.ndarray, reported_kwh: np.ndarray
    ) -> tuple[pa.Table, dict[str, np.ndarray]]:
        """The intervals of all sessions, signed ones where there are any, and the columns that are
        computed from them."""
        count = len(self)
        plain = energy.amounts(self._entries(self._plain, "details"), reported_kwh)
        signed = energy.metered(self._entries(self._signed, "signature"))
        is_signed = np.bincount(signed.session, minlength=count) >= 2
        first, last = np.full((2, count), np.nan)
        first[signed.session[signed.firsts]] = signed.meter[signed.firsts]
        last[signed.session[signed.lasts]] = signed.meter[signed.lasts]
        last[~is_signed] = np.nan
        signed = signed.of(is_signed)
        difference = energy.differences(plain, signed, count)
        at_first = np.full(count, np.iinfo(np.int64).max)  # before it, nothing is signed
        intervals, method = energy.combine(
            energy.intervals(signed, at_first, end),
            energy.intervals(plain.of(~is_signed), start, end),
        )
        for row in intervals.lost.tolist():
            self._lose(row, "details", "holds energy, but no time in which it flowed")
        return _interval_table(intervals, method, self._first), {
            "meter_start_kwh": np.round(first, energy.DIGITS),
            "meter_stop_kwh": np.round(last, energy.DIGITS),
            "intervals_energy_kwh": energy.totals(intervals.session, intervals.energy, count),
            "signed_difference_kwh": difference,
        }

    def _entries(self, readings: _Readings, field: str) -> Entries:
        """The readings of a kind. A session with a reading that cannot be read has none."""
        entries, refused = readings.entries()
        for row, text in refused.items():
            self._lose(row, field, "holds a time or an energy that cannot be read", text)
        return entries

    def _lose(self, row: int, field: str, reason: str, value: str | None = None) -> None:
        name: str = getattr(self._shapes[row], field)
        self._refuse(row, UnreadableError(name, value, reason))


def identity(shape: Shape, session: Session) -> str:
    """The id of a session that is sent without one: from its signed readings, else made of its
    charger and start."""
    signed = ocmf.session_id(shape.signature, session.signature) if session.signature else None
    charger, start = session.values[CHARGER], session.values[START]
    return signed or f"{charger}@{np.datetime64(start, 'us')}Z"


def _times(column: Sequence[int | None]) -> np.ndarray:
    return np.array([MISSING if at is None else at for at in column], np.int64)


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _interval_table(intervals: Intervals, method: np.ndarray, first_row: int) -> pa.Table:
    return pa.table(
        {
            "session_index": intervals.session + first_row,
            "interval_start_at": time_column(intervals.start),
            "interval_end_at": time_column(intervals.end),
            "energy_kwh": intervals.energy,
            "register_end_kwh": _nullable(intervals.meter),
            "method": method,
        }
    )


def concat(chunks: list[ColumnChunk], rows: np.ndarray) -> tuple[Columns, Columns]:
    """The columns of these sessions, in the order of `rows`, and of their intervals, by session.
    `session_index` is the session's place in that order."""
    sessions = pa.concat_tables([chunk.sessions for chunk in chunks])
    intervals = pa.concat_tables([chunk.intervals for chunk in chunks])
    place = np.full(len(sessions), -1)
    place[rows] = np.arange(len(rows))
    index = place[intervals["session_index"].to_numpy()]
    order = np.argsort(index, kind="stable")
    order = order[np.count_nonzero(index < 0) :]
    found = {name: intervals[name].take(pa.array(order)) for name in intervals.column_names[1:]}
    found["method"] = pa.array(energy.METHODS).take(found["method"])
    return (
        {name: sessions[name].take(pa.array(rows)) for name in sessions.column_names},
        {"session_index": pa.array(index[order]), **found},
    )
