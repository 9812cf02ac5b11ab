"""What the vendors' own descriptions say, as tables that dbt reads.

`ops.sources`: one row per source; dbt makes the dimension `marts.source` of it.
`ops.status_words`: one row per source and status word; dbt makes `marts.status_map` of it.
Both are written before every dbt build, so that a new vendor needs no file of the dbt project.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from extract.errors import WattstarError

Row = Mapping[str, Any]

OCPI_STATUSES = (
    *("AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED"),
    *("RESERVED", "UNKNOWN"),
)
SOURCES = ("source", "is_event", "name", "public_site", "licence")
STATUS_WORDS = (
    *("source", "source_status", "status", "is_occupied", "is_charging", "is_operational"),
)

_TABLES = """
create table if not exists ops.sources (
    source text primary key,
    is_event boolean not null,       -- statuses arrive as events; false: they are polled
    name text not null,
    public_site text,
    licence text                     -- of the data
);
create table if not exists ops.status_words (
    source text not null,
    source_status text not null,     -- the vendor's word, trimmed and in upper case
    status text not null,            -- OCPI's word
    is_occupied boolean,
    is_charging boolean,
    is_operational boolean,
    primary key (source, source_status)
);
"""


class DescriptionError(WattstarError):
    """A vendor's description contradicts itself; the text names source, word and what to do."""


def write_reference(
    connection: Connection, sources: Sequence[Row], status_words: Sequence[Row]
) -> None:
    """Replace the rows of `ops.sources` and `ops.status_words` by these, in one transaction.

    `sources`: source, is_event, name, public_site, licence (the last two may be None).
    `status_words`: source, source_status (any case), status (OCPI's word), is_occupied,
    is_charging, is_operational (None: the word does not say).
    Raises DescriptionError for a word that is listed twice, that means no OCPI status, or whose
    source is not described. The schema `ops` must exist.
    """
    words = [_cleaned(word) for word in status_words]
    _check(sources, words)
    with connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, columns, rows in (
            ("sources", SOURCES, sources),
            ("status_words", STATUS_WORDS, words),
        ):
            name = sql.Identifier("ops", table)
            cursor.execute(sql.SQL("delete from {}").format(name))
            into = sql.SQL("insert into {} ({}) values %s").format(
                name, sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            execute_values(cursor, into, [[row[column] for column in columns] for row in rows])


def _cleaned(word: Row) -> dict[str, Any]:
    return {**word, "source_status": str(word["source_status"]).strip().upper()}


def _check(sources: Iterable[Row], words: Iterable[Row]) -> None:
    described = {row["source"] for row in sources}
    counts = Counter((word["source"], word["source_status"]) for word in words)
    for word in words:
        source, status = word["source"], word["source_status"]
        if source not in described:
            raise DescriptionError(f"status word {status!r}: source {source!r} has no description")
        if word["status"] not in OCPI_STATUSES:
            raise DescriptionError(
                f"{source}: status word {status!r} means {word['status']!r}, which is not one of "
                f"{', '.join(OCPI_STATUSES)}"
            )
        if counts[source, status] > 1:
            raise DescriptionError(
                f"{source}: status word {status!r} is listed twice; keep one row"
            )
