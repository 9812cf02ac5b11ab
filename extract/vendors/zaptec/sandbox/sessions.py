"""One charging session of the synthetic fleet: who, when, how much, and how its energy ran.

Times are milliseconds since 1970 (UTC), energy is whole watt-hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from extract.vendors.zaptec.sandbox.fleet import Charger, Person

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
QUARTER = 15 * MINUTE

# A charge gives 85 % of its energy at full power and the rest while the power falls to a quarter.
AT_FULL_POWER, LAST_POWER = 0.85, 0.25
_TAPER = (1 - AT_FULL_POWER) / ((1 + LAST_POWER) / 2)  # its length, in hours at full power per Wh
DURATION = AT_FULL_POWER + _TAPER

Reading = tuple[int, int]
"""When, and the energy of the session until then."""

DISCONNECTED, REQUESTING, CHARGING, FINISHED = 1, 2, 3, 5  # ChargerOperationModes


@dataclass(frozen=True, eq=False, slots=True)
class Session:
    """`user` None: a guest; `by_card`: with the user's card, else with the app. The car charges
    from `charging_ms` to `full_ms` with `power_w` at most and would take `wanted_wh` in all.
    `meter_wh`: of the charger, at the start, since its week began.

    The API has it from `known_ms` on: when it is over, or when the charger is online
    again (`is_offline`). From `void_ms` on it counts no more, from `replaced_ms` on
    `replaced_by` is the one that counts instead, and which `corrects` this one; such a first
    version has the energy `first_wh`.
    """

    id: str
    charger: Charger
    week: int
    user: Person | None
    by_card: bool
    started_ms: int
    charging_ms: int
    full_ms: int
    ended_ms: int
    power_w: int
    wanted_wh: int
    energy_wh: int
    meter_wh: int
    known_ms: int
    is_offline: bool
    has_reliable_clock: bool
    is_aborted: bool
    is_signed: bool
    stopped_by_rfid: bool
    externally_ended: bool
    external_id: str | None
    jitter: int
    void_ms: int | None = None
    replaced_ms: int | None = None
    replaced_by: str | None = None
    first_wh: int | None = None
    corrects: bool = False

    @property
    def started_at(self) -> datetime:
        """When the car was plugged in."""
        return instant(self.started_ms)

    @property
    def ended_at(self) -> datetime:
        """When it was unplugged."""
        return instant(self.ended_ms)

    @property
    def energy_kwh(self) -> float:
        """The energy that the API has."""
        return (self.energy_wh if self.first_wh is None else self.first_wh) / 1000

    def is_void(self, now_ms: int) -> bool:
        """Whether the API has it as void."""
        return self.void_ms is not None and self.void_ms <= now_ms

    def successor(self, now_ms: int) -> str | None:
        """The id of the session that replaces it."""
        is_replaced = self.replaced_ms is not None and self.replaced_ms <= now_ms
        return self.replaced_by if is_replaced else None

    def mode(self, now_ms: int) -> int:
        """The charger's operation mode during the session."""
        if now_ms < self.charging_ms:
            return REQUESTING
        return CHARGING if now_ms < self.full_ms else FINISHED

    def power_at(self, now_ms: int) -> float:
        """Watts."""
        if not self.charging_ms <= now_ms < self.full_ms:
            return 0.0
        taper_ms = self.charging_ms + self._hours(AT_FULL_POWER) * HOUR
        fallen = max(0.0, (now_ms - taper_ms) / (self._hours(_TAPER) * HOUR))
        return self.power_w * (1 - (1 - LAST_POWER) * min(1.0, fallen))

    def wh_at(self, now_ms: int) -> int:
        """The energy of the session until then."""
        if now_ms >= self.ended_ms:
            return self.energy_wh
        return charged(self.power_w, self.wanted_wh, now_ms - self.charging_ms)

    def readings(self) -> list[Reading]:
        """What the meter said: at the start, on the quarter hours while the car charged, at the
        end; a little before the one and after the other. None where it was aborted."""
        if self.is_aborted:
            return []
        first = self.charging_ms // QUARTER * QUARTER
        if first <= self.started_ms + MINUTE:
            first += QUARTER
        last = min(-(-self.full_ms // QUARTER) * QUARTER, self.ended_ms - 5 * SECOND)
        times = range(first, last + 1, QUARTER) if self.energy_wh else ()
        late = ((at + 200 + self.jitter * (at // QUARTER) % 850) for at in times)
        return [
            (self.started_ms - self.jitter % 110, 0),
            *((at, self._reported(self.wh_at(at))) for at in late),
            (self.ended_ms - 5 - self.jitter % 15, self._reported(self.energy_wh)),
        ]

    def _reported(self, energy_wh: int) -> int:
        """The energy that this version has: a first version has less of everything."""
        if self.first_wh is None or not self.energy_wh:
            return energy_wh
        return energy_wh * self.first_wh // self.energy_wh

    def _hours(self, share: float) -> float:
        return share * self.wanted_wh / self.power_w


def charged(power_w: int, wanted_wh: int, elapsed_ms: int) -> int:
    """The energy after some time of charging."""
    hours = max(0, elapsed_ms) / HOUR
    full, taper = AT_FULL_POWER * wanted_wh / power_w, _TAPER * wanted_wh / power_w
    if hours <= full:
        return int(power_w * hours)
    rest = min(hours - full, taper)
    if rest >= taper:
        return wanted_wh
    return int(power_w * (full + rest - (1 - LAST_POWER) * rest * rest / (2 * taper)))


def instant(milliseconds: int) -> datetime:
    """With its time zone, UTC."""
    seconds, rest = divmod(milliseconds, SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def milliseconds(at: datetime) -> int:
    """Of an instant with a time zone."""
    return round(at.timestamp() * SECOND)
