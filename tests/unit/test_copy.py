"""The binary COPY stream, byte for byte, against an encoder that goes value by value."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.lake.schemas import TABLES, TIME
from extract.warehouse import copy
from extract.warehouse.copy import encode

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
MOMENTS = st.datetimes(timezones=st.just(UTC))
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): TEXT | st.just(""),
    pa.binary(): st.binary(),
    pa.bool_(): st.booleans(),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(),
    pa.date32(): st.dates(),
    TIME: MOMENTS,
}
SCHEMA = pa.schema([pa.field(f"c{number}", kind) for number, kind in enumerate(VALUES)])
ROWS = st.lists(st.tuples(*(st.none() | values for values in VALUES.values())), max_size=12)


def table(rows: list[tuple]) -> pa.Table:
    """The rows in two chunks, of which the second begins within its buffers."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in SCHEMA]
    whole = pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
        schema=SCHEMA,
    )
    return pa.concat_tables([whole.slice(0, 3), whole.slice(3)])


def one_by_one(rows: list[tuple]) -> bytes:
    """The stream as PostgreSQL's documentation of COPY describes it."""
    stream = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
    for row in rows:
        stream += struct.pack(">h", len(row))
        for value, kind in zip(row, SCHEMA.types, strict=True):
            sent = b"" if value is None else field(value, kind)
            stream += struct.pack(">i", -1 if value is None else len(sent)) + sent
    return stream + struct.pack(">h", -1)


def field(value: Any, kind: pa.DataType) -> bytes:
    """A value as PostgreSQL's receive function of its type reads it."""
    if kind == pa.string():
        return value.encode()
    if kind == pa.binary():
        return value
    if kind == pa.date32():
        return struct.pack(">i", (value - date(2000, 1, 1)).days)
    if kind == TIME:
        since = value - datetime(2000, 1, 1, tzinfo=UTC)
        whole = since.days * 86_400 + since.seconds
        return struct.pack(">q", whole * 1_000_000 + since.microseconds)
    formats = {pa.bool_(): ">?", pa.int32(): ">i", pa.int64(): ">q", pa.float64(): ">d"}
    return struct.pack(formats[kind], value)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(ROWS)
def test_the_stream_is_what_the_documentation_says(rows):
    assert b"".join(encode(table(rows))) == one_by_one(rows)


def test_a_table_without_rows_is_a_header_and_a_trailer():
    assert b"".join(encode(table([]))) == one_by_one([])
    for schema in TABLES.values():
        assert b"".join(encode(schema.empty_table())) == one_by_one([])


@pytest.mark.parametrize("limit", [("BATCH", 3), ("BATCH_BYTES", 1), ("BATCH_BYTES", 2000)])
def test_how_it_is_cut_into_batches_does_not_change_the_stream(monkeypatch, limit):
    rows = [("köln" * n, b"\xff" * n, n % 2 == 0, n, -n, n / 7, None, None) for n in range(50)]
    monkeypatch.setattr(copy, *limit)
    assert b"".join(encode(table(rows))) == one_by_one(rows)


def test_a_batch_of_long_texts_is_cut_into_pieces(monkeypatch):
    monkeypatch.setattr(copy, "BATCH_BYTES", 10_000)
    long = pa.table({"body": ["x" * 4_000] * 64})
    pieces = [len(piece) for piece in encode(long)]
    assert sum(pieces) > 64 * 4_000
    assert max(pieces) < 12_000


def test_a_column_of_nulls_is_sent_as_nulls():
    nulls = pa.table([pa.nulls(3, kind) for kind in SCHEMA.types], schema=SCHEMA)
    assert b"".join(encode(nulls)) == one_by_one([(None,) * len(SCHEMA)] * 3)


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.float32()])
def test_a_type_that_is_not_encoded_is_refused_with_its_column(kind):
    with pytest.raises(TypeError, match=f"column odd: .*{kind}".replace("[", r"\[")):
        list(encode(pa.table({"odd": pa.nulls(1, kind)})))


def test_every_type_of_the_typed_tables_is_encoded():
    for schema in TABLES.values():
        rows = pa.table([pa.nulls(1, kind) for kind in schema.types], names=schema.names)
        assert len(b"".join(encode(rows))) == 19 + 2 + 4 * len(schema) + 2
