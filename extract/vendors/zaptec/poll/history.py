"""Zaptec's sessions, by windows of time, from either endpoint.

`archived` filters by the END of a session (`From` inclusive, `To` exclusive). What the older
`chargehistory` filters by is not known, so its windows begin a week earlier: a session of up to a
week is then found whether it must begin in the window, end in it, or lie in it whole.

- **Every hour** the last `NEAR` = 7 days, and once a UTC day the last `FAR` = 35: a session turns
  up or is corrected long after it ended, when a charger comes online again, and asking for what is
  new would never see it. A week covers the ordinary outage within the hour, five weeks what took
  longer, and a month's bill is right when it is written. After a longer pause of the poller the
  window goes back to a week before the last one that was read to its end.
- **Backfill** goes by installation and calendar month (UTC). It always asks for all of its range:
  old sessions are corrected, and turn up late. A backfill that was interrupted goes on where it
  stopped, and logs so.

Each page lands by itself, and a state file then holds the position of the next one. After `RESUME`
pages may have moved, so the window is read anew. It is also read anew where the server no longer
knows the position.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from extract.lake.dates import months
from extract.lake.landing import Landing
from extract.lake.state import StateFile
from extract.vendors.zaptec.poll.assets import lone_chargers
from extract.vendors.zaptec.poll.client import Client, name_of, read_list
from extract.vendors.zaptec.poll.pages import saved_position
from extract.vendors.zaptec.poll.sessions import Reader, Start, Unit, Window

NEAR = timedelta(days=7)
FAR = timedelta(days=35)
RESUME = timedelta(hours=1)  # an unfinished window of the hourly poll
RESUME_BACKFILL = timedelta(days=1)
AHEAD = timedelta(minutes=10)  # the vendor's clock may be ahead of ours
FOLDER = "progress/zaptec"
_log = logging.getLogger("wattstar")


def recent(client: Client, land: Landing) -> None:
    """Land the sessions of the last days. An installation that fails does not stop the others."""
    reader = Reader(client, land)
    units, _ = _units(client, land)
    for unit in units:
        _recent(client, reader, unit, datetime.now(UTC))


def _recent(client: Client, reader: Reader, unit: Unit, now: datetime) -> None:
    state = StateFile(client.lake, f"{FOLDER}/sessions/{_name(unit)}.json")
    saved = state.read()
    start, end, read_to = (_moment(saved, name) for name in ("start", "end", "read_to"))
    far, begin = saved.get("far"), _start(saved)
    if saved.get("is_done", True) or not start or not end or now - end > RESUME:
        is_far = far != now.date().isoformat() or not saved.get("is_done")
        begin, start, end = Start(), now - (FAR if is_far else NEAR), now + AHEAD
        start = min(start, read_to - NEAR) if read_to else start
        far = now.date().isoformat()

    def save(at: Start, is_done: bool) -> None:
        state.write(
            {"start": start, "end": end, "position": at.position, "by": at.by, "is_done": is_done}
            | {"far": far, "read_to": end if is_done else read_to}
        )

    reader.read(Window(unit, start, end), begin, save)


def backfill(client: Client, land: Landing, start: date, end: date) -> None:
    """Land the sessions between two UTC dates, both included, installation by installation."""
    run, now = f"{FOLDER}/backfill/{start}_{end}", datetime.now(UTC)
    state = StateFile(client.lake, f"{run}.json")
    saved = state.read()
    begun, asked = _moment(saved, "begun_at") or now, _moment(saved, "asked_at")
    is_resumed = saved.get("is_finished") is False and bool(asked and now - asked < RESUME_BACKFILL)
    filling = _Backfill(Reader(client, land), begun if is_resumed else now, is_resumed)
    units, is_whole = _units(client, land)
    for unit in units:
        times = {"begun_at": filling.begun, "asked_at": datetime.now(UTC)}
        state.write({"is_finished": False, **times})
        mine = StateFile(client.lake, f"{run}/{_name(unit)}.json")
        is_whole &= filling.read(unit, mine, months(start, end))
    # What failed is tried once more by the next backfill of this range, and then all is asked anew.
    times = {"begun_at": filling.begun, "asked_at": datetime.now(UTC)}
    state.write({"is_finished": is_whole or is_resumed, **times})


@dataclass
class _Backfill:
    """One backfill. `begun`: when it began (UTC). `is_resumed`: it was interrupted, and has not yet
    logged where it goes on."""

    reader: Reader
    begun: datetime
    is_resumed: bool

    def read(
        self, unit: Unit, state: StateFile, windows: Iterable[tuple[datetime, datetime]]
    ) -> bool:
        """Read the months of a unit that this backfill has not read yet. Returns whether all are
        read now, or refused to this account."""
        saved, is_whole = state.read(), True
        known = _object(saved.get("windows")) if _moment(saved, "begun_at") == self.begun else {}
        for start, end in windows:
            name = f"{start:%Y-%m-%d}"
            month = _object(known.get(name))
            if start > datetime.now(UTC) or month.get("is_read"):
                continue
            if self.is_resumed:
                text = "zaptec: the backfill was interrupted; it goes on at %s, month of %s"
                _log.warning(text, unit.name, name)
                self.is_resumed = False

            def save(at: Start, is_done: bool, name: str = name) -> None:
                known[name] = {"position": at.position, "by": at.by, "is_read": is_done}
                state.write({"begun_at": self.begun, "windows": known})

            is_read = self.reader.read(Window(unit, start, end), _start(month), save)
            is_whole &= is_read or unit.id in self.reader.refused
        return is_whole


# --- whose sessions -------------------------------------------------------------------------------


def _units(client: Client, land: Landing) -> tuple[list[Unit], bool]:
    """Whose sessions to ask for, and whether all of the lists could be read: every installation,
    and every charger whose installation this account does not see."""
    sites = read_list(client, land, "sessions", "installations")
    units = [
        Unit("InstallationId", one["Id"], name_of(one))
        for one in {record["Id"]: record for record in sites.records}.values()
    ]
    if units or not sites.is_whole:
        lone = lone_chargers(client.lake).read().get("ids")
        lone = lone if isinstance(lone, list) else []
        return units + [Unit("ChargerId", one, one) for one in map(str, lone)], sites.is_whole
    chargers = read_list(client, land, "sessions", "chargers")
    if chargers.ids:
        _log.warning(
            "zaptec: this account sees no installation; sessions are asked for by charger (%d)",
            len(chargers.ids),
        )
    elif chargers.is_whole:
        land.missing(
            "sessions: this Zaptec account sees no installation and no charger, so there is "
            "nothing to ask for; give it a role in the Zaptec portal"
        )
    return [Unit("ChargerId", one, one) for one in chargers.ids], chargers.is_whole


# --- State files ----------------------------------------------------------------------------------


def _name(unit: Unit) -> str:
    return quote(unit.id, safe="")


def _start(saved: dict[str, Any]) -> Start:
    by = saved.get("by")
    return Start(saved_position(saved.get("position")), by if isinstance(by, str) else None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(saved: dict[str, Any], name: str) -> datetime | None:
    """A time from a state file, in UTC; None where there is none that can be read."""
    try:
        return datetime.fromisoformat(saved[name]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
