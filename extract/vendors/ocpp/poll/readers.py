"""A file of the inbox → its messages in batches.

`FORMS` lists the forms in the order in which they are tried: a form is recognised by what the file
looks like, never by its name, and its reader is a file in `forms`. Files may be compressed (gzip,
zstd, bzip2, xz), archives (ZIP, tar) or UTF-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from extract.vendors.ocpp.poll.archives import is_archive, members
from extract.vendors.ocpp.poll.batch import Batch, FormatError, IncompleteError
from extract.vendors.ocpp.poll.forms import (
    Form,
    Hints,
    Reader,
    by_layout,
    json_lines,
    long_rows,
    parquet,
    table,
    text,
    values,
)
from extract.vendors.ocpp.poll.forms.dialect import dialect_of
from extract.vendors.ocpp.poll.layout import charge_point_of
from extract.vendors.ocpp.poll.local_time import refuse_local
from extract.vendors.ocpp.poll.look import describe
from extract.vendors.ocpp.poll.sources import Bytes, buffered, head_of, unpacked

__all__ = ["FORMS", "FormatError", "IncompleteError", "read"]

TABLE = "a table"
FORMS: dict[str, Form] = {
    "text by layout.toml": by_layout,
    TABLE: table,
    "JSON lines": json_lines,
    "JSON": values,
    "text": text,
}
"""Name of each form → its module. Parquet is tried before these, because it is read from its
end."""


def read(content: IO[bytes], hints: Hints) -> Iterator[Batch]:
    """The messages of a file. `content` can be read from any place.

    IncompleteError where it ends in the middle, when what stands before has been given; of an
    archive nothing is then given. FormatError where it cannot be read, before anything is given.
    OSError where it cannot be had.
    """
    if not is_archive(content):
        yield from _log(content, hints)
        return
    for name, log in members(content):
        _check(name, log, _of_member(hints, name))
    content.seek(0)
    cut = []
    for name, log in members(content):
        try:
            for batch in _log(log, _of_member(hints, name)):
                batch.member = name
                yield batch
        except IncompleteError as error:
            cut.append(f"{name} in it: {error}")
    if cut:
        raise IncompleteError("; ".join(cut[:3]))


def _of_member(hints: Hints, name: str) -> Hints:
    if hints.is_point_given:
        return hints
    return replace(hints, charge_point=charge_point_of(f"{hints.name}/{name}"))


def _check(name: str, log: IO[bytes], hints: Hints) -> None:
    """FormatError where a log in an archive cannot be read: nothing of the archive lands then."""
    try:
        for batch in _log(log, hints):
            if batch.lines:
                return
    except FormatError as error:
        raise FormatError(f"{name} in it cannot be read: {error}") from error
    except IncompleteError:
        return


def _log(content: IO[bytes], hints: Hints) -> Iterator[Batch]:
    content.seek(0)
    if content.read(4) == parquet.MAGIC:
        yield from parquet.read(content, hints)
        return
    content.seek(0)
    source = unpacked(content)
    stream = buffered(source)
    head = head_of(stream)
    if not head.strip(b"[] \t\r\n\0"):  # nothing, or an empty array
        _end(source, False)
        return
    try:
        form, reader = recognised(head, hints)
    except FormatError:
        _end(source, False)  # of a damaged file that is the reason
        raise
    parts = _with_long_rows(reader(stream), content, head, hints)
    count, is_cut, is_bad = 0, False, False
    for batch, ends_early in parts:
        if not count:
            refuse_local(batch.rows, hints.clock)
        count, is_cut, is_bad = count + len(batch.lines), ends_early, is_bad or bool(batch.bad)
        yield batch
    _end(source, is_cut)
    if not count and (is_bad or form != TABLE):  # a table may have no rows
        raise FormatError(describe(head, hints))


def _with_long_rows(
    parts: Iterator[tuple[Batch, bool]], content: IO[bytes], head: bytes, hints: Hints
) -> Iterator[tuple[Batch, bool]]:
    """A table with a row that is too long is read again from its beginning, row by row; what has
    been given is recognised by its line."""
    try:
        yield from parts
    except table.LongRowError:
        dialect = dialect_of(head, hints)
        assert dialect is not None
        content.seek(0)
        source = unpacked(content)
        for batch, ends_early in long_rows.read(dialect, buffered(source)):
            yield batch, ends_early or source.cut


def recognised(head: bytes, hints: Hints) -> tuple[str, Reader]:
    """The name of the form of a file that begins like this, and its reader. FormatError where it is
    of none."""
    for name, form in FORMS.items():
        if (reader := form.sniff(head, hints)) is not None:
            return name, reader
    raise FormatError(describe(head, hints))


def _end(source: Bytes, ends_early: bool) -> None:
    if source.cut:
        raise IncompleteError("it is cut off in the middle, or damaged")
    if ends_early:
        raise IncompleteError("its last line is cut off in the middle")
