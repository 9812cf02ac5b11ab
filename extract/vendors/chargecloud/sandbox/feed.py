"""The synthetic network's answers, fast enough for days of polls in seconds.

A location's JSON depends on its points' statuses alone, so it is rendered once for each
combination that occurs; an answer is these pieces joined.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from extract.vendors.chargecloud.sandbox import shapes
from extract.vendors.chargecloud.sandbox.days import (
    AVAILABLE,
    BERLIN,
    BLOCKED,
    CHARGING,
    RESERVED,
    timeline,
)
from extract.vendors.chargecloud.sandbox.network import Location, Point, network

IN_USE = (CHARGING, RESERVED, BLOCKED)
CITY_DAYS = 160  # about four days of all cities are remembered
PIECES = 30_000  # of about 1.5 kB


class Feed:
    """The network of a seed."""

    def __init__(self, seed: int, scale: float) -> None:
        self.seed = seed
        self.cities = network(seed, scale)
        self._day = lru_cache(CITY_DAYS)(self._make_day)
        self._piece = lru_cache(PIECES)(_render)

    def answer(self, city: str, at: datetime, in_2024: bool = False) -> bytes:
        """A city's JSON. KeyError where there is no such city."""
        now = at.timestamp()
        local = at.astimezone(BERLIN)
        pieces = [
            self._piece(location, statuses[bisect_right(times, now) - 1], in_2024)
            for location, times, statuses in self._day(city, local.date())
        ]
        return shapes.envelope(b",".join(pieces), local.isoformat(timespec="seconds"), in_2024)

    def statuses(self, city: str, at: datetime) -> list[str]:
        """The status of each of a city's points, in the order of the answer."""
        day = self._day(city, at.astimezone(BERLIN).date())
        rows = (statuses[bisect_right(times, at.timestamp()) - 1] for _, times, statuses in day)
        return [status for row in rows for status in row]

    def _make_day(
        self, city: str, day: date
    ) -> list[tuple[Location, list[float], list[tuple[str, ...]]]]:
        return [(place, *timeline(self.seed, place, day)) for place in self.cities[city]]


def _render(location: Location, statuses: tuple[str, ...], in_2024: bool) -> bytes:
    evses = map(_with_status, location.record["evses"], location.points, statuses)
    record = {**location.record, "evses": list(evses)}
    if in_2024:
        record = shapes.location_2024(record)
    return shapes.dumps(record)


def _with_status(evse: dict[str, Any], point: Point, status: str) -> dict[str, Any]:
    """The charging point's record with a status. Its sensor, where it works, reports a car."""
    shared = status not in IN_USE or not point.one_at_a_time
    changed = {
        "status": status,
        "connectors": [
            {**connector, "status": status if shared or number == 0 else AVAILABLE}
            for number, connector in enumerate(evse["connectors"])
        ],
    }
    if point.sensor:
        seen = status == BLOCKED or (status == CHARGING and point.sees_cars)
        changed["parkingsensor_status"] = "OCCUPIED" if seen else AVAILABLE
    return {**evse, **changed}
