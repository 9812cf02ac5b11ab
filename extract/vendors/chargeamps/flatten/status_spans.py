"""Answers about status, one after the other → polls, status_spans, measurements.

Memory holds what was said, once where it was said again, until the end of the date: only then is
it known which vocabulary a charge point speaks (see `words`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from extract.lake.raw import Answer, Partition
from extract.lake.spans import Block, Run, Runs
from extract.vendors.chargeamps.flatten import status_answer, status_vocabulary
from extract.vendors.chargeamps.flatten.tables import Gathered, Rows
from extract.vendors.chargeamps.flatten.values import UnreadableError


@dataclass
class _Point:
    """What is kept of a charge point from one status answer to the next."""

    told: list[tuple[int, tuple[Any, ...] | None]] = field(default_factory=list)
    evidence: Counter[status_vocabulary.Evidence] = field(default_factory=Counter)
    body: pa.Buffer | None = None
    said: status_answer.Said | None = None


class StatusFlattener(Gathered):
    """Takes the answers about status in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition)
        self.points: dict[str, _Point] = {}
        self.polls: list[tuple[Any, ...]] = []
        self.measured: list[tuple[str, int, tuple[status_answer.Phase, ...]]] = []

    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed, or a tick that was missed."""
        point = self.points.setdefault(answer.scope, _Point())
        outcome, error, counts = _failure(answer), answer.error, (0, 0, 0)
        if outcome is None:
            try:
                said = self._said(point, answer)
            except UnreadableError as unreadable:
                outcome, error = "unreadable", unreadable.reason
                self.quarantine(answer, [unreadable.issue("answer")])
            else:
                outcome, error = "ok", None
                counts = said.units, said.unreadable, said.duplicates
                self._take(point, answer, said)
        if outcome != "ok":
            point.told.append((answer.query_time, None))
        times = answer.query_time, answer.requested_at
        self.polls.append((answer.scope, *times, outcome, error, counts))

    def _said(self, point: _Point, answer: Answer) -> status_answer.Said:
        body = answer.body
        if point.said is None or body is None or not body.equals(point.body):
            said = status_answer.read(answer.scope, self.decoded(answer))
            point.body, point.said = body, said
            self.unknown |= said.unknown
        return point.said

    def _take(self, point: _Point, answer: Answer, said: status_answer.Said) -> None:
        point.told.append((answer.query_time, said.words))
        point.evidence.update(said.evidence)
        if said.issues:
            self.quarantine(answer, said.issues)
        if said.phases:
            self.measured.append((answer.scope, answer.query_time, said.phases))

    def rows(self) -> Rows:
        """The rows of this stream's tables."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        return {
            "polls": [
                (source, scope, at, day, outcome, *counts, asked, error, stream)
                for scope, at, asked, outcome, error, counts in self.polls
            ],
            "status_spans": [
                (source, scope, *run.key, day, *run.value, times[run.first], times[run.last],
                 run.last - run.first + 1, stream)
                for scope, point in self.points.items()
                for times, run in _spans(scope, point)
            ],
            "measurements": [
                (source, scope, day, name, at, phase, amps, volts, None, kwh, session, None, stream)
                for scope, at, phases in self.measured
                for name, phase, amps, volts, kwh, session in phases
            ],
        }  # fmt: skip


def _failure(answer: Answer) -> str | None:
    """The outcome of a poll that brought no answer; None for one that did."""
    if answer.status_code is None:
        missed = (answer.error or "").startswith("missed")
        return "missed" if missed else "no_answer"
    return None if answer.status_code == 200 else "http_error"


def _spans(scope: str, point: _Point) -> Iterable[tuple[list[int], Run]]:
    """The runs of a charge point and its connectors, now that its vocabulary is known."""
    numbers, runs = status_vocabulary.speaks(point.evidence), Runs()
    blocks: dict[tuple[Any, ...], list[Block]] = {}
    for at, said in point.told:
        if said is None:
            runs.interrupt()
            continue
        if said not in blocks:
            blocks[said] = [_block(scope, said, numbers)]
        runs.answer(at, blocks[said])
    return [(runs.times, run) for run in runs.finish()]


def _block(scope: str, said: tuple[Any, ...], numbers: Mapping[str, str]) -> Block:
    """(unit, id) → (status, parking sensor) of an answer."""
    own, plugs = said
    told = {name: word and numbers.get(word, word) for name, word in plugs}
    return {
        ("chargingpoint", scope): (status_vocabulary.of_point(own, told.values()), None),
        **{("connector", name): (word, None) for name, word in told.items()},
    }
