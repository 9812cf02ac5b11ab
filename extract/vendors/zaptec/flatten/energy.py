"""Energy intervals of many sessions at once, from amounts or from a register that rises.

Everything is flat arrays: `session` (its number, 0 …), `at` (int64, microseconds since 1970 UTC),
`value` (kWh), one element per entry. An entry's interval begins at the entry before it, or at the
session's start: (before, at]. Energy is never lost: what stands at the start itself belongs to the
interval after it, entries of the same moment are one, and a gap is one long interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

NOISE = 1e-6  # kWh; rounding errors of floating-point numbers are smaller
SIGNED, AMOUNTS, REGISTER = range(3)  # METHODS
METHODS = ("signed", "amounts", "register")
DIGITS = 9  # of a kWh that are kept: noise of 0.6560000000000001 goes


@dataclass(frozen=True)
class Entries:
    """Entries ordered by session and time. `meter`: the register at that moment, NaN where it
    is not known."""

    session: np.ndarray
    at: np.ndarray
    value: np.ndarray
    meter: np.ndarray

    @classmethod
    def ordered(cls, session: np.ndarray, at: np.ndarray, value: np.ndarray) -> Entries:
        """Put into order; entries of the same moment stay in theirs."""
        order = np.lexsort((at, session))
        return cls(session[order], at[order], value[order], np.full(len(order), np.nan))

    @property
    def firsts(self) -> np.ndarray:
        """Where each session's entries begin."""
        return np.flatnonzero(np.diff(self.session, prepend=-1))

    @property
    def lasts(self) -> np.ndarray:
        """Where each session's entries end."""
        return self.firsts + self.counts - 1

    @property
    def counts(self) -> np.ndarray:
        """How many entries each session has; sessions without entries are not counted."""
        return np.diff(np.append(self.firsts, len(self.session)))

    def of(self, chosen: np.ndarray) -> Entries:
        """The entries of some sessions; `chosen` has a boolean for each session."""
        kept = chosen[self.session]
        return Entries(self.session[kept], self.at[kept], self.value[kept], self.meter[kept])

    def steps(self) -> np.ndarray:
        """How far each value is above the one before it; 0 for a session's first."""
        steps = np.diff(self.value, prepend=0.0)
        steps[self.firsts] = 0.0
        return steps

    def merged(self) -> Entries:
        """One entry per moment, with the sum of the values."""
        is_new = (np.diff(self.session, prepend=-1) != 0) | (np.diff(self.at, prepend=-1) != 0)
        places = np.flatnonzero(is_new)
        if len(places) == len(self.at):
            return self
        lasts = np.append(places[1:], len(self.at)) - 1
        value = np.add.reduceat(self.value, places)
        return Entries(self.session[places], self.at[places], value, self.meter[lasts])


@dataclass(frozen=True)
class Intervals:
    """Intervals ordered by session and time. `lost`: sessions whose energy has no interval, because
    its only entry and the session's end are at the start."""

    session: np.ndarray
    start: np.ndarray
    end: np.ndarray
    energy: np.ndarray
    meter: np.ndarray
    lost: np.ndarray


def amounts(entries: Entries, reported_kwh: np.ndarray) -> Entries:
    """The entries as amounts per interval.

    Decide whether values are increments (as in recordings) or a cumulative register, which starts
    at 0 or anywhere, by which is nearer to the session's total; on a tie, increments. A register
    never falls. `reported_kwh`: the total by session, NaN where it is not known.
    """
    firsts = entries.firsts
    if not len(firsts):
        return entries
    energy = reported_kwh[entries.session[firsts]]
    first, last = entries.value[firsts], entries.value[entries.lasts]
    steps = entries.steps()
    rises = np.minimum.reduceat(steps, firsts) >= -NOISE
    off = np.abs(np.add.reduceat(entries.value, firsts) - energy)
    off_from_zero, off_from_first = np.abs(last - energy), np.abs(last - first - energy)
    is_register = rises & (np.minimum(off_from_zero, off_from_first) < off - NOISE)
    steps[firsts] = np.where(off_from_zero < off_from_first, first, 0.0)
    by_entry = np.repeat(is_register, entries.counts)
    value = np.where(by_entry, steps, entries.value)
    return replace(entries, value=value, meter=np.where(by_entry, entries.value, np.nan))


