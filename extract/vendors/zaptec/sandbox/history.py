"""The fleet of a seed with all its sessions: the truth behind the API, without HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

from extract.vendors.zaptec.sandbox import weeks
from extract.vendors.zaptec.sandbox.build import installations
from extract.vendors.zaptec.sandbox.fleet import Charger, Installation, personal
from extract.vendors.zaptec.sandbox.sessions import HOUR, Session, milliseconds

WEEKS = 20_000  # of chargers are remembered, of about half a dozen sessions each
METERED_WEEKS = 100_000
HALF_YEAR, HALF_YEAR_WH = 26, 5_000_000  # weeks, and more than a charger gives in them
LOOK_BACK = 9  # weeks in which a charger's last session is looked for


class Moment(NamedTuple):
    """A charger at a moment: the session that runs, the last one that is over, whether it is
    online, and since when it is or is not. `seen_ms`: when it was heard of last."""

    current: Session | None
    last: Session | None
    online: bool
    since_ms: int
    seen_ms: int


class Fleet:
    """Installations, chargers, people and sessions, the same for everyone who asks for a seed.

    `sessions` are all there ever are, whatever the clock says; `reported` are those that the API
    has at an instant, of the last `history_days`.
    """

    def __init__(self, seed: int, chargers: int, history_days: int) -> None:
        self.seed, self.history_days = seed, history_days
        self.sites: list[Installation] = installations(seed, chargers)
        self.chargers: list[Charger] = [one for site in self.sites for one in site.chargers]
        self._week = lru_cache(WEEKS)(partial(weeks.sessions, seed))
        self._outage = lru_cache(WEEKS)(partial(weeks.outage, seed))
        self._used = lru_cache(METERED_WEEKS)(self._used_wh)

    def personal(self) -> dict[str, list[str]]:
        """Every personal text and secret that the API sends, by what it is (a pin has but four
        digits: it is found by chance, too)."""
        return personal(self.sites)

    def sessions(self, start: datetime, end: datetime) -> list[Session]:
        """All that end from `start` on and before `end`, in order of the end; first versions and
        their corrections, also those that the API does not have yet."""
        return self._between(self.chargers, milliseconds(start), milliseconds(end))

    def reported(
        self, chargers: Iterable[Charger], start: datetime, end: datetime, now: datetime
    ) -> list[Session]:
        """Those that the API has at `now`: over, known, and not too long ago."""
        now_ms = milliseconds(now)
        oldest = now_ms - self.history_days * 24 * HOUR
        found = self._between(chargers, max(milliseconds(start), oldest), milliseconds(end))
        return [session for session in found if session.known_ms <= now_ms]

    def meter_wh(self, session: Session) -> int:
        """The charger's register at the start of a session: it goes on where the last one ended,
        and rises further at the beginning of each half-year, so that no more than one has to be
        drawn. Only a calibrated meter has one, else this is 0."""
        if not session.charger.signed:
            return 0
        halves, begun = divmod(session.week, HALF_YEAR)
        drawn = range(session.week - begun, session.week)
        used = sum(self._used(session.charger, week) for week in drawn)
        return halves * HALF_YEAR_WH + used + session.meter_wh

    def _used_wh(self, charger: Charger, week: int) -> int:
        drawn = weeks.sessions(self.seed, charger, week)
        return sum(one.energy_wh for one in drawn if not one.corrects)

    def at(self, charger: Charger, at: datetime) -> Moment:
        """A charger at a moment. One that is offline is seen as it was when it went."""
        at_ms = milliseconds(at)
        week = weeks.week_of(charger, at_ms)
        gone = self._outage(charger, week)
        online = gone is None or not gone[0] <= at_ms < gone[1]
        since = weeks.begin(charger, max(0, week))
        if gone is not None and at_ms >= gone[0]:
            since = gone[0] if not online else gone[1]
        seen_ms = at_ms if online else since
        current, last = self._around(charger, seen_ms, week)
        return Moment(current, last, online, since, seen_ms)

    def _around(
        self, charger: Charger, at_ms: int, week: int
    ) -> tuple[Session | None, Session | None]:
        current = None
        for number in range(week, max(-1, week - LOOK_BACK), -1):
            for session in reversed(self._week(charger, number)):
                if session.corrects:
                    continue
                if session.ended_ms <= at_ms:
                    return current, session
                if session.started_ms <= at_ms:
                    current = session
        return current, None

    def _between(self, chargers: Iterable[Charger], start_ms: int, end_ms: int) -> list[Session]:
        found = [
            session
            for charger in chargers
            for week in range(
                max(0, weeks.week_of(charger, start_ms)), weeks.week_of(charger, end_ms) + 1
            )
            for session in self._week(charger, week)
            if start_ms <= session.ended_ms < end_ms
        ]
        return sorted(found, key=lambda session: (session.ended_ms, session.id))
