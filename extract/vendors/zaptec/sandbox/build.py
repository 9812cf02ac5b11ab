"""Builds the synthetic fleet from a seed: installations, chargers and people."""

from __future__ import annotations

from random import Random
from uuid import UUID

from extract.sandbox.chance import chance, draw, pick
from extract.vendors.zaptec.sandbox import status_codes
from extract.vendors.zaptec.sandbox.fleet import Car, Charger, Installation, Person

CHARGERS_PER_SITE = 8
DELIVERY_POWER = {"home": {7400: 0.3, 11000: 0.7}, "work": {11000: 0.6, 22000: 0.4}}


def installations(seed: int, chargers: int) -> list[Installation]:
    """The fleet; as many installations as make sense for a number of chargers."""
    rng = draw(seed, "zaptec fleet")
    count = min(len(status_codes.SITES), max(1, chargers // CHARGERS_PER_SITE))
    kinds = status_codes.SITES[:count]
    total, left, made = sum(kind.weight for kind in kinds), chargers, []
    for number, kind in enumerate(kinds):
        last = number == count - 1
        size = (
            left
            if last
            else min(left - (count - 1 - number), round(chargers * kind.weight / total))
        )
        size = max(1, size)
        left -= size
        made.append(_Builder(rng, kind).installation(size))
    return made


def guid(rng: Random) -> str:
    """A random id."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def country_id(code: str) -> str:
    """The id of a country, the same in every fleet."""
    return guid(draw("country", code))


class _Builder:
    """Builds one installation."""

    def __init__(self, rng: Random, kind: status_codes.Site) -> None:
        self.rng, self.kind, self.country = rng, kind, kind.country
        self.places: set[str] = set()

    def installation(self, size: int) -> Installation:
        rng, country = self.rng, self.country
        city, street = rng.choice(country.cities), rng.choice(country.streets)
        per_charger = {"home": 1.3, "work": 3.5, "fleet": 1.5}[self.kind.habit]
        people = tuple(self.person() for _ in range(max(2, round(size * per_charger))))
        caretaker = self.person().full_name
        site = Installation(
            id=guid(rng),
            name=self.kind.name.format(street=street, city=city.name),
            kind=self.kind,
            country_id=country_id(country.code),
            address=f"{street} {rng.randint(1, 90)}",
            postal_code=city.postal.format(rng.randint(10, 99)),
            city=city,
            latitude=round(city.latitude + rng.uniform(-0.04, 0.04), 6),
            longitude=round(city.longitude + rng.uniform(-0.06, 0.06), 6),
            contact=country.note.format(name=caretaker),
            support_email=f"drift.{rng.randint(100, 999)}@{rng.choice(status_codes.MAILS)}",
            ocpp_password=f"{rng.getrandbits(80):020x}",
            circuit_ids=tuple(guid(rng) for _ in range(1 + size // 12)),
            people=people,
        )
        site.chargers.extend(self.charger(site, number, size) for number in range(size))
        return site

    def person(self) -> Person:
        rng, country = self.rng, self.country
        first, last = rng.choice(country.first_names), rng.choice(country.last_names)
        number = rng.randint(10, 9999)  # so that every text of a person is one person's
        full_name = f"{first} {rng.choice('ABDEFGHKLMNOPRSTV')}. {last}"
        local = f"{first}.{last}{number}".lower().translate(status_codes.ASCII)
        email = f"{local}@{rng.choice(status_codes.MAILS)}"
        has_card = chance(rng, 0.75)
        card_name = f"{rng.choice(country.cards).format(first=first, last=last)} {number}"
        power, phases = pick(rng, {(3680, 1): 0.2, (7360, 1): 0.2, (11040, 3): 0.6})
        return Person(
            id=guid(rng),
            full_name=full_name,
            email=email,
            user_name=email if chance(rng, 0.8) else f"{last.lower()}{number}",
            card_name=card_name if has_card else None,
            card=f"{rng.getrandbits(56) | 1 << 55:014X}" if has_card else None,
            car=Car(power, phases, rng.uniform(7, 22), chance(rng, 0.25)),
        )

    def charger(self, site: Installation, number: int, size: int) -> Charger:
        rng, habit = self.rng, self.kind.habit
        place, go = self.place(), chance(rng, 0.5)
        signed = number < round(size * self.kind.signed)
        if habit == "home":  # a household's own; the last ones share with a neighbour
            begin = number * len(site.people) // size
            users = site.people[begin : max(begin + 1, (number + 1) * len(site.people) // size)]
        else:
            users = site.people
        powers = DELIVERY_POWER["home" if habit == "home" else "work"]
        return Charger(
            id=guid(rng),
            device_id=f"{'ZAP' if go else 'ZPR'}{rng.randint(100_000, 999_999)}",
            name=place,
            serial_no=place if chance(rng, 0.7) else self.place(),
            pin=f"{rng.randint(0, 9999):04}",
            circuit_id=site.circuit_ids[number * len(site.circuit_ids) // size],
            site=site,
            users=users,
            busy=rng.uniform(0.55, 1.25),
            max_w=pick(rng, powers),
            signed=signed,
            details=signed or not chance(rng, 0.06),
            archived=pick(rng, {"amounts": 0.5, "register": 0.5}),
            authorized=not chance(rng, 0.06),
            weekday=rng.randrange(7),
            hour={"home": 14, "work": 4, "fleet": 12}[habit],
            firmware=(5 if signed else 2, rng.randint(0, 4), rng.randint(0, 9), rng.randint(0, 9)),
            modem=self.modem(),
        )

    def place(self) -> str:
        """A parking place that no other charger of the fleet's installation has."""
        while True:
            form, letter = self.rng.choice(self.country.places), self.rng.choice("ABCDEFGH")
            place = form.format(n=self.rng.randint(100, 999), c=letter)
            if place not in self.places:
                self.places.add(place)
                return place

    def modem(self) -> dict[str, str]:
        rng = self.rng
        return {
            "mac": ":".join(f"{rng.randrange(256):02X}" for _ in range(6)),
            "imei": f"35{rng.randrange(10**13):013}",
            "imsi": f"24201{rng.randrange(10**10):010}",
            "iccid": f"894701{rng.randrange(10**14):014}",
        }
