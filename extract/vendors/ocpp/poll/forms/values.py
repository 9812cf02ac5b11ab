"""JSON that does not keep to one object a line: an array, objects one after another or on several
lines, objects within an object (`{"messages": […]}`, the hits of a search index)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import IO

from extract.vendors.ocpp.poll.batch import SIZE, Batch, Collector
from extract.vendors.ocpp.poll.forms import Hints, Reader
from extract.vendors.ocpp.poll.forms.records import NotJsonError, Records, choose
from extract.vendors.ocpp.poll.names import Naming
from extract.vendors.ocpp.poll.sources import LONGEST

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{}]', re.DOTALL)
_BETWEEN = b" \t\r\n,[]\x1e"
_DEEPEST = 4
_SAMPLE = 200


def sniff(head: bytes, hints: Hints) -> Reader | None:
    if head.lstrip()[:1] not in (b"{", b"["):
        return None
    for depth in range(_DEEPEST + 1):
        objects = Objects(depth)
        sample = [text for text in objects.feed(head) if text is not None][:_SAMPLE]
        if (naming := choose(sample, hints)) is not None:
            return partial(_read, depth, naming)
    return None


def _read(depth: int, naming: Naming, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    objects, found, number = Objects(depth), Collector("record"), 0
    records = Records(naming)
    while piece := content.read(1 << 20):
        for text in objects.feed(piece):
            number += 1
            take(found, number, text, records)
            if len(found) >= SIZE:
                yield found.batch(), False
    yield found.batch(), not objects.is_closed


def take(found: Collector, number: int, text: bytes | None, records: Records) -> None:
    """Collect an object, or note why it is not a message. `text` is None for what is no object."""
    if text is None:
        found.bad.append((number, "is no JSON, or longer than 16 MB"))
        return
    try:
        record = records.read(text)
    except NotJsonError:
        found.bad.append((number, "is no JSON"))
        return
    if record:
        found.add(number, record)


class Objects:
    """Cuts JSON into the objects that open within `depth` brackets. Depth is counted, not recursed
    into, so that no nesting is too deep."""

    def __init__(self, depth: int) -> None:
        self._wanted = depth
        self._depth = 0
        self._buffer = b""
        self._begin: int | None = None  # of the object that is open
        self._done = 0  # what of the buffer has been looked at
        self._is_skipping = False

    @property
    def is_closed(self) -> bool:
        """Whether everything that was opened has been closed."""
        return self._depth == 0 and not self._buffer[self._done :].strip(_BETWEEN)

    def feed(self, piece: bytes) -> Iterator[bytes | None]:
        """The objects that end in this piece; None for what stands between objects and is none, and
        for an object that is too long."""
        self._buffer += piece
        gap = self._done
        for token in _TOKEN.finditer(self._buffer, self._done):
            mark = token[0]
            if mark == b'"':  # a string that goes on in the next piece
                break
            self._done = token.end()
            if mark in b"{[":
                if mark == b"{" and self._depth == self._wanted:
                    if self._wanted <= 1 and self._buffer[gap : token.start()].strip(_BETWEEN):
                        yield None
                    self._begin = token.start()
                self._depth += 1
            elif mark in b"}]":
                self._depth = max(0, self._depth - 1)
                if self._depth == self._wanted and mark == b"}":
                    if self._begin is not None and not self._is_skipping:
                        yield self._buffer[self._begin : self._done]
                    self._begin, self._is_skipping, gap = None, False, self._done
        yield from self._shorten()

    def _shorten(self) -> Iterator[None]:
        """Free the buffer of what has been read, and of an object that is too long."""
        if self._begin is not None and len(self._buffer) - self._begin > LONGEST:
            if not self._is_skipping:
                yield None
            self._is_skipping, self._begin = True, self._done
        keep = self._done if self._begin is None else self._begin
        self._buffer, self._done = self._buffer[keep:], self._done - keep
        self._begin = None if self._begin is None else 0
        if self._begin is None and len(self._buffer) > LONGEST:  # a string without an end
            self._buffer, self._done = b"", 0
            yield None
