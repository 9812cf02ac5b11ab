"""Which car stands at which connector, and when: a pure function of the seed and the local day.

Every place has a habit: residents come in the evening and leave in the morning, workers plug_in for
the day, visitors take one of three slots. The hours are chosen so that plug-ins never overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from extract.sandbox.chance import chance, draw, pick
from extract.vendors.chargeamps.sandbox.garage import Connector, Person, people

UPPSALA = ZoneInfo("Europe/Stockholm")
HOUR = 3600.0

Make = Literal["one_phase", "three_phase", "tapering", "topping_up", "waiting"]
MAKES: dict[Make, float] = {
    "one_phase": 0.25,  # a plug-in hybrid: 15 A on L1
    "three_phase": 0.3,  # 16 A until it is full
    "tapering": 0.2,  # 16 A, and less and less for the last fifth
    "topping_up": 0.15,  # when full, it takes a little more every few minutes
    "waiting": 0.1,  # begins an hour or more after it was plugged in
}
NEED_KWH = {"one_phase": 8.0}  # what fills a car, in the mean; else:
NEED_KWH_OTHERS = 22.0

# habit → (hours of arrival: earliest, latest), (of leaving), how likely on a working day
Slot = tuple[tuple[float, float], tuple[float, float], float]
SLOTS: dict[str, tuple[Slot, ...]] = {
    "resident": (((15.0, 21.5), (29.5, 33.5), 0.8),),
    "worker": (((6.0, 9.0), (14.5, 18.5), 0.85),),
    "visitor": (
        ((6.5, 8.5), (9.0, 11.4), 0.6),
        ((11.5, 13.0), (14.0, 16.0), 0.6),
        ((16.5, 18.0), (19.0, 22.0), 0.5),
    ),
}
HABITS = {"resident": 0.4, "worker": 0.45, "visitor": 0.15}


class PlugIn(NamedTuple):
    """A car at a connector. Times are seconds since 1970; `begins` is when it would first take
    current; `share` of the limit that it takes; `wobble` keeps cars from moving in step."""

    number: int
    connector: Connector
    start: float
    end: float
    begins: float
    make: Make
    phases: int
    most_a: float
    need_wh: float
    share: float
    wobble: float
    person: Person | None

    def wants_a(self, at: float, energy_wh: float) -> float:
        """The current per phase that the car asks for when it has got so much energy."""
        if at < self.begins:
            return 0.0
        left = 1 - energy_wh / self.need_wh
        if left <= 0:
            pauses = self.make != "topping_up" or (at - self.start) % 330 >= 75
            return 0.0 if pauses else self.most_a / 2
        if self.make == "tapering" and left < 0.2:
            return self.most_a * max(left / 0.2, 0.15)
        return self.most_a

    def takes_a(self, at: float, energy_wh: float, limit_a: float) -> float:
        """What it takes per phase: 45 to 55 % of the limit at most, and none below 6 A."""
        if limit_a < 6:
            return 0.0
        share = self.share + 0.008 * math.sin(at / 97 + self.wobble)
        return min(self.wants_a(at, energy_wh), share * limit_a)


class PlugIns:
    """All plug-ins of a garage."""

    def __init__(self, seed: int) -> None:
        self.seed, self.people = seed, people(seed)
        self.of = lru_cache(1 << 14)(self._of)

    def at(self, connector: Connector, at: float) -> PlugIn | None:
        """Who stands there at a time."""
        return next(
            (plug_in for plug_in in self.between(connector, at, at) if plug_in.end > at), None
        )

    def between(self, connector: Connector, first: float, last: float) -> Iterator[PlugIn]:
        """PlugIns that touch a stretch of time, the earliest first."""
        day = _local_day(first) - timedelta(days=1)  # a resident came the day before
        while day <= _local_day(last):
            yield from (s for s in self.of(connector, day) if s.start <= last and s.end >= first)
            day += timedelta(days=1)

    def _of(self, connector: Connector, day: date) -> tuple[PlugIn, ...]:
        """The plug-ins that begin on a local day."""
        habit = pick(draw(self.seed, connector.id, "habit"), HABITS)
        rng = draw(self.seed, connector.id, day.toordinal())
        weekend = 0.3 if day.weekday() >= 5 and habit != "resident" else 1.0
        midnight = datetime(day.year, day.month, day.day, tzinfo=UPPSALA).timestamp()
        made = []
        for slot, (arrive, leave, likely) in enumerate(SLOTS[habit]):
            come, go = (round(midnight + rng.uniform(*hours) * HOUR) for hours in (arrive, leave))
            number = (day.toordinal() - 730_000) * 1000 + connector.place * 3 + slot
            plug_in = self._plug_in(rng, number, connector, come, go)
            if chance(rng, likely * weekend):
                made.append(plug_in)
        return tuple(made)

    def _plug_in(
        self, rng: Random, number: int, place: Connector, come: float, go: float
    ) -> PlugIn:
        make: Make = pick(rng, MAKES)
        one_phase = make == "one_phase" or place.type == "Schuko"
        need = NEED_KWH.get(make, NEED_KWH_OTHERS) * rng.uniform(0.4, 1.6)
        waits = rng.uniform(1.0, 2.5) * HOUR if make == "waiting" else rng.uniform(15, 90)
        return PlugIn(
            number=number,
            connector=place,
            start=come,
            end=go,
            begins=come + waits,
            make=make,
            phases=1 if one_phase else 3,
            most_a=10.0 if place.type == "Schuko" else 15.0 if one_phase else 16.0,
            need_wh=1000 * need,
            share=rng.uniform(0.47, 0.53),
            wobble=rng.uniform(0, 6),
            person=None if chance(rng, 0.15) else rng.choice(self.people),
        )


def _local_day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(UPPSALA).date()
