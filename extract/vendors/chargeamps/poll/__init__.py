"""Poll Charge Amps; the streams are described in the package above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from extract.http import Exchange
from extract.settings import Settings
from extract.vendors.chargeamps.poll import client, history, sampler
from extract.vendors.chargeamps.poll.redact import PERSON_FIELDS
from extract.vendors.chargeamps.poll.ticks import Clock

__all__ = ["PERSON_FIELDS", "backfill", "poll"]


def poll(settings: Settings, streams: Collection[str]) -> Iterator[list[Exchange]]:
    """Ask for these streams: status first, whose time is fixed. AccessError where the login is
    refused, PseudonymKeyError where the key has changed: then nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "status" in streams:
        yield from sampler.sample(asking, settings, Clock())
    if "assets" in streams:
        yield from _assets(asking)
    if "sessions" in streams:
        yield from history.recent(asking)


def _assets(asking: client.Client) -> Iterator[list[Exchange]]:
    owned = asking.owned()
    plugs = [(point.id, number) for point in client.points(owned) for number in point.connectors]
    yield [owned, *client.at_once(lambda plug: asking.settings(*plug), plugs)]


def backfill(settings: Settings, start: date, end: date) -> Iterator[list[Exchange]]:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    yield from history.backfill(asking, start, end)
