"""Binary COPY from Arrow: batch by batch, so memory follows the batch and not the table."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pgpq
import psycopg2.extensions
import pyarrow as pa
from psycopg2 import sql

BATCH = 16_384  # rows encoded at a time: about 2 MB
BUFFER = 1 << 16  # bytes handed to libpq at a time


class _Stream(io.RawIOBase):
    """What COPY reads from: the encoded batches, one after the other."""

    def __init__(self, table: pa.Table) -> None:
        super().__init__()
        self._pieces = _encoded(table)
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


def _encoded(table: pa.Table) -> Iterator[bytes]:
    encoder = pgpq.ArrowToPostgresBinaryEncoder(table.schema)
    yield encoder.write_header()
    for batch in table.to_batches(max_chunksize=BATCH):
        yield encoder.write_batch(batch)
    yield encoder.finish()


def copy(cursor: psycopg2.extensions.cursor, name: str, table: pa.Table) -> None:
    """Append a table's rows to `typed.<name>`, columns by name."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier("typed", name),
        sql.SQL(", ").join(sql.Identifier(column) for column in table.schema.names),
    )
    cursor.copy_expert(statement, _Stream(table), BUFFER)
