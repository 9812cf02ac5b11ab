"""`wattstar load`: flatten and check what is dirty, and replace it in one transaction each.

A partition is dirty when the fingerprint of its raw files is not the one in the ledger. Late files,
repeated polls, crashes, backfills and deleted days are all this one case.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from extract.lake import raw, typed
from extract.lake.fields import Issue, printable
from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition, RawFileError
from extract.lake.schemas import TABLES
from extract.quality.gate import Gate
from extract.quality.refused_rows import with_quarantined, without_rows, without_unstorable
from extract.reference import files as reference
from extract.results import as_dict
from extract.settings import Settings
from extract.vendors import flattener, status_words
from extract.warehouse import ledger
from extract.warehouse.copy import copy
from extract.warehouse.database import analyze, exclusive, open_warehouse, prepare
from extract.warehouse.fingerprints import dirty
from extract.warehouse.ledger import Entry

Say = Callable[[str], None]
logger = logging.getLogger("wattstar")


@dataclass
class LoadResult:
    """The result of a load: the partitions that it took up, in order."""

    partitions: list[Entry] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing was quarantined: no partition, no file and no record."""
        return all(
            entry.status != "quarantined" and not entry.quarantined for entry in self.partitions
        )

    @property
    def failures(self) -> list[str]:
        """A line for each partition that is quarantined, with the reason."""
        return [
            f"{entry.partition} is quarantined: {entry.reason}"
            for entry in self.partitions
            if entry.status == "quarantined"
        ]


@dataclass
class Selection:
    """Which partitions a load may take up. `again`: also those that are not dirty."""

    source: str | None = None
    start: date | None = None
    end: date | None = None
    again: bool = False

    def holds(self, partition: Partition) -> bool:
        """Whether the partition is selected."""
        mine = self.source in (None, partition.source)
        return mine and ledger.in_range(partition.day, self.start, self.end)


def load(
    settings: Settings,
    *,
    source: str | None = None,
    start: date | None = None,
    end: date | None = None,
    replay: bool = False,
    say: Say = lambda text: None,
) -> LoadResult:
    """Load the dirty partitions of all sources and dates, or of those given (UTC dates, both
    included) into the schema `typed`; `replay`: also those that are not dirty.

    A partition that fails its checks is emptied and left out, with the reason in the ledger. The
    others are loaded. Raises WarehouseError where the server cannot be used.
    """
    selection = Selection(source, start, end, again=replay)
    lake = Lake(settings.lake_url)
    started = datetime.now(UTC)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            with exclusive(connection, say):
                result = _Loader(settings, lake, connection, say).run(selection)
                result.seconds = (datetime.now(UTC) - started).total_seconds()
                ledger.record_step(connection, "load", started, result.ok, as_dict(result))
        finally:
            connection.close()
    return result


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> dict[str, pa.Table]:
    """All typed tables of a partition, by name, from its raw files alone. A raw file that cannot be
    read becomes a row of `quarantine`. Raises RawFileError where none can be read."""
    good, refused = list(files), list[RawFileError]()
    while True:
        try:
            found = _flatten(lake, partition, good)
            break
        except RawFileError as error:
            good = [file for file in good if file.path != error.file]
            refused.append(error)
            if not good or len(good) + len(refused) > len(files):
                raise
    tables = {name: found.get(name, schema.empty_table()) for name, schema in TABLES.items()}
    rows = [("*", error.file, Issue("file", None, None, str(error))) for error in refused]
    return with_quarantined(partition, tables, rows)


def _flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    if partition.source == reference.SOURCE:
        return reference.flatten(lake, partition, files)
    return flattener(partition.source).flatten(lake, partition, files)


