"""`wattstar sql`: one read-only query of the marts, as a table or as CSV."""

from __future__ import annotations

from typing import IO

import sqlparse
from psycopg2 import sql
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from extract.errors import WattstarError
from extract.settings import Settings
from extract.warehouse.database import open_warehouse

ROWS_SHOWN = 200


class QueryError(WattstarError):
    """A query that is not one statement."""


def one_statement(query: str) -> str:
    """The query without its closing semicolon. Raises QueryError for none or more than one
    statement."""
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


def show(settings: Settings, query: str, out: Console) -> None:
    """Print the result's first rows: as a table if it fits the terminal, else record by record."""
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
    cells = [[_cell(value) for value in row] for row in rows[:ROWS_SHOWN]]
    shown = _table(names, cells)
    if Measurement.get(out, out.options.update(width=10_000), shown).maximum <= out.width:
        out.print(shown)
    else:
        for number, row in enumerate(cells, 1):
            out.rule(f"row {number}", align="left")
            out.print(_table(None, [list(pair) for pair in zip(names, row, strict=True)]))
    if len(rows) > ROWS_SHOWN:
        out.print(f"these are the first {ROWS_SHOWN} rows; --csv gives all")


def _table(names: list[str] | None, rows: list[list[str]]) -> Table:
    made = Table(*(names or ()), box=box.SIMPLE, show_header=names is not None, pad_edge=False)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
