"""Charge Amps' sessions, charge point by charge point and window by window: there are no pages.

What the two times filter by is not known, so a backfill's windows begin a week earlier: a session
of up to a week is found whether it must begin in the window, end in it, or lie in it whole.

- **Every hour** the last `NEAR` = 7 days, because a session is told again until it has an end, and
  turns up late when a charge point comes online again. After a longer pause of the poller the
  window goes back to a week before the last one that was read.
- **Backfill** goes by calendar month (UTC), the oldest first; a file of the lake says which charge
  points have told a month, and these are not asked again, unless the month had not yet ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from extract.http import Exchange
from extract.lake.dates import months
from extract.vendors.chargeamps.poll.client import Client, Point, at_once, is_list, points

NEAR = timedelta(days=7)
LONGEST = timedelta(days=7)  # that a backfill's windows begin earlier
MOST = timedelta(days=38)  # of one window
AHEAD = timedelta(minutes=10)  # the vendor's clock may be before ours
FOLDER = "progress/chargeamps"


def recent(client: Client) -> Iterator[list[Exchange]]:
    """What the hourly poll asks for; a charge point that fails does not stop the others."""
    owned = client.owned()
    yield [owned]
    now, path = datetime.now(UTC), f"{FOLDER}/sessions.json"
    read_to = {name: _moment(text) for name, text in _read(client, path).items()}

    def one(point: Point) -> list[Exchange]:
        start = min(now, read_to.get(point.id, now)) - NEAR
        return [_sessions(client, point, *span) for span in pieces(start, now + AHEAD)]

    answers = at_once(one, points(owned))
    yield [exchange for some in answers for exchange in some]
    for some in answers:
        if all(exchange.ok for exchange in some):
            read_to[some[0].scope] = now
    told = {name: at.isoformat() for name, at in sorted(read_to.items())}
    client.lake.write(path, json.dumps(told).encode())


def backfill(client: Client, start: date, end: date) -> Iterator[list[Exchange]]:
    """What was between two UTC dates, both included."""
    owned = client.owned()
    yield [owned]
    for first, behind in months(start, end):
        now = datetime.now(UTC)
        path = f"{FOLDER}/backfill/{first:%Y-%m-%d}_{behind:%Y-%m-%d}.json"
        done = set(_read(client, path).get("points", ()))
        missing = [point for point in points(owned) if point.id not in done]
        if first > now or not missing:
            continue
        ask = partial(_sessions, client, start=first - LONGEST, end=behind)
        answers = at_once(ask, missing)
        yield answers
        if behind <= now:
            done |= {exchange.scope for exchange in answers if exchange.ok}
            client.lake.write(path, json.dumps({"points": sorted(done)}).encode())


def pieces(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """A stretch of time in windows of at most `MOST` that overlap by `LONGEST`."""
    found = []
    while end - start > MOST:
        found.append((start, start + MOST))
        start += MOST - LONGEST
    return [*found, (start, end)]


def _sessions(client: Client, point: Point, start: datetime, end: datetime) -> Exchange:
    what, path = ("sessions", "chargingsessions", point.id), client.sessions_path(point.id)
    params = {"startTime": _text(start), "endTime": _text(end)}
    return client.ask(what, path, is_list, params=params)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _read(client: Client, path: str) -> dict[str, Any]:
    """What a progress file says; nothing where there is none."""
    try:
        with client.lake.filesystem.open_input_stream(client.lake.absolute(path)) as stream:
            saved: dict[str, Any] = json.loads(stream.readall())
    except FileNotFoundError:
        return {}
    return saved
