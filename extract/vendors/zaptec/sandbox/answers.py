"""The answers of the API's endpoints, from a fleet and a clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from extract.sandbox.options import Clock
from extract.vendors.zaptec.sandbox import items, shapes, state
from extract.vendors.zaptec.sandbox.fleet import Charger, Installation
from extract.vendors.zaptec.sandbox.history import Fleet
from extract.vendors.zaptec.sandbox.options import Options
from extract.vendors.zaptec.sandbox.query import (
    ARCHIVED_PAGE_SIZE_MAX,
    PAGE_SIZE,
    Query,
    Refused,
    cursor,
    paged,
)
from extract.vendors.zaptec.sandbox.sessions import Session, milliseconds

UNKNOWN_OBJECT, FORBIDDEN = 512, 533  # ErrorCodes
FOREIGN = "0f0e1d2c-3b4a-4596-8778-695a4b3c2d1e"
"""An installation that exists, and is none of ours: 403."""
RENDERED = 4_000  # sessions of about 4 kB are remembered as they were sent


class Answers:
    """Each is JSON, as an object or as bytes; None: there is none (204). Raises Refused."""

    def __init__(self, options: Options, clock: Clock, fleet: Fleet) -> None:
        self.offers, self.clock, self.fleet = options.sessions, clock, fleet
        self.sites = {site.id: site for site in fleet.sites}
        self.by_id = {charger.id: charger for charger in fleet.chargers}
        self._item = lru_cache(RENDERED)(self._history_item)
        self._archived = lru_cache(RENDERED)(self._archived_item)

    def installations(self, query: Query) -> Any:
        pages, rows = query.page(self.fleet.sites)
        return paged(pages, [shapes.installation(site, whole=False) for site in rows])

    def installation(self, key: str) -> Any:
        return shapes.installation(self._site(key), whole=True)

    def hierarchy(self, key: str) -> Any:
        site = self._site(key)
        return None if site.is_limited else shapes.hierarchy(site)

    def chargers(self, query: Query) -> Any:
        key = query.text("InstallationId")
        pages, rows = query.page(self._site(key).chargers if key else self.fleet.chargers)
        now = self.clock.now()
        return paged(pages, [self._listed(charger, now) for charger in rows])

    def state(self, key: str) -> Any:
        return state.state(self.fleet, self._charger(key), self.clock.now())

    def chargehistory(self, query: Query) -> Any:
        """The newest first."""
        if self.offers == "archived":
            raise Refused(410, "This endpoint was removed.")
        now = self.clock.now()
        start = query.instant("From") or now - timedelta(days=self.fleet.history_days)
        end = query.instant("To") or now + timedelta(days=1)
        user = query.text("UserId")
        found = self._reported(query, start, end, now)
        if user:
            found = [one for one in found if one.user and one.user.id == user]
        pages, rows = query.page(found[::-1])
        details = bool(query.number("DetailLevel", 0, 0, 1) & 1)
        items = b",".join(self._item(*_version(one, now), details) for one in rows)
        return b'{"Pages":%d,"Data":[%b]}' % (pages, items)

    def archived(self, query: Query) -> Any:
        """The oldest first, after the cursor."""
        if self.offers == "chargehistory":
            raise Refused(404)
        start, end = query.instant("From"), query.instant("To")
        if start is None or end is None:
            raise Refused(400, "From and To are required")
        if bool(query.text("InstallationId")) == bool(query.text("ChargerId")):
            raise Refused(400, "Either InstallationId or ChargerId is required")
        now, (page, after) = self.clock.now(), query.cursor()
        size = query.number("PageSize", PAGE_SIZE, 1, ARCHIVED_PAGE_SIZE_MAX)
        found = self._reported(query, start, end, now)
        left = [one for one in found if (one.ended_ms, one.id) > after]
        more = len(left) > size
        rows = left[:size]
        after_it = cursor(page + 1, rows[-1].ended_ms, rows[-1].id) if more else None
        tail = shapes.dumps({"cursor": after_it, "hasMore": more})[1:]
        items = b",".join(self._archived(*_version(one, now)) for one in rows)
        return b'{"sessions":[%b],%b' % (items, tail)

    def _reported(
        self, query: Query, start: datetime, end: datetime, now: datetime
    ) -> list[Session]:
        """In order of the end. The window is that of the end (documented for `archived`; unsure for
        `chargehistory`), its beginning in it and its end not."""
        chargers: Iterable[Charger] = self.fleet.chargers
        site, charger = query.text("InstallationId"), query.text("ChargerId")
        if site:
            chargers = self._site(site).chargers
        if charger:
            chargers = [one for one in (self._charger(charger),) if one in chargers]
        if start >= end:
            return []
        return self.fleet.reported(chargers, start, end, now)

    def _listed(self, charger: Charger, now: datetime) -> dict[str, Any]:
        moment = self.fleet.at(charger, now)
        return shapes.charger(charger, state.mode(moment), moment.online)

    def _site(self, key: str) -> Installation:
        if key.lower() == FOREIGN:
            raise Refused(403, "Forbidden", FORBIDDEN)
        site = self.sites.get(key.lower())
        if site is None:
            raise Refused(404, "Installation not found.", UNKNOWN_OBJECT)
        return site

    def _charger(self, key: str) -> Charger:
        charger = self.by_id.get(key.lower())
        if charger is None:
            raise Refused(404, "Charger not found.", UNKNOWN_OBJECT)
        return charger

    def _history_item(
        self, one: Session, void: bool, successor: str | None, details: bool
    ) -> bytes:
        meter = self.fleet.meter_wh(one)
        return shapes.dumps(items.history_item(one, meter, void, successor, details))

    def _archived_item(self, one: Session, void: bool, successor: str | None) -> bytes:
        return shapes.dumps(items.archived(one, self.fleet.meter_wh(one), void, successor))


def _version(session: Session, now: datetime) -> tuple[Session, bool, str | None]:
    """What may change of a session, once the API has it."""
    now_ms = milliseconds(now)
    return session, session.is_void(now_ms), session.successor(now_ms)
