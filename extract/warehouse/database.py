"""The warehouse: where it is, who may do what, and its `typed` and `ops` tables.

`WATTSTAR_WAREHOUSE` names a server of yours, with a user that owns the database (the loader);
without it the embedded PostgreSQL under `WATTSTAR_HOME` runs for as long as somebody uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import psycopg2.errors
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from extract.errors import WattstarError
from extract.lake.schemas import TABLES, TIME
from extract.settings import Settings
from extract.warehouse.embedded.postgres import EmbeddedPostgres

ANALYST = "wattstar_analyst"
LOCK = 0x57415454  # "WATT": the advisory lock of a load or a build

_TYPES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    TIME: "timestamptz",
}

_OPS = """
create table if not exists ops.ledger (
    source text not null,
    stream text not null,
    date date not null,
    fingerprint text not null,       -- of the raw files that were loaded
    status text not null,            -- loaded | quarantined | emptied
    reason text,                     -- why it is quarantined
    warnings text not null,          -- JSON list
    files integer not null,
    rows bigint not null,            -- in all typed tables
    observations bigint not null,
    units bigint not null,           -- distinct charging points and connectors
    loaded_at timestamptz not null,
    built_fingerprint text,          -- of the models that were built from it
    built_at timestamptz,
    primary key (source, stream, date)
);
alter table ops.ledger add column if not exists quarantined bigint not null default 0;
create table if not exists ops.steps (
    step text not null,              -- load | build | docs
    started_at timestamptz not null,
    finished_at timestamptz not null,
    ok boolean not null,
    result text not null,            -- JSON
    primary key (step, started_at)
);
create table if not exists typed.tariffs (  -- the newest of each name in typed.reference_files
    tariff text primary key,
    currency text not null,
    vat_percent numeric not null,
    fee_per_session numeric not null,           -- before VAT
    fee_per_month numeric not null,             -- per driver and month, before VAT
    version text                                -- of its file, and the time zone
);
alter table typed.tariffs add column if not exists version text;
create table if not exists typed.tariff_hours (
    tariff text not null references typed.tariffs on delete cascade,
    hour_start_at timestamptz not null,
    price_per_kwh numeric not null,             -- before VAT
    primary key (tariff, hour_start_at)
);
"""


class WarehouseError(WattstarError):
    """The warehouse cannot be used as it is; the text says what to do."""


@dataclass(frozen=True)
class Warehouse:
    """How to reach the warehouse: postgresql:// URLs with their passwords. `analyst`: a login that
    can read only marts. `airflow`: the database of this machine's Airflow. With
    `WATTSTAR_WAREHOUSE` both are None, and reading uses the loader's login with the analyst's
    role."""

    loader: str = field(repr=False)
    analyst: str | None = field(default=None, repr=False)
    airflow: str | None = field(default=None, repr=False)

    def connect(self) -> Connection:
        """A connection of the loader. Raises WarehouseError where the server cannot be reached."""
        return _connect(self.loader)

    def connect_reader(self) -> Connection:
        """A read-only connection that sees marts."""
        reader = _connect(self.analyst or self.loader)
        reader.set_session(readonly=True)
        with reader.cursor() as cursor:
            if self.analyst is None:
                cursor.execute(sql.SQL("set role {}").format(sql.Identifier(ANALYST)))
            cursor.execute("set search_path to marts")
        reader.commit()
        return reader


def _connect(url: str) -> Connection:
    try:
        return psycopg2.connect(url, application_name="wattstar", options="-c timezone=UTC")
    except psycopg2.OperationalError as error:
        place = psycopg2.extensions.parse_dsn(url)
        where = f"{place.get('host', 'localhost')}:{place.get('port', 5432)}"
        raise WarehouseError(
            f"the warehouse at {where} cannot be reached ({str(error).strip()}); "
            "what has landed is safe in the lake: load it when the server is back"
        ) from error


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[Warehouse]:
    """The warehouse of the settings; it runs inside the block."""
    if settings.warehouse is not None:
        yield Warehouse(settings.warehouse.get_secret_value())
        return
    with EmbeddedPostgres(settings.home, settings.postgres_bin).running() as urls:
        yield Warehouse(urls.loader, urls.analyst, urls.airflow)


def delete_set_aside(settings: Settings) -> list[Path]:
    """Delete the embedded server's data folders of other PostgreSQL versions; returns their paths.

    They hold personal data that a person may have asked to be forgotten.
    """
    if settings.warehouse is not None:
        return []
    return EmbeddedPostgres(settings.home, settings.postgres_bin).delete_set_aside()


def prepare(connection: Connection) -> None:
    """Create the missing tables of `typed` and `ops`, and append new columns."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK + 1])
        cursor.execute("create schema if not exists typed; create schema if not exists ops")
        cursor.execute(_OPS)
        for name, schema in TABLES.items():
            _create(cursor, name, schema)
        _analyst(cursor)


def analyze(connection: Connection) -> None:
    """Refresh the planner's statistics of the typed tables. Without them it assumes empty tables,
    and the models that join them run for minutes."""
    with connection, connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier("typed", name)))


def _create(cursor: psycopg2.extensions.cursor, name: str, schema: pa.Schema) -> None:
    table = sql.Identifier("typed", name)
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(_TYPES[column.type]),
            sql.SQL("" if column.nullable else " not null"),
        )
        for column in schema
    ]
    cursor.execute(
        sql.SQL("create table if not exists {} ({})").format(table, sql.SQL(", ").join(columns))
    )
    cursor.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0",
        [f"typed.{name}"],
    )
    present = {column for (column,) in cursor.fetchall()}
    for column, definition in zip(schema, columns, strict=True):
        if column.name not in present:
            cursor.execute(sql.SQL("alter table {} add column {}").format(table, definition))
    cursor.execute(
        sql.SQL("create index if not exists {} on {} (date, source, stream)").format(
            sql.Identifier(f"{name}_partition"), table
        )
    )


def _analyst(cursor: psycopg2.extensions.cursor) -> None:
    """Create the analyst's role, before marts are granted to it."""
    cursor.execute("select 1 from pg_roles where rolname = %s", [ANALYST])
    if cursor.fetchone() is not None:
        return
    try:
        cursor.execute("savepoint role")
        cursor.execute(sql.SQL("create role {} nologin").format(sql.Identifier(ANALYST)))
        cursor.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(ANALYST)))
    except psycopg2.errors.InsufficientPrivilege as error:
        cursor.execute("rollback to savepoint role")
        raise WarehouseError(
            f"role {ANALYST} is missing and this user may not create it; have an administrator "
            f"run: create role {ANALYST} nologin; grant {ANALYST} to <the loader>;"
        ) from error


@contextmanager
def exclusive(connection: Connection, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of loads and builds. A second process waits for it, and says so by `say`."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            say("another load or build is running; waiting for it to end")
            cursor.execute("select pg_advisory_lock(%s)", [LOCK])
    connection.commit()
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])
            connection.commit()