class _Loader:
    """One load: the lake, the connection and the gate."""

    def __init__(self, settings: Settings, lake: Lake, connection: Connection, say: Say) -> None:
        self.settings, self.lake, self.connection, self.say = settings, lake, connection, say
        self.entries = ledger.read(connection)
        self.gate = Gate(settings, status_words())

    def run(self, selection: Selection) -> LoadResult:
        """Take up every dirty partition of the selection, oldest first."""
        landed = raw.partitions(self.lake)
        todo = sorted({*landed, *self.entries}) if selection.again else dirty(landed, self.entries)
        result = LoadResult()

        def finish(entry: Entry, replaced: Future[None]) -> None:
            replaced.result()
            result.partitions.append(entry)
            self.say(f"{entry.partition}: {_outcome(entry)}")

        try:
            with ThreadPoolExecutor(1) as behind:  # Postgres stores one while the next is flattened
                last: tuple[Entry, Future[None]] | None = None
                for partition in filter(selection.holds, todo):
                    entry, tables = self._partition(partition, landed.get(partition, []))
                    if last:
                        finish(*last)
                    last = entry, behind.submit(self._store, entry, tables)
                    del tables  # they are large, and the next ones come beside them
                    self.entries[partition] = entry
                if last:
                    finish(*last)
            if result.partitions:
                analyze(self.connection)
        finally:  # publish the findings, also where a later partition ends the load
            if result.partitions:
                self.gate.publish(self.settings.docs_dir / "quality")
        return result

    def _partition(
        self, partition: Partition, files: list[LakeFile]
    ) -> tuple[Entry, Mapping[str, pa.Table]]:
        """Flatten and check a partition. An error quarantines this partition only."""
        entry = Entry(partition, raw.fingerprint(files), "loaded", files=len(files))
        tables: Mapping[str, pa.Table] = {}
        if not files:
            entry.status = "emptied"
            self.gate.forget(partition.source, partition.stream, partition.day)
        else:
            try:
                tables = self._checked(entry, files)
            except Exception as error:
                _quarantine(entry, error)
        typed.write(self.lake, partition, tables)
        loaded = tables if entry.status == "loaded" else {}
        entry.rows = sum(table.num_rows for table in loaded.values())
        return entry, loaded

    def _checked(self, entry: Entry, files: list[LakeFile]) -> Mapping[str, pa.Table]:
        """Flatten the partition, ask the gate, and leave out the rows that it refuses."""
        partition = entry.partition
        tables = without_unstorable(partition, flatten(self.lake, partition, files))
        spans = tables["status_spans"]
        entry.observations = pc.sum(spans["polls"]).as_py() or 0
        entry.units = spans.group_by(["unit", "unit_id"]).aggregate([]).num_rows
        verdict = self.gate.check(
            partition.source, partition.stream, partition.day, tables, self._history(partition)
        )
        for finding in verdict.per_row:
            tables = without_rows(partition, tables, finding)
        entry.quarantined = tables["quarantine"].num_rows
        entry.warnings = [str(finding) for finding in (*verdict.per_row, *verdict.warnings)]
        if not verdict.passed:
            entry.status, entry.reason = "quarantined", verdict.reason
        return tables

    def _history(self, partition: Partition) -> list[int]:
        """The units of up to seven loaded partitions of the stream before this one."""
        before = [
            entry.units
            for other, entry in sorted(self.entries.items())
            if (other.source, other.stream) == (partition.source, partition.stream)
            and other.day < partition.day
            and entry.status == "loaded"
        ]
        return before[-7:]

    def _store(self, entry: Entry, tables: Mapping[str, pa.Table]) -> None:
        """Replace the partition's rows. If the server cannot store them, the partition is
        quarantined."""
        try:
            self._replace(entry, tables)
        except (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.ProgrammingError) as error:
            _quarantine(entry, error)
            entry.rows = 0
            typed.write(self.lake, entry.partition, {})
            self._replace(entry, {})

    def _replace(self, entry: Entry, tables: Mapping[str, pa.Table]) -> None:
        """Replace the partition's rows and its ledger entry in one transaction."""
        where = entry.partition
        with self.connection, self.connection.cursor() as cursor:
            for name in TABLES:
                cursor.execute(
                    sql.SQL(
                        "delete from {} where source = %s and stream = %s and date = %s"
                    ).format(sql.Identifier("typed", name)),
                    [where.source, where.stream, where.day],
                )
                if name in tables and tables[name].num_rows:
                    copy(cursor, name, tables[name])
            ledger.write(cursor, entry)


def _quarantine(entry: Entry, error: Exception) -> None:
    """Keep a partition out. The reason goes to the ledger, the traceback to the log."""
    entry.status = "quarantined"
    if isinstance(error, RawFileError):
        entry.reason = str(error)
        return
    logger.error("%s cannot be loaded", entry.partition, exc_info=error)
    text = printable(" ".join(str(error).split()))[:300]
    entry.reason = (
        f"the partition cannot be loaded: {type(error).__name__}: {text}. Its traceback is in the "
        "log; what has landed is safe in the lake, and the other partitions are loaded"
    )


def _outcome(entry: Entry) -> str:
    """What became of a partition, in one line for a person."""
    if entry.status == "loaded":
        left_out = f", {entry.quarantined:,} records quarantined" if entry.quarantined else ""
        warned = f", {len(entry.warnings)} warnings" if entry.warnings else ""
        return f"loaded {content(entry)}{left_out}{warned}"
    return f"{entry.status}" + (f": {entry.reason}" if entry.reason else "")


def content(entry: Entry) -> str:
    """What a partition holds, in words; observations only where it has a status stream."""
    of = f"{entry.observations:,} observations in " if entry.observations else ""
    return f"{of}{entry.rows:,} rows"
