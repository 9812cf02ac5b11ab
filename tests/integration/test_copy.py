"""What is copied to a real server comes back as it was."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
import psycopg2.extensions
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from extract.lake.schemas import TABLES
from extract.warehouse.copy import copy
from extract.warehouse.database import prepare
from extract.warehouse.embedded.postgres import EmbeddedPostgres
from tests.unit.test_copy import ROWS, SCHEMA, table

TYPES = "text bytea boolean integer bigint float8 date timestamptz".split()


@pytest.fixture(scope="module")
def connection(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[psycopg2.extensions.connection]:
    """A loader's connection to a warehouse with a table of every type."""
    with (
        EmbeddedPostgres(tmp_path_factory.mktemp("home")).running() as urls,
        closing(psycopg2.connect(urls.loader, options="-c timezone=UTC")) as connection,
    ):
        prepare(connection)
        columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(TYPES))
        with connection, connection.cursor() as cursor:
            cursor.execute(f"create table typed.every_type ({columns})")
        yield connection


def stored(connection: psycopg2.extensions.connection, rows: pa.Table) -> list[tuple]:
    """The rows after a COPY into an empty table, as psycopg2 reads them."""
    with connection.cursor() as cursor:
        cursor.execute("truncate typed.every_type")
        copy(cursor, "every_type", rows)
        cursor.execute("select * from typed.every_type")
        found = [comparable(row) for row in cursor.fetchall()]
    connection.rollback()
    return found


def comparable(row: tuple) -> tuple[Any, ...]:
    """The row with its bytes, a NaN that equals itself, and zero with its sign."""
    return tuple(_comparable(value) for value in row)


def _comparable(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else (value, math.copysign(1, value))
    return value


@settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS)
def test_every_value_comes_back(connection, rows):
    assert stored(connection, table(rows)) == [comparable(row) for row in rows]


def test_extremes_come_back(connection):
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)
    before = datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC)
    unicode, octets, long = "\U0010ffff\x01ß\u200b", bytes(range(256)), 1_000_000
    rows = [
        ("", b"", False, -(2**31), -(2**63), -math.inf, date.min, first),
        (unicode, octets, True, 2**31 - 1, 2**63 - 1, math.inf, date.max, last),
        ("x" * long, b"y" * long, None, 0, 0, math.nan, date(1999, 12, 31), before),
        (None,) * len(SCHEMA),
    ]
    assert stored(connection, table(rows)) == [comparable(row) for row in rows]


def test_tables_without_rows_are_copied(connection):
    with connection.cursor() as cursor:
        for name, schema in TABLES.items():
            copy(cursor, name, schema.empty_table())
            cursor.execute(f"select count(*) from typed.{name}")
            assert cursor.fetchone() == (0,)
    connection.rollback()


def test_text_with_a_nul_is_refused_by_the_server(connection):
    with pytest.raises(psycopg2.DataError, match="0x00"):
        stored(connection, table([("a\0b", *(None,) * 7)]))
    connection.rollback()
