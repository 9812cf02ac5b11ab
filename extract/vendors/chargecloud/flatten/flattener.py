"""ChargeCloud answers → typed tables. This is where a city's answer becomes status spans.

Most answers equal the one before, and in the others a few locations have changed. So an answer with
the same bytes is not parsed (split_answer.py), and of a changed one only the locations with new
bytes (location.py). `Runs` (extract/lake/spans.py) turns the values into spans. An answer of
several pages counts when its last page has come; without that page it is a failed answer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import pyarrow as pa

from extract.lake.columns import table
from extract.lake.fields import Issue, shown
from extract.lake.quarantine import Quarantine, start_of
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import TABLES
from extract.lake.spans import Block, Run, Runs, merged
from extract.vendors.chargecloud.answer_time import AHEAD, answer_time
from extract.vendors.chargecloud.flatten.envelope import RefusedError
from extract.vendors.chargecloud.flatten.location import Location
from extract.vendors.chargecloud.flatten.page import Locations, Page, refusal

FIRST_PAGE = "poi"
"""The endpoint of a city's first page; those after it are "poi page 2" and so on."""

_LOG = logging.getLogger("wattstar")


@dataclass
class _Scope:
    """What is kept of a city from one answer to the next."""

    status: Runs = field(default_factory=Runs)
    master: Runs = field(default_factory=Runs)
    issues: Runs = field(default_factory=lambda: Runs(order=str))  # the field may be None
    pages: list[Page] = field(default_factory=list)
    count: int = 0  # pages of the last answer
    waiting: Answer | None = None  # the first page of an answer whose last page has not come
    statuses: list[Block] = field(default_factory=list)
    masters: list[Block] = field(default_factory=list)
    problems: list[Block] = field(default_factory=list)
    units: int = 0
    unreadable: int = 0
    refusal: RefusedError | None = None  # why nothing of the last answer's locations counts
    wrong_times: dict[str, Issue] = field(default_factory=dict)  # by reason: the first of each

    @property
    def locations(self) -> list[Location]:
        """The locations of the last answer's pages."""
        return [place for page in self.pages[: self.count] for place in page.locations]


