"""Health: what needs a person. `status`, the digest, the DAGs and the alert all ask here.

A partition that has just landed waits for the next load and is no problem. It becomes one when it
has waited longer than `PATIENCE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from extract.warehouse.ledger import Entry
from extract.warehouse.typed_state import QuarantinedScope, ScopePoll

LATE_AFTER = 3
"""A stream is late when this many polls have been missed."""

PATIENCE = timedelta(hours=1)
"""How long a partition may wait for its load or build."""

REMEMBERED = timedelta(days=7)
"""For how long quarantined records are a problem; older ones stay in the tables and pages."""

AHEAD = timedelta(hours=1)
"""A vendor's clock that is further ahead of ours is wrong."""

LEAST_DISK = 1 << 30
"""Free bytes on the disk; with less, Postgres stops soon."""

RUN_AT, DONE_BY = time(7), time(7, 30)
"""The daily run of the DAG `warehouse`, business time zone, and when it must be done."""


@dataclass(frozen=True)
class Problem:
    """Something that needs a person. `kind`: late | clock | failed_scope | missing_scopes |
    poll_failed | refused_file | quarantined_partition | quarantined_records | not_loaded |
    not_built | step_failed | daily_run | disk. `text` may show a value of a record; `kind`, `where`
    and `count` never do, and `do` is what to type."""

    kind: str
    where: str
    text: str
    do: str
    count: int = 1


@dataclass
class StreamHealth:
    """One stream of a source. Times are UTC; None where nothing has landed. `failed_scopes`:
    "scope: error" for each scope that failed in the newest poll; `failures`: what the newest poll
    could not ask for at all."""

    source: str
    stream: str
    every: timedelta
    is_event: bool
    last_query_time: datetime | None = None
    last_landed_at: datetime | None = None
    failed_scopes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    late: bool = True

    @property
    def name(self) -> str:
        """Source and stream."""
        return f"{self.source}/{self.stream}"


def of_stream(stream: StreamHealth, now: datetime) -> Iterator[Problem]:
    """A stream that is late, is dated in the future, or failed in its newest poll."""
    poll = f"wattstar poll {stream.source}"
    if stream.late:
        since = stream.last_landed_at
        when = "yet" if since is None else f"since {_at(since)}"
        yield Problem("late", stream.name, f"LATE: nothing has landed {when}", poll)
    if stream.last_query_time and stream.last_query_time > now + AHEAD:
        text = f"answers are dated {_at(stream.last_query_time)}: the vendor's clock is wrong"
        yield Problem("clock", stream.name, text, "tell the vendor")
    for failed in stream.failed_scopes:
        yield Problem("failed_scope", stream.name, f"failed in the newest poll: {failed}", poll)
    for failed in stream.failures:
        yield Problem("poll_failed", stream.name, failed, poll)


def of_scopes(stream: StreamHealth, polls: Iterable[ScopePoll], now: datetime) -> Iterator[Problem]:
    """Scopes whose newest answer could not be read, and scopes that no longer answer. Sources of
    events have none, because each message is an answer of its own."""
    mine = [] if stream.is_event else list(polls)
    known = {failed.split(":")[0] for failed in stream.failed_scopes}
    look = "look at typed.quarantine: wattstar status --json"
    for poll in mine:
        if poll.scope not in known and (poll.outcome != "ok" or poll.is_unreadable):
            why = poll.error or "nothing of its answer could be read"
            yield Problem("failed_scope", stream.name, f"{poll.scope}: {why}", look)
    newest = max((poll.query_time for poll in mine if poll.query_time <= now + AHEAD), default=now)
    gone = [poll for poll in mine if newest - poll.query_time > LATE_AFTER * stream.every]
    if gone and len(gone) * 10 >= len(mine):
        names = ", ".join(sorted(poll.scope for poll in gone)[:5])
        text = f"{len(gone)} of {len(mine)} scopes are no longer answered for: {names}"
        yield Problem(
            "missing_scopes", stream.name, text, f"wattstar poll {stream.source}", len(gone)
        )


