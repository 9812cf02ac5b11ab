"""`wattstar status`: what is fresh, late, dirty, quarantined or failed, why, and what to type next.

It reads the lake and the ledger and changes nothing, so it never waits for a load.
"""

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
from extract.vendors import SOURCES, about, in_use, streams
from extract.warehouse import ledger
from extract.warehouse.database import open_warehouse
from extract.warehouse.fingerprints import dirty, models_fingerprint
from extract.warehouse.ledger import Entry

LATE_AFTER = 3
"""A stream is late when this many polls have been missed."""

SAME_POLL = timedelta(minutes=2)
"""Files belong to one poll when their first requests are no further apart than this."""

_SEEN = ["scope", "query_time", "requested_at", "error"]


@dataclass
class StreamHealth:
    """The health of one stream of a source. Times are UTC; None where nothing has landed.
    `failed_scopes`: "scope: error" for each scope that failed in the newest poll."""

    source: str
    stream: str
    last_query_time: datetime | None = None
    last_landed_at: datetime | None = None
    failed_scopes: list[str] = field(default_factory=list)
    late: bool = True


@dataclass
class Status:
    """Everything `wattstar status` says. `unbuilt`: loaded, but not built by today's models.
    `steps`: the last run of each step, see `ledger.last_steps`. `next`: commands to type."""

    sources: list[StreamHealth]
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
    """Compare the lake with the ledger. `now` (UTC) is for tests.

    Raises WarehouseError where the server cannot be reached.
    """
    lake = Lake(settings.lake_url)
    landed = raw.partitions(lake)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            connection.set_session(readonly=True)
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
            for stream in streams(source)
        ],
        dirty=dirty(landed, entries),
        unbuilt=[where for where, entry in entries.items() if entry.built_fingerprint != models],
        quarantined=[entry for entry in entries.values() if entry.status == "quarantined"],
        loaded=list(entries.values()),
        warned=[entry for entry in entries.values() if entry.warnings],
        steps=ledger.last_steps(connection),
    )


def _watched(settings: Settings, landed: dict) -> list[str]:
    """The sources that are set up; else those of which something has landed; else those that
    anybody can poll."""
    found = {partition.source for partition in landed}
    return (
        in_use(settings)
        or [name for name in SOURCES if name in found]
        or [name for name in SOURCES if about(name).is_public]
    )


def newest(lake: Lake, landed: dict, source: str, stream: str) -> datetime | None:
    """The time of the newest answer that has landed, UTC; None where nothing has."""
    return _stream(lake, landed, source, stream, datetime.now(UTC)).last_query_time


def _stream(lake: Lake, landed: dict, source: str, stream: str, now: datetime) -> StreamHealth:
    """The health of a stream by the files of its newest poll: one file, or more where the poll
    crossed midnight or came page by page."""
    files = {
        asked: file.path
        for where, many in landed.items()
        if (where.source, where.stream) == (source, stream)
        for file in many
        if (asked := raw.asked_at(file.path))
    }
    found = StreamHealth(source, stream)
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
    late = LATE_AFTER * streams(source)[stream]
    found.late = found.last_landed_at is None or now - _last(found) > late
    return found


def _last(found: StreamHealth) -> datetime:
    """When something came last, UTC. A log's file is named after its first message, so the newest
    message counts too."""
    assert found.last_landed_at is not None
    return max(found.last_landed_at, found.last_query_time or found.last_landed_at)


def _seen(lake: Lake, path: str) -> list[dict]:
    """Scope, times and error of a raw file's answers. A log's messages have no scope and no error:
    the file stands for all of them, with the time of its newest message."""
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
            "repair or remove the raw file that the reason names, then: wattstar load; or, after "
            "an upgrade that can read it: "
            f"wattstar replay --from {min(days)} --to {max(days)}"
        )
    if found.dirty or found.unbuilt:
        steps.append("wattstar build")
    return steps
