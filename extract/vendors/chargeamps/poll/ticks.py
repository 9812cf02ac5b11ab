"""The clock of the sampler: windows, ticks, and waiting for them.

Ticks are at fixed instants, the multiples of the interval since 1970 UTC. Each belongs to one
window, which begins at a multiple of its length. So nothing drifts, and windows meet without a gap
or an overlap, in any process and whenever it started. A tick is missed if sampling it could not
begin before half of the interval was over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLICE = 0.5  # seconds between looks at the clock, which may have been set or stopped


class Window(NamedTuple):
    """From an instant to before another, UTC."""

    start: datetime
    end: datetime


class Tick(NamedTuple):
    """An instant to sample at; `is_missed` where it was too late for that."""

    at: datetime
    is_missed: bool


def window(now: datetime, length: timedelta, lead: timedelta) -> Window:
    """The window that contains `now`; or already the next one, where that begins within `lead`."""
    start = EPOCH + (now + lead - EPOCH) // length * length
    return Window(start, start + length)


def first_tick(at: datetime, interval: timedelta) -> datetime:
    """The first tick at or after an instant."""
    return EPOCH - (EPOCH - at) // interval * interval


class Clock:
    """The real time, and waiting that ends soon after `stopped` is set (a plain flag: a signal's
    handler may set it at any moment, and must not wait for a lock)."""

    def __init__(self) -> None:
        self.stopped = False

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)

    def wait_until(self, at: datetime) -> bool:
        """Wait for an instant; False where it was stopped instead."""
        while not self.stopped:
            left = (at - self.now()).total_seconds()
            if left <= 0:
                return True
            time.sleep(min(left, SLICE))
        return False


def ticks(begin: datetime, end: datetime, interval: timedelta, clock: Clock) -> Iterator[Tick]:
    """Each tick from `begin` to before `end` once, when its time has come, or when it is seen to be
    missed; ends early where the clock is stopped."""
    at = first_tick(begin, interval)
    while at < end and clock.wait_until(at):
        yield Tick(at, clock.now() - at > interval / 2)
        at += interval
