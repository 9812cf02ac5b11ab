"""One window of Zaptec's sessions, read page by page from the endpoint that answers.

`sessions/archived` is the newer one and is tried first. `chargehistory` is read instead where the
server does not have it (404, 501), and where it needs a role that this account has not (403: `Owner
role required`; `chargehistory` answers a User). An installation that refuses both is named once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from extract.http import Exchange
from extract.lake.landing import Landing
from extract.vendors.zaptec.poll.client import PAGE_SIZE, Client, failed, mark_empty
from extract.vendors.zaptec.poll.pages import (
    CursorPages,
    NumberedPages,
    Pager,
    Position,
    read_page,
)

LONGEST = timedelta(days=7)  # chargehistory's windows begin so much earlier
CURSOR_PAGE_SIZE = 200  # the most that `archived` gives
ARCHIVED, HISTORY = "archived", "chargehistory"
ABSENT = (404, 501)  # an endpoint that this server does not have
UNKNOWN_POSITION = (400, 404, 410)  # the server no longer knows the position
REFUSED = 403
_log = logging.getLogger("wattstar")


class Unit(NamedTuple):
    """Whose sessions are asked for: `param` is InstallationId or ChargerId; a name for messages."""

    param: str
    id: str
    name: str


class Window(NamedTuple):
    """Sessions of a unit between two instants (UTC)."""

    unit: Unit
    start: datetime
    end: datetime


class Start(NamedTuple):
    """Where reading begins, or goes on: a position that endpoint `by` gave."""

    position: Position = None
    by: str | None = None


Save = Callable[[Start, bool], None]
"""Saves where reading goes on, and whether the window is read to its end."""


@dataclass
class Reader:
    """Reads windows, and remembers which endpoint answers for whom."""

    client: Client
    land: Landing
    has_archived: bool | None = None  # whether the server has it, once that is known
    refused: set[str] = field(default_factory=set)  # units that no endpoint answers for
    _older: set[str] = field(default_factory=set)  # units that chargehistory alone answers for

    def read(self, window: Window, start: Start, save: Save) -> bool:
        """Read and land a window; returns whether it was read to its end."""
        if window.unit.id in self.refused:
            return False
        if start.position is not None and start.by in self._endpoints(window.unit):
            stopped, _ = self._pages(window, start, save)
            if stopped is None:
                return True
            if stopped.status_code not in UNKNOWN_POSITION:
                return self._give_up(window.unit, stopped)
            mark_empty(stopped, f"reading {window.unit.name} begins anew")
            self.land([stopped])
        return self._anew(window, save)

    def _anew(self, window: Window, save: Save) -> bool:
        first, *others = self._endpoints(window.unit)
        stopped, pages = self._pages(window, Start(by=first), save)
        if first == ARCHIVED and (stopped is None or pages):
            self.has_archived = True
        if stopped is None:
            return True
        is_absent = stopped.status_code in ABSENT and not self.has_archived
        if not others or pages or not (is_absent or stopped.status_code == REFUSED):
            return self._give_up(window.unit, stopped)
        other, pages = self._pages(window, Start(by=others[0]), save)
        if other is None or pages:
            self._use_older(window.unit, stopped)
            return other is None or self._give_up(window.unit, other)
        role = _role(stopped)
        if stopped.status_code == REFUSED and other.status_code == REFUSED:
            mark_empty(stopped, f"{role} for sessions/archived of {window.unit.name}")
        self.land([stopped])
        return self._give_up(window.unit, other, role)

    def _pages(self, window: Window, start: Start, save: Save) -> tuple[Exchange | None, int]:
        """Read and land pages. Gives the exchange that stopped it, which has not landed (None: the
        window is read to its end), and how many pages landed before."""
        by = start.by or ARCHIVED
        pager: Pager = CursorPages(start.position)
        if by != ARCHIVED:
            pager = NumberedPages(start.position)
        path, count = {ARCHIVED: "sessions/archived"}.get(by, by), 0
        while True:
            params = _params(window, by) | pager.params()
            exchange = self.client.ask(("sessions", by, window.unit.id), path, params)
            if not exchange.ok:
                return exchange, count
            pager.take(read_page(exchange.body))
            self.land([exchange])
            save(Start(pager.position, by), pager.is_done)
            count += 1
            if pager.is_done or pager.problem:
                return (failed(exchange, pager.problem) if pager.problem else None), count

    def _endpoints(self, unit: Unit) -> tuple[str, ...]:
        """The endpoints to try, in this order."""
        if self.client.sessions_by != "auto":
            return (self.client.sessions_by,)
        if self.has_archived is False or unit.id in self._older:
            return (HISTORY,)
        return ARCHIVED, HISTORY

    def _use_older(self, unit: Unit, stopped: Exchange) -> None:
        """Go on with chargehistory, which answers where `archived` did not."""
        if stopped.status_code == REFUSED:
            self._older.add(unit.id)
            why = f"{_role(stopped)} for sessions/archived of {unit.name}; chargehistory is read"
            mark_empty(stopped, f"{why} instead, which Zaptec removes on 2027-01-01")
        else:
            self.has_archived = False
            mark_empty(stopped, "there is no sessions/archived here, chargehistory is used")
        self.land([stopped])

    def _give_up(self, unit: Unit, stopped: Exchange, role: str = "") -> bool:
        if stopped.status_code == REFUSED:
            self.refused.add(unit.id)
            stopped.error = (
                f"{stopped.error}: Zaptec refuses the sessions of {unit.name} "
                f"({role or _role(stopped)}); its owner can give this account that role"
            )
        self.land([stopped])
        return False


def _role(stopped: Exchange) -> str:
    """The role that Zaptec asks for."""
    details = read_page(stopped.body).get("Details")
    is_role = isinstance(details, str) and details.endswith("role required")
    return str(details) if is_role else "Owner role required"


def _params(window: Window, by: str) -> dict[str, str]:
    is_archived = by == ARCHIVED
    start = window.start if is_archived else window.start - LONGEST
    params = {
        window.unit.param: window.unit.id,
        "From": f"{start:%Y-%m-%dT%H:%M:%S}Z",
        "To": f"{window.end:%Y-%m-%dT%H:%M:%S}Z",
        "PageSize": str(CURSOR_PAGE_SIZE if is_archived else PAGE_SIZE),
    }
    return params if is_archived else params | {"DetailLevel": "1"}