class Flattener:
    """Takes a partition's answers in the order of their query time; gives its typed tables."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.end_of_day = datetime.combine(partition.day, time.max, UTC)
        self.quarantine = Quarantine(partition)
        self.scopes: dict[str, _Scope] = {}
        self.polls: dict[tuple[str, int], tuple] = {}
        self.reader = Locations()
        self.issue_files: dict[tuple[str, Issue], str] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer, or the next page of one; good or failed."""
        scope = self.scopes.setdefault(answer.scope, _Scope())
        if answer.endpoint in ("", FIRST_PAGE):
            self._give_up(scope)
        try:
            if self._read(scope, answer):
                self._observe(scope, answer)
        except RefusedError as refused:
            self._failed(scope, answer, refused)
        except Exception as error:
            _LOG.exception("an answer of ChargeCloud %s cannot be read", answer.scope)
            scope.pages, scope.count, scope.statuses = [], 0, []
            reason = f"reading it failed: {type(error).__name__}, see the log"
            self._failed(scope, answer, RefusedError("unreadable", reason))

    def _read(self, scope: _Scope, answer: Answer) -> bool:
        """Read a page; returns whether the answer is complete with it."""
        if answer.status_code is None:
            raise RefusedError("no_answer", answer.error or "no answer")
        if answer.status_code != 200:
            raise RefusedError("http_error", answer.error or f"HTTP {answer.status_code}")
        number = _page_number(answer)
        if number > 1 and (scope.waiting is None or number != scope.count + 1):
            raise RefusedError("unreadable", f"page {number} came without the page before it")
        if len(scope.pages) < number:
            scope.pages.append(Page(self.reader))
        page = scope.pages[number - 1]
        changed = page.read(answer.body if answer.body is not None else pa.py_buffer(b""))
        if changed or number != scope.count or number > 1:
            scope.statuses = []  # to be put together from the pages
        scope.count = number
        if page.next_page is None:
            scope.waiting = None
            return True
        scope.waiting = scope.waiting or answer
        return False

    def _observe(self, scope: _Scope, answer: Answer) -> None:
        """Observe what the pages of the last answer say, at its time."""
        if not scope.statuses:
            self._collect(scope, answer)
        self._check_time(scope, answer)
        scope.master.answer(answer.query_time, scope.masters)
        scope.issues.answer(answer.query_time, scope.problems)
        if scope.refusal is not None:
            raise scope.refusal
        scope.status.answer(answer.query_time, scope.statuses)
        repeated = scope.units - scope.unreadable - scope.status.units
        self._poll(answer, "ok", None, (scope.units, scope.unreadable, repeated))

    def _collect(self, scope: _Scope, answer: Answer) -> None:
        """Join the locations of new pages."""
        locations = scope.locations
        scope.statuses = [place.statuses for place in locations]
        scope.masters = [place.master for place in locations]
        scope.problems = [place.issues for place in locations]
        for place in locations:
            for issue in place.issues:
                self.issue_files.setdefault((answer.scope, issue), answer.file)
        scope.units = sum(place.units for place in locations)
        scope.unreadable = sum(place.unreadable for place in locations)
        scope.refusal = refusal(locations, *scope.pages[0].splitter.slices[:1])

    def _check_time(self, scope: _Scope, answer: Answer) -> None:
        """Note an answer that is filed under the time of its request, because its own timestamp is
        unreadable or outside this partition's date."""
        if answer.query_time != answer.requested_at:
            return
        timestamp = scope.pages[0].timestamp
        _, wrong = answer_time(timestamp, self.end_of_day - AHEAD)
        if wrong is not None:
            issue = Issue("answer", "timestamp", shown(timestamp), wrong)
            self.quarantine.add(answer, scope.wrong_times.setdefault(wrong, issue))

    def _give_up(self, scope: _Scope) -> None:
        """Treat an answer whose last page never came as failed."""
        if scope.waiting is not None:
            reason = f"page {scope.count + 1} of it did not come"
            self._failed(scope, scope.waiting, RefusedError("unreadable", reason))

    def _failed(self, scope: _Scope, answer: Answer, refused: RefusedError) -> None:
        """End the spans at a failed answer. One with status 200 also becomes an issue."""
        scope.status.interrupt()
        scope.waiting = None
        if refused.outcome in ("refused", "unreadable"):
            issue = Issue("answer", None, start_of(answer.body), str(refused))
            self.quarantine.add(answer, issue)
        self._poll(answer, refused.outcome, str(refused), (0, 0, 0))

    def _poll(
        self, answer: Answer, outcome: str, error: str | None, counts: tuple[int, int, int]
    ) -> None:
        source, stream, day = self._where
        scope, at, asked = answer.scope, answer.query_time, answer.requested_at
        row = (source, scope, at, day, outcome, *counts, asked, error, stream)
        self.polls.setdefault((scope, at), row)

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition, each with the schema of its name."""
        rows: dict[str, list[tuple]] = {name: [] for name in TABLES}
        for name, scope in sorted(self.scopes.items()):
            self._give_up(scope)
            for run in scope.status.finish():
                rows["status_spans"].append(self._span(name, run, scope.status.times))
            for run in merged(scope.master.finish()):
                rows[run.key[0]].append(self._version(name, run, scope.master.times))
            for run in merged(scope.issues.finish()):
                self._quarantine(name, run, scope.issues.times)
        for kind, field_name, path in self.reader.unknown:
            self.quarantine.unknown(kind, [field_name], path)
        rows["polls"] = list(self.polls.values())
        made = {name: table(name, values) for name, values in rows.items()}
        return made | self.quarantine.tables()

    @property
    def _where(self) -> tuple:
        return self.partition.source, self.partition.stream, self.partition.day

    def _span(self, scope: str, run: Run, times: list[int]) -> tuple:
        source, stream, day = self._where
        first, last = times[run.first], times[run.last]
        polls = run.last - run.first + 1
        return (source, scope, *run.key, day, *run.value, first, last, polls, stream)

    def _version(self, scope: str, run: Run, times: list[int]) -> tuple:
        source, stream, day = self._where
        first, last = times[run.first], times[run.last]
        return (source, scope, run.key[1], day, first, last, *run.value, stream)

    def _quarantine(self, scope: str, run: Run, times: list[int]) -> None:
        first, last, polls = times[run.first], times[run.last], run.last - run.first + 1
        file = self.issue_files[scope, run.key]
        self.quarantine.add_span(scope, run.key, first, last, polls=polls, file=file)


def _page_number(answer: Answer) -> int:
    """Which page of the city's answer it is, from 1."""
    _, _, number = answer.endpoint.partition(" page ")
    return int(number) if number.isdecimal() else 1
