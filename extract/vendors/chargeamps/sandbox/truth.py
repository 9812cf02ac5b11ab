"""The state of the garage without HTTP and JSON: what a test compares the tables with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from extract.vendors.chargeamps.sandbox.logins import PASSWORD
from extract.vendors.chargeamps.sandbox.state import Garage


class Row(NamedTuple):
    """A phase of a connector at a moment, as `measurements` must have it."""

    connector_id: str
    measured_at: datetime
    phase: str
    current_a: float | None
    voltage_v: float | None
    power_w: float | None
    register_kwh: float
    session_id: str


class Session(NamedTuple):
    """A session as `sessions` must have it; `ended_at` is None while it is open."""

    session_id: str
    connector_id: str
    started_at: float
    ended_at: float | None
    energy_kwh: float


def statuses(garage: Garage, ticks: Iterable[datetime]) -> Iterator[tuple[str, datetime, str]]:
    """(connector, tick, status in upper case) of each that is one."""
    for tick in ticks:
        for charger in garage.chargers.values():
            for sample in garage.samples(charger, tick.timestamp()) or ():
                yield sample.connector.id, tick, sample.word(charger.dialect).upper()


def measurements(garage: Garage, ticks: Iterable[datetime]) -> Iterator[Row]:
    """Everything that is measured at these ticks; nothing while the Wi-Fi is away. A connector with
    a car and without phases has a total of 0 W."""
    for tick in ticks:
        for charger in garage.chargers.values():
            for sample in garage.samples(charger, tick.timestamp()) or ():
                if sample.plug_in is None:
                    continue
                same = sample.register_kwh, str(sample.plug_in.number)
                if sample.phases is None:
                    yield Row(sample.connector.id, tick, "total", None, None, 0.0, *same)
                for phase, measured in (sample.phases or {}).items():
                    yield Row(sample.connector.id, tick, phase, *measured, None, *same)


def sessions(garage: Garage, first: datetime, last: datetime, at: datetime) -> list[Session]:
    """The sessions that touch a stretch of time, as they are answered at a moment."""
    stretch = first.timestamp(), last.timestamp(), at.timestamp()
    return [
        Session(
            str(one.plug_in.number),
            one.plug_in.connector.id,
            one.plug_in.start,
            None if one.is_open else one.plug_in.end,
            one.energy_kwh,
        )
        for charger in garage.chargers.values()
        for one in garage.sessions(charger, *stretch)
    ]


def personal(garage: Garage) -> list[str]:
    """Every text that must never land: who charges, and what opens something."""
    texts = [PASSWORD, *(charger.password for charger in garage.chargers.values())]
    for person in garage.plug_ins.people:
        texts += [*person, person.rfid_dec, person.rfid_dec_reverse]
    return texts
