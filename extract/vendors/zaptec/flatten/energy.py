"""Energy intervals of many sessions at once, from amounts or from a register that rises.

Everything is flat arrays: `owner` (which session, 0 …), `at` (int64, microseconds since 1970 UTC),
`value` (kWh), one element per entry. An entry's interval begins at the entry before it, or at the
session's start: (before, at]. Energy is never lost: what stands at the start itself belongs to the
interval after it, entries of the same moment are one, and a gap is one long interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

NOISE = 1e-6  # kWh; more than floating-point figures are off
SIGNED, AMOUNTS, REGISTER = range(3)  # METHODS
METHODS = ("signed", "amounts", "register")
DIGITS = 9  # of a kWh that are kept: noise of 0.6560000000000001 goes


@dataclass(frozen=True)
class Entries:
    """Entries ordered by owner and time. `meter`: the register at that moment, NaN where none is
    told."""

    owner: np.ndarray
    at: np.ndarray
    value: np.ndarray
    meter: np.ndarray

    @classmethod
    def ordered(cls, owner: np.ndarray, at: np.ndarray, value: np.ndarray) -> Entries:
        """Put into order; entries of the same moment stay in theirs."""
        order = np.lexsort((at, owner))
        return cls(owner[order], at[order], value[order], np.full(len(order), np.nan))

    @property
    def firsts(self) -> np.ndarray:
        """Where each owner's entries begin."""
        return np.flatnonzero(np.diff(self.owner, prepend=-1))

    @property
    def lasts(self) -> np.ndarray:
        """Where each owner's entries end."""
        return self.firsts + self.counts - 1

    @property
    def counts(self) -> np.ndarray:
        """How many entries each owner has that has any."""
        return np.diff(np.append(self.firsts, len(self.owner)))

    def of(self, chosen: np.ndarray) -> Entries:
        """Those of some owners: a boolean for each."""
        kept = chosen[self.owner]
        return Entries(self.owner[kept], self.at[kept], self.value[kept], self.meter[kept])

    def steps(self) -> np.ndarray:
        """How far each value is above the one before it; 0 for an owner's first."""
        steps = np.diff(self.value, prepend=0.0)
        steps[self.firsts] = 0.0
        return steps

    def merged(self) -> Entries:
        """One entry per moment, with the sum of the values."""
        is_new = (np.diff(self.owner, prepend=-1) != 0) | (np.diff(self.at, prepend=-1) != 0)
        places = np.flatnonzero(is_new)
        if len(places) == len(self.at):
            return self
        lasts = np.append(places[1:], len(self.at)) - 1
        value = np.add.reduceat(self.value, places)
        return Entries(self.owner[places], self.at[places], value, self.meter[lasts])


@dataclass(frozen=True)
class Intervals:
    """Intervals ordered by owner and time; `lost`: owners with energy but no time for it."""

    owner: np.ndarray
    start: np.ndarray
    end: np.ndarray
    energy: np.ndarray
    meter: np.ndarray
    lost: np.ndarray


def amounts(entries: Entries, told: np.ndarray) -> Entries:
    """The entries as amounts per interval.

    `told`: the energy by owner, NaN where it is not told. Values are amounts (so they were seen) or
    a register that starts at nothing or anywhere: whichever comes closest to the session's energy,
    in doubt amounts; a register never falls.
    """
    firsts = entries.firsts
    if not len(firsts):
        return entries
    energy = told[entries.owner[firsts]]
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
    """The intervals of amounts. `start` and `end` are by owner; an unknown end is very early. The
    end only serves an owner whose one entry is at the start."""
    entries = entries.merged()
    firsts = entries.firsts
    owner = entries.owner[firsts]
    before = np.roll(entries.at, 1)
    before[firsts] = np.minimum(start[owner], entries.at[firsts])
    until, energy = entries.at.copy(), entries.value.copy()
    at_start = before[firsts] == until[firsts]
    alone = entries.counts == 1
    carried = firsts[at_start & ~alone]
    energy[carried + 1] += energy[carried]
    single = firsts[at_start & alone]
    until[single] = np.maximum(until[single], end[entries.owner[single]])
    kept = before < until
    energy = np.round(energy, DIGITS) + 0.0
    lost = single[~kept[single] & (energy[single] != 0)]
    return Intervals(
        entries.owner[kept],
        before[kept],
        until[kept],
        energy[kept],
        np.round(entries.meter[kept], DIGITS),
        entries.owner[lost],
    )


def together(signed: Intervals, plain: Intervals) -> tuple[Intervals, np.ndarray]:
    """The intervals of all owners, each of whom has one kind, and by which method each is known."""
    owner = np.concatenate([signed.owner, plain.owner])
    meter = np.concatenate([signed.meter, plain.meter])
    is_signed = np.arange(len(owner)) < len(signed.owner)
    method = np.where(is_signed, SIGNED, np.where(np.isnan(meter), AMOUNTS, REGISTER))
    order = np.argsort(owner, kind="stable")
    found = Intervals(
        owner[order],
        np.concatenate([signed.start, plain.start])[order],
        np.concatenate([signed.end, plain.end])[order],
        np.concatenate([signed.energy, plain.energy])[order],
        meter[order],
        np.concatenate([signed.lost, plain.lost]),
    )
    return found, method[order]


def totals(owner: np.ndarray, value: np.ndarray, owners: int) -> np.ndarray:
    """The sum by owner, NaN for one that has nothing."""
    sums = np.bincount(owner, value, owners).astype(np.float64)  # of nothing it makes whole numbers
    sums[np.bincount(owner, minlength=owners) == 0] = np.nan
    return np.round(sums, DIGITS) + 0.0


def differences(plain: Entries, signed: Entries, owners: int) -> np.ndarray:
    """By how much plain and signed amounts differ, by owner: the most at a moment that both tell
    of, or in total; NaN for an owner that has but one of them."""
    one, other = plain.merged(), signed.merged()
    sums = (totals(part.owner, part.value, owners) for part in (one, other))
    furthest = np.abs(next(sums) - next(sums))
    owner = np.concatenate([one.owner, other.owner])
    at = np.concatenate([one.at, other.at])
    height = np.concatenate([_heights(one), _heights(other)])
    order = np.lexsort((at, owner))
    owner, at, height = owner[order], at[order], height[order]
    pairs = np.flatnonzero((owner[1:] == owner[:-1]) & (at[1:] == at[:-1]))
    np.maximum.at(furthest, owner[pairs], np.abs(height[pairs + 1] - height[pairs]))
    return np.round(furthest, DIGITS) + 0.0


def _heights(entries: Entries) -> np.ndarray:
    """The energy until each entry, from the owner's first on."""
    heights = np.cumsum(entries.value)
    firsts = entries.firsts
    below = heights[firsts] - entries.value[firsts]
    return heights - np.repeat(below, entries.counts)
