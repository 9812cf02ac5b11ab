"""ChargeCloud answers → typed tables. This is where a city's answer becomes status spans.

Most answers say what the one before said, and in the others a few locations changed. So an answer
with the same bytes is not parsed at all (slices.py), and of a changed one only the locations whose
bytes are new (records.py). `Runs` (extract/lake/spans.py) turns what is seen into spans.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any

import msgspec
import pyarrow as pa

from extract.lake.raw import Answer, Partition
from extract.lake.schemas import POLLS, TABLES, UNKNOWN_FIELDS
from extract.lake.spans import Block, Run, Runs, merged
from extract.vendors.chargecloud.flatten.records import Issue, Location, Reader
from extract.vendors.chargecloud.flatten.split_answer import RefusedError, Slicer


@dataclass
class _Scope:
    """What is kept of a city from one answer to the next."""

    status: Runs = field(default_factory=Runs)
    master: Runs = field(default_factory=Runs)
    issues: Runs = field(default_factory=Runs)
    slicer: Slicer = field(default_factory=Slicer)
    locations: list[Location] = field(default_factory=list)
    statuses: list[Block] = field(default_factory=list)
    masters: list[Block] = field(default_factory=list)
    problems: list[Block] = field(default_factory=list)
    units: int = 0
    unreadable: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Units in the last answer, and how many of them were unreadable or repeated."""
        return self.units, self.unreadable, self.units - self.unreadable - self.status.units


class Flattener:
    """Takes a partition's answers in the order of their query time; gives its typed tables."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.scopes: dict[str, _Scope] = {}
        self.polls: list[tuple] = []
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.reader = Reader()
        self.versions: dict[bytes, Location] = {}
        self.masters: dict[tuple, Block] = {}  # equal master data of all versions, once
        self.issue_files: dict[tuple[str, Issue], str] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed."""
        scope = self.scopes.setdefault(answer.scope, _Scope())
        outcome, error, counts = "ok", None, (0, 0, 0)
        try:
            self._read(scope, answer)
            counts = scope.counts
        except RefusedError as refused:
            outcome, error = refused.outcome, str(refused)
            scope.status.interrupt()
            self._failed(scope, answer, outcome, error)
        times = answer.query_time, answer.requested_at
        self.polls.append((answer.scope, *times, outcome, error, counts))

    def _read(self, scope: _Scope, answer: Answer) -> None:
        if answer.status_code is None:
            raise RefusedError("no_answer", answer.error or "no answer")
        if answer.status_code != 200:
            raise RefusedError("http_error", answer.error or f"HTTP {answer.status_code}")
        body = answer.body if answer.body is not None else pa.py_buffer(b"")
        if not scope.slicer.repeats(body):
            self._changed(scope, answer, body)
        scope.status.answer(answer.query_time, scope.statuses)
        scope.master.answer(answer.query_time, scope.masters)
        scope.issues.answer(answer.query_time, scope.problems)

    def _changed(self, scope: _Scope, answer: Answer, body: pa.Buffer) -> None:
        """Read an answer whose locations are not those of the answer before."""
        before = list(zip_longest(scope.slicer.slices, scope.locations))
        try:
            scope.locations = self._locations(
                before, scope.slicer.alike(body) or scope.slicer.split(body)
            )
        except msgspec.DecodeError:
            scope.locations = self._locations(before, scope.slicer.split(body))
        scope.statuses = [location.statuses for location in scope.locations]
        scope.masters = [location.master for location in scope.locations]
        scope.problems = [location.issues for location in scope.locations]
        for issue in chain.from_iterable(scope.problems):
            self.issue_files.setdefault((answer.scope, issue), answer.file)
        scope.units = sum(location.units for location in scope.locations)
        scope.unreadable = sum(location.unreadable for location in scope.locations)

    def _locations(
        self, before: list[tuple[bytes, Location]], slices: list[bytes]
    ) -> list[Location]:
        """The locations of an answer; at their old place with their old bytes they are the old."""
        return [
            old[1] if old and old[0] is piece else self._location(piece, number)
            for number, (piece, old) in enumerate(zip_longest(slices, before[: len(slices)]))
        ]

    def _location(self, piece: bytes, number: int) -> Location:
        known = self.versions.get(piece)
        if known is None:
            known = self.reader.read(msgspec.json.decode(piece), number)
            master = self.masters.setdefault(tuple(known.master.items()), known.master)
            known = self.versions[piece] = known._replace(master=master)
            self.unknown.update(known.unknown)
        return known

    def _failed(self, scope: _Scope, answer: Answer, outcome: str, error: str) -> None:
        """An answer that says it is good but cannot be read is kept in sight like a record."""
        if outcome in ("refused", "unreadable"):
            start = bytes(answer.body or b"")[:100].decode(errors="replace")
            issue = Issue("answer", None, start, error)
            self.issue_files.setdefault((answer.scope, issue), answer.file)
            scope.issues.answer(answer.query_time, [*scope.problems, {issue: None}])

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition, each with the schema of its name."""
        made = {"polls": self._polls(), "unknown_fields": self._unknown()}
        rows: dict[str, list[tuple]] = {name: [] for name in TABLES if name not in made}
        for name, scope in sorted(self.scopes.items()):
            for run in scope.status.finish():
                rows["status_spans"].append(self._span(name, run, scope.status.times))
            for run in merged(scope.master.finish()):
                rows[run.key[0]].append(self._version(name, run, scope.master.times))
            for run in merged(scope.issues.finish()):
                rows["quarantine"].append(self._quarantined(name, run, scope.issues.times))
        return made | {name: _table(rows[name], TABLES[name]) for name in rows}

    def _polls(self) -> pa.Table:
        source, stream, day = self._where
        rows = [
            (source, scope, at, day, outcome, *counts, asked, error, stream)
            for scope, at, asked, outcome, error, counts in self.polls
        ]
        return _table(rows, POLLS)

    def _unknown(self) -> pa.Table:
        source, stream, day = self._where
        rows = [
            (source, day, record, name, count, stream)
            for (record, name), count in sorted(self.unknown.items())
        ]
        return _table(rows, UNKNOWN_FIELDS)

    @property
    def _where(self) -> tuple[str, str, Any]:
        return self.partition.source, self.partition.stream, self.partition.day

    def _span(self, scope: str, run: Run, times: list[int]) -> tuple:
        source, stream, day = self._where
        first, last = times[run.first], times[run.last]
        return (source, scope, *run.key, day, *run.value, first, last, _length(run), stream)

    def _version(self, scope: str, run: Run, times: list[int]) -> tuple:
        source, stream, day = self._where
        return (
            source,
            scope,
            run.key[1],
            day,
            times[run.first],
            times[run.last],
            *run.value,
            stream,
        )

    def _quarantined(self, scope: str, run: Run, times: list[int]) -> tuple:
        source, stream, day = self._where
        file = self.issue_files[scope, run.key]
        return (
            source, scope, day, times[run.first], times[run.last], _length(run), file, *run.key,
            stream,
        )  # fmt: skip


def _length(run: Run) -> int:
    return run.last - run.first + 1


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        pa.array(values, type=kind.type) for values, kind in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
