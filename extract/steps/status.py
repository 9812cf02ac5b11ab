"""`wattstar status`: what is fresh, late, waiting, quarantined or failed, why, and what to type.

It reads the lake and the warehouse's own tables and changes nothing, so it never waits for a load.
What counts as a problem is decided in extract/steps/health.py.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import connection as Connection

from extract.lake import raw
from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition
from extract.settings import Settings
from extract.steps import health
from extract.steps.dbt import models_fingerprint
from extract.steps.health import Problem, StreamHealth
from extract.steps.poll import last_poll
from extract.vendors import SOURCES, about, in_use, refused_files
from extract.warehouse import ledger, typed_state
from extract.warehouse.database import open_warehouse
from extract.warehouse.fingerprints import dirty
from extract.warehouse.ledger import Entry
from extract.warehouse.typed_state import QuarantinedScope

SAME_POLL = timedelta(minutes=2)
"""Files belong to one poll when their first requests are no further apart than this."""

_SEEN = ["scope", "query_time", "requested_at", "error"]


@dataclass
class Status:
    """Everything `wattstar status` says. `dirty` and `unbuilt`: partitions that wait for a load or
    a build. `refused`: files of an inbox that could not be taken. `records`: quarantined records by
    scope. `steps`: the last run of each step, see `ledger.last_steps`."""

    sources: list[StreamHealth]
    dirty: list[Partition]
    unbuilt: list[Partition]
    loaded: list[Entry]
    records: list[QuarantinedScope]
    steps: dict[str, dict]
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing needs a person."""
        return not self.problems

    @property
    def quarantined(self) -> list[Entry]:
        """The partitions that failed a check and were not loaded."""
        return [entry for entry in self.loaded if entry.status == "quarantined"]

    @property
    def warned(self) -> list[Entry]:
        """The partitions with warnings."""
        return [entry for entry in self.loaded if entry.warnings]

    @property
    def next(self) -> list[str]:
        """What to type next, most urgent first."""
        steps = [problem.do for problem in self.problems]
        steps += ["wattstar load"] if self.dirty else []
        steps += ["wattstar build"] if self.dirty or self.unbuilt else []
        return list(dict.fromkeys(steps))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "problems": [vars(problem) for problem in self.problems],
            "sources": [_stream_as_dict(stream) for stream in self.sources],
            "dirty": [str(partition) for partition in self.dirty],
            "unbuilt": [str(partition) for partition in self.unbuilt],
            "quarantined": [entry.as_dict() for entry in self.quarantined],
            "quarantined_records": [scope.as_dict() for scope in self.records],
            "warnings": [entry.as_dict() for entry in self.warned],
            "steps": self.steps,
            "next": self.next,
        }


def _stream_as_dict(stream: StreamHealth) -> dict[str, Any]:
    return {name: value for name, value in vars(stream).items() if name != "every"}


def status(settings: Settings, now: datetime | None = None) -> Status:
    """Compare the lake with the warehouse. `now` (UTC) is for tests.

    Raises WarehouseError where the server cannot be reached.
    """
    now = now or datetime.now(UTC)
    lake = Lake(settings.lake_url)
    landed = raw.partitions(lake)
    with open_warehouse(settings) as warehouse, closing(warehouse.connect()) as connection:
        connection.set_session(readonly=True)
        return _status(settings, lake, landed, connection, now)


def _status(
    settings: Settings,
    lake: Lake,
    landed: dict[Partition, list[LakeFile]],
    connection: Connection,
    now: datetime,
) -> Status:
    entries = ledger.read(connection)
    models = models_fingerprint(settings)
    found = Status(
        sources=[
            _stream(lake, landed, source, each.name, now)
            for source in _watched(settings, landed)
            for each in about(source).streams
        ],
        dirty=dirty(landed, entries),
        unbuilt=[where for where, entry in entries.items() if entry.built_fingerprint != models],
        loaded=list(entries.values()),
        records=typed_state.quarantined_scopes(connection),
        steps=ledger.last_steps(connection),
    )
    found.problems = [
        *(problem for stream in found.sources for problem in health.of_stream(stream, now)),
        *_of_scopes(found, connection, now),
        *_of_refused_files(found, lake),
        *health.of_ledger(found.loaded, found.records, now),
        *health.of_waiting(_landed_since(found, landed), _loaded_since(found, entries), now),
        *health.of_steps(found.steps),
        *health.of_daily_run(found.steps, now, ZoneInfo(settings.timezone)),
        *health.of_disk(shutil.disk_usage(_existing(settings)).free, str(settings.home)),
    ]
    return found


def _existing(settings: Settings) -> str:
    return str(settings.home if settings.home.exists() else settings.home.parent)


