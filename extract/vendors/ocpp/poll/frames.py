"""OCPP-J frames: `[2, "id", "Action", {…}]`, `[3, "id", {…}]`, `[4, "id", "code", "text", {…}]`.

OCPP 2.1's SEND is `[6, "id", "Action", {…}]` (read as a request) and its CALLRESULTERROR is
`[5, "id", "code", "text", {…}]` (read as a CALLERROR).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

_SAID = re.compile(r"\[\s*[2-6]\s*,\s*\\?\"")
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class FrameError(ValueError):
    """The text is not a frame. The message says why, and quotes nothing of it."""


class Frame(NamedTuple):
    """A frame's parts; `body` is JSON, of a CALLERROR an object made of its code and text."""

    message_id: str
    message_type: int
    action: str | None
    body: str


_parts = msgspec.json.Decoder(list[msgspec.Raw])


def read_frame(text: str | bytes) -> Frame:
    """The parts of a frame. FrameError where the text is not a frame."""
    try:
        parts = _parts.decode(text)
        kind = msgspec.json.decode(parts[0], type=int)
        message_id = str(msgspec.json.decode(parts[1], type=str | int))
        if not message_id.strip():
            raise FrameError("has no message id")
        if kind in (2, 6) and len(parts) >= 4:
            action = msgspec.json.decode(parts[2], type=str)
            return Frame(message_id, 2, action, bytes(parts[3]).decode())
        if kind == 3 and len(parts) >= 3:
            return Frame(message_id, 3, None, bytes(parts[2]).decode())
        if kind in (4, 5) and len(parts) >= 3:
            return Frame(message_id, 4, None, _error(parts))
    except (msgspec.MsgspecError, UnicodeError, IndexError, RecursionError) as error:
        raise FrameError("is no OCPP-J frame") from error
    raise FrameError(f"is no frame of a known kind ({len(parts)} parts)")


def _error(parts: list[msgspec.Raw]) -> str:
    values: list[Any] = [msgspec.json.decode(part) for part in parts[2:5]]
    names = ("errorCode", "errorDescription", "errorDetails")
    return msgspec.json.encode(dict(zip(names, values, strict=False))).decode()


def frame_start(text: str) -> int:
    """Where in a line a frame begins; -1 where none does."""
    found = _SAID.search(text)
    return -1 if found is None else found.start()


def read_frame_in(text: str) -> Frame:
    """The frame with which a text begins, whatever follows it; its quotes may be escaped by
    a backslash, as within a quoted field. FrameError where there is none."""
    if (opening := _SAID.match(text)) is not None and opening[0].endswith('\\"'):
        text = text.replace('\\"', '"').replace("\\\\", "\\")
    try:
        return read_frame(text[: text.rindex("]") + 1])
    except ValueError as error:  # there is no "]", or more than the frame before the last
        end = _end(text)
        if not end:
            raise FrameError("has a frame that is cut off or no JSON") from error
        return read_frame(text[:end])


def _end(text: str) -> int:
    """The length of the bracketed value with which a text begins; 0 where it does not end."""
    depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if depth <= 0:
                return token.end()
    return 0
