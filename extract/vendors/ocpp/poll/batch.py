"""Messages on their way from a file to raw, as columns, and the names that files give to these."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
import pyarrow as pa

from extract.vendors.ocpp.poll.frames import FrameError, read_frame

SIZE = 50_000
"""Messages in a batch."""

MESSAGES = pa.schema(
    [
        ("charge_point_id", pa.string()),
        ("time", pa.string()),  # as told
        ("message_id", pa.string()),
        ("message_type", pa.int32()),
        ("action", pa.string()),
        ("body", pa.string()),
    ]
)

_NAMES = {
    "message_id": ("messageid", "uniqueid", "msgid", "id"),
    "message_type": ("messagetype", "messagetypeid", "type"),
    "charge_point_id": (
        *("chargepointid", "chargepoint", "chargeboxid", "chargeboxidentity", "cpid", "cp"),
        *("chargingstationid", "chargingstation", "chargerid", "stationid", "identity"),
    ),
    "action": ("action",),
    "time": ("writetimestamp", "timestamp", "time", "messagetime", "loggedat", "ts"),
    "body": ("body",),
    "frame": ("frame", "message", "msg", "payload", "ocppmessage"),
}
_COLUMN = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_KINDS = {
    **{str(kind): kind for kind in (2, 3, 4)},
    **{"call": 2, "request": 2, "callresult": 3, "response": 3, "callerror": 4, "error": 4},
}


@dataclass
class Batch:
    """Messages in the columns of `MESSAGES`, the line of each, and (line, why) of what is none."""

    rows: pa.Table
    lines: Sequence[int]
    bad: list[tuple[int, str]] = field(default_factory=list)

    def without_last(self) -> Batch:
        """All but the last message."""
        return Batch(self.rows.slice(0, len(self.lines) - 1), self.lines[:-1], self.bad)


class Collector:
    """Takes messages one by one."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, int, str | None, str]] = []
        self._lines: list[int] = []
        self.bad: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, line: int, record: dict[str, Any]) -> None:
        """Take a record with our names; what is no message is noted as bad."""
        point, time = record.get("charge_point_id"), record.get("time")
        if point in (None, "") or time in (None, ""):
            self.bad.append((line, f"has no {'charge point' if point in (None, '') else 'time'}"))
            return
        try:
            key, kind, action, body = _message(record)
        except FrameError as error:
            self.bad.append((line, str(error)))
            return
        self._rows.append((str(point), str(time), key, kind, action, body))
        self._lines.append(line)

    def batch(self) -> Batch:
        """What has been taken since the last batch."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(MESSAGES)
        arrays = [
            pa.array(values, kind.type) for values, kind in zip(columns, MESSAGES, strict=True)
        ]
        made = Batch(pa.table(arrays, schema=MESSAGES), self._lines, self.bad)
        self._rows, self._lines, self.bad = [], [], []
        return made


def _message(record: dict[str, Any]) -> tuple[str, int, str | None, str]:
    """(message id, type, action, body) of a record in either form."""
    body = record.get("body")
    body = record.get("frame") if body in (None, "") else body
    if body in (None, ""):
        raise FrameError("has no body")
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    if text.lstrip().startswith("["):  # a frame, whatever stands beside it: payloads are objects
        return read_frame(text)
    kind = str(record.get("message_type") or "").strip().removesuffix(".0")
    if record.get("message_id") in (None, ""):
        raise FrameError("has no message id")
    if kind.lower() not in _KINDS:
        raise FrameError(
            "is of another message type than 2, 3 and 4" if kind else "has no message type"
        )
    action = record.get("action") or None
    return str(record["message_id"]), _KINDS[kind.lower()], action and str(action), text


@lru_cache(1024)
def columns(names: tuple[str, ...]) -> dict[str, str]:
    """Name in the file → ours, in any case, with or without underscores. Of two that mean the same
    the one counts that `_NAMES` has first: `id` is the message's where nothing says it better."""
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        plain = re.sub(r"[^a-z]", "", name.lower())
        if (known := _COLUMN.get(plain)) is not None:
            rank = _NAMES[known].index(plain)
            best[known] = min(best.get(known, (rank, name)), (rank, name), key=itemgetter(0))
    return {name: known for known, (_, name) in best.items()}


def holds_messages(known: Sequence[str]) -> bool:
    """Whether columns of these names are enough to make messages of."""
    return {"charge_point_id", "time"} <= set(known) and bool({"body", "frame"} & set(known))


def utc(told: str) -> datetime:
    """A time as UTC: ISO text (without an offset it is UTC), or a number since 1970 in seconds or
    a thousandth (millionth, …) of one. ValueError otherwise."""
    text = told.strip()
    try:
        number = float(text) if len(text) > 8 else None
    except ValueError:
        number = None
    if number is not None and math.isfinite(number):
        while abs(number) > 1e11:
            number /= 1000
        return datetime.fromtimestamp(number, UTC)
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
