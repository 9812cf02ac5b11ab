"""What happens in the garage: settings and their history, currents, energies, samples, sessions.

Currents are a pure function of time and of the limits that were set: a change of settings is
remembered with its time, and what was so before it stays so. Energy adds up in steps of 30 s.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from extract.sandbox.chance import chance, draw
from extract.vendors.chargeamps.sandbox.garage import Charger, Connector, Dialect, chargers
from extract.vendors.chargeamps.sandbox.plug_ins import HOUR, Stay, Stays

STEP = 30.0
VOLTS = 230.0
MOST_A = 32.0  # what a charger gives where no limit is set
OLD_WORDS = {
    "Available": "Available",
    "Charging": "Charging",
    **dict.fromkeys(("Preparing", "SuspendedEVSE", "SuspendedEV", "Finishing"), "Connected"),
    "Faulted": "Error",
}


@dataclass(frozen=True)
class Settings:
    """A connector's settings; `max_current` None: no limit but the charger's own. `Schedule` acts
    as `On`: the endpoints that are served tell of no schedule."""

    mode: Literal["On", "Off", "Schedule"] = "On"
    max_current: float | None = None
    rfid_lock: bool = True
    cable_lock: bool = False

    @property
    def limit_a(self) -> float:
        """What a car is told that it may take."""
        if self.mode == "Off":
            return 0.0
        return MOST_A if self.max_current is None else self.max_current


class Sample(NamedTuple):
    """A connector at a moment, as its charger tells it. `status` is OCPP's name; `phases`: phase →
    (A, V), None where nothing is measured; `register_kwh` moves in jumps."""

    connector: Connector
    status: str
    phases: dict[str, tuple[float, float]] | None
    register_kwh: float
    stay: Stay | None

    def word(self, dialect: Dialect) -> str:
        """The status in the charger's own vocabulary."""
        return self.status if dialect in ("ocpp", "numeric") else OLD_WORDS[self.status]


class Session(NamedTuple):
    """A session as told at a moment; `energy_kwh` of an open one moves in jumps."""

    stay: Stay
    is_open: bool
    energy_kwh: float