def metered(entries: Entries) -> Entries:
    """A meter's register as amounts."""
    return replace(entries, value=entries.steps(), meter=entries.value)


def intervals(entries: Entries, start: np.ndarray, end: np.ndarray) -> Intervals:
    """The intervals of amounts. `start` and `end` are by session; an unknown end is the smallest
    integer. The end is used only where a session's one entry is at its start."""
    entries = entries.merged()
    firsts = entries.firsts
    session = entries.session[firsts]
    before = np.roll(entries.at, 1)
    before[firsts] = np.minimum(start[session], entries.at[firsts])
    until, energy = entries.at.copy(), entries.value.copy()
    at_start = before[firsts] == until[firsts]
    alone = entries.counts == 1
    carried = firsts[at_start & ~alone]
    energy[carried + 1] += energy[carried]
    single = firsts[at_start & alone]
    until[single] = np.maximum(until[single], end[entries.session[single]])
    kept = before < until
    energy = np.round(energy, DIGITS) + 0.0
    lost = single[~kept[single] & (energy[single] != 0)]
    return Intervals(
        entries.session[kept],
        before[kept],
        until[kept],
        energy[kept],
        np.round(entries.meter[kept], DIGITS),
        entries.session[lost],
    )


def combine(signed: Intervals, plain: Intervals) -> tuple[Intervals, np.ndarray]:
    """Signed and plain intervals together, by session, and the method of each interval. A session
    has intervals of one kind alone."""
    session = np.concatenate([signed.session, plain.session])
    meter = np.concatenate([signed.meter, plain.meter])
    is_signed = np.arange(len(session)) < len(signed.session)
    method = np.where(is_signed, SIGNED, np.where(np.isnan(meter), AMOUNTS, REGISTER))
    order = np.argsort(session, kind="stable")
    found = Intervals(
        session[order],
        np.concatenate([signed.start, plain.start])[order],
        np.concatenate([signed.end, plain.end])[order],
        np.concatenate([signed.energy, plain.energy])[order],
        meter[order],
        np.concatenate([signed.lost, plain.lost]),
    )
    return found, method[order]


def totals(session: np.ndarray, value: np.ndarray, sessions: int) -> np.ndarray:
    """The sum by session; NaN for a session without values."""
    sums = np.bincount(session, value, sessions).astype(np.float64)  # else integers
    sums[np.bincount(session, minlength=sessions) == 0] = np.nan
    return np.round(sums, DIGITS) + 0.0


def differences(plain: Entries, signed: Entries, sessions: int) -> np.ndarray:
    """By how many kWh plain and signed amounts differ, by session: the largest difference of their
    running sums at a moment that both have, or of their totals. NaN for a session without both."""
    one, other = plain.merged(), signed.merged()
    sums = (totals(part.session, part.value, sessions) for part in (one, other))
    furthest = np.abs(next(sums) - next(sums))
    session = np.concatenate([one.session, other.session])
    at = np.concatenate([one.at, other.at])
    height = np.concatenate([_heights(one), _heights(other)])
    order = np.lexsort((at, session))
    session, at, height = session[order], at[order], height[order]
    pairs = np.flatnonzero((session[1:] == session[:-1]) & (at[1:] == at[:-1]))
    np.maximum.at(furthest, session[pairs], np.abs(height[pairs + 1] - height[pairs]))
    return np.round(furthest, DIGITS) + 0.0


def _heights(entries: Entries) -> np.ndarray:
    """The energy until each entry, from the session's first on."""
    heights = np.cumsum(entries.value)
    firsts = entries.firsts
    below = heights[firsts] - entries.value[firsts]
    return heights - np.repeat(below, entries.counts)
