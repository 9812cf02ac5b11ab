"""`wattstar sql`: one query against the marts, as a table for people or as CSV; it cannot write."""

from __future__ import annotations

from typing import IO

import sqlparse
from psycopg2 import sql
from rich.table import Table

from extract.load.warehouse import open_warehouse
from extract.settings import Settings

ROWS_SHOWN = 200


class QueryError(Exception):
    """A query that is not one statement."""


def one_statement(query: str) -> str:
    """The query without its closing semicolon. QueryError where it is none, or more than one."""
    statements = [part for part in sqlparse.split(query) if part.strip().strip(";")]
    if len(statements) != 1:
        raise QueryError(f"one statement at a time, please; this is {len(statements)}")
    return statements[0].strip().rstrip(";")


def csv(settings: Settings, query: str, out: IO[bytes]) -> None:
    """Write the result as CSV with a header (RFC 4180; times in UTC, NULL is empty).

    Raises psycopg2.Error where the server refuses, QueryError as above.
    """
    statement = one_statement(query)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect_reader()
        try:
            with connection, connection.cursor() as cursor:
                copy = sql.SQL("copy ({}\n) to stdout (format csv, header)")
                cursor.copy_expert(copy.format(sql.SQL(statement)), out)
        finally:
            connection.close()


def table(settings: Settings, query: str) -> Table:
    """The result's first rows, for a terminal."""
    statement = one_statement(query)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect_reader()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                names = [column.name for column in cursor.description or ()]
                rows = cursor.fetchmany(ROWS_SHOWN + 1) if names else []
        finally:
            connection.close()
    more = len(rows) > ROWS_SHOWN
    shown = Table(*names, caption=f"the first {ROWS_SHOWN} rows; --csv gives all" if more else None)
    for row in rows[:ROWS_SHOWN]:
        shown.add_row(*("" if value is None else str(value) for value in row))
    return shown
