"""OCPP-J frames: `[2, "id", "Action", {…}]`, `[3, "id", {…}]`, `[4, "id", "code", "text", {…}]`."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec


class FrameError(ValueError):
    """Text that is no frame; says why, and quotes nothing of it."""


class Frame(NamedTuple):
    """A frame's parts; `body` is JSON, of a CALLERROR an object made of its code and text."""

    message_id: str
    message_type: int
    action: str | None
    body: str


_parts = msgspec.json.Decoder(list[msgspec.Raw])


def read_frame(text: str | bytes) -> Frame:
    """The parts of a frame. FrameError where it is none."""
    try:
        parts = _parts.decode(text)
        kind = msgspec.json.decode(parts[0], type=int)
        message_id = str(msgspec.json.decode(parts[1], type=str | int))
        if kind == 2 and len(parts) >= 4:
            action = msgspec.json.decode(parts[2], type=str)
            return Frame(message_id, 2, action, _text(parts[3]))
        if kind == 3 and len(parts) >= 3:
            return Frame(message_id, 3, None, _text(parts[2]))
        if kind == 4 and len(parts) >= 3:
            return Frame(message_id, 4, None, _error(parts))
    except (msgspec.DecodeError, IndexError) as error:
        raise FrameError("is no OCPP-J frame") from error
    raise FrameError(
        f"is no frame of a known kind ({len(parts)} parts; types 2 and 3, 4 have at least 4 and 3)"
    )


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()


def _error(parts: list[msgspec.Raw]) -> str:
    values: list[Any] = [msgspec.json.decode(part) for part in parts[2:5]]
    names = ("errorCode", "errorDescription", "errorDetails")
    return msgspec.json.encode(dict(zip(names, values, strict=False))).decode()
