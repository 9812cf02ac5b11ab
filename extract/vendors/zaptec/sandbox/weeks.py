"""How the chargers spend their weeks: a pure function of (seed, charger, week).

A charger's week begins on its own weekday at an hour when nobody is plugged in, so that every
session lies within one week and a week can be drawn without its neighbours. Nothing depends on
what was asked before or on the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from extract.sandbox.chance import chance, draw
from extract.vendors.zaptec.sandbox.build import guid
from extract.vendors.zaptec.sandbox.fleet import EPOCH_DAY, Charger, Person
from extract.vendors.zaptec.sandbox.sessions import (
    DURATION,
    HOUR,
    MINUTE,
    SECOND,
    Session,
    charged,
    instant,
)


class Habit(NamedTuple):
    """How a kind of place is used. `weekday`, `weekend`: how likely somebody comes on such a day;
    `arrives`: the hour (mean, deviation); `leaves`: the hour of the next day, or of the same one
    (`same_day`); `longer`: how many stay a day or two more; `guests`: their share."""

    weekday: float
    weekend: float
    arrives: tuple[float, float]
    leaves: tuple[float, float]
    same_day: bool
    longer: float
    guests: float


HABITS = {
    "home": Habit(0.62, 0.48, (18.0, 1.5), (7.6, 0.8), False, 0.12, 0.03),
    "work": Habit(0.85, 0.05, (8.0, 0.7), (16.4, 0.9), True, 0.0, 0.10),
    "fleet": Habit(0.95, 0.25, (16.6, 0.8), (6.8, 0.4), False, 0.05, 0.01),
}
SHORT_EVENING, SECOND_CAR = 0.12, 0.35
OUTAGE, OUTAGE_HOURS = 0.06, 26.0  # how likely in a week, and its median length
ABORTED, EMPTY, VOID, CORRECTED = 0.02, 0.02, 0.008, 0.015

Outage = tuple[int, int]
"""From when to when a charger was offline."""


def begin(charger: Charger, week: int) -> int:
    """When a charger's week begins."""
    zone = ZoneInfo(charger.site.kind.country.zone)
    day = date.fromordinal(EPOCH_DAY + charger.weekday + 7 * week)
    return _local(day, charger.hour, zone)


def week_of(charger: Charger, at_ms: int) -> int:
    """The charger's week that an instant lies in; negative before the first."""
    zone = ZoneInfo(charger.site.kind.country.zone)
    local = instant(at_ms).astimezone(zone) - timedelta(hours=charger.hour)
    return (local.date().toordinal() - EPOCH_DAY - charger.weekday) // 7


def outage(seed: int, charger: Charger, week: int) -> Outage | None:
    """When the charger was offline in a week, if it was."""
    rng = draw(seed, charger.id, "offline", week)
    if not chance(rng, OUTAGE):
        return None
    first, last = begin(charger, week), begin(charger, week + 1)
    length = min(5 * 24.0, rng.lognormvariate(0.0, 0.8) * OUTAGE_HOURS)
    start = first + int(rng.random() * (last - first - length * HOUR))
    return start, start + int(length * HOUR)


def sessions(seed: int, charger: Charger, week: int) -> list[Session]:
    """The sessions that begin and end in a charger's week, in order of time; a corrected one is
    followed by the one that replaces it."""
    if week < 0:
        return []
    drawn = _Week(seed, charger, week)
    return [version for session in drawn.sessions() for version in drawn.versions(session)]


