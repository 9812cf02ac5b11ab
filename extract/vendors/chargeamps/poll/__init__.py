"""Poll Charge Amps; the streams are described in the package above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from extract.http import Exchange
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.chargeamps.poll import client, history, sampler
from extract.vendors.chargeamps.poll.redact import PERSON_FIELDS
from extract.vendors.chargeamps.poll.ticks import Clock

__all__ = ["PERSON_FIELDS", "backfill", "poll"]


def poll(
    settings: Settings, streams: Collection[str], land: Landing, *, once: bool = False
) -> None:
    """Ask for these streams: status first, whose time is fixed; `once`: with a single sample and
    not a window of them. AccessError where the login is refused, PseudonymKeyError where the key
    has changed: then nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "status" in streams:
        for answers in sampler.sample(asking, settings, Clock(), once=once):
            land(answers)
    if "assets" in streams:
        for answers in _assets(asking):
            land(answers)
    if "sessions" in streams:
        for answers in history.recent(asking):
            land(answers)


def _assets(asking: client.Client) -> Iterator[list[Exchange]]:
    owned = asking.owned()
    plugs = [(point.id, number) for point in client.points(owned) for number in point.connectors]
    yield [owned, *client.at_once(lambda plug: asking.settings(*plug), plugs)]


def backfill(settings: Settings, start: date, end: date, land: Landing) -> None:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    for answers in history.backfill(asking, start, end):
        land(answers)