def of_ledger(
    entries: Iterable[Entry], records: Iterable[QuarantinedScope], now: datetime
) -> Iterator[Problem]:
    """Quarantined partitions, and partitions with quarantined records of the last days."""
    entries = list(entries)
    for entry in entries:
        if entry.status == "quarantined":
            day = entry.partition.day
            yield Problem(
                "quarantined_partition",
                str(entry.partition),
                f"QUARANTINED {entry.partition}: {entry.reason}",
                "repair or remove the raw file that the reason names, then: wattstar load; or, "
                f"after an upgrade that can read it: wattstar replay --from {day} --to {day}",
            )
    recent = {
        entry.partition
        for entry in entries
        if entry.quarantined and entry.loaded_at and now - entry.loaded_at < REMEMBERED
    }
    counts: Counter = Counter()
    examples: dict = {}
    for scope in records:
        if scope.partition in recent:
            counts[scope.partition] += scope.records
            examples.setdefault(scope.partition, []).append(scope)
    for partition, count in sorted(counts.items()):
        shown = "; ".join(f"{each.scope}: {each.example}" for each in examples[partition][:3])
        more = len(examples[partition]) - 3
        text = f"{count:,} records of {partition} could not be read: {shown}"
        text += f"; and {more} more scopes" if more > 0 else ""
        do = f"look at typed.quarantine; after a repair: wattstar replay --from {partition.day}"
        yield Problem("quarantined_records", str(partition), text, do, count)


def of_waiting(
    not_loaded: dict[str, datetime], not_built: dict[str, datetime], now: datetime
) -> Iterator[Problem]:
    """Partitions that have waited longer than `PATIENCE`. The arguments map a partition's name to
    the time (UTC) since which it waits."""
    for kind, waiting, done, do in (
        ("not_loaded", not_loaded, "loaded", "wattstar load"),
        ("not_built", not_built, "built", "wattstar build"),
    ):
        old = {name: since for name, since in waiting.items() if now - since > PATIENCE}
        if old:
            first, since = min(old.items(), key=lambda item: item[1])
            text = f"{len(old)} partitions are not {done} yet: {first} waits since {_at(since)}"
            yield Problem(kind, first, text, do, len(old))


def of_steps(steps: dict[str, dict]) -> Iterator[Problem]:
    """Steps whose last run failed. Load is left out: it fails when it quarantines something, and
    `of_ledger` makes problems of that."""
    for step, how in steps.items():
        if not how["ok"] and step != "load":
            failures = how["result"].get("failures") or how["result"].get("skipped") or []
            why = "; ".join(failures) or "see its log"
            text = f"{step} FAILED at {_at(how['finished_at'])}: {why}"
            yield Problem("step_failed", step, text, f"wattstar {step}", max(1, len(failures)))


def of_daily_run(steps: dict[str, dict], now: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    """A daily run that is not done by `DONE_BY`, where Airflow did one in the last week."""
    last = steps.get("daily")
    local = now.astimezone(zone)
    due = datetime.combine(local.date(), RUN_AT, zone)
    if last is None or local.time() < DONE_BY or now - last["finished_at"] > timedelta(days=8):
        return
    if last["finished_at"] < due:
        text = f"the run of {due:%H:%M} is not done: the last one ended {_at(last['finished_at'])}"
        yield Problem("daily_run", "warehouse", text, "look at the DAG warehouse in Airflow")


def of_disk(free: int, where: str) -> Iterator[Problem]:
    """A disk that is nearly full. `free` is in bytes."""
    if free < LEAST_DISK:
        text = f"{free / 2**30:.2f} GiB are free on the disk of {where}"
        yield Problem("disk", where, text, "free some room: wattstar maintain deletes old logs")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
