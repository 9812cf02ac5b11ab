"""Messages on their way from a file to raw, as columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

from extract.vendors.ocpp.poll.frames import Frame, FrameError, read_frame
from extract.vendors.ocpp.poll.times import Clock

SIZE = 50_000
"""Messages in a batch."""

MESSAGES = pa.schema(
    [
        ("charge_point_id", pa.string()),
        ("time", pa.string()),  # as it stands in the file
        ("message_id", pa.string()),
        ("message_type", pa.int32()),
        ("action", pa.string()),
        ("body", pa.string()),
    ]
)

_KINDS = {
    **dict.fromkeys(("2", "call", "request", "req"), 2),
    **dict.fromkeys(("3", "callresult", "response", "confirmation", "conf", "res", "resp"), 3),
    **dict.fromkeys(("3", "result"), 3),
    **dict.fromkeys(("4", "callerror", "error"), 4),
}
_SINGLE = (str, int, float)
_NOTHING = (None, "", "null")
_UTC, _TOKYO = Clock(), Clock(ZoneInfo("Asia/Tokyo"))
"""A time without a zone is read differently by the two."""


class FormatError(Exception):
    """The form of the file is not known, or it cannot be read in part. The text says what the file
    looks like and quotes nothing of it."""


class IncompleteError(Exception):
    """The file ends in the middle; the part before has been read."""


@dataclass
class Batch:
    """Messages in the columns of `MESSAGES`, the line number of each, and `bad`: (line, reason) of
    lines that are not messages. `unit` is what the numbers count: lines or records. `member` names
    the file within an archive."""

    rows: pa.Table
    lines: Sequence[int]
    bad: list[tuple[int, str]] = field(default_factory=list)
    unit: str = "line"
    member: str = ""

    def without_last(self) -> Batch:
        """All but the last message."""
        return Batch(self.rows.slice(0, len(self.lines) - 1), self.lines[:-1], self.bad, self.unit)


class Collector:
    """Takes messages one by one."""

    def __init__(self, unit: str = "line") -> None:
        self.bad: list[tuple[int, str]] = []
        self._unit = unit
        self._rows: list[tuple[str, str, str, int, str | None, str]] = []
        self._lines: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, line: int, record: dict[str, Any]) -> None:
        """Take a record with our names; one that is not a message is noted as bad."""
        point, time = record.get("charge_point_id"), record.get("time")
        if point in _NOTHING or time in _NOTHING:
            self.bad.append((line, f"has no {'charge point' if point in _NOTHING else 'time'}"))
            return
        if not isinstance(point, _SINGLE) or not isinstance(time, _SINGLE):
            self.bad.append((line, "has a charge point or a time that is no single value"))
            return
        try:
            if "request" in record:
                rows = [(str(point), at, *found) for at, found in _messages(str(point), record)]
                self._rows += rows
                self._lines += [line] * len(rows)
            else:
                self._rows.append((str(point), str(time), *_message(record)))
                self._lines.append(line)
        except FrameError as error:
            self.bad.append((line, str(error)))
        except (ValueError, RecursionError, msgspec.MsgspecError):  # a number of 5,000 digits
            self.bad.append((line, "has a value that cannot be read"))

    def add_frame(self, line: int, point: str, time: str, frame: Frame) -> None:
        """Take a frame of a text line."""
        self._rows.append((point, time, *frame))
        self._lines.append(line)

    def batch(self) -> Batch:
        """What has been taken since the last batch."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(MESSAGES)
        arrays = [
            pa.array(values, kind.type) for values, kind in zip(columns, MESSAGES, strict=True)
        ]
        made = Batch(pa.table(arrays, schema=MESSAGES), self._lines, self.bad, self._unit)
        self._rows, self._lines, self.bad = [], [], []
        return made


def _messages(point: str, record: dict[str, Any]) -> list[tuple[str, Frame]]:
    """(time, message) of a record: one, or two where a request stands beside its response."""
    time = str(record["time"])
    if record.get("request") not in _NOTHING and not _has_body(record):
        return _pair(point, time, record)
    return [(time, _message(record))]


def _has_body(record: dict[str, Any]) -> bool:
    return record.get("body") not in _NOTHING or record.get("frame") not in _NOTHING


def _message(record: dict[str, Any]) -> Frame:
    if "parts" in record:  # a frame that has been read
        frame: Frame = record["parts"]
        return frame
    body = record.get("body")
    body = record.get("frame") if body in _NOTHING else body
    if body in _NOTHING:
        raise FrameError("has no body")
    text = _text(body)
    if text[:1] == "[":  # a frame, whatever stands beside it: payloads are objects
        return read_frame(text)
    kind = str(record.get("message_type") or "").strip().removesuffix(".0")
    if record.get("message_id") in _NOTHING:
        raise FrameError("has no message id")
    if kind.lower() not in _KINDS:
        known = "is of a message type other than 2, 3 and 4"
        raise FrameError(known if kind else "has no message type")
    action = record.get("action") or None
    return Frame(str(record["message_id"]), _KINDS[kind.lower()], action and str(action), text)


def _text(body: Any) -> str:
    """JSON as text; a text that holds JSON text is unwrapped once."""
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    text = text.strip()
    if text[:1] == '"':
        try:
            text = msgspec.json.decode(text, type=str).strip()
        except msgspec.MsgspecError as error:
            raise FrameError("is no OCPP-J frame") from error
    return text


def _pair(point: str, time: str, record: dict[str, Any]) -> list[tuple[str, Frame]]:
    """A request and its response, which share an id: the row's own, or one made of its content."""
    key, action = record.get("message_id"), record.get("action")
    request, response = _text(record["request"]), record.get("response")
    if key in _NOTHING:
        content = "\n".join((point, time, str(action), request))
        key = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]
    if request[:1] == "[":
        found = [(time, read_frame(request))]
    elif action in _NOTHING:
        raise FrameError("has a request without an action")
    else:
        found = [(time, Frame(str(key), 2, str(action), request))]
    if response in _NOTHING:
        return found
    text = _text(response)
    answer = read_frame(text) if text[:1] == "[" else Frame(found[0][1].message_id, 3, None, text)
    return [*found, (_answered(time, record), answer)]


def _answered(time: str, record: dict[str, Any]) -> str:
    """When a response was written: its own time, else the request's and the time it took."""
    own, took = record.get("response_time"), str(record.get("runtime") or "")
    if own not in _NOTHING:
        return str(own)
    hours, _, rest = took.partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        size = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
        at, elsewhere = _UTC.utc(time), _TOKYO.utc(time)
    except (ValueError, OverflowError):
        return time
    later = (at + size).isoformat(sep=" ")
    return later if at == elsewhere else later.removesuffix("+00:00")  # as the request's is written
