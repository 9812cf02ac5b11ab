"""What happens in the garage: settings and their history, currents, energies, samples, sessions.

Currents are a pure function of time and of the limits that were set: a change of settings is
remembered with its time, and what was so before it plug_ins so. Energy adds up in steps of 30 s.
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
from extract.vendors.chargeamps.sandbox.plug_ins import HOUR, PlugIn, PlugIns

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
        """The limit that is signalled to a car."""
        if self.mode == "Off":
            return 0.0
        return MOST_A if self.max_current is None else self.max_current


class Sample(NamedTuple):
    """A connector at a moment. `status` is OCPP's name; `phases`: phase → (A, V), None: nothing
    is measured. `register_kwh` moves in jumps."""

    connector: Connector
    status: str
    phases: dict[str, tuple[float, float]] | None
    register_kwh: float
    plug_in: PlugIn | None

    @property
    def power_kw(self) -> float:
        """The sum of the phases; 0 where nothing is measured."""
        watts = sum(amps * volts for amps, volts in (self.phases or {}).values())
        return round(watts / 1000, 3)

    def word(self, dialect: Dialect) -> str:
        """The status in the charger's own vocabulary."""
        return self.status if dialect in ("ocpp", "numeric") else OLD_WORDS[self.status]


class Session(NamedTuple):
    """A session as answered at a moment; `energy_kwh` of an open one moves in jumps."""

    plug_in: PlugIn
    is_open: bool
    energy_kwh: float


class Garage:
    """The state of chargers, cars and settings at any time. Times are seconds since 1970."""

    def __init__(
        self,
        seed: int = 0,
        count: int = 30,
        dialect: Dialect | None = None,
        organisations: int = 0,
    ) -> None:
        self.seed, self.plug_ins = seed, PlugIns(seed)
        self.chargers: dict[str, Charger] = chargers(seed, count, dialect, organisations)
        self._settings: dict[Connector, list[tuple[float, Settings]]] = {}
        self._energy: dict[PlugIn, list[float]] = {}
        self._gap = lru_cache(1 << 12)(self._drawn_gap)
        for charger in self.chargers.values():
            for connector in charger.connectors:
                rng = draw(seed, connector.id, "settings")
                limit = rng.choice([32.0, 32.0, 32.0, 16.0, None])
                first = Settings("On", limit, rfid_lock=chance(rng, 0.8))
                self._settings[connector] = [(-math.inf, first)]

    @property
    def organisations(self) -> list[str]:
        """The ids of the organisations; none for a Private account."""
        return sorted({one.organisation for one in self.chargers.values() if one.organisation})

    def of_organisation(self, organisation: str) -> list[Charger]:
        """The chargers of an organisation."""
        return [one for one in self.chargers.values() if one.organisation == organisation]

    # --- settings -------------------------------------------------------------------------------

    def settings(self, connector: Connector, at: float) -> Settings:
        """The settings in force."""
        history = self._settings[connector]
        return history[bisect_right(history, at, key=lambda change: change[0]) - 1][1]

    def change(self, connector: Connector, at: float, settings: Settings) -> None:
        """From this time on; takes the place of any change that was to come later."""
        history = self._settings[connector]
        self._settings[connector] = [*(old for old in history if old[0] < at), (at, settings)]
        for plug_in, steps in self._energy.items():
            if plug_in.connector == connector:
                del steps[max(1, int((at - plug_in.start) // STEP) + 1) :]

    # --- currents and energy --------------------------------------------------------------------

    def energy_wh(self, plug_in: PlugIn, at: float) -> float:
        """What a car has got by a time."""
        steps = self._energy.setdefault(plug_in, [0.0])
        wanted = int((min(at, plug_in.end) - plug_in.start) // STEP)
        ends_full = plug_in.make != "topping_up"
        while len(steps) <= wanted and not (ends_full and steps[-1] >= plug_in.need_wh):
            begin = plug_in.start + STEP * (len(steps) - 1)
            amps = self._amps(plug_in, begin, steps[-1])
            steps.append(steps[-1] + amps * plug_in.phases * VOLTS * STEP / HOUR)
        return steps[min(wanted, len(steps) - 1)]

    def _amps(self, plug_in: PlugIn, at: float, energy_wh: float) -> float:
        return plug_in.takes_a(at, energy_wh, self.settings(plug_in.connector, at).limit_a)

    # --- what is answered -----------------------------------------------------------------------

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
        """Sessions that touch a stretch of time, as they are answered at a moment."""
        found = []
        for connector in charger.connectors:
            for plug_in in self.plug_ins.between(connector, first, min(last, at)):
                kwh, is_open = self.energy_wh(plug_in, at) / 1000, plug_in.end > at
                shown = floored(kwh, charger.step_kwh) if is_open else round(kwh, 3)
                found.append(Session(plug_in, is_open, shown))
        return sorted(found, key=lambda session: session.plug_in.start)

    def _sample(self, charger: Charger, connector: Connector, at: float) -> Sample:
        plug_in = self.plug_ins.at(connector, at)
        if plug_in is None:
            broken = self._gap(f"{connector.id} broken", datetime.fromtimestamp(at, UTC).date())
            faulted = connector.place % 17 == 5 and broken[0] <= at < broken[1]
            return Sample(connector, "Faulted" if faulted else "Available", None, 0.0, None)
        energy = self.energy_wh(plug_in, at)
        amps = round(self._amps(plug_in, at, energy), 2)
        silent = amps == 0 and charger.dialect in ("words", "numeric_old")
        phases = None if silent else self._phases(charger, plug_in, at, amps)
        status = self._status(plug_in, at, amps, energy)
        return Sample(connector, status, phases, floored(energy / 1000, charger.step_kwh), plug_in)

    def _status(self, plug_in: PlugIn, at: float, amps: float, energy: float) -> str:
        if amps:
            return "Charging"
        if at < plug_in.begins:
            return "Preparing"
        if energy >= plug_in.need_wh:
            return "Finishing" if at >= plug_in.end - 90 else "SuspendedEV"
        return "SuspendedEVSE"

    def _phases(
        self, charger: Charger, plug_in: PlugIn, at: float, amps: float
    ) -> dict[str, tuple[float, float]]:
        """Every phase of the charger; some chargers leave out those that a car does not use."""
        count = 3 if charger.dialect != "ocpp" else plug_in.phases
        return {
            f"L{number + 1}": (
                amps if number < plug_in.phases else 0.0,
                round(231 + 2 * math.sin(at / 1700 + 2 * number) - amps / 10, 1),
            )
            for number in range(count)
        }

    def _drawn_gap(self, name: str, day: date) -> tuple[float, float]:
        """A stretch of a UTC date without Wi-Fi; an empty one on two days of three."""
        rng = draw(self.seed, name, "gap", day.toordinal())
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        begin = midnight + rng.uniform(0, 23) * HOUR
        return begin, begin + (rng.uniform(180, 1500) if chance(rng, 0.35) else 0.0)


def floored(kwh: float, step: float) -> float:
    """Down to a multiple of the step, as the register shows it."""
    return round(math.floor(kwh / step + 1e-9) * step, 3)
