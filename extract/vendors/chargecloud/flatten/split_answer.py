"""Splits a page into the bytes of its locations, without parsing what the page before had, too.

Two answers of a city differ mostly in their timestamp only, else in a few locations. `Splitter`
compares the bytes with the page before and returns the same objects for what is the same. New bytes
are parsed when they are read, and a body that does not fit is split by its own JSON.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import msgspec
import pyarrow as pa

from extract.vendors.chargecloud.flatten.envelope import SUCCESS, Envelope, read_envelope

_TAIL = msgspec.json.Decoder(Envelope)
_NOTHING = pa.py_buffer(b"\0")  # no answer starts like this
_NEEDLE = 64  # bytes of a location by which it is found again


class Splitter:
    """Splits a city's pages, each with the help of the one before. `timestamp` and `next_page` are
    those of the page that was split last."""

    def __init__(self) -> None:
        self.slices: list[bytes] = []
        self.timestamp: Any = None
        self.next_page: str | None = None
        self._head = _NOTHING  # the last page up to its last location's end
        self._head_next: str | None = None  # `next`, where it stands before the locations
        self._text = b""  # the same as bytes
        self._start = 0  # where its first location begins
        self._starts: list[int] = []  # where each begins, and where another would
        self._gap: bytes | None = None  # what stands between two locations: "," or ", "

    def same_locations(self, body: pa.Buffer) -> bool:
        """Whether a body has the locations of the one before, byte for byte."""
        size = self._head.size
        return (
            body.size >= size
            and body.slice(0, size).equals(self._head)
            and self._read_tail(body, size)
        )

    def split_like_previous(self, body: pa.Buffer) -> list[bytes] | None:
        """The slices of a body that changed some of its locations in place; None where it does not
        fit. A slice that is new here is not known to be JSON yet."""
        if self._gap is None or body.size < self._head.size // 2 or body.size <= self._start:
            return None
        if not body.slice(0, self._start).equals(self._head.slice(0, self._start)):
            return None
        text = bytes(body)
        found = self._find(text)
        if found is None:
            return None
        slices, end = found
        if not self._read_tail(body, end):
            return None
        self.slices = slices
        self._keep(text[:end])
        return slices

    def _find(self, text: bytes) -> tuple[list[bytes], int] | None:
        """The slices of a text, and where the last one ends: each begins where a gap ends."""
        gap, slices = self._gap or b"", list(self.slices)
        last = len(slices) - 1
        at, number = self._start, 0
        while number <= last:
            same = self._unchanged(text, at, number)
            at += self._starts[same] - self._starts[number]
            if same > last:
                return slices, at - len(gap)
            if same == last:
                return None
            end = text.find(gap + slices[same + 1][:_NEEDLE], at)
            if end < 0:
                return None
            slices[same] = text[at:end]
            at, number = end + len(gap), same + 1
        return None

    def _unchanged(self, text: bytes, at: int, number: int) -> int:
        """The first location from `number` on whose bytes a text does not have; `at`: where the
        text has location `number`. Compares 1, 2, 4 … locations at once."""
        head, starts, step = self._text, self._starts, 1
        count, same = len(self.slices), number
        while same < count:
            upto = min(same + step, count)
            end = starts[upto] if upto < count else len(head)
            if text.startswith(head[starts[same] : end], at + starts[same] - starts[number]):
                same, step = upto, step * 2
            elif step == 1:
                return same
            else:
                step = 1 if step == 2 else step // 4
        return same

    def split(self, body: pa.Buffer) -> list[bytes]:
        """The slices of any body, parsed for it. RefusedError where it is no answer."""
        self._head, self._gap, self._head_next = _NOTHING, None, None
        found = read_envelope(body)
        self.slices = [bytes(memoryview(piece)) for piece in found.locations]
        self.timestamp, self.next_page = found.envelope.timestamp, found.next_page
        if found.whole and self.slices:
            self._remember(body, [pa.py_buffer(piece) for piece in found.locations])
        return self.slices

    def _remember(self, body: pa.Buffer, pieces: list[pa.Buffer]) -> None:
        """Keep what the next body is compared with."""
        starts = [piece.address - body.address for piece in pieces]
        ends = [start + piece.size for start, piece in zip(starts, pieces, strict=True)]
        text = bytes(body.slice(0, ends[-1]))
        gaps = {text[end:start] for end, start in zip(ends, starts[1:], strict=False)}
        self._start = starts[0]
        self._head_next = self.next_page if b'"next"' in text[: starts[0]] else None
        self._gap = gaps.pop() if len(gaps) == 1 else None
        self._keep(text)

    def _keep(self, head: bytes) -> None:
        """Keep a copy of a page up to its last location's end. A slice would keep the whole file in
        memory."""
        self._text, self._head = head, pa.py_buffer(head)
        steps = (len(piece) + len(self._gap or b"") for piece in self.slices)
        self._starts = list(accumulate(steps, initial=self._start))

    def _read_tail(self, body: pa.Buffer, end: int) -> bool:
        """Whether the text after the last location closes the list and a valid envelope; if so,
        take its timestamp and next page."""
        try:
            tail = _TAIL.decode(b'{"data":[' + bytes(body.slice(end)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if tail.data or tail.items is not msgspec.UNSET or tail.status_code not in SUCCESS:
            return False
        following = tail.next if isinstance(tail.next, str) and tail.next else None
        self.timestamp, self.next_page = tail.timestamp, following or self._head_next
        return True
