"""Zaptec's sessions, by windows of time, from either endpoint.

`archived` filters by the END of a session (`From` inclusive, `To` exclusive). What the older
`chargehistory` filters by is not known, so its windows begin a week earlier: a session of up to a
week is then found whether it must begin in the window, end in it, or lie in it whole.

- **Every hour** the last `NEAR` = 7 days, and once a UTC day the last `FAR` = 35: a session turns
  up or is corrected long after it ended, when a charger comes online again, and asking for what is
  new would never see it. A week covers the ordinary outage within the hour, five weeks what took
  longer, and a month's bill is right when it is written. After a longer pause of the poller the
  window goes back to a week before the last one that was read to its end.
- **Backfill** goes by installation and calendar month (UTC). A month that was read to its end is
  not asked for again, unless it had not yet ended.

Each page lands by itself, and the progress file then says where the next one is: what a crash or a
failure left goes on there. Where nobody comes back within `RESUME`, pages may have moved, and the
window is read anew. A cursor that the server no longer knows begins anew at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from extract.http import Exchange
from extract.lake.dates import months
from extract.vendors.zaptec.poll.client import PAGE_SIZE, Client, forgive, listing
from extract.vendors.zaptec.poll.pages import (
    Place,
    Step,
    by_cursor,
    by_index,
    cursored,
    ids,
    indexed,
    kept,
)
from extract.vendors.zaptec.poll.progress import Progress, moment

NEAR = timedelta(days=7)
FAR = timedelta(days=35)
LONGEST = timedelta(days=7)  # that chargehistory's windows begin earlier
RESUME = timedelta(hours=1)  # an unfinished window of the hourly poll
RESUME_BACKFILL = timedelta(days=1)
AHEAD = timedelta(minutes=10)  # the vendor's clock may be before ours
CURSOR_PAGE_SIZE = 200  # the most that `archived` gives
ABSENT = (404, 501)  # an endpoint that this server does not have
FORGOTTEN = (400, 404, 410)  # a place that it no longer knows


@dataclass(frozen=True)
class Window:
    """Sessions of an installation between two instants."""

    installation: str
    start: datetime
    end: datetime


def recent(client: Client) -> Iterator[list[Exchange]]:
    """What the hourly poll asks for; an installation that fails does not stop the others."""
    for answers, installation in _installations(client):
        if answers:
            yield answers
        if installation:
            yield from _recent(client, installation, datetime.now(UTC))


def _recent(client: Client, installation: str, now: datetime) -> Iterator[list[Exchange]]:
    progress = Progress(client.lake, "sessions", installation)
    saved = progress.read()
    start, end = moment(saved, "start"), moment(saved, "end")
    place, by = kept(saved.get("place")), saved.get("by")
    far, read_to = saved.get("far"), moment(saved, "read_to")
    if saved.get("is_done", True) or not start or not end or now - end > RESUME:
        place = by = None
        is_far = far != now.date().isoformat() or not saved.get("is_done")
        start, end = now - (FAR if is_far else NEAR), now + AHEAD
        if read_to:
            start = min(start, read_to - NEAR)
        far = now.date().isoformat()
    for step in _read(client, Window(installation, start, end), place, by):
        yield [step.exchange]
        if step.exchange.ok:
            progress.write(
                start=start,
                end=end,
                place=step.place,
                by=step.exchange.endpoint,
                is_done=step.is_last,
                far=far,
                read_to=end if step.is_last else read_to,
            )


def backfill(client: Client, start: date, end: date) -> Iterator[list[Exchange]]:
    """What was between two UTC dates, both included, oldest month first."""
    for answers, installation in _installations(client):
        if answers:
            yield answers
        for first, behind in months(start, end) if installation else ():
            yield from _chunk(client, Window(installation, first, behind), datetime.now(UTC))


def _chunk(client: Client, window: Window, now: datetime) -> Iterator[list[Exchange]]:
    name = f"{window.start:%Y-%m-%d}_{window.end:%Y-%m-%d}"
    progress = Progress(client.lake, "backfill", window.installation, name)
    saved = progress.read()
    if saved.get("is_done") or window.start > now:
        return
    place, by, asked_at = kept(saved.get("place")), saved.get("by"), moment(saved, "asked_at")
    if not asked_at or now - asked_at > RESUME_BACKFILL:
        place, by = None, None
    for step in _read(client, window, place, by):
        yield [step.exchange]
        if step.exchange.ok:
            over = step.is_last and window.end > now  # read to its end, but more is to come
            progress.write(
                place=None if over else step.place,
                by=None if over else step.exchange.endpoint,
                is_done=step.is_last and not over,
                asked_at=now,
            )


def _installations(client: Client) -> Iterator[tuple[list[Exchange], str]]:
    """Answers of the list of installations, and each installation; either may be empty."""
    found: list[str] = []
    for exchange in listing(client, "sessions", "installation"):
        found += ids(exchange)
        yield [exchange], ""
    yield from (([], installation) for installation in dict.fromkeys(found))


# --- Which endpoint ----------------------------------------------------------------------------


def _read(client: Client, window: Window, place: Place, by: str | None) -> Iterator[Step]:
    """The window's pages from a place that endpoint `by` gave, or from the beginning."""
    if by is not None and by == (client.sessions_by if client.sessions_by != "auto" else by):
        steps = _PAGERS[by](client, window, place)
        first = next(steps)
        if first.exchange.status_code not in FORGOTTEN:
            yield from chain([first], steps)
            return
        forgive(first.exchange, f"reading {window.installation} begins anew")
        yield Step(first.exchange, None)
    if client.sessions_by == "auto":
        yield from _either(client, window)
    else:
        yield from _PAGERS[client.sessions_by](client, window, None)


