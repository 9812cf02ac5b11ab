"""dbt on a warehouse of its own, as the project's own build runs it, for the dbt tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg2.extensions import connection as Connection

from extract import vendors
from extract.lake.schemas import TABLES
from extract.settings import Settings
from extract.steps import build, dbt
from extract.steps.dbt import BuildResult
from extract.warehouse import database
from extract.warehouse.copy import copy
from extract.warehouse.reference import write_reference
from tests.integration.fleet import Poll, typed

SCHEMAS = "typed, staging, intermediate, marts"


@dataclass
class Dbt:
    """A warehouse of an invented fleet, and dbt."""

    settings: Settings
    warehouse: database.Warehouse
    connection: Connection

    def start_anew(self) -> None:
        """A warehouse without rows and without marts."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(f"drop schema if exists {SCHEMAS} cascade")
        database.prepare(self.connection)
        write_reference(self.connection, vendors.source_rows(), vendors.status_words())

    def load(self, polls: Iterable[Poll], days: list[date] | None = None) -> None:
        """Replace the typed rows of these dates, or of all, by those of the polls."""
        tables = typed([poll for poll in polls if days is None or poll.day in days])
        with self.connection, self.connection.cursor() as cursor:
            for name in TABLES:
                where = "" if days is None else "where date = any(%s)"
                cursor.execute(f"delete from typed.{name} {where}", [days] if where else None)
                if tables[name].num_rows:
                    copy(cursor, name, tables[name])

    def run(
        self, *arguments: str, days: Iterable[date] = (), target: str = "postgres", **variables: Any
    ) -> BuildResult:
        """Invoke dbt for these dates, or for all of them."""
        dates = build.dates_to_build(self.settings, list(days))
        return dbt.invoke(
            self.settings, self.warehouse, list(arguments), dates, target, **variables
        )

    def build(self, *more: str, days: Iterable[date] = (), **variables: Any) -> BuildResult:
        """Build without the unit tests; it must succeed."""
        result = self.run(
            "build", "--exclude-resource-type", "unit_test", *more, days=days, **variables
        )
        assert result.ok, result.failures
        return result

    def rows(self, text: str) -> list[tuple]:
        """The rows of a query."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def marts(self) -> dict[str, list[tuple]]:
        """Every row of every mart, sorted, as text."""
        names = self.rows(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables "
            "where table_schema = 'marts' order by 1"
        )
        return {name: self.rows(f"select t::text from {name} t order by 1") for (name,) in names}