def _local(day: date, hours: float, zone: ZoneInfo) -> int:
    """A local time of a day, as a wall clock shows it."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hours)
    return int(at.timestamp() * SECOND)


class _Week:
    """Draws a charger's week."""

    def __init__(self, seed: int, charger: Charger, week: int) -> None:
        self.charger, self.week = charger, week
        self.rng = draw(seed, charger.id, week)
        self.habit = HABITS[charger.site.kind.habit]
        self.zone = ZoneInfo(charger.site.kind.country.zone)
        self.outage = outage(seed, charger, week)
        self.last = begin(charger, week + 1) - 10 * MINUTE

    def sessions(self) -> Iterator[Session]:
        free_from, meter_wh = begin(self.charger, self.week), 0
        for start, leaves in self.stays():
            end = min(leaves, self.last - start % MINUTE)
            if start < free_from or end - start < 10 * MINUTE:
                continue
            session = self.session(start, end, meter_wh)
            free_from, meter_wh = session.ended_ms + 5 * MINUTE, meter_wh + session.energy_wh
            yield session

    def stays(self) -> Iterator[tuple[int, int]]:
        """When somebody would come and go, for every day of the week; they may overlap."""
        rng, habit = self.rng, self.habit
        monday = EPOCH_DAY + self.charger.weekday + 7 * self.week
        for ordinal in range(monday, monday + 8):
            day = date.fromordinal(ordinal)
            likely = habit.weekend if day.weekday() >= 5 else habit.weekday
            if not chance(rng, likely * self.charger.busy):
                continue
            arrives = rng.gauss(*habit.arrives)
            start = _local(day, arrives, self.zone) + rng.randrange(MINUTE)
            leaves = self.leaves(day, arrives)
            if habit.same_day and chance(rng, SECOND_CAR):  # who came early makes room at noon
                noon = rng.uniform(11.5, 13.0)
                yield start, _local(day, noon, self.zone) + rng.randrange(MINUTE)
                start = _local(day, noon + rng.uniform(0.2, 1.0), self.zone)
                start += rng.randrange(MINUTE)
            end = _local(day, leaves, self.zone) + rng.randrange(MINUTE)
            yield start, end

    def leaves(self, day: date, arrives: float) -> float:
        """Hours after the beginning of the day of arrival."""
        rng, habit = self.rng, self.habit
        hour = rng.gauss(*habit.leaves)
        if habit.same_day:
            return max(hour, arrives + 0.5)
        if chance(rng, SHORT_EVENING):
            return arrives + rng.uniform(0.7, 3.5)
        if day.weekday() in (4, 5):  # nobody gets up early at the weekend
            hour += rng.uniform(1.0, 5.0)
        return 24 + hour + (24 * rng.randint(1, 2) if chance(rng, habit.longer) else 0)

    def session(self, start: int, end: int, meter_wh: int) -> Session:
        """A session; it is over when the car leaves, whether it is full or not."""
        rng, charger = self.rng, self.charger
        user = self.user()
        car = (user or rng.choice(charger.users)).car
        is_aborted, is_empty = chance(rng, ABORTED), chance(rng, EMPTY)
        if is_aborted:
            end = start + rng.randint(20, 180) * SECOND
        charging = start + rng.randint(6_000, 40_000)
        if car.at_night and user and not self.habit.same_day:
            charging = max(charging, self.night(start) + rng.randint(0, 40_000))
        power = min(car.power_w, charger.max_w)
        wanted = max(300, min(72_000, int(1000 * rng.lognormvariate(0.0, 0.6) * car.need_kwh)))
        if is_aborted or is_empty or charging >= end:
            wanted, charging = 0, end
        full = min(end, charging + int(wanted * DURATION / power * HOUR))
        energy = charged(power, wanted, full - charging) if full >= end else wanted
        return self.after_outage(
            Session(
                id=guid(rng),
                charger=charger,
                week=self.week,
                user=user,
                by_card=bool(user and user.card and chance(rng, 0.7)),
                started_ms=start,
                charging_ms=charging,
                full_ms=full,
                ended_ms=end,
                power_w=power,
                wanted_wh=wanted,
                energy_wh=energy,
                meter_wh=meter_wh,
                known_ms=end + rng.randint(2_000, 40_000),
                is_offline=False,
                has_reliable_clock=True,
                is_aborted=is_aborted,
                is_signed=charger.signed and not is_aborted,
                stopped_by_rfid=chance(rng, 0.1),
                externally_ended=chance(rng, 0.4),
                external_id=str(rng.randrange(10**9)) if charger.site.kind.native else None,
                jitter=rng.randrange(1, 10_000),
            )
        )

    def user(self) -> Person | None:
        """A person, or None: a guest. At a charger without a lock everybody is a guest."""
        rng = self.rng
        is_guest = chance(rng, self.habit.guests) or not self.charger.authorized
        someone = rng.choice(self.charger.users)
        return None if is_guest else someone

    def night(self, start: int) -> int:
        """When the cheap hours begin that follow a start."""
        local = instant(start).astimezone(self.zone)
        return _local(local.date(), 23.0, self.zone)

    def after_outage(self, session: Session) -> Session:
        """The session, reported late if an outage of the charger covers its end."""
        if self.outage is None or not self.outage[0] <= session.ended_ms < self.outage[1]:
            return session
        known = max(session.known_ms, self.outage[1] + self.rng.randint(1, 20) * MINUTE)
        clock = chance(self.rng, 0.7)
        return replace(session, is_offline=True, known_ms=known, has_reliable_clock=clock)

    def versions(self, session: Session) -> Iterator[Session]:
        """The versions of a session: one, or a wrong one and then its correction."""
        rng = self.rng
        luck, wait = rng.random(), int(rng.uniform(8, 90) * HOUR)
        later = session.known_ms + wait
        if luck < VOID:
            yield replace(session, void_ms=later)
        elif luck < VOID + CORRECTED and session.energy_wh:
            wrong = int(session.energy_wh * rng.choice((0.0, rng.uniform(0.3, 0.95))))
            right = replace(session, id=guid(rng), known_ms=later, corrects=True)
            yield replace(
                session,
                is_signed=False,
                first_wh=wrong,
                replaced_ms=later,
                replaced_by=right.id,
                void_ms=later if chance(rng, 0.5) else None,
            )
            yield right
        else:
            yield session
