"""Invented addresses in the cities of the feed."""

from __future__ import annotations

from random import Random
from typing import Any

from extract.sandbox.chance import chance, pick
from extract.vendors.chargecloud.sandbox import names
from extract.vendors.chargecloud.sandbox.cities import City


class Places:
    """Gives addresses in a city and, for some, in places around it."""

    def __init__(self, city: City, rng: Random) -> None:
        self.city, self.rng = city, rng
        begin, end = names.VILLAGE_BEGINNINGS, names.VILLAGE_ENDINGS
        count = 1 + round(city.outskirts * city.locations / 2)
        found_names = sorted({rng.choice(begin) + rng.choice(end) for _ in range(count)})
        self.villages = {name: self._postal_code() for name in found_names}

    def _postal_code(self) -> str:
        """Five digits; a few cities' begin with a zero."""
        return f"{self.city.postal}{self.rng.randint(0, 9)}"

    def record(self, archetype: str) -> dict[str, Any]:
        """The part of a location's record that says where it is."""
        rng, city = self.rng, self.city
        place, postal_code = city.name, self._postal_code()
        if chance(rng, city.outskirts):
            place, postal_code = rng.choice(list(self.villages.items()))
        if chance(rng, 0.0017):
            postal_code += " "
        street, number = rng.choice(names.STREETS), rng.randint(1, 140)
        pattern, name_number = rng.choice(names.PLACES[archetype]), rng.randint(1, 999)
        gap = "  " if chance(rng, 0.05) else " "
        return {
            "name": pattern.format(street=street, city=place, n=name_number),
            "address": f"{street}{gap}{number}",
            "city": place,
            "postal_code": postal_code,
            "country": "DE",
            "directions": pick(rng, names.DIRECTIONS),
            "coordinates": {
                "latitude": f"{rng.gauss(city.latitude, 0.02):.6f}",
                "longitude": f"{rng.gauss(city.longitude, 0.03):.6f}",
            },
            "distance_in_m": "0",
        }