def _of_scopes(found: Status, connection: Connection, now: datetime) -> list[Problem]:
    today = now.astimezone(UTC).date()
    polls = typed_state.newest_polls(
        connection, today - timedelta(days=2), today + timedelta(days=1)
    )
    return [
        problem
        for stream in found.sources
        for problem in health.of_scopes(stream, polls.get((stream.source, stream.stream), ()), now)
    ]


def _of_refused_files(found: Status, lake: Lake) -> list[Problem]:
    return [
        Problem("refused_file", source, f"{file.file}: {file.reason}", file.remedy)
        for source in dict.fromkeys(stream.source for stream in found.sources)
        for file in refused_files(source, lake)
    ]


def _landed_since(found: Status, landed: dict[Partition, list[LakeFile]]) -> dict[str, datetime]:
    """Since when each dirty partition has waited. One whose files are gone has no time."""
    return {
        str(partition): max(map(_landed_at, files))
        for partition in found.dirty
        if (files := landed.get(partition))
    }


def _loaded_since(found: Status, entries: dict[Partition, Entry]) -> dict[str, datetime]:
    return {
        str(partition): at
        for partition in found.unbuilt
        if (at := entries[partition].loaded_at) is not None
    }


def _watched(settings: Settings, landed: dict) -> list[str]:
    """The sources that are set up; else those of which something has landed; else those that need
    no credentials."""
    found = {partition.source for partition in landed}
    return (
        in_use(settings)
        or [name for name in SOURCES if name in found]
        or [name for name in SOURCES if about(name).is_public]
    )


def newest(lake: Lake, landed: dict, source: str, stream: str) -> datetime | None:
    """The time of the newest answer that has landed, UTC; None where nothing has."""
    return _stream(lake, landed, source, stream, datetime.now(UTC)).last_query_time


def _landed_at(file: LakeFile) -> datetime:
    """When a raw file landed, UTC, by the clock of this machine."""
    return datetime.fromtimestamp(file.modified_ns / 1e9, UTC)


def _stream(lake: Lake, landed: dict, source: str, stream: str, now: datetime) -> StreamHealth:
    """The health of a stream, from the files of its newest poll. A poll writes more than one file
    when it crosses midnight or lands page by page."""
    described = about(source)
    every = next(each.every for each in described.streams if each.name == stream)
    found = StreamHealth(source, stream, every, described.is_event)
    files = [
        file
        for where, many in landed.items()
        if (where.source, where.stream) == (source, stream)
        for file in many
    ]
    at = _landed_at if described.is_event else _asked_at
    rows: list[dict] = []
    for file in _newest_poll(files, at):
        try:
            rows += _seen(lake, file.path)
        except (pa.ArrowException, OSError) as error:
            found.failed_scopes.append(f"{file.path}: it cannot be read: {error}")
    found.last_landed_at = max(map(at, files), default=None)
    if rows:
        found.last_query_time = max(row["query_time"] for row in rows)
    latest = {row["scope"]: row for row in sorted(rows, key=lambda row: row["requested_at"])}
    found.failed_scopes += [
        f"{scope}: {row['error']}" for scope, row in latest.items() if row["error"]
    ]
    found.failures = last_poll(lake, source, stream)
    since = found.last_landed_at or _in_use_since(landed)
    found.late = since is None or now - since > health.LATE_AFTER * every
    return found


def _in_use_since(landed: dict) -> datetime | None:
    """When the lake's first file landed; None where the lake is empty. A stream of which nothing
    has landed is late when a poll has been due since then."""
    return min((_landed_at(file) for files in landed.values() for file in files), default=None)


def _asked_at(file: LakeFile) -> datetime:
    """When the first request of a file was sent, UTC; 1970 for a name that does not say."""
    return raw.asked_at(file.path) or datetime.fromtimestamp(0, UTC)


def _newest_poll(files: list[LakeFile], at: Any) -> list[LakeFile]:
    """The files that landed last, each within `SAME_POLL` of the next."""
    found: list[LakeFile] = []
    for file in sorted(files, key=at, reverse=True):
        if found and at(found[-1]) - at(file) > SAME_POLL:
            break
        found.append(file)
    return found


def _seen(lake: Lake, path: str) -> list[dict]:
    """Scope, times and error of each answer of a raw file. Messages of a log have neither scope nor
    error, so such a file gives one row: its path, and the time of its newest message."""
    if "message_time" not in lake.schema(path).names:
        rows: list[dict] = lake.read(path, _SEEN).to_pylist()
        return rows
    newest = pc.max(lake.read(path, ["message_time"])["message_time"]).as_py()
    return [{"scope": path, "query_time": newest, "requested_at": newest, "error": None}]
