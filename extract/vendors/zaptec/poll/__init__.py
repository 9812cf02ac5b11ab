"""Poll Zaptec; the streams are described in the package above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.zaptec.poll import client, history
from extract.vendors.zaptec.poll.redact import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "backfill", "poll"]


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Ask for these streams. AccessError where the login is refused, PseudonymKeyError where the
    key has changed: then nothing has been asked for and nothing has landed."""
    asking = client.Client(settings)
    asking.log_in()
    if "state" in streams:
        for answers in client.state(asking):
            land(answers)
    if "assets" in streams:
        for answers in client.assets(asking):
            land(answers)
    if "sessions" in streams:
        for answers in history.recent(asking):
            land(answers)


def backfill(settings: Settings, start: date, end: date, land: Landing) -> None:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    asking = client.Client(settings)
    asking.log_in()
    for answers in history.backfill(asking, start, end):
        land(answers)
