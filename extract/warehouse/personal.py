"""Where people are named in the tables of a database, and how such a name is taken out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from extract.lake.forgotten import Sought

_COLUMNS = """
select n.nspname, c.relname, a.attname, t.typname, t.typcategory
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and has_table_privilege(c.oid, 'select')
    and (t.typcategory in ('S', 'U', 'A', 'C') or a.attname = 'id_driver')
order by 1, 2, a.attnum
"""
_TEXT = {"bytea": "encode({}, 'escape')"}
_NAMES = sql.SQL("regexp_matches({text}, 'p_[0-9a-f]{{32}}', 'g') as m")
_IS_FORGOTTEN = sql.SQL("encode(sha256(convert_to(m[1], 'UTF8')), 'hex') = any(%(traces)s)")
_HOLDS_NAME = sql.SQL(
    "strpos({text}, 'p_') > 0 and exists (select 1 from {names} where {is_forgotten})"
)
_HOLDS_TEXT = sql.SQL(
    "exists (select 1 from unnest(%(texts)s) as s where strpos(lower({text}), s) > 0)"
)
_NAMES_OF = sql.SQL(
    "select distinct m[1] from {table}, {names} where strpos({text}, 'p_') > 0 and {is_forgotten}"
)
_REPLACE = sql.SQL(
    "update {table} set {name} = cast(replace({text}, %s, '') as {type}) "
    "where strpos({text}, %s) > 0"
)


@dataclass(frozen=True)
class _Column:
    table: sql.Identifier
    place: str  # schema.table
    name: str
    type: str
    category: str

    @property
    def text(self) -> sql.Composed:
        """The column's value as text, never NULL."""
        value = sql.SQL(_TEXT.get(self.type, "{}::text")).format(sql.Identifier(self.name))
        return sql.SQL("coalesce({}, '')").format(value)


def places(url: str, sought: Sought) -> Iterator[str]:
    """ "schema.table: rows" for each table with something of what is sought."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        by_table: dict[str, list[_Column]] = {}
        for column in _columns(cursor):
            by_table.setdefault(column.place, []).append(column)
        for place, columns in by_table.items():
            tests = [_test(column, sought) for column in columns]
            cursor.execute(
                sql.SQL("select count(*) from {} where {}").format(
                    columns[0].table, sql.SQL(" or ").join(tests)
                ),
                _values(sought),
            )
            (rows,) = cursor.fetchone() or (0,)
            if rows:
                yield f"{place}: {rows} rows"


def _test(column: _Column, sought: Sought) -> sql.Composable:
    if column.category == "N":
        return sql.SQL("{} = any(%(id_drivers)s::bigint[])").format(sql.Identifier(column.name))
    parts = [_HOLDS_NAME] * bool(sought.traces) + [_HOLDS_TEXT] * bool(sought.texts)
    made = [_about(part, column) for part in parts]
    return sql.SQL(" or ").join(made) if made else sql.SQL("false")


def _about(query: sql.SQL, column: _Column) -> sql.Composed:
    """The query or condition for a column."""
    return query.format(
        table=column.table,
        name=sql.Identifier(column.name),
        type=sql.Identifier(column.type),
        text=column.text,
        names=_NAMES.format(text=column.text),
        is_forgotten=_IS_FORGOTTEN,
    )


def _values(sought: Sought) -> dict[str, Any]:
    return {
        "traces": sorted(sought.traces),
        "texts": sought.lower_texts,
        "id_drivers": list(sought.id_drivers),
    }


def _columns(cursor: Cursor, schemas: Collection[str] = ()) -> list[_Column]:
    cursor.execute(_COLUMNS)
    return [
        _Column(sql.Identifier(schema, table), f"{schema}.{table}", *column)
        for schema, table, *column in cursor.fetchall()
        if not schemas or schema in schemas
    ]


def blank(url: str, traces: frozenset[str], schemas: Collection[str]) -> int:
    """Take forgotten pseudonyms out of the texts of these schemas, which no load and no build makes
    again; how many columns held one."""
    count = 0
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for column in _columns(cursor, schemas):
            if column.type not in ("text", "varchar", "json", "jsonb"):
                continue
            cursor.execute(_about(_NAMES_OF, column), {"traces": sorted(traces)})
            names = [name for (name,) in cursor.fetchall()]
            count += bool(names)
            for name in names:
                cursor.execute(_about(_REPLACE, column), [name, name])
    return count


def id_drivers(url: str, traces: frozenset[str]) -> tuple[int, ...]:
    """The surrogate keys of drivers with these pseudonyms in `marts.driver`, if it is built."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.driver') is not null")
        if cursor.fetchone() != (True,):
            return ()
        cursor.execute(
            "select id_driver from marts.driver where "
            "encode(sha256(convert_to(pseudonym, 'UTF8')), 'hex') = any(%s)",
            [sorted(traces)],
        )
        return tuple(key for (key,) in cursor.fetchall())
