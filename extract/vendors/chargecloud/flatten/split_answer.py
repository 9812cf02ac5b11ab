"""An answer split into the bytes of its locations, without parsing what the last answer said too.

Two answers of a city mostly differ in their timestamp, else in a few locations. `Slicer` compares
bytes with the answer before and hands back the same objects for what is the same. It never
guesses: new bytes are parsed by whoever reads them, and whatever does not fit goes the long way.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

SUCCESS = 1000  # the envelope's own status_code


class Envelope(msgspec.Struct):
    """The answer around the locations; 2024 adds fields that say nothing about charging."""

    data: list[msgspec.Raw]
    status_code: int | None = None
    status_message: str | None = None


_envelope = msgspec.json.Decoder(Envelope)
_NOTHING = pa.py_buffer(b"\0")  # no answer starts like this


class RefusedError(Exception):
    """An answer with status 200 that is not one: the outcome's name and the reason."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class Slicer:
    """The slices of a city's last answer, and of the next one."""

    def __init__(self) -> None:
        self.slices: list[bytes] = []
        self._head = _NOTHING  # the last answer up to its last location's end
        self._start = 0  # where its first location begins
        self._gap: bytes | None = None  # what stands between two locations: "," or ", "

    def repeats(self, body: pa.Buffer) -> bool:
        """Whether a body has the locations of the one before, byte for byte."""
        size = self._head.size
        return body.size >= size and body.slice(0, size).equals(self._head) and _closes(body, size)

    def alike(self, body: pa.Buffer) -> list[bytes] | None:
        """The slices of a body that changed some of its locations in place; None where it cannot
        be told. A slice that is new here is not known to be JSON yet."""
        if self._gap is None or not body.slice(0, self._start).equals(
            self._head.slice(0, self._start)
        ):
            return None
        text, at, slices = bytes(body), self._start, list(self.slices)
        for number, old in enumerate(self.slices):
            last = number + 1 == len(self.slices)
            end = at + len(old)
            if not text.startswith(old, at):
                if last:
                    return None
                end = text.find(self._gap + self.slices[number + 1][:64], at)
                slices[number] = text[at:end]
            if end < 0 or not (last or text.startswith(self._gap, end)):
                return None
            at = end + len(self._gap)
        at -= len(self._gap)
        if not _closes(body, at):
            return None
        self.slices, self._head = slices, pa.py_buffer(text).slice(0, at)
        return slices

    def split(self, body: pa.Buffer) -> list[bytes]:
        """The slices of any body, the long way. RefusedError where it is no answer."""
        pieces = [pa.py_buffer(piece) for piece in _locations(body)]
        self.slices = [bytes(piece) for piece in pieces]
        self._head, self._gap = _NOTHING, None
        if pieces:
            starts = [piece.address - body.address for piece in pieces]
            ends = [start + piece.size for start, piece in zip(starts, pieces, strict=True)]
            text = bytes(body)  # a copy: a slice would keep the whole file's bodies in memory
            self._head, self._start = pa.py_buffer(text).slice(0, ends[-1]), starts[0]
            gaps = {text[end:start] for end, start in zip(ends, starts[1:], strict=False)}
            self._gap = gaps.pop() if len(gaps) == 1 else None
        return self.slices


def _closes(body: pa.Buffer, end: int) -> bool:
    """Whether what follows the last location closes the list in a good envelope."""
    try:
        rest = _envelope.decode(b'{"data":[' + bytes(body.slice(end)))
    except msgspec.DecodeError:
        return False
    return not rest.data and rest.status_code in (None, SUCCESS)


def _locations(body: pa.Buffer) -> list[msgspec.Raw]:
    try:
        envelope = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refused = _refusal(body)
        if refused is None:
            reason = f"the body is not a ChargeCloud answer: {error}"
            raise RefusedError("unreadable", reason) from error
        envelope = refused
    if envelope.status_code not in (None, SUCCESS):
        reason = f"{envelope.status_code} {envelope.status_message or ''}".strip()
        raise RefusedError("refused", f"the answer's own status is {reason}")
    return envelope.data


def _refusal(body: pa.Buffer) -> Envelope | None:
    """An answer whose data are no list because it says, in its own words, that it failed."""
    try:
        words = msgspec.json.decode(body, type=dict[str, Any])
        envelope = msgspec.convert({**words, "data": []}, Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if envelope.status_code in (None, SUCCESS) else envelope
