"""Binary COPY from Arrow: batch by batch, so memory follows the batch and not the table.

The stream is what PostgreSQL documents under COPY, "Binary Format": a signature; per row a count
of fields and per field its length and its value, big-endian; a trailer. A batch is encoded column
by column, and one join of the columns, row by row, is the stream.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg2.extensions
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

from extract.lake.schemas import TIME

BATCH = 16_384  # rows encoded at a time: about 2 MB
BATCH_BYTES = 1 << 26  # and never more than this of Arrow, but for a single row
BUFFER = 1 << 16  # bytes handed to libpq at a time

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, no header extension
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"  # the length of a null, and all there is of it

EPOCH_DAYS = (np.datetime64("2000-01-01") - np.datetime64("1970-01-01")).astype(int)
EPOCH_MICROSECONDS = EPOCH_DAYS * 86_400_000_000
"""PostgreSQL counts from 2000, Arrow from 1970."""

_FIXED: dict[pa.DataType, tuple[str, str, Callable[[np.ndarray], np.ndarray]]] = {
    pa.bool_(): ("u1", "u1", lambda values: values),
    pa.int32(): ("i4", ">i4", lambda values: values),
    pa.int64(): ("i8", ">i8", lambda values: values),
    pa.float64(): ("f8", ">f8", lambda values: values),
    pa.date32(): ("i4", ">i4", lambda days: days - np.int32(EPOCH_DAYS)),
    TIME: ("i8", ">i8", lambda microseconds: microseconds - np.int64(EPOCH_MICROSECONDS)),
}
"""How Arrow stores a value, how COPY sends it, and what changes between the two."""


class _Stream(io.RawIOBase):
    """What COPY reads from: the encoded batches, one after the other."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__()
        self._pieces = encode(table)
        self._piece = memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece = memoryview(piece)
        size = size if size >= 0 else len(self._piece)
        part, self._piece = self._piece[:size], self._piece[size:]
        return bytes(part)


def encode(table: pa.Table) -> Iterator[Any]:
    """The table as a binary COPY stream, in pieces with the buffer interface. Raises TypeError for
    a column of a type that is not encoded."""
    for field in table.schema:
        if field.type not in _FIXED and field.type not in (pa.string(), pa.binary()):
            raise TypeError(
                f"column {field.name}: no binary COPY of {field.type}; cast it to the type that "
                "extract/lake/schemas.py gives it"
            )
    yield SIGNATURE
    for batch in table.to_batches(max_chunksize=BATCH):
        for part in _divided(batch):
            yield _rows(part)
    yield TRAILER


def _divided(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Halve the batch until each part is small enough."""
    if batch.num_rows <= 1 or batch.nbytes <= BATCH_BYTES:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _divided(batch.slice(0, half))
    yield from _divided(batch.slice(half))


def _rows(batch: pa.RecordBatch) -> memoryview:
    """The rows of a batch in COPY's binary format."""
    parts, numbers = [], [np.broadcast_to(np.array(batch.num_columns, ">i2"), batch.num_rows)]
    for column in batch.columns:
        if column.type in _FIXED and column.null_count:
            parts += [_side_by_side(numbers), _side_by_side(_length_and_value(column), column)]
            numbers = []
        elif column.type in _FIXED:
            numbers += _length_and_value(column)
        else:
            values = column.cast(pa.binary())
            parts += [_side_by_side([*numbers, _lengths(values)]), values.fill_null(b"")]
            numbers = []
    parts.append(_side_by_side(numbers))
    rows = pc.binary_join_element_wise(
        *(part for part in parts if part is not None),
        pa.scalar(b"", pa.binary()),  # nothing stands between them
        null_handling="replace",
        null_replacement=NULL,
    )
    _, offsets, data = rows.buffers()
    return memoryview(data)[: np.frombuffer(offsets, "i4")[len(rows)]]


def _length_and_value(column: pa.Array) -> list[np.ndarray]:
    """Length and value of each row, for a column whose values have one width."""
    stored, sent, changed = _FIXED[column.type]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())  # from bits
    length = np.broadcast_to(np.array(np.dtype(sent).itemsize, ">i4"), len(column))
    return [length, changed(_stored(column, stored)).astype(sent)]


def _lengths(texts: pa.Array) -> np.ndarray:
    """The length of each text; -1 for NULL."""
    return _stored(pc.binary_length(texts).fill_null(-1), "i4").astype(">i4")


def _stored(column: pa.Array, dtype: str) -> np.ndarray:
    """The numbers of a column as they lie in memory; where it is NULL, any number."""
    return np.frombuffer(column.buffers()[1], dtype)[column.offset : column.offset + len(column)]


def _side_by_side(numbers: list[np.ndarray], like: pa.Array | None = None) -> pa.Array | None:
    """The bytes of the numbers, row by row; NULL where `like` is."""
    if not numbers:
        return None
    rows = np.empty(len(numbers[0]), [(str(n), each.dtype) for n, each in enumerate(numbers)])
    for n, each in enumerate(numbers):
        rows[str(n)] = each
    offsets = np.arange(len(rows) + 1, dtype="i4") * np.int32(rows.itemsize)
    validity = like.is_valid().buffers()[1] if like is not None else None
    parts = [validity, pa.py_buffer(offsets), pa.py_buffer(rows)]
    return pa.Array.from_buffers(pa.binary(), len(rows), parts)


def copy(cursor: psycopg2.extensions.cursor, name: str, table: pa.Table) -> None:
    """Append a table's rows to `typed.<name>`, columns by name."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier("typed", name),
        sql.SQL(", ").join(sql.Identifier(column) for column in table.schema.names),
    )
    cursor.copy_expert(statement, _Stream(table), BUFFER)
