"""The morning's question: what is fresh, late, dirty, quarantined or failed, why, and what next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection

from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Partition
from extract.settings import Settings
from extract.vendors import SOURCES, STREAMS
from extract.warehouse import ledger
from extract.warehouse.database import open_warehouse, prepare
from extract.warehouse.fingerprints import dirty, models_fingerprint
from extract.warehouse.ledger import Entry

LATE_AFTER = 3
"""So many polls missed make a stream late."""

SAME_POLL = timedelta(minutes=2)
"""Files whose first requests follow each other closer than this are of one poll."""

_SEEN = ["scope", "query_time", "requested_at", "error"]


@dataclass
class Source:
    """How one stream of a source stands. Times are UTC; None where nothing has landed."""

    source: str
    stream: str
    last_query_time: datetime | None = None
    last_landed_at: datetime | None = None
    failed_scopes: list[str] = field(default_factory=list)  # in the newest poll
    late: bool = True


@dataclass
class Status:
    """Everything `wattstar status` says."""

    sources: list[Source]
    dirty: list[Partition]
    unbuilt: list[Partition]
    quarantined: list[Entry]
    warned: list[Entry]
    loaded: list[Entry]
    steps: dict[str, dict]
    next: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing late, dirty, unbuilt, quarantined or failed."""
        healthy = not (self.dirty or self.unbuilt or self.quarantined)
        steps = all(step["ok"] for step in self.steps.values())
        landed = all(not source.late and not source.failed_scopes for source in self.sources)
        return healthy and steps and landed

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "ok": self.ok,
            "sources": [source.__dict__ for source in self.sources],
            "dirty": [str(partition) for partition in self.dirty],
            "unbuilt": [str(partition) for partition in self.unbuilt],
            "quarantined": [entry.as_dict() for entry in self.quarantined],
            "warnings": [entry.as_dict() for entry in self.warned],
            "steps": self.steps,
            "next": self.next,
        }


def status(settings: Settings, now: datetime | None = None) -> Status:
    """Look at the lake and at the ledger; `now` is for tests."""
    lake = Lake(settings.lake_url)
    landed = raw.partitions(lake)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            found = _status(settings, lake, landed, connection, now or datetime.now(UTC))
        finally:
            connection.close()
    found.next = advice(found)
    return found


def _status(
    settings: Settings, lake: Lake, landed: dict, connection: Connection, now: datetime
) -> Status:
    entries = ledger.read(connection)
    models = models_fingerprint(settings)
    return Status(
        sources=[
            _stream(lake, landed, source, stream, now)
            for source in _watched(settings, landed)
            for stream in STREAMS[source]
        ],
        dirty=dirty(landed, entries),
        unbuilt=[where for where, entry in entries.items() if entry.built_fingerprint != models],
        quarantined=[entry for entry in entries.values() if entry.status == "quarantined"],
        loaded=list(entries.values()),
        warned=[entry for entry in entries.values() if entry.warnings],
        steps=ledger.last_steps(connection),
    )


def _watched(settings: Settings, landed: dict) -> list[str]:
    """The sources that are set up; where none is, those of which something has landed."""
    found = {partition.source for partition in landed}
    return settings.sources or [name for name in SOURCES if name in found] or [SOURCES[0]]


def newest(lake: Lake, landed: dict, source: str, stream: str) -> datetime | None:
    """The time of the newest answer that has landed, UTC; None where nothing has."""
    return _stream(lake, landed, source, stream, datetime.now(UTC)).last_query_time


def _stream(lake: Lake, landed: dict, source: str, stream: str, now: datetime) -> Source:
    """What the newest poll of a stream says: its files, two or more where midnight or pages made
    them so."""
    files = {
        asked: file.path
        for where, many in landed.items()
        if (where.source, where.stream) == (source, stream)
        for file in many
        if (asked := raw.asked_at(file.path))
    }
    found = Source(source, stream)
    rows: list[dict] = []
    before: datetime | None = None
    for asked, path in sorted(files.items(), reverse=True):
        if before and before - asked > SAME_POLL:
            break
        before = asked
        found.last_landed_at = found.last_landed_at or asked
        try:
            rows += _seen(lake, path)
        except (pa.ArrowException, OSError) as error:
            found.failed_scopes.append(f"{path} cannot be read: {error}")
    if rows:
        found.last_query_time = max(row["query_time"] for row in rows)
    latest = {row["scope"]: row for row in sorted(rows, key=lambda row: row["requested_at"])}
    found.failed_scopes += [
        f"{scope}: {row['error']}" for scope, row in latest.items() if row["error"]
    ]
    late = LATE_AFTER * STREAMS[source][stream]
    found.late = found.last_landed_at is None or now - _last(found) > late
    return found


def _last(found: Source) -> datetime:
    """When something came last: a log's file is named after its first message."""
    assert found.last_landed_at is not None
    return max(found.last_landed_at, found.last_query_time or found.last_landed_at)


def _seen(lake: Lake, path: str) -> list[dict]:
    """Scope, times and error of a raw file's answers; of a log's messages, which have no other."""
    if "message_time" not in lake.schema(path).names:
        rows: list[dict] = lake.read(path, _SEEN).to_pylist()
        return rows
    newest = pc.max(lake.read(path, ["message_time"])["message_time"]).as_py()
    return [{"scope": path, "query_time": newest, "requested_at": newest, "error": None}]


def advice(found: Status) -> list[str]:
    """What to type next, most urgent first."""
    steps = []
    for source in found.sources:
        step = f"wattstar poll {source.source}"
        if (source.late or source.failed_scopes) and step not in steps:
            steps.append(step)
    if found.dirty:
        steps.append("wattstar load")
    if found.quarantined:
        days = [entry.partition.day for entry in found.quarantined]
        steps.append(
            "mend or move the raw file that the reason names, then: wattstar load; or, after an "
            f"upgrade that reads it: wattstar replay --from {min(days)} --to {max(days)}"
        )
    if found.dirty or found.unbuilt:
        steps.append("wattstar build")
    return steps
