"""The charge points of a synthetic fleet, and who charges there.

Visits start between 6 and 20 o'clock UTC, are over by 5 o'clock of the next day, and never meet at
a connector: so a date's visits can be drawn without those of the date before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from extract.sandbox.chance import chance, draw, pick

_DAY_WH = 400_000
"""What a connector's register is ahead from one midnight to the next: more than a day can take, so
that it never runs backwards."""
_FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True)
class Options:
    """`heartbeat_s` and `sample_s`: seconds between heartbeats and between meter values. Without
    `faults` every message comes once, in order, and every transaction is stopped."""

    seed: int = 0
    charge_points: int = 15
    heartbeat_s: int = 600
    sample_s: int = 300
    faults: bool = True


@dataclass(frozen=True)
class ChargePoint:
    """`version`: of OCPP. `skew`: how far its clock is ahead. `counts`: its message ids are numbers
    that begin again, else they are never used twice. `dialect`: how its log is written."""

    id: str
    number: int
    dialect: str
    version: str
    connectors: int
    skew: timedelta
    counts: bool


@dataclass(frozen=True)
class Visit:
    """A transaction. `parts`: (seconds, watts) in turn. `fault`: what goes wrong, if anything."""

    key: str
    transaction: int
    connector: int
    tag: str
    start: datetime
    parts: tuple[tuple[int, float], ...]
    meter_start: int  # Wh
    fault: str = ""

    @property
    def seconds(self) -> int:
        """How long it is connected."""
        return sum(seconds for seconds, _ in self.parts)

    def power(self, second: float) -> float:
        """Watts, so many seconds after the start; 0 when it is over."""
        for length, watts in self.parts:
            if second < length:
                return watts
            second -= length
        return 0.0

    def register(self, second: float) -> int:
        """The meter's reading (Wh), so many seconds after the start."""
        total = 0.0
        for length, watts in self.parts:
            total += watts * min(length, max(second, 0)) / 3600
            second -= length
        return self.meter_start + int(total)


DIALECTS = ("rows", "table", "frames", "text")
FAULTS = {"": 0.8, "never stopped": 0.05, "stopped twice": 0.08, "reboot": 0.07}


def charge_points(options: Options) -> list[ChargePoint]:
    """The fleet. One in four speaks OCPP 2.0.1; one in five has a clock that is wrong."""
    made = []
    for number in range(options.charge_points):
        rng = draw(options.seed, "ocpp", number)
        skewed = options.faults and number % 5 == 3
        made.append(
            ChargePoint(
                id=f"CP-{rng.randrange(16**6):06x}-{number:02d}",
                number=number,
                dialect=DIALECTS[number % 4],
                version="2.0.1" if number % 4 == 3 else "1.6",
                connectors=1 + number % 2,
                skew=timedelta(seconds=rng.choice([-2700, -95, 140])) if skewed else timedelta(),
                counts=options.faults and number % 3 == 1,
            )
        )
    return made


def tags(options: Options) -> list[str]:
    """The cards of everybody who charges: what must never be in the lake."""
    rng = draw(options.seed, "ocpp", "tags")
    return [f"04{rng.randrange(16**12):012X}" for _ in range(max(8, 3 * options.charge_points))]


def visits(options: Options, point: ChargePoint, day: date) -> Iterator[Visit]:
    """The visits that start on a UTC date, connector by connector."""
    cards, days = tags(options), (day - _FIRST_DAY).days
    midnight = datetime.combine(day, time(), UTC)
    for connector in range(1, point.connectors + 1):
        rng = draw(options.seed, "ocpp", point.id, connector, day)
        at, meter = midnight + timedelta(hours=6 + 6 * rng.random()), days * _DAY_WH
        for number in range(5):
            parts = _parts(rng.choice([3680.0, 7360.0, 11040.0, 22080.0]), rng)
            if at.hour >= 20 or at.date() != day or not chance(rng, 0.85):
                break
            yield (
                visit := Visit(
                    key=f"{point.id}/{connector}/{day}/{number}",
                    transaction=((days * 100 + point.number) * 10 + connector) * 10 + number,
                    connector=connector,
                    tag=rng.choice(cards),
                    start=at.replace(microsecond=rng.randrange(10**6)),
                    parts=parts,
                    meter_start=meter,
                    fault=pick(rng, FAULTS) if options.faults else "",
                )
            )
            meter = visit.register(visit.seconds)
            at += timedelta(seconds=visit.seconds + 900 + rng.randrange(7200))


def _parts(watts: float, rng: Random) -> tuple[tuple[int, float], ...]:
    """Charging, perhaps a pause and charging again, and perhaps parking; at most nine hours."""
    parts = [(600 + rng.randrange(3 * 3600), watts)]
    if chance(rng, 0.25):
        parts += [(300 + rng.randrange(1800), 0.0), (600 + rng.randrange(3600), watts / 2)]
    if chance(rng, 0.6):
        parts.append((300 + rng.randrange(3 * 3600), 0.0))
    return tuple(parts)