def _either(client: Client, window: Window) -> Iterator[Step]:
    """From the newer endpoint where the server has it. A 404 may mean the installation, too: that
    it is the endpoint shows when the older one answers."""
    steps = _archived(client, window, None)
    first = next(steps)
    if first.exchange.status_code in ABSENT:
        older = _chargehistory(client, window, None)
        other = next(older)
        if other.exchange.ok:
            client.sessions_by = "chargehistory"
            forgive(first.exchange, "there is no sessions/archived here, chargehistory is used")
            yield Step(first.exchange, None)
            yield from chain([other], older)
            return
        yield from (first, other)
        return
    if first.exchange.ok:
        client.sessions_by = "archived"
    yield from chain([first], steps)


def _archived(client: Client, window: Window, place: Place) -> Iterator[Step]:
    def page(cursor: str | None) -> Exchange:
        params = _params(window, window.start, CURSOR_PAGE_SIZE)
        if cursor is not None:
            params["Cursor"] = cursor
        what = ("sessions", "archived", window.installation)
        return client.ask("session", what, "sessions/archived", readable=cursored, params=params)

    return by_cursor(page, place)


def _chargehistory(client: Client, window: Window, place: Place) -> Iterator[Step]:
    def page(number: int) -> Exchange:
        params = _params(window, window.start - LONGEST, PAGE_SIZE)
        params |= {"DetailLevel": "1", "PageIndex": str(number)}
        what = ("sessions", "chargehistory", window.installation)
        return client.ask("session", what, "chargehistory", readable=indexed, params=params)

    return by_index(page, place)


_PAGERS: dict[str, Callable[[Client, Window, Place], Iterator[Step]]] = {
    "archived": _archived,
    "chargehistory": _chargehistory,
}


def _params(window: Window, start: datetime, size: int) -> dict[str, str]:
    return {
        "InstallationId": window.installation,
        "From": f"{start:%Y-%m-%dT%H:%M:%S}Z",
        "To": f"{window.end:%Y-%m-%dT%H:%M:%S}Z",
        "PageSize": str(size),
    }
