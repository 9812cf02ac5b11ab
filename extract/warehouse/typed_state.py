"""The newest polls and the quarantined records, read from the typed tables.

A load that changes the tables (after an upgrade) locks them until it commits. Reading waits for it
no longer than `PATIENCE`; then there are no rows, and a warning in the log says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection

from extract.lake.raw import Partition

PATIENCE = "500ms"

logger = logging.getLogger("wattstar")


@dataclass(frozen=True)
class ScopePoll:
    """The newest poll of a scope that was loaded; `query_time` is UTC."""

    scope: str
    query_time: datetime
    outcome: str  # ok http_error no_answer unreadable refused
    error: str | None
    records: int
    unreadable_records: int

    @property
    def is_unreadable(self) -> bool:
        """Whether nothing of the answer could be read."""
        return self.records > 0 and self.unreadable_records == self.records


def newest_polls(
    connection: Connection, first: date, last: date
) -> dict[tuple[str, str], list[ScopePoll]]:
    """The newest loaded poll of each scope between two UTC dates, by (source, stream). Empty where
    nothing has been loaded yet."""
    rows = _rows(
        connection,
        "polls",
        "select source, stream, scope, query_time, outcome, error, records, "
        "unreadable_records from (select *, row_number() over "
        "(partition by source, stream, scope order by query_time desc) as n "
        "from typed.polls where date between %s and %s) newest where n = 1",
        [first, last],
    )
    found: dict[tuple[str, str], list[ScopePoll]] = {}
    for source, stream, *values in rows:
        found.setdefault((source, stream), []).append(ScopePoll(*values))
    return found


@dataclass(frozen=True)
class QuarantinedScope:
    """The records of a scope and partition that could not be read; `example` names one."""

    partition: Partition
    scope: str
    records: int
    example: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "source": self.partition.source,
            "stream": self.partition.stream,
            "date": self.partition.day.isoformat(),
            "scope": self.scope,
            "records": self.records,
            "example": self.example,
        }


def quarantined_scopes(connection: Connection) -> list[QuarantinedScope]:
    """What could not be read, by partition and scope. Empty where nothing has been loaded yet."""
    rows = _rows(
        connection,
        "quarantine",
        "select source, stream, date, scope, count(*), min(concat_ws(' ', record, "
        "'field ' || field, 'value ' || value, reason)) from typed.quarantine "
        "group by source, stream, date, scope order by date desc, source, stream, scope",
    )
    return [
        QuarantinedScope(Partition(source, stream, day), *rest)
        for source, stream, day, *rest in rows
    ]


def _rows(connection: Connection, table: str, query: str, values: Sequence[Any] = ()) -> list[Any]:
    """The rows of a query of a typed table. None where the table has not been created yet, or
    where a load that changes it holds its lock for longer than `PATIENCE`."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("select to_regclass(%s) is not null", [f"typed.{table}"])
            if cursor.fetchone() != (True,):
                return []
            cursor.execute(query, values)
            return cursor.fetchall()
    except LockNotAvailable:
        logger.warning("typed.%s is being changed by a load: status leaves it out this time", table)
        return []
