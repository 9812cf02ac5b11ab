"""What reports read: the marts, with the analyst's rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

import psycopg2.errors
from psycopg2.extensions import cursor as Cursor

from extract.report import ReportError
from extract.settings import Settings
from extract.warehouse.database import open_warehouse

Row = tuple[Any, ...]


@contextmanager
def marts(settings: Settings) -> Iterator[Reader]:
    """The marts, readable inside the block. Raises ReportError where nothing has been built yet."""
    with open_warehouse(settings) as warehouse:
        try:
            with closing(warehouse.connect_reader()) as connection, connection.cursor() as cursor:
                yield Reader(cursor)
        except psycopg2.errors.UndefinedTable as error:
            raise ReportError(
                "the marts have not been built yet: wattstar load, then wattstar build"
            ) from error


class Reader:
    """Queries with parameters by name."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def rows(self, query: str, given: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a query; numbers are Decimal, times have a time zone (UTC)."""
        self._cursor.execute(query, given or {})
        return list(self._cursor.fetchall())


def added(values: Iterator[Decimal | None] | list[Decimal | None]) -> Decimal:
    """The exact sum of the values that are not None."""
    return sum((value for value in values if value is not None), Decimal(0))
