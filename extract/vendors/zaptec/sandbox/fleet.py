"""The synthetic fleet: installations, chargers, the people who use them, from a seed.

Everything about a person and every secret is in these objects and nowhere else, so `personal`
knows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from extract.vendors.zaptec.sandbox import status_codes

EPOCH_DAY = 737_794  # 2021-01-04, a Monday (`date.toordinal`): before it nobody charged


@dataclass(frozen=True, eq=False)
class Car:
    """`power_w` it takes from `phases`; `need_kwh`: the median of what it lacks; `at_night`:
    whether it waits for cheap hours."""

    power_w: int
    phases: int
    need_kwh: float
    at_night: bool


@dataclass(frozen=True, eq=False)
class Person:
    """A user. `card_name` and `card` (the number on the chip): some have none and use the app."""

    id: str
    full_name: str
    email: str
    user_name: str
    card_name: str | None
    card: str | None
    car: Car


@dataclass(frozen=True, eq=False)
class Charger:
    """`name` is that of its parking place. `archived`: how the newer endpoint gives its energy
    details; `details`: whether it has any (old firmware has none). `weekday` and `hour`: when, by
    local time, nothing is plugged in, so that a week is whole in itself."""

    id: str
    device_id: str
    name: str
    serial_no: str
    pin: str
    circuit_id: str
    site: Installation
    users: tuple[Person, ...]
    busy: float
    max_w: int
    signed: bool
    details: bool
    archived: str  # amounts | register
    authorized: bool
    weekday: int
    hour: int
    firmware: tuple[int, int, int, int]
    modem: dict[str, str]  # MAC, IMEI, IMSI, ICCID

    @property
    def is_go(self) -> bool:
        """A Zaptec Go (Apollo), else a Pro."""
        return self.device_id.startswith("ZAP")


@dataclass(frozen=True, eq=False)
class Installation:
    """`role`: that of our user; a mere user sees little. `people`: who may charge."""

    id: str
    name: str
    kind: status_codes.Site
    country_id: str
    address: str
    postal_code: str
    city: status_codes.City
    latitude: float
    longitude: float
    contact: str
    support_email: str
    ocpp_password: str
    circuit_ids: tuple[str, ...]
    people: tuple[Person, ...]
    chargers: list[Charger] = field(default_factory=list)

    @property
    def is_limited(self) -> bool:
        """Whether we are but a user there: objects come with fields missing."""
        return self.kind.role == status_codes.USER


def personal(sites: list[Installation]) -> dict[str, list[str]]:
    """Every text about a person and every secret that the API sends, by what it is."""
    people = [person for site in sites for person in site.people]
    chargers = [charger for site in sites for charger in site.chargers]
    return {name: sorted(set(found)) for name, found in _personal(sites, people, chargers)}


def _personal(
    sites: list[Installation], people: list[Person], chargers: list[Charger]
) -> Iterator[tuple[str, list[str]]]:
    yield "user_id", [person.id for person in people]
    yield "full_name", [person.full_name for person in people]
    yield "email", [person.email for person in people] + [site.support_email for site in sites]
    yield "user_name", [person.user_name for person in people]
    yield "card_name", [person.card_name for person in people if person.card_name]
    yield "card", [person.card for person in people if person.card]
    yield "parking_place", [text for one in chargers for text in (one.name, one.serial_no)]
    yield "note", [site.contact for site in sites]
    yield "password", [site.ocpp_password for site in sites if site.kind.native]
    yield "modem", [text for charger in chargers for text in charger.modem.values()]
    yield "pin", [charger.pin for charger in chargers]
