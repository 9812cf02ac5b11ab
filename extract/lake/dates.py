"""Periods that a backfill requests one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def months(start: date, end: date) -> list[tuple[datetime, datetime]]:
    """The calendar months from `start` (included) to `end` (excluded), both UTC, as (start, end)
    pairs cut to these bounds. A backfill requests one at a time."""
    behind, found = end + timedelta(days=1), []
    while start < behind:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((_midnight(start), _midnight(min(following, behind))))
        start = following
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
