"""Zaptec's chargers' states → polls, status spans and measurements; one poll per request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from extract.lake import payload
from extract.lake.columns import table
from extract.lake.fields import Issue, UnreadableError, read_list
from extract.lake.quarantine import Quarantine, start_of
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import MEASUREMENTS
from extract.lake.spans import Runs
from extract.vendors.zaptec.flatten.observations import ChargerState, Row, StateReader
from extract.vendors.zaptec.flatten.times import MISSING, read_times, time_column

UNITS = 2  # a charger, as charging point and as connector
NEVER = np.iinfo(np.int64).max


@dataclass
class _Charger:
    """The newest answer of a charger, so that an equal one is not read again, and its runs."""

    runs: Runs = field(default_factory=Runs)
    body: pa.Buffer | None = None
    state: ChargerState | None = None


class _RefusedError(Exception):
    """An answer without a state that can be read. `outcome`: of its poll."""

    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


class _Poll(NamedTuple):
    answer: Answer  # without its body
    outcome: str
    why: str | None
    records: int
    unreadable: int


class State:
    """Takes the answers of a partition in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.quarantine = Quarantine(partition)
        self._chargers: dict[str, _Charger] = {}
        self._polls: list[_Poll] = []
        self._rows: list[tuple[Answer, Row]] = []

    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed. The list of chargers gives no row."""
        if answer.endpoint != "state":
            return
        charger = self._chargers.setdefault(answer.scope, _Charger())
        body, answer.body = answer.body or pa.py_buffer(b""), None
        try:
            state = self._state(charger, answer, body)
        except _RefusedError as refused:
            charger.runs.interrupt()
            self._polls.append(_Poll(answer, refused.outcome, str(refused), 0, 0))
            return
        charger.runs.answer(answer.query_time, state.statuses)
        self._polls.append(_Poll(answer, "ok", None, UNITS, 0 if state.statuses else UNITS))
        self.quarantine.add(answer, *state.issues)
        self._rows += [(answer, row) for row in state.rows]

    def _state(self, charger: _Charger, answer: Answer, body: pa.Buffer) -> ChargerState:
        if answer.status_code is None:
            raise _RefusedError("no_answer", answer.error or "no answer")
        if answer.status_code != 200:
            raise _RefusedError("http_error", answer.error or f"HTTP {answer.status_code}")
        if charger.state is None or charger.body is None or not charger.body.equals(body):
            try:
                entries = read_list("", payload.decode(body) or {})
            except UnreadableError as error:
                why = answer.error or f"is not a state: it {error.reason}"
                self.quarantine.add(answer, Issue("answer", None, start_of(body), why))
                raise _RefusedError("unreadable", why) from None
            charger.state = StateReader(answer.scope, self.quarantine).read(entries)
            charger.body = body
        return charger.state

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        measurements = self._measurements()  # first, because it may quarantine something
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        polls = [
            (
                *(source, poll.answer.scope, poll.answer.query_time, day, poll.outcome),
                *(poll.records, poll.unreadable, 0, poll.answer.requested_at, poll.why, stream),
            )
            for poll in self._polls
        ]
        spans = [
            (
                *(source, scope, *run.key, day, *run.value, charger.runs.times[run.first]),
                *(charger.runs.times[run.last], run.last - run.first + 1, stream),
            )
            for scope, charger in sorted(self._chargers.items())
            for run in charger.runs.finish()
        ]
        return {
            "polls": table("polls", polls),
            "status_spans": table("status_spans", spans),
            "measurements": measurements,
            **self.quarantine.tables(),
        }

    def _measurements(self) -> pa.Table:
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        rows = [
            (source, one.scope, day, one.scope, one.query_time, *row[:-1], None, stream)
            for one, row in self._rows
        ]
        place = MEASUREMENTS.get_field_index("observed_at")
        observed = time_column(self._observed())
        return table("measurements", rows).set_column(place, MEASUREMENTS.field(place), observed)

    def _observed(self) -> np.ndarray:
        """For each row the older of the times of its two values."""
        oldest = np.full(len(self._rows), NEVER)
        for value in range(2):
            found, unreadable = read_times([row.times[value] for _, row in self._rows])
            for place in unreadable:
                answer, row = self._rows[place]
                error = UnreadableError("Timestamp", row.times[value], "is not a time")
                self.quarantine.add(answer, error.issue(f"measurement {row.phase}"))
            oldest = np.minimum(oldest, np.where(found == MISSING, NEVER, found))
        return np.where(oldest == NEVER, MISSING, oldest)
