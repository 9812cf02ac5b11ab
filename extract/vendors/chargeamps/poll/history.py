"""Charge Amps' sessions: by organisation where there is one, else by charge point, in windows.

There are no pages. What the two times of a window filter by is not documented, so a backfill's
windows begin a week earlier: a session of up to a week is found whether it must begin in the
window, end in it, or lie in it whole.

- **Every hour** the last `NEAR` = 7 days, because a session is repeated until it has an end, and
  turns up late when a charge point comes online again. After a longer pause of the poller the
  window goes back to a week before the last one that was read.
- **Backfill** goes by calendar month (UTC), the oldest first, and always asks. One that was
  interrupted, or of which something failed, resumes where it was when the same range is asked for
  again, and logs so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from extract.http import Exchange
from extract.lake import payload
from extract.lake.dates import months
from extract.lake.landing import Landing
from extract.lake.state import StateFile
from extract.vendors.chargeamps.poll.client import Client, Target, at_once
from extract.vendors.chargeamps.poll.fleet import Fleet, is_refused

NEAR = timedelta(days=7)
LONGEST = timedelta(days=7)  # a backfill's windows begin so much earlier
LONGEST_WINDOW = timedelta(days=38)
AHEAD = timedelta(minutes=10)  # the vendor's clock may be ahead of ours
MAX_COUNT = 10_000  # sessions of one charge point in one window; more than any can have
FOLDER = "progress/chargeamps"
_log = logging.getLogger("wattstar")


def recent(client: Client, fleet: Fleet, land: Landing) -> None:
    """Land the sessions of the last week, or since the last poll. A target that fails does not stop
    the others."""
    state = StateFile(client.lake, f"{FOLDER}/sessions.json")
    now, read_to = datetime.now(UTC), _times(state.read())

    def ask(target: Target) -> list[Exchange]:
        start = min(now, read_to.get(target.scope, now)) - NEAR
        return [
            exchange
            for window in windows(start, now + AHEAD)
            for exchange in _sessions(client, target, *window)
        ]

    answers = at_once(ask, fleet.targets)
    _land(land, answers)
    for target, exchanges in zip(fleet.targets, answers, strict=True):
        if all(exchange.ok for exchange in exchanges):
            read_to[target.scope] = now
    state.write(read_to)


def backfill(client: Client, fleet: Fleet, land: Landing, start: date, end: date) -> None:
    """Land the sessions between two UTC dates, both included."""
    state, name = StateFile(client.lake, f"{FOLDER}/backfill.json"), f"{start} to {end}"
    saved, is_complete = state.read(), True
    done: dict[str, list[str]] = saved.get("done", {}) if saved.get("range") == name else {}
    if done:
        _log.warning("chargeamps: the backfill of %s resumes after %s", name, max(done))
    for first, behind in months(start, end):
        now, month = datetime.now(UTC), f"{first:%Y-%m-%d}"
        targets = [one for one in fleet.targets if one.scope not in done.get(month, ())]
        if first > now or not targets:
            continue
        answers = at_once(partial(_sessions, client, start=first - LONGEST, end=behind), targets)
        _land(land, answers)
        good = [
            target.scope
            for target, exchanges in zip(targets, answers, strict=True)
            if all(exchange.ok for exchange in exchanges)
        ]
        is_complete &= len(good) == len(targets)
        if behind <= now:
            done[month] = sorted({*done.get(month, ()), *good})
            state.write({"range": name, "done": done})
    if is_complete:
        state.write({})


def windows(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """A stretch of time in windows of at most `LONGEST_WINDOW` that overlap by `LONGEST`."""
    found = []
    while end - start > LONGEST_WINDOW:
        found.append((start, start + LONGEST_WINDOW))
        start += LONGEST_WINDOW - LONGEST
    return [*found, (start, end)]


def _sessions(client: Client, target: Target, start: datetime, end: datetime) -> list[Exchange]:
    """The sessions of a target within a window: charge point by charge point where the organisation
    may not be asked."""
    params = {"startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}", "endTime": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    if target.endpoint == "status":
        return [client.point_sessions(target.scope, params | {"maxCount": str(MAX_COUNT)})]
    answer = client.organisation_sessions(target.scope, params)
    if not is_refused(answer):
        return [answer]
    lone = [Target("status", point) for point in target.points]
    return [exchange for one in lone for exchange in _sessions(client, one, start, end)] or [answer]


def _land(land: Landing, answers: Iterable[list[Exchange]]) -> None:
    exchanges = [exchange for some in answers for exchange in some]
    land(exchanges)
    for exchange in exchanges:
        if exchange.ok and len(payload.decode(exchange.body)) >= MAX_COUNT:
            land.missing(
                f"{exchange.scope}: {MAX_COUNT:,} sessions or more between "
                f"{exchange.params['startTime']} and {exchange.params['endTime']}, so some may be "
                "missing: backfill a shorter range"
            )


def _times(saved: Mapping[str, Any]) -> dict[str, datetime]:
    """Up to when each scope has been read (UTC); a text that is not a time is left out."""
    found = {}
    for scope, text in saved.items():
        try:
            found[scope] = datetime.fromisoformat(text).astimezone(UTC)
        except (TypeError, ValueError):
            continue
    return found
