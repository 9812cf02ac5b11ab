"""The synthetic network: locations, charging points and connectors, from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from extract.sandbox.chance import chance, draw, pick
from extract.vendors.chargecloud.sandbox import names
from extract.vendors.chargecloud.sandbox.cities import CITIES, City
from extract.vendors.chargecloud.sandbox.places import Places


@dataclass(frozen=True, eq=False)
class Point:
    """What decides how a charging point behaves.

    `busy`: how much of its archetype's average number of sessions it has; `sensor`: whether it
    reports the parking space, and `sees_cars` whether that sensor works; `one_at_a_time`:
    whether its second connector stays AVAILABLE while the first charges; `dead`: a status that it
    never leaves.
    """

    uid: str
    archetype: str
    busy: float
    sensor: bool
    sees_cars: bool
    one_at_a_time: bool
    dead: str | None


@dataclass(frozen=True, eq=False)
class Location:
    """`record`: its JSON in the form of 2022, all AVAILABLE; `points` as in its `evses`."""

    record: dict[str, Any]
    points: tuple[Point, ...]


def network(seed: int, scale: float) -> dict[str, list[Location]]:
    """Every city's locations. `scale` 1.0 has as many as the feed had in January 2022."""
    rng = draw(seed, "network")
    ids = _ids(rng)
    return {key: list(_Builder(city, rng, ids).locations(scale)) for key, city in CITIES.items()}


def _ids(rng: Random) -> Iterator[int]:
    """Ids with gaps, ascending: old ones are short."""
    number = 11
    while True:
        number += rng.randint(1, min(3 + number // 40, 900))
        yield number


def _sizes(rng: Random, count: int, points: int) -> list[int]:
    """Points per location: two sides of one column for most, the rest in a few big hubs."""
    sizes = [1] * count
    for number in rng.sample(range(count), min(count, points - count)):
        sizes[number] = 2
    left = points - sum(sizes)
    while left > 0:
        more = min(left, rng.choice((1, 2, 2, 4, 6)))
        sizes[rng.randrange(count)] += more
        left -= more
    return sizes


@dataclass(frozen=True)
class _Operator:
    party: str
    name: str
    hotline: str


def _operators(city: City, rng: Random) -> dict[_Operator, float]:
    """A city's operators and their shares: the first has most."""
    forms = rng.sample(names.OPERATOR_FORMS, city.operators)
    found_names = rng.sample(names.OPERATOR_WORDS, city.operators)
    return {
        _Operator(
            party=rng.choice(names.PARTIES).format(rng.randint(0, 99)),
            name=form.format(word=name, city=city.name),
            hotline=rng.choice(names.HOTLINES).format(rng.randint(0, 999)),
        ): 0.4**number
        for number, (form, name) in enumerate(zip(forms, found_names, strict=True))
    }


class _Builder:
    """Builds a city's locations."""

    def __init__(self, city: City, rng: Random, ids: Iterator[int]) -> None:
        self.city, self.rng, self.ids = city, rng, ids
        self.places, self.operators = Places(city, rng), _operators(city, rng)

    def locations(self, scale: float) -> Iterator[Location]:
        rng, city = self.rng, self.city
        count = max(1, round(city.locations * scale))
        points = max(count, round(city.points * scale))
        second = min(points, max(0, round(city.connectors * scale) - points))
        two_connectors = [number < second for number in range(points)]
        rng.shuffle(two_connectors)
        for size in _sizes(rng, count, points):
            yield self.location([two_connectors.pop() for _ in range(size)])

    def location(self, two_connectors: list[bool]) -> Location:
        """A location with a charging point for each element: has it a second connector?"""
        rng = self.rng
        number, operator = next(self.ids), pick(rng, self.operators)
        archetype = pick(
            rng, names.ARCHETYPES if len(two_connectors) > 1 else names.SMALL_ARCHETYPES
        )
        offline, sensor = chance(rng, 0.018), chance(rng, 0.038)
        points, evses = [], []
        for position, two in enumerate(two_connectors):
            evse_id = f"DE*{operator.party}*E{number:05}*{position + 1:03}"
            kinds = self.connector_kinds(archetype == "fast", position, two)
            dead = "UNKNOWN" if offline else pick(rng, names.DEAD)
            evses.append(self.evse(evse_id, kinds, sensor))
            busy, sees_cars, alone = rng.gammavariate(3, 1 / 3), chance(rng, 0.6), chance(rng, 0.3)
            uid = evses[-1]["uid"]
            points.append(Point(uid, archetype, busy, sensor, sees_cars, two and alone, dead))
        record = {
            "id": str(number),
            **self.places.record(archetype),
            "operator": {"name": operator.name, "hotline": operator.hotline},
            "opening_times": self.opening_times(),
            "owner": pick(rng, names.OWNERS),
            "roaming": False,
            "evses": evses,
        }
        return Location(record, tuple(points))

    def opening_times(self) -> dict[str, Any]:
        rng = self.rng
        if chance(rng, 0.968):
            return {"twentyfourseven": True}
        begin, end = rng.choice(names.OPENING_TIMES)
        hours = [
            {"weekday": day, "period_begin": begin, "period_end": end}
            for day in pick(rng, names.OPENING_DAYS)
        ]
        return {"regular_hours": hours, "twentyfourseven": False}

    def connector_kinds(self, fast: bool, position: int, two: bool) -> list[names.ConnectorKind]:
        kinds = (names.CCS, names.CHADEMO, names.AC_FAST)[position % 3] if fast else names.AC
        return [pick(self.rng, kinds)] + ([pick(self.rng, names.SECOND)] if two else [])

    def evse(self, evse_id: str, kinds: list[names.ConnectorKind], sensor: bool) -> dict[str, Any]:
        rng = self.rng
        reference, capabilities = pick(rng, names.REFERENCES), pick(rng, names.CAPABILITIES)
        return {
            "uid": str(next(self.ids)),
            "id": evse_id,
            "status": "AVAILABLE",
            "capabilities": list(capabilities),
            "physical_reference": reference and reference.format(n=rng.randint(1, 120)),
            "floor_level": pick(rng, names.FLOORS),
            "vehicle_type": "four_wheeled",
            "connectors": [self.connector(kind) for kind in kinds],
            "chargePointPosition": pick(rng, names.POINT_POSITIONS),
            "chargePointPublicComment": None,
            "chargePointParkingSpaceNumbers": pick(rng, names.PARKING_SPACES),
            "chargingStationPosition": pick(rng, names.STATION_POSITIONS),
            **({"parkingsensor_status": "AVAILABLE"} if sensor else {}),
            "roaming": False,
        }

    def connector(self, kind: names.ConnectorKind) -> dict[str, Any]:
        standard, form, power_type, ampere, voltage, max_power = kind
        return {
            "id": str(next(self.ids)),
            "status": "AVAILABLE",
            "standard": standard,
            "format": form,
            "power_type": power_type,
            "ampere": ampere,
            "voltage": voltage,
            "max_power": max_power,
            "tariff_id": None,
        }
