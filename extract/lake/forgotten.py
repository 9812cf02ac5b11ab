"""People who have been forgotten: their pseudonyms never land, and are never given out, again.

The lake keeps a trace of each such pseudonym, its SHA-256, in `pseudonyms/forgotten.json`. A
pseudonym is 128 bits made with a key, so nobody can turn a trace back. The file only ever grows.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.files import Lake

FILE = "pseudonyms/forgotten.json"
NAME = re.compile(rb"p_[0-9a-f]{32}(?![0-9a-f])")
"""A pseudonym, anywhere in a text."""

_QUOTE_BEFORE = re.compile(rb'\\*"\Z')
_FRESH = 1.0  # seconds that a process trusts what it has read


def trace(pseudonym: str | bytes) -> str:
    """What is kept of a pseudonym that was forgotten."""
    name = pseudonym.encode() if isinstance(pseudonym, str) else pseudonym
    return hashlib.sha256(name).hexdigest()


def read(lake: Lake) -> frozenset[str]:
    """The traces of everybody who has been forgotten."""
    try:
        with lake.filesystem.open_input_stream(lake.absolute(FILE)) as stream:
            return frozenset(json.loads(stream.readall()))
    except FileNotFoundError:
        return frozenset()


def add(lake: Lake, pseudonyms: Iterable[str]) -> frozenset[str]:
    """Note these pseudonyms as forgotten; returns all traces. Two callers at once would lose one's:
    hold the warehouse's lock."""
    traces = read(lake) | {trace(name) for name in pseudonyms}
    lake.write(FILE, json.dumps(sorted(traces)).encode())
    return traces


class Forgotten:
    """The traces, for a process that runs for long: they are looked up again after a second."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._traces, self._read_at = read(lake), time.monotonic()

    def __contains__(self, name: str) -> bool:
        """Whether the trace of a pseudonym is among them."""
        if time.monotonic() - self._read_at > _FRESH:
            self._traces, self._read_at = read(self._lake), time.monotonic()
        return bool(self._traces) and trace(name) in self._traces


# --- taking them out -----------------------------------------------------------------------------


def named_in(content: Any, traces: Collection[str]) -> Iterator[re.Match[bytes]]:
    """Where a forgotten pseudonym stands in bytes (or in a buffer of them)."""
    return (match for match in NAME.finditer(content) if trace(match[0]) in traces)


def without(content: bytes, traces: Collection[str], *, same_length: bool = False) -> bytes:
    """The bytes without forgotten pseudonyms: JSON's null in place of a text that is one, also
    within a JSON text inside a text; nothing in place of one that stands in another text or is
    the name of a field. `same_length` fills up with blanks."""
    parts, end = [], 0
    for match in named_in(content, traces):
        start, stop, put = _place(content, *match.span())
        parts += [content[end:start], put.ljust(stop - start) if same_length else put]
        end = stop
    return b"".join([*parts, content[end:]])


def _place(content: bytes, start: int, stop: int) -> tuple[int, int, bytes]:
    """What to replace, from where to where, and by what."""
    before = _QUOTE_BEFORE.search(content[max(0, start - 16) : start])
    quote = before[0] if before else b""
    is_text = quote and content.startswith(quote, stop)
    if is_text and not content[stop + len(quote) :][:9].lstrip().startswith(b":"):
        return start - len(quote), stop + len(quote), b"null"
    return start, stop, b""


def without_forgotten(table: pa.Table, traces: Collection[str]) -> pa.Table:
    """Raw rows without forgotten pseudonyms, with the new `body_hash` of bodies that held one; the
    same table where it holds none."""
    if not traces:
        return table
    old = table
    for number in range(table.num_columns):
        column = _severed(table.column(number), traces)
        if column is not table.column(number):
            table = table.set_column(number, table.schema.field(number), column)
    if table is not old and "body_hash" in table.column_names:
        table = _hashed_again(table, old)
    return table


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts or bytes."""
    return kind in (pa.string(), pa.binary())


def _severed(column: pa.ChunkedArray, traces: Collection[str]) -> pa.ChunkedArray:
    if not is_text(column.type) or not pc.any(pc.match_substring(column, "p_")).as_py():
        return column
    values, is_changed = column.to_pylist(), False
    for row, value in enumerate(values):
        content = value.encode() if isinstance(value, str) else value
        if content and any(named_in(content, traces)):
            made = without(content, traces)
            values[row], is_changed = made.decode() if isinstance(value, str) else made, True
    return pa.chunked_array([pa.array(values, column.type)]) if is_changed else column


def _hashed_again(table: pa.Table, old: pa.Table) -> pa.Table:
    number = table.column_names.index("body_hash")
    hashes = table["body_hash"].to_pylist()
    bodies = zip(table["body"].to_pylist(), old["body"].to_pylist(), strict=True)
    for row, (body, before) in enumerate(bodies):
        if body is not None and body != before:
            hashes[row] = hashlib.sha256(body).hexdigest()
    column = pa.array(hashes, table.schema.field(number).type)
    return table.set_column(number, table.schema.field(number), column)


# --- searching -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sought:
    """What must be nowhere: pseudonyms with one of the `traces`, the `texts` in any case, and the
    surrogate keys `id_drivers` that the marts made of a pseudonym."""

    traces: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    id_drivers: tuple[int, ...] = ()

    @property
    def lower_texts(self) -> list[str]:
        """The texts in lower case."""
        return sorted({text.lower() for text in self.texts})

    def is_in(self, content: Any) -> bool:
        """Whether any of the traces or texts is in bytes, or in a buffer of them."""
        if self.traces and any(named_in(content, self.traces)):
            return True
        if not self.texts:
            return False
        if all(map(str.isascii, self.texts)):
            lower = bytes(content).lower()
            return any(text.encode() in lower for text in self.lower_texts)
        plain = bytes(content).decode(errors="replace").lower()
        return any(text in plain for text in self.lower_texts)
