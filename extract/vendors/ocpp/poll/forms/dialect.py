"""How a table is written as text: delimiter, quotes, and what its columns mean."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from extract.vendors.ocpp.poll.forms import Hints
from extract.vendors.ocpp.poll.forms.records import namings
from extract.vendors.ocpp.poll.names import Naming

DELIMITERS = ",;\t|"
_SAMPLE = 200  # rows
_LONGEST = 1 << 17  # characters of a first line


@dataclass(frozen=True)
class Dialect:
    """`quote` is empty where values stand as they are; `has_escapes`: a backslash escapes a quote
    within quotes; `is_copy`: PostgreSQL's text format, where a backslash is written twice."""

    delimiter: str
    header: tuple[str, ...]
    naming: Naming
    has_header: bool = True
    quote: str = '"'
    has_escapes: bool = False
    is_copy: bool = False


def first_line(head: bytes) -> str:
    """The first line as text; bytes that are not UTF-8 are replaced."""
    return head.lstrip(b"\r\n").split(b"\n", 1)[0][:_LONGEST].decode("utf-8", "replace").strip("\r")


def header_of(line: str, delimiter: str) -> tuple[str, ...]:
    """The names in a line; empty where it is not the first line of a table."""
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(name.strip() for name in names)


def dialect_of(head: bytes, hints: Hints) -> Dialect | None:
    """The dialect of a table that begins like this; None where its columns do not make messages."""
    line = first_line(head)
    delimiters = hints.delimiter or DELIMITERS
    found = [one for one in (_with(d, line, head, hints) for d in delimiters) if one is not None]
    return max(found, key=lambda one: len(one.naming.columns(one.header)), default=None)


def _with(delimiter: str, line: str, head: bytes, hints: Hints) -> Dialect | None:
    header = hints.header or header_of(line, delimiter)
    if len(header) < 2 or len(set(header)) < len(header):
        return None
    if not any(naming.is_enough(header) for naming in _candidates(header, hints)):
        return None
    text = head.decode("utf-8", "replace")
    mark = re.escape(delimiter)
    is_quoted = re.search(rf'(?:^|{mark})"', text, re.MULTILINE) is not None
    has_escapes = is_quoted and re.search(r'"\s*[\[{][^"]*\\"', text) is not None
    is_copy = not is_quoted and delimiter == "\t" and re.search(r'\\\\"|\t\\N', text) is not None
    dialect = Dialect(
        *(delimiter, header, hints.naming, not hints.header),
        *('"' if is_quoted else "", has_escapes, is_copy),
    )
    return _named(dialect, text, hints)


def _candidates(header: tuple[str, ...], hints: Hints) -> list[Naming]:
    return namings((list(header), ["any", "any"]), hints)


def _named(dialect: Dialect, text: str, hints: Hints) -> Dialect | None:
    """The dialect with what its columns mean, by the first rows."""
    rows = islice(rows_of(iter(text.splitlines(keepends=True)), dialect), 1, _SAMPLE)
    place = next((i for i, name in enumerate(dialect.header) if name.lower() == "id"), None)
    ids = [] if place is None else [row[place] for row in rows if len(row) > place]
    for naming in namings((list(dialect.header), ids), hints):
        if naming.is_enough(dialect.header):
            return Dialect(**{**dialect.__dict__, "naming": naming})
    return None


def rows_of(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    """The rows of a table by Python's reader, which reads any length; [] for an unreadable row."""
    csv.field_size_limit(16 << 20)
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar="\\" if dialect.has_escapes else None,
        doublequote=True,
    )
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield []
