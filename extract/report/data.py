"""What reports read: marts, as the analyst; and the tariff they store, so that SQL sees it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2.errors
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from extract.report import ReportError
from extract.report.tariff import HOUR, Tariff
from extract.settings import Settings
from extract.warehouse.database import Warehouse, open_warehouse, prepare

Row = tuple[Any, ...]


@contextmanager
def marts(settings: Settings, tariff: Tariff | None = None) -> Iterator[Reader]:
    """The marts for the length of a report, with the tariff stored. ReportError where nothing has
    been built yet."""
    with open_warehouse(settings) as warehouse:
        try:
            if tariff is not None:
                store(warehouse, tariff, ZoneInfo(settings.timezone))
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


def store(warehouse: Warehouse, tariff: Tariff, zone: ZoneInfo) -> None:
    """Put the tariff in place of the one of its name, with the price of every hour in which energy
    was sold, so that views `session_costs` and `driver_month_costs` have it."""
    with closing(warehouse.connect()) as connection:
        prepare(connection)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select min(hour_start_at), max(hour_start_at) from marts.session_energy_hours"
            )
            first, last = cursor.fetchone() or (None, None)
            prices = [] if first is None else list(tariff.prices(first, last + HOUR, zone))
            cursor.execute("delete from typed.tariffs where tariff = %s", [tariff.name])
            cursor.execute(
                "insert into typed.tariffs values (%s, %s, %s, %s, %s)",
                [
                    *(tariff.name, tariff.currency, tariff.vat_percent),
                    *(tariff.fee_per_session, tariff.fee_per_month),
                ],
            )
            rows = [(tariff.name, hour, price) for hour, price in prices]
            execute_values(cursor, "insert into typed.tariff_hours values %s", rows, page_size=5000)


def added(values: Iterator[Decimal | None] | list[Decimal | None]) -> Decimal:
    """The sum of what is there, exactly."""
    return sum((value for value in values if value is not None), Decimal(0))
