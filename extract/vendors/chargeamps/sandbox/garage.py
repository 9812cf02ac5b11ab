"""The chargers of the synthetic garage, and who charges there: all invented, from a seed.

Thirty chargers with two connectors each, as in the Dansmästaren garage in Uppsala. Three are of
the smaller model whose second connector is a domestic socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from extract.sandbox.chance import draw

Dialect = Literal["words", "ocpp", "numeric", "numeric_old"]
"""How a charger writes its connectors' status: in words, in OCPP's names, or by their numbers."""

DIALECTS: tuple[Dialect, ...] = ("words", "ocpp", "numeric", "numeric_old")
STEPS_KWH = (0.1, 0.5, 1.0)  # totalConsumptionKwh moves in such jumps

FIRST_NAMES = "Alva Bodil Cajsa Disa Ebbe Folke Göran Hillevi Ingemar Jorun Kajsa Märta".split()
LAST_NAMES = "Almqvarn Björkensten Dahlvretman Ekudden Forsvallen Granklev Hallsjöman".split()


class Connector(NamedTuple):
    """`number` counts a charger's connectors from 1; `place` counts all of the garage from 0."""

    charger: str
    number: int
    type: Literal["Charger", "Schuko"]
    place: int

    @property
    def id(self) -> str:
        """Its id in the typed tables."""
        return f"{self.charger}:{self.number}"


@dataclass(frozen=True)
class Charger:
    """`password` is a secret that the API sends all the same. `organisation`: an id, or None."""

    id: str
    name: str
    password: str
    dialect: Dialect
    step_kwh: float
    connectors: tuple[Connector, ...]
    organisation: str | None


class Person(NamedTuple):
    """Somebody with an account and a tag. `rfid` is hexadecimal."""

    user_id: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    rfid: str

    @property
    def rfid_dec(self) -> str:
        """The tag's number in decimal digits."""
        return str(int(self.rfid, 16))

    @property
    def rfid_dec_reverse(self) -> str:
        """The same with its bytes the other way round."""
        return str(int.from_bytes(bytes.fromhex(self.rfid), "little"))


def organisation_ids(seed: int, count: int) -> list[str]:
    """The ids of the organisations of an Enterprise account."""
    return [str(UUID(int=draw(seed, "organisation", n).getrandbits(128))) for n in range(count)]


def chargers(
    seed: int, count: int, dialect: Dialect | None, organisations: int
) -> dict[str, Charger]:
    """The garage's chargers by id; `dialect` None: each of the four in turn; each organisation in
    turn."""
    owners: list[str] | list[None] = organisation_ids(seed, organisations) or [None]
    rng = draw(seed, "garage")
    serials = sorted(rng.sample(range(10_000, 99_999), count))
    made = {}
    for number, serial in enumerate(serials):
        name = f"21{rng.randint(10, 12)}{serial:06}M"
        small = number % 10 == 9
        made[name] = Charger(
            id=name,
            name=f"Dansmästaren {number + 1:02}",
            password=f"{rng.randint(0, 99_999_999):08}",
            dialect=dialect or DIALECTS[number % len(DIALECTS)],
            step_kwh=STEPS_KWH[number % len(STEPS_KWH)],
            connectors=(
                Connector(name, 1, "Charger", 2 * number),
                Connector(name, 2, "Schuko" if small else "Charger", 2 * number + 1),
            ),
            organisation=owners[number % len(owners)],
        )
    return made


def people(seed: int, count: int = 45) -> tuple[Person, ...]:
    """Who charges; each is another person."""
    rng = draw(seed, "people")
    made = []
    for number in range(count):
        first, last = rng.choice(FIRST_NAMES), f"{rng.choice(LAST_NAMES)}{number:02}"
        made.append(
            Person(
                user_id=str(UUID(int=rng.getrandbits(128), version=4)),
                first_name=first,
                last_name=last,
                email=f"{first}.{last}@example.se".lower(),
                mobile=f"+4670{rng.randint(0, 9_999_999):07}",
                rfid=f"{rng.getrandbits(56):014X}",
            )
        )
    return tuple(made)
