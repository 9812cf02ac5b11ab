"""How the charging points spend their days: a status for any point at any time.

A pure function of (seed, point, time), so that the clock can go forth and back: every point's
sessions are drawn anew from a generator seeded with the point and the local day, its outages from
one seeded with the point and the week. Nothing depends on what was asked before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from extract.sandbox.chance import chance, draw, pick
from extract.vendors.chargecloud.sandbox.network import Location, Point

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600.0

AVAILABLE, CHARGING, BLOCKED, RESERVED = "AVAILABLE", "CHARGING", "BLOCKED", "RESERVED"
UNKNOWN, OUTOFORDER, INOPERATIVE = "UNKNOWN", "OUTOFORDER", "INOPERATIVE"

Change = tuple[float, str]
"""From this time (seconds since 1970) on, this status."""


class Habit(NamedTuple):
    """How a kind of place is used: sessions a day per point on weekdays, Saturdays and Sundays;
    `starts`: (hour, its standard deviation) → share; `hours`: the median stay, `spread` of its
    logarithm."""

    weekday: float
    saturday: float
    sunday: float
    starts: dict[tuple[float, float], float]
    hours: float
    spread: float


HABITS = {
    "street": Habit(0.56, 0.52, 0.54, {(18.3, 1.9): 0.7, (11.5, 2.5): 0.3}, 8.0, 0.6),
    "work": Habit(0.95, 0.10, 0.05, {(8.0, 0.8): 0.8, (13.0, 1.0): 0.2}, 6.5, 0.4),
    "transit": Habit(0.75, 0.60, 0.48, {(8.3, 1.5): 0.6, (15.0, 2.5): 0.4}, 3.5, 0.7),
    "retail": Habit(0.90, 1.50, 0.10, {(10.8, 1.4): 0.4, (16.3, 1.8): 0.6}, 0.9, 0.5),
    "leisure": Habit(0.35, 1.20, 1.50, {(14.2, 2.3): 1.0}, 2.3, 0.4),
    "fast": Habit(2.60, 3.00, 2.80, {(13.5, 4.5): 1.0}, 0.55, 0.4),
}
LONGEST = 20.0  # hours: what began on a day is over at the end of the next


def midnight(day: date) -> float:
    """When a local day begins; its length is 23, 24 or 25 hours."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).timestamp()


def timeline(seed: int, location: Location, day: date) -> tuple[list[float], list[tuple[str, ...]]]:
    """The times of a local day at which any status changes, beginning with its start, and the
    statuses of all points from each on."""
    down = list(_outages(seed, location.record["id"], day, _OFFLINE))
    points = [_PointDay(seed, point, day, down) for point in location.points]
    times = sorted({midnight(day)}.union(*(point.times for point in points)))
    return times, [tuple(point.at(time) for point in points) for time in times]


class _PointDay:
    """A point on a local day."""

    def __init__(self, seed: int, point: Point, day: date, down: list[_Outage]) -> None:
        self.dead = point.dead
        begin, end = midnight(day), midnight(day + timedelta(days=1))
        self.changes: list[Change] = [] if self.dead else _both_days(seed, point, day)
        self.starts = [time for time, _ in self.changes]
        own = [] if self.dead else _outages(seed, point.uid, day, _BROKEN)
        self.outages = [*own, *down]
        borders = [time for outage in self.outages for time in (outage.begin, outage.end)]
        self.times = {time for time in (*self.starts, *borders) if begin <= time < end}

    def at(self, time: float) -> str:
        """The status. A point that is broken does not show that it is in use."""
        if self.dead:
            return self.dead
        for outage in self.outages:
            if outage.begin <= time < outage.end:
                return outage.status
        number = bisect_right(self.starts, time)
        return self.changes[number - 1][1] if number else AVAILABLE


def _both_days(seed: int, point: Point, day: date) -> list[Change]:
    """The changes of a day's sessions and of those begun the day before, which end at the latest
    when the next begins."""
    today = _sessions(seed, point, day)
    before = _sessions(seed, point, day - timedelta(days=1))
    return [change for change in before if not today or change[0] < today[0][0]] + today


def _sessions(seed: int, point: Point, day: date) -> list[Change]:
    """The changes of all sessions that begin on a local day, in order of time."""
    rng = draw(seed, point.uid, day.toordinal())
    habit = HABITS[point.archetype]
    rate = (*[habit.weekday] * 5, habit.saturday, habit.sunday)[day.weekday()] * point.busy
    if point.sensor:
        rate *= 1.5  # those who only park are sessions too
    begin, free_from = midnight(day), 0.0
    changes: list[Change] = []
    for start in sorted(_starts(rng, habit, rate)):
        session = _session(rng, point, habit, begin + start * HOUR)
        if session[0][0] >= free_from:
            changes += session
            free_from = session[-1][0] + 300
    return changes


def _starts(rng: Random, habit: Habit, rate: float) -> Iterator[float]:
    """Hours after midnight; their number is random with the mean `rate`."""
    waited = rng.expovariate(1.0)
    while waited < rate:
        hour, spread = pick(rng, habit.starts)
        yield rng.gauss(hour, spread) % 24
        waited += rng.expovariate(1.0)


def _session(rng: Random, point: Point, habit: Habit, start: float) -> list[Change]:
    """A stay: perhaps reserved, charging, perhaps parked when full, gone."""
    stay = min(LONGEST, max(0.15, rng.lognormvariate(0.0, habit.spread) * habit.hours)) * HOUR
    full = stay * rng.uniform(0.35, 0.95)
    reserved, blocks, parks = chance(rng, 0.05), chance(rng, 0.06), chance(rng, 0.35)
    end = (start + stay, AVAILABLE)
    if point.sensor and parks:
        return [(start, BLOCKED), end]
    changes = [(start, CHARGING)]
    if reserved:
        changes = [(start, RESERVED), (start + rng.uniform(0.1, 0.45) * full, CHARGING)]
    if blocks or point.sensor:
        changes.append((start + full, BLOCKED))
    return [*changes, end]


class _Outage(NamedTuple):
    begin: float
    end: float
    status: str


class _Risk(NamedTuple):
    """`name` keeps the draws apart; `weekly`: how likely an outage is in a week; `hours`: its
    median length, `spread` of its logarithm."""

    name: str
    weekly: float
    hours: float
    spread: float
    statuses: dict[str, float]


_OFFLINE = _Risk("offline", 0.05, 2.5, 1.2, {UNKNOWN: 1.0})  # of a location: its connection
_BROKEN = _Risk("broken", 0.04, 9.0, 1.1, {OUTOFORDER: 0.8, INOPERATIVE: 0.2})  # of a point
WEEK = 7 * 24 * HOUR


def _outages(seed: int, number: str, day: date, risk: _Risk) -> Iterator[_Outage]:
    """The outages that may touch a local day. Each lies within one week, which begins at the unit's
    own hour: then a week needs no other week, and outages do not all end at the same time."""
    own = int(number) * 7919.0 % WEEK
    first = int((midnight(day) - own) // WEEK)
    for week in (first, first + 1):
        rng = draw(seed, number, risk.name, week)
        if chance(rng, risk.weekly):
            length = min(5 * 24.0, rng.lognormvariate(0.0, risk.spread) * risk.hours) * HOUR
            begin = own + week * WEEK + rng.random() * (WEEK - length)
            yield _Outage(begin, begin + length, pick(rng, risk.statuses))