class Garage:
    """All that the API tells of, at any time. Times are seconds since 1970."""

    def __init__(self, seed: int = 0, count: int = 30, dialect: Dialect | None = None) -> None:
        self.seed, self.stays = seed, Stays(seed)
        self.chargers: dict[str, Charger] = chargers(seed, count, dialect)
        self._settings: dict[Connector, list[tuple[float, Settings]]] = {}
        self._energy: dict[Stay, list[float]] = {}
        self._gap = lru_cache(1 << 12)(self._drawn_gap)
        for charger in self.chargers.values():
            for connector in charger.connectors:
                rng = draw(seed, connector.id, "settings")
                limit = rng.choice([32.0, 32.0, 32.0, 16.0, None])
                first = Settings("On", limit, rfid_lock=chance(rng, 0.8))
                self._settings[connector] = [(-math.inf, first)]

    # --- settings -------------------------------------------------------------------------------

    def settings(self, connector: Connector, at: float) -> Settings:
        """The settings in force."""
        history = self._settings[connector]
        return history[bisect_right(history, at, key=lambda change: change[0]) - 1][1]

    def change(self, connector: Connector, at: float, settings: Settings) -> None:
        """From this time on; takes the place of any change that was to come later."""
        history = self._settings[connector]
        self._settings[connector] = [*(old for old in history if old[0] < at), (at, settings)]
        for stay, steps in self._energy.items():
            if stay.connector == connector:
                del steps[max(1, int((at - stay.start) // STEP) + 1) :]

    # --- currents and energy --------------------------------------------------------------------

    def energy_wh(self, stay: Stay, at: float) -> float:
        """What a car has got by a time."""
        steps = self._energy.setdefault(stay, [0.0])
        wanted = int((min(at, stay.end) - stay.start) // STEP)
        ends_full = stay.make != "topping_up"
        while len(steps) <= wanted and not (ends_full and steps[-1] >= stay.need_wh):
            begin = stay.start + STEP * (len(steps) - 1)
            amps = self._amps(stay, begin, steps[-1])
            steps.append(steps[-1] + amps * stay.phases * VOLTS * STEP / HOUR)
        return steps[min(wanted, len(steps) - 1)]

    def _amps(self, stay: Stay, at: float, energy_wh: float) -> float:
        return stay.takes_a(at, energy_wh, self.settings(stay.connector, at).limit_a)

    # --- what is told ---------------------------------------------------------------------------

    def is_offline(self, charger: Charger, at: float) -> bool:
        """Whether the charger's Wi-Fi is away."""
        begin, end = self._gap(charger.id, datetime.fromtimestamp(at, UTC).date())
        return begin <= at < end

    def samples(self, charger: Charger, at: float) -> list[Sample] | None:
        """The connectors of a charger; None while its Wi-Fi is away."""
        if self.is_offline(charger, at):
            return None
        return [self._sample(charger, connector, at) for connector in charger.connectors]

    def sessions(self, charger: Charger, first: float, last: float, at: float) -> list[Session]:
        """Sessions that touch a stretch of time, as they are told at a moment."""
        found = []
        for connector in charger.connectors:
            for stay in self.stays.between(connector, first, min(last, at)):
                kwh, is_open = self.energy_wh(stay, at) / 1000, stay.end > at
                told = floored(kwh, charger.step_kwh) if is_open else round(kwh, 3)
                found.append(Session(stay, is_open, told))
        return sorted(found, key=lambda session: session.stay.start)

    def _sample(self, charger: Charger, connector: Connector, at: float) -> Sample:
        stay = self.stays.at(connector, at)
        if stay is None:
            broken = self._gap(f"{connector.id} broken", datetime.fromtimestamp(at, UTC).date())
            faulted = connector.place % 17 == 5 and broken[0] <= at < broken[1]
            return Sample(connector, "Faulted" if faulted else "Available", None, 0.0, None)
        energy = self.energy_wh(stay, at)
        amps = round(self._amps(stay, at, energy), 2)
        silent = amps == 0 and charger.dialect in ("words", "numeric_old")
        phases = None if silent else self._phases(charger, stay, at, amps)
        status = self._status(stay, at, amps, energy)
        return Sample(connector, status, phases, floored(energy / 1000, charger.step_kwh), stay)

    def _status(self, stay: Stay, at: float, amps: float, energy: float) -> str:
        if amps:
            return "Charging"
        if at < stay.begins:
            return "Preparing"
        if energy >= stay.need_wh:
            return "Finishing" if at >= stay.end - 90 else "SuspendedEV"
        return "SuspendedEVSE"

    def _phases(
        self, charger: Charger, stay: Stay, at: float, amps: float
    ) -> dict[str, tuple[float, float]]:
        """Every phase of the charger; some chargers leave out those that a car does not use."""
        told = 3 if charger.dialect != "ocpp" else stay.phases
        return {
            f"L{number + 1}": (
                amps if number < stay.phases else 0.0,
                round(231 + 2 * math.sin(at / 1700 + 2 * number) - amps / 10, 1),
            )
            for number in range(told)
        }

    def _drawn_gap(self, name: str, day: date) -> tuple[float, float]:
        """A stretch of a UTC date without Wi-Fi; an empty one on two days of three."""
        rng = draw(self.seed, name, "gap", day.toordinal())
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        begin = midnight + rng.uniform(0, 23) * HOUR
        return begin, begin + (rng.uniform(180, 1500) if chance(rng, 0.35) else 0.0)


def floored(kwh: float, step: float) -> float:
    """Down to a multiple of the step, as the register is told."""
    return round(math.floor(kwh / step + 1e-9) * step, 3)
