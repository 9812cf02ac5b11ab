"""The time of an answer: its own timestamp, or the time of the request where the timestamp cannot
be true.

A timestamp counts if it has an offset, is not before 2015 (the feed did not exist) and is at most
half an hour after the request (an hour would be a wrong offset). An old timestamp counts: a
recorded or cached answer has its own time. How late a source is, is measured by landing.
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
    """The time an answer is for (UTC), and what is wrong with its own timestamp, None where nothing
    is. An answer without a timestamp, such as AFIR's, has the time of the request, and nothing is
    wrong."""
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
