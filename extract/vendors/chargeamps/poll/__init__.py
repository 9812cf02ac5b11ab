"""Poll Charge Amps; the streams are described in the package above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.chargeamps.fields import PERSON_FIELDS
from extract.vendors.chargeamps.poll import history, sampler
from extract.vendors.chargeamps.poll.client import Client, at_once
from extract.vendors.chargeamps.poll.fleet import Fleet, survey
from extract.vendors.chargeamps.poll.ticks import Clock

__all__ = ["PERSON_FIELDS", "backfill", "poll"]


def poll(
    settings: Settings, streams: Collection[str], land: Landing, *, once: bool = False
) -> None:
    """Ask for these streams: status first, whose time is fixed; `once`: with a single sample and
    not a window of them. AccessError where the login is refused, PseudonymKeyError where the key
    has changed: then nothing has landed."""
    client = Client(settings)
    client.log_in()
    if "status" in streams:
        sampler.sample(client, settings, Clock(), land, once=once)
    if not {"assets", "sessions"} & set(streams):
        return
    fleet = _fleet(client, land)
    if "assets" in streams:
        land(at_once(lambda connector: client.settings(*connector), fleet.connectors))
    if "sessions" in streams:
        history.recent(client, fleet, land)


def backfill(settings: Settings, start: date, end: date, land: Landing) -> None:
    """Land the sessions between two UTC dates, both included. Errors as of `poll`."""
    client = Client(settings)
    client.log_in()
    history.backfill(client, _fleet(client, land), land, start, end)


def _fleet(client: Client, land: Landing) -> Fleet:
    fleet, exchanges = survey(client)
    land(exchanges)
    return fleet
