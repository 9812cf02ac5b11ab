"""Clocks of charge points that are wrong, and what has to be added to the times they send.

A message says when it was written to the log, and most say when things happened by the charge
point's own clock. The difference is the message's delay. From the delays of a date it follows
whether the clock is wrong:

- A time more than a year back is of a clock that was never set (1970, 2000). Between two boots it
  runs on, so it is corrected by the least delay between these boots.
- A time more than five minutes ahead of the log is of a clock that is ahead.
- A clock west of Greenwich that sends local time as UTC is behind by the offset of a time zone.
  Messages that come late look the same, but their delays differ. So a clock counts as behind only
  where the least delay is such an offset and two messages with it are ten minutes or more apart.

The times of a clock more than 14 hours ahead are not used: its messages get the time at which they
were written. Where it is less ahead, or behind, and no message of the date has a delay of less than
two minutes, all of the charge point's times of that date are corrected by one amount; otherwise
only those that lie ahead. A clock that is merely slow looks like messages that come late: its times
stand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AHEAD_US = 5 * 60_000_000  # how far a clock may be ahead of the log's
UNSET_US = 365 * 86_400_000_000  # no message waits so long
_CLOSE_US = 2 * 60_000_000
_APART_US = 10 * 60_000_000
_QUARTER_US = 15 * 60_000_000
_SLACK_US = 10_000_000  # how far a clock may be off, besides the offset
_MOST_SHIFT_US = 14 * 3_600_000_000  # the largest offset of a time zone
_HALF_HOURS = frozenset((2.5, 3.5, 9.5))  # offsets west of Greenwich that are no whole hours
NO_TIME = np.iinfo(np.int64).min
_UNKNOWN = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Corrections:
    """By a message's number within the date: the µs to add to its own times (0: they are right),
    and the µs to add to times from before its clock was set (0: not known)."""

    microseconds: np.ndarray
    unset: np.ndarray

    def of(self, message: int) -> int:
        """The µs to add to the own times of a message."""
        return int(self.microseconds[message])

    def shifts(self, messages: np.ndarray, written: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The µs to add to these own times. A message may hold times from before and after its
        clock was set: a time that the message's correction makes impossible is corrected by
        itself."""
        found = self.microseconds[messages].copy()
        for other in (0, self.unset[messages], written - own):
            wrong = ~_is_possible(written, own + found)
            if not wrong.any():
                break
            found[wrong] = np.broadcast_to(other, found.shape)[wrong]
        return found


def _is_possible(written: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Whether something that was written to the log at `written` may have happened at `times`."""
    delays = written - times
    return (delays <= UNSET_US) & (delays >= -AHEAD_US)


@dataclass(frozen=True)
class Clocks:
    """For every message of a date: its charge point (a number), the time at which it was written
    and its latest own time (µs since 1970 UTC, or `NO_TIME`), and whether it is a
    BootNotification."""

    points: np.ndarray
    written: np.ndarray
    own: np.ndarray
    is_boot: np.ndarray

    def corrections(self) -> Corrections:
        """What has to be added to the messages' own times."""
        found, unset = np.zeros((2, len(self.points)), np.int64)
        timed = np.flatnonzero(self.own != NO_TIME)
        delays = self.written[timed] - self.own[timed]
        is_unset = delays > UNSET_US
        self._unset(timed[is_unset], delays[is_unset], unset)
        found[timed[is_unset]] = unset[timed[is_unset]]
        self._shifted(timed[~is_unset], delays[~is_unset], found)
        return Corrections(found, unset)

    def _unset(self, rows: np.ndarray, delays: np.ndarray, unset: np.ndarray) -> None:
        """Correct clocks that were never set, by the least delay between two boots."""
        if not len(rows):
            return
        boots = np.flatnonzero(self.is_boot)
        boots = boots[np.lexsort((self.written[boots], self.points[boots]))]
        for point in np.unique(self.points[rows]):
            times = self.written[boots[self.points[boots] == point]]
            everything = np.flatnonzero(self.points == point)
            runs = np.searchsorted(times, self.written[everything], side="right")
            least = np.full(len(times) + 1, _UNKNOWN)
            mine = self.points[rows] == point
            run = np.searchsorted(times, self.written[rows[mine]], side="right")
            np.minimum.at(least, run, delays[mine])
            unset[everything] = np.where(least[runs] == _UNKNOWN, 0, least[runs])

    def _shifted(self, rows: np.ndarray, delays: np.ndarray, found: np.ndarray) -> None:
        """Correct clocks that are ahead, or behind by a time zone's offset."""
        if not len(rows):
            return
        points = self.points[rows]
        least = np.full(points.max() + 1, _UNKNOWN)
        np.minimum.at(least, points, delays)
        is_right = np.zeros(points.max() + 1, bool)
        is_right[points[np.abs(delays) <= _CLOSE_US]] = True
        is_odd = (least < -AHEAD_US) | ((least > 2 * _CLOSE_US) & ~is_right)
        for point in np.flatnonzero(is_odd & (least < _UNKNOWN)):
            mine = points == point
            self._shift(rows[mine], delays[mine], found, is_right=bool(is_right[point]))

    def _shift(
        self, rows: np.ndarray, delays: np.ndarray, found: np.ndarray, *, is_right: bool
    ) -> None:
        """Correct the clock of one charge point; `is_right`: at times it is."""
        shift = _zone(int(delays.min()))
        ahead = delays < -AHEAD_US
        if abs(shift) > _MOST_SHIFT_US:
            found[rows[ahead]] = delays[ahead]
        elif ahead.any() and is_right:
            found[rows[ahead]] = shift
        elif ahead.any() or self._is_zone(rows, delays, shift):
            found[rows] = shift

    def _is_zone(self, rows: np.ndarray, delays: np.ndarray, shift: int) -> bool:
        """Whether messages far apart are late by one and the same offset of a time zone."""
        hours = shift / (4 * _QUARTER_US)
        if not 1 <= hours <= 12 or (hours != int(hours) and hours not in _HALF_HOURS):
            return False
        own = self.own[rows[np.abs(delays - shift) <= _CLOSE_US]]
        return len(own) > 1 and int(own.max() - own.min()) >= _APART_US


def _zone(delay: int) -> int:
    """The offset of a time zone that explains a delay; the delay itself where none does."""
    zone = (delay + _SLACK_US) // _QUARTER_US * _QUARTER_US
    return zone if zone and delay - zone <= _CLOSE_US else delay
