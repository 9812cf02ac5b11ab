"""CSV with a header, read by Arrow; commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv

from extract.vendors.ocpp.poll.batch import MESSAGES, SIZE, Batch
from extract.vendors.ocpp.poll.tables import as_batch, known_columns

_ZONE = re.compile(r"[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$")
_BLOCK = 4 << 20  # bytes that Arrow parses at a time; a longer row cannot be read


def header(line: bytes) -> list[str]:
    """The names in the first line of a CSV file."""
    text = line.decode("utf-8-sig", "replace").strip()
    return next(csv.reader([text], delimiter=_delimiter(text)), [])


def _delimiter(text: str) -> str:
    return max(",;\t", key=text.count)


def read_csv(content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    """The messages, batch by batch, and whether the file ends in the middle of a row: of such a
    last row nothing is told. FormatError where the names in the first line are unknown."""
    first = content.readline()
    names, all_names = known_columns(header(first)), header(first)
    bad: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        bad.append(row.number)
        return "skip"

    source = _Tail(content)
    try:
        parts = pa_csv.open_csv(
            source,
            read_options=pa_csv.ReadOptions(
                column_names=all_names, use_threads=False, block_size=_BLOCK
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=_delimiter(first.decode("utf-8", "replace")),
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(names),
                column_types=dict.fromkeys(all_names, pa.binary()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise
    last = None
    for batch in _rows(parts, names, bad):
        if last is not None:
            yield last, False
        last = batch
    if last is not None:
        yield _end(last, names, all_names, source.last)


class _Tail(io.RawIOBase):
    """Bytes as they come; `last` is the last one that came."""

    def __init__(self, content: IO[bytes]) -> None:
        super().__init__()
        self._content = content
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = self._content.read(size)
        self.last = piece[-1:] or self.last
        return piece


def _rows(
    parts: pa_csv.CSVStreamingReader, names: dict[str, str], bad: list[int]
) -> Iterator[Batch]:
    """Batches with their lines. Arrow numbers the rows from 1 below the header, and has told of the
    bad ones (`bad`) before it hands over the good ones around them."""
    number, told = 0, 0
    for table in _grouped(parts):
        wrong, lines = set(bad), list[int]()
        while len(lines) < len(table):
            number += 1
            if number not in wrong:
                lines.append(number + 1)
        batch = as_batch(
            _decoded(table.rename_columns([names[n] for n in table.column_names])), lines
        )
        batch.bad += _misshapen(bad[told:])
        told = len(bad)
        yield batch
    if bad[told:]:
        yield Batch(MESSAGES.empty_table(), [], _misshapen(bad[told:]))


def _misshapen(rows: list[int]) -> list[tuple[int, str]]:
    return [(row + 1, "has more or fewer columns than the header") for row in rows]


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
    """Bytes as text; what is no UTF-8 has no body and is told as such."""
    try:
        return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    except pa.ArrowInvalid:
        columns = [[_utf8(value) for value in column.to_pylist()] for column in table.columns]
        return pa.table([pa.array(values, pa.string()) for values in columns], table.column_names)


def _utf8(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _end(batch: Batch, names: dict[str, str], header: list[str], tail: bytes) -> tuple[Batch, bool]:
    """The last batch, without a last row that is not whole, and whether there was one."""
    if tail == b"\n":
        return batch, False
    last = batch.lines[-1] if batch.lines else 0
    if batch.bad and batch.bad[-1][0] > last:
        batch.bad.pop()
        return batch, True
    known = names.get(header[-1])
    if known is None or not batch.lines or _is_whole(batch.rows, known):
        return batch, False
    return batch.without_last(), True


def _is_whole(rows: pa.Table, name: str) -> bool:
    """Whether the last value of the last row is: JSON to its end, a time to its zone, or a value
    that stands further up too."""
    *above, told = map(str, rows["body" if name == "frame" else name].to_pylist())
    if name == "time":
        has_zone = _ZONE.search(told) is not None
        return has_zone or (len(told) == len(above[-1]) if above else False)
    if name not in ("body", "frame"):
        return told in above
    try:
        msgspec.json.decode(told)
    except msgspec.DecodeError:
        return False
    return True
