"""The time of an answer: its own timestamp, or the time of the request where that cannot be.

Decided: a timestamp counts if it has an offset, is not before 2015 (no feed was there) and not more
than half an hour after the request (an answer is not made before it is asked for; an hour is a
wrong offset). An old timestamp counts: a recorded or a cached answer is of its own time, and how
late a source is, is measured by landing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

AHEAD = timedelta(minutes=30)
FIRST = datetime(2015, 1, 1, tzinfo=UTC)

NOT_A_TIME = "is not a time with an offset: the time of the request is used"
IMPOSSIBLE = (
    "is before 2015 or more than 30 minutes after the request: the time of the request is used"
)


def answer_time(timestamp: Any, requested_at: datetime) -> tuple[datetime, str | None]:
    """The time an answer is for, in UTC, and what is wrong with its own timestamp, as sent. An
    answer without one, as AFIR's, is of the time of the request, and nothing is wrong."""
    if timestamp is None:
        return requested_at, None
    try:
        at = datetime.fromisoformat(timestamp)
        if at.tzinfo is None:
            return requested_at, NOT_A_TIME
        at = at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return requested_at, NOT_A_TIME
    if not FIRST <= at <= requested_at + AHEAD:
        return requested_at, IMPOSSIBLE
    return at, None
