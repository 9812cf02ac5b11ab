"""What is so in the garage, without HTTP and JSON: what a test compares the tables with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from extract.vendors.chargeamps.sandbox.logins import PASSWORD
from extract.vendors.chargeamps.sandbox.state import Garage


class Row(NamedTuple):
    """A phase of a connector at a moment, as `measurements` is to have it."""

    connector_id: str
    measured_at: datetime
    phase: str
    current_a: float
    voltage_v: float
    register_kwh: float
    session_id: str


class Told(NamedTuple):
    """A session as `sessions` is to have it; `ended_at` is None while it is open."""

    session_id: str
    connector_id: str
    started_at: float
    ended_at: float | None
    energy_kwh: float


def statuses(garage: Garage, ticks: Iterable[datetime]) -> Iterator[tuple[str, datetime, str]]:
    """(connector, tick, status in upper case) of each that is told."""
    for tick in ticks:
        for charger in garage.chargers.values():
            for sample in garage.samples(charger, tick.timestamp()) or ():
                yield sample.connector.id, tick, sample.word(charger.dialect).upper()


def measurements(garage: Garage, ticks: Iterable[datetime]) -> Iterator[Row]:
    """Everything that is measured at these ticks; nothing while the Wi-Fi is away."""
    for tick in ticks:
        for charger in garage.chargers.values():
            for sample in garage.samples(charger, tick.timestamp()) or ():
                session = str(sample.stay.number) if sample.stay else ""
                for phase, (amps, volts) in (sample.phases or {}).items():
                    where = sample.connector.id, tick, phase
                    yield Row(*where, amps, volts, sample.register_kwh, session)


def sessions(garage: Garage, first: datetime, last: datetime, at: datetime) -> list[Told]:
    """The sessions that touch a stretch of time, as they are told at a moment."""
    stretch = first.timestamp(), last.timestamp(), at.timestamp()
    return [
        Told(
            str(told.stay.number),
            told.stay.connector.id,
            told.stay.start,
            None if told.is_open else told.stay.end,
            told.energy_kwh,
        )
        for charger in garage.chargers.values()
        for told in garage.sessions(charger, *stretch)
    ]


def personal(garage: Garage) -> list[str]:
    """Every text that must never land: who charges, and what opens something."""
    texts = [PASSWORD, *(charger.password for charger in garage.chargers.values())]
    for person in garage.stays.people:
        texts += [*person, person.rfid_dec, person.rfid_dec_reverse]
    return texts
