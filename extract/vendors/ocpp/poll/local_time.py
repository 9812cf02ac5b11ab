"""Logs in local time that do not say so, recognised by the UTC times in their own messages.

The answer to a BootNotification or a Heartbeat holds the central system's clock (`currentTime`,
UTC by OCPP). Where the log's times name no zone and are whole hours away from it, they are local,
and every message would land at a wrong hour.
"""

from __future__ import annotations

import re
from itertools import islice
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from extract.vendors.ocpp.poll.batch import FormatError
from extract.vendors.ocpp.poll.times import Clock, TimeError

_NOW = re.compile(r'"current_?[tT]ime"\s*:\s*"([^"]*)"')
_UTC, _TOKYO = Clock(), Clock(ZoneInfo("Asia/Tokyo"))
_SAMPLE = 200
_STEP, _SLACK = 900, 60  # seconds: zones differ by quarters of an hour


def refuse_local(rows: pa.Table, clock: Clock) -> None:
    """FormatError where the messages' times are local and no layout file says of which zone."""
    if not clock.is_plain or all(_has_zone(t) for t in rows["time"].slice(0, 3).to_pylist()):
        return
    found = {_steps(time, body) for time, body in _clocks(rows)} - {None}
    if found and 0 not in found:
        hours = sorted(found, key=str)[0] * _STEP / 3600  # type: ignore[operator]
        side = "after" if hours > 0 else "before"
        raise FormatError(
            f"its times name no zone and are {abs(hours):g} h {side} the UTC times that its own "
            "messages give (currentTime): say in layout.toml of which timezone they are (UTC where "
            "the log is right)"
        )


def _clocks(rows: pa.Table) -> islice[tuple[str, str]]:
    """(time in the log, body) of answers that hold a clock."""
    is_answer = pc.and_(
        pc.equal(rows["message_type"], 3),
        pc.match_substring_regex(rows["body"], r'"current_?[tT]ime"'),
    )
    some = rows.filter(is_answer).slice(0, _SAMPLE)
    return islice(zip(some["time"].to_pylist(), some["body"].to_pylist(), strict=True), _SAMPLE)


def _has_zone(time: str) -> bool:
    try:
        return _UTC.utc(time) == _TOKYO.utc(time)
    except TimeError:
        return False


def _steps(time: str, body: str) -> int | None:
    """Quarters of an hour by which a time without a zone is after the clock in the body; None where
    it names a zone, or is not a whole number of them away."""
    said = _NOW.search(body)
    try:
        at = _UTC.utc(time)
        if said is None or at == _TOKYO.utc(time):
            return None
        away = (at - _UTC.utc(said[1])).total_seconds()
    except TimeError:
        return None
    steps = round(away / _STEP)
    return steps if abs(away - steps * _STEP) <= _SLACK and abs(steps) <= 60 else None
