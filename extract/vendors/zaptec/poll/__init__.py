"""Poll Zaptec; the streams are described in the package above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from extract.http import Exchange
from extract.settings import Settings
from extract.vendors.zaptec.poll import client, history
from extract.vendors.zaptec.poll.redact import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "backfill", "poll"]


def poll(settings: Settings, streams: Collection[str]) -> Iterator[list[Exchange]]:
    """Ask for these streams. AccessError where the login is refused, PseudonymKeyError where the
    key has changed: then nothing has been asked for and nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "state" in streams:
        yield from client.state(asking)
    if "assets" in streams:
        yield from client.assets(asking)
    if "sessions" in streams:
        yield from history.recent(asking)


def backfill(settings: Settings, start: date, end: date) -> Iterator[list[Exchange]]:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    yield from history.backfill(asking, start, end)
