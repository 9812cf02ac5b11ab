"""The proof of `wattstar forget`: search everything that is stored for texts that must be gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
from psycopg2 import sql

from extract.lake import pseudonyms
from extract.lake.files import Lake
from extract.settings import Settings
from extract.warehouse.database import open_warehouse

SHORTEST = 8
"""Characters of the shortest identifier that is searched for literally: shorter ones match
unrelated text, such as times and numbers. An address (with an @) is always searched for."""


def spellings(user: str) -> set[str]:
    """How the person's identifier may be written where it was overlooked; none for a pseudonym and
    for an identifier that is too short."""
    if pseudonyms.is_pseudonym(user) or (len(user) < SHORTEST and "@" not in user):
        return set()
    return {user, user.lower(), user.upper()}


def search(settings: Settings, lake: Lake, sought: list[str]) -> tuple[list[str], list[str]]:
    """What was searched, as lines for a person, and the places where a text was found."""
    searched, left = [], []
    for name, found in (
        ("the lake", in_lake(lake, sought)),
        ("the warehouse", in_databases(settings, sought)),
        (f"files below {settings.home}", in_files(settings, lake, sought)),
    ):
        places = list(found)
        searched.append(f"{name}: {len(places)} places")
        left += places
    return searched, left


def in_lake(lake: Lake, sought: list[str]) -> Iterator[str]:
    """Parquet files with any of the texts in any column, and other files."""
    for file in lake.files("", suffix=""):
        if not file.path.endswith(".parquet"):
            with lake.filesystem.open_input_stream(lake.absolute(file.path)) as stream:
                texts: list[Any] = [bytes(stream.readall())]
        else:
            columns = [column for column in lake.read(file.path).columns if _is_text(column.type)]
            texts = [value for column in columns for value in column.to_pylist() if value]
        if any(_holds(text, sought) for text in texts):
            yield lake.absolute(file.path)


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.binary())


def _holds(text: Any, sought: list[str]) -> bool:
    if isinstance(text, bytes):
        return any(name.encode() in text for name in sought)
    return any(name in text for name in sought)


def in_databases(settings: Settings, sought: list[str]) -> Iterator[str]:
    """Tables of the warehouse with any of the texts, and of Airflow's database where it is on the
    embedded server. Each place is "schema.table: rows"."""
    with open_warehouse(settings) as warehouse:
        for url in (warehouse.loader, warehouse.airflow):
            if url:
                yield from _in_database(url, sought)


def _in_database(url: str, sought: list[str]) -> Iterator[str]:
    patterns = ["%" + name.replace("\\", r"\\").replace("%", r"\%") + "%" for name in sought]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') "
            "and table_type = 'BASE TABLE' order by 1, 2"
        )
        for schema, name in cursor.fetchall():
            table = sql.Identifier(schema, name)
            cursor.execute(
                sql.SQL("select count(*) from {} as t where t::text like any (%s)").format(table),
                [patterns],
            )
            (rows,) = cursor.fetchone() or (0,)
            if rows:
                yield f"{schema}.{name}: {rows} rows"


def in_files(settings: Settings, lake: Lake, sought: list[str]) -> Iterator[str]:
    """Other files below the home with any of the texts: logs, pages, dbt's. Not searched here: the
    lake, and the database server's own files."""
    skipped = [Path(lake.root)] if lake.is_local else []
    skipped += [settings.home / "postgres" / "data"]
    for path in sorted(settings.home.rglob("*")):
        is_ours = path.is_file() and not any(path.is_relative_to(folder) for folder in skipped)
        if is_ours and _holds(path.read_bytes(), sought):
            yield str(path)
