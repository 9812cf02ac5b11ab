"""ops.ledger: which partitions were loaded and built, and from which raw files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from extract.lake.raw import Partition


@dataclass
class Entry:
    """A row of the ledger: the result of the last load of a partition. Times are UTC."""

    partition: Partition
    fingerprint: str
    status: str  # loaded | quarantined | emptied
    reason: str | None = None
    warnings: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    observations: int = 0
    units: int = 0
    quarantined: int = 0  # rows of typed.quarantine: records and files that could not be read
    loaded_at: datetime | None = None
    built_fingerprint: str | None = None
    built_at: datetime | None = None

    def as_dict(self) -> dict:
        """For JSON: source, stream, date and the figures that `status` shows."""
        where = self.partition
        return {
            "source": where.source,
            "stream": where.stream,
            "date": where.day.isoformat(),
            "status": self.status,
            "reason": self.reason,
            "warnings": self.warnings,
            "files": self.files,
            "rows": self.rows,
            "observations": self.observations,
            "units": self.units,
            "quarantined": self.quarantined,
        }


def _exists(cursor: Cursor, table: str) -> bool:
    """Whether a table of `ops` has been created; a new warehouse has none."""
    cursor.execute("select to_regclass(%s) is not null", [f"ops.{table}"])
    return cursor.fetchone() == (True,)


def read(connection: Connection) -> dict[Partition, Entry]:
    """Every entry, by partition; none where nothing has ever been loaded. Only reads."""
    with connection, connection.cursor() as cursor:
        if not _exists(cursor, "ledger"):
            return {}
        # Not by name: a ledger that no load has touched since an upgrade lacks the newest columns.
        cursor.execute("select * from ops.ledger order by source, stream, date")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    entries = {}
    for row in rows:
        where = Partition(row.pop("source"), row.pop("stream"), row.pop("date"))
        entries[where] = Entry(where, **row | {"warnings": json.loads(row["warnings"])})
    return entries


def write(cursor: Cursor, entry: Entry) -> None:
    """Replace a partition's entry, in the transaction that replaces its rows. It counts as not
    built."""
    where = entry.partition
    cursor.execute(
        "delete from ops.ledger where source = %s and stream = %s and date = %s",
        [where.source, where.stream, where.day],
    )
    cursor.execute(
        "insert into ops.ledger (source, stream, date, fingerprint, status, reason, warnings, "
        "files, rows, observations, units, quarantined, loaded_at) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())",
        [
            *(where.source, where.stream, where.day, entry.fingerprint, entry.status),
            *(entry.reason, json.dumps(entry.warnings), entry.files, entry.rows),
            *(entry.observations, entry.units, entry.quarantined),
        ],
    )


def mark_built(connection: Connection, entries: list[Entry], models: str) -> None:
    """Note that these entries, as they were read, were built by the models of that fingerprint."""
    with connection, connection.cursor() as cursor:
        for entry in entries:
            where = entry.partition
            cursor.execute(
                "update ops.ledger set built_fingerprint = %s, built_at = now() where source = %s "
                "and stream = %s and date = %s and fingerprint = %s and loaded_at = %s",
                [
                    *(models, where.source, where.stream, where.day),
                    *(entry.fingerprint, entry.loaded_at),
                ],
            )


def record_step(
    connection: Connection, step: str, started: datetime, ok: bool, result: dict
) -> None:
    """Write the result of a step to ops.steps."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into ops.steps (step, started_at, finished_at, ok, result) "
            "values (%s, %s, clock_timestamp(), %s, %s) on conflict (step, started_at) do nothing",
            [step, started, ok, json.dumps(result, default=str)],
        )


def forget_steps(connection: Connection, before: datetime) -> int:
    """Delete the entries of ops.steps that began before a time (UTC), except each step's last;
    returns how many."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "delete from ops.steps s where started_at < %s and started_at < "
            "(select max(started_at) from ops.steps where step = s.step)",
            [before],
        )
        return int(cursor.rowcount)


def last_steps(connection: Connection) -> dict[str, dict]:
    """The last run of each step: {step: {started_at, finished_at (UTC), ok, result}}."""
    with connection, connection.cursor() as cursor:
        if not _exists(cursor, "steps"):
            return {}
        cursor.execute(
            "select step, started_at, finished_at, ok, result from ops.steps s where started_at = "
            "(select max(started_at) from ops.steps where step = s.step) order by step"
        )
        return {
            step: {"started_at": start, "finished_at": end, "ok": ok, "result": json.loads(result)}
            for step, start, end, ok, result in cursor.fetchall()
        }


def in_range(day: date, start: date | None, end: date | None) -> bool:
    """Whether a date lies between two dates, both included; None means no bound."""
    return (start is None or day >= start) and (end is None or day <= end)
