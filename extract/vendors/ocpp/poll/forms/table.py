"""Tables as text, with a header: CSV in any common dialect, read by Arrow."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from functools import partial
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv

from extract.vendors.ocpp.poll.batch import MESSAGES, SIZE, Batch
from extract.vendors.ocpp.poll.forms import Hints, Reader
from extract.vendors.ocpp.poll.forms.columns import as_batch
from extract.vendors.ocpp.poll.forms.dialect import Dialect, dialect_of
from extract.vendors.ocpp.poll.sources import lines_of

_ZONE = re.compile(r"[T ]\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$")
_BLOCK = 4 << 20  # bytes that Arrow parses at a time; a longer row is read by `long_rows`
_MISSHAPEN = "has more or fewer columns than the header"


def sniff(head: bytes, hints: Hints) -> Reader | None:
    dialect = dialect_of(head, hints)
    return None if dialect is None else partial(read, dialect)


def read(dialect: Dialect, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    """The messages, and whether the file ends in the middle of a row: then that row is left out.
    LongRowError where a row is longer than Arrow takes."""
    first = _skip_header(content) if dialect.has_header else 1
    source, bad = _Tail(content), list[int]()
    try:
        parts = _opened(source, dialect, bad)
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise LongRowError from error
    last = None
    try:
        for batch in _rows(parts, dialect, bad, first):
            if last is not None:
                yield last, False
            last = batch
    except pa.ArrowInvalid as error:
        raise LongRowError from error
    if last is not None:
        yield _end(last, dialect, source.last)


class LongRowError(Exception):
    """A row is longer than Arrow's block."""


def _skip_header(content: IO[bytes]) -> int:
    """The line of the first row."""
    for number, line in lines_of(content):
        if line.strip(b"\r\n"):
            return number + 1
    return 1


def _opened(source: _Tail, dialect: Dialect, bad: list[int]) -> pa_csv.CSVStreamingReader:
    def skip(row: pa_csv.InvalidRow) -> str:
        bad.append(row.number)
        return "skip"

    return pa_csv.open_csv(
        source,
        read_options=pa_csv.ReadOptions(
            column_names=list(dialect.header), use_threads=False, block_size=_BLOCK
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            escape_char="\\" if dialect.has_escapes else False,
            newlines_in_values=bool(dialect.quote),
            invalid_row_handler=skip,
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=list(dialect.naming.columns(dialect.header)),
            column_types=dict.fromkeys(dialect.header, pa.binary()),
            strings_can_be_null=False,
        ),
    )


class _Tail(io.RawIOBase):
    """Bytes as they come, but for those that are not UTF-8: each becomes NUL, for which its row is
    quarantined (Arrow loses count of a row that it cannot decode). `last` is the last that came."""

    def __init__(self, content: IO[bytes]) -> None:
        super().__init__()
        self._content = content
        self._decoder = codecs.getincrementaldecoder("utf-8")(AS_NUL)
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while True:
            piece = self._content.read(size)
            self.last = piece[-1:] or self.last
            if piece.isascii() and not self._decoder.getstate()[0]:
                return piece
            text = self._decoder.decode(piece, not piece)
            if text or not piece:  # else a letter that goes on in the next piece
                return text.encode()


AS_NUL = "wattstar_nul"
codecs.register_error(AS_NUL, lambda error: ("\0", error.end))  # type: ignore[attr-defined]


def _rows(
    parts: pa_csv.CSVStreamingReader, dialect: Dialect, bad: list[int], first: int
) -> Iterator[Batch]:
    """Batches with their lines. Arrow numbers the rows from 1, and has reported the bad ones
    (`bad`) before it hands over the good ones around them."""
    names = dialect.naming.columns(dialect.header)
    number, reported = 0, 0
    for table in _grouped(parts):
        wrong, lines = set(bad), list[int]()
        while len(lines) < len(table):
            number += 1
            if number not in wrong:
                lines.append(number + first - 1)
        texts = _decoded(table.rename_columns([names[n] for n in table.column_names]))
        texts = _without_copy_marks(texts) if dialect.is_copy else texts
        batch = as_batch(texts, lines, dialect.naming)
        batch.bad += _misshapen(bad[reported:], first)
        reported = len(bad)
        yield batch
    if bad[reported:]:
        yield Batch(MESSAGES.empty_table(), [], _misshapen(bad[reported:], first))


def _misshapen(rows: list[int], first: int) -> list[tuple[int, str]]:
    return [(row + first - 1, _MISSHAPEN) for row in rows]


def _grouped(parts: pa_csv.CSVStreamingReader) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for part in parts:
        held.append(part)
        if sum(map(len, held)) >= SIZE:
            yield pa.Table.from_batches(held)
            held = []
    if any(map(len, held)):
        yield pa.Table.from_batches(held)


def _decoded(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _without_copy_marks(table: pa.Table) -> pa.Table:
    columns = [[copy_value(value) for value in column.to_pylist()] for column in table.columns]
    return pa.table([pa.array(values, pa.string()) for values in columns], table.column_names)


def copy_value(value: str | None) -> str | None:
    """A value of PostgreSQL's text format."""
    if value is None or value == "\\N":
        return None
    return (
        re.sub(r"\\(.)", lambda m: _ESCAPES.get(str(m[1]), str(m[1])), value)
        if "\\" in value
        else value
    )


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}


def _end(batch: Batch, dialect: Dialect, tail: bytes) -> tuple[Batch, bool]:
    """The last batch, without a last row that is not whole, and whether there was one."""
    if tail == b"\n":
        return batch, False
    last = batch.lines[-1] if batch.lines else 0
    if batch.bad and batch.bad[-1][0] > last:
        batch.bad.pop()
        return batch, True
    known = dialect.naming.columns(dialect.header).get(dialect.header[-1])
    if known is None or not batch.lines or _is_whole(batch.rows, known):
        return batch, False
    return batch.without_last(), True


def _is_whole(rows: pa.Table, name: str) -> bool:
    """Whether the last value of the last row is: JSON to its end, a time to its zone, or a value
    that stands further up too."""
    if name not in MESSAGES.names and name not in ("frame", "response"):
        return True
    *above, last = map(str, rows["body" if name in ("frame", "response") else name].to_pylist())
    if name == "time":
        has_zone = _ZONE.search(last) is not None
        return has_zone or (len(last) == len(above[-1]) if above else False)
    if name not in ("body", "frame", "response"):
        return last in above
    try:
        msgspec.json.decode(last)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
