"""Files of a log: which form they are in, their messages in batches, and where they are cut off.

The forms, plain or as gzip, told by their content:

- Parquet or CSV with message_id, message_type, charge_point_id, action, write_timestamp and body;
- JSON lines with these names; or with a charge point, a time and a frame:
  `{"charge_point_id": …, "timestamp": …, "message": [2, "id", "Heartbeat", {}]}` (CSV too);
- text: `2023-01-01T08:01:29Z CP-7 [2,"id","Heartbeat",{}]`.

Names may be in any case, with or without underscores. Times without an offset are UTC.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from extract.vendors.ocpp.poll.batch import Batch, columns, holds_messages
from extract.vendors.ocpp.poll.csv_rows import header, read_csv
from extract.vendors.ocpp.poll.lines import read_lines
from extract.vendors.ocpp.poll.tables import FormatError, read_parquet

__all__ = ["FormatError", "IncompleteError", "read"]


class IncompleteError(Exception):
    """The file ends in the middle; what stands before has been read."""


def read(name: str, content: Any) -> Iterator[Batch]:
    """The messages of a file. `content` is a binary file that can be read from any place.

    IncompleteError where it ends in the middle, FormatError where its form is not known; OSError
    where it cannot be had.
    """
    start = content.read(4)
    content.seek(0)
    if start == b"PAR1":
        yield from _parquet(content)
        return
    # read1: what comes before an error is not lost
    is_gzip = start[:2] == b"\x1f\x8b"
    bytes_ = _Bytes(gzip.GzipFile(fileobj=content).read1 if is_gzip else content.read)
    buffered = io.BufferedReader(bytes_, 1 << 20)
    first = buffered.peek(1 << 16).split(b"\n", 1)[0]
    is_csv = holds_messages(list(columns(tuple(header(first))).values()))
    try:
        if is_csv or name.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
            parts = read_csv(buffered)
        else:
            parts = read_lines(buffered)
        ends_early = False
        for batch, ends_early in parts:  # noqa: B007  the last one tells
            yield batch
    except pa.ArrowInvalid as error:
        raise IncompleteError(
            "it cannot be read to its end (a row is too long, or broken)"
        ) from error
    except FormatError:
        if not bytes_.cut:
            raise
    if bytes_.cut:
        raise IncompleteError(f"it is cut off in the middle ({bytes_.cut})")
    if ends_early:
        raise IncompleteError("its last line is cut off in the middle")


def _parquet(content: Any) -> Iterator[Batch]:
    try:
        yield from read_parquet(content)
    except (pa.ArrowInvalid, OSError) as error:
        raise IncompleteError("the Parquet file is not whole, or damaged") from error


class _Bytes(io.RawIOBase):
    """The bytes of a file; a compressed one that is damaged ends there, and `cut` says why."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        super().__init__()
        self._read = read
        self.cut = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            piece = b"" if self.cut else self._read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.cut = str(error)
            piece = b""
        buffer[: len(piece)] = piece
        return len(piece)
