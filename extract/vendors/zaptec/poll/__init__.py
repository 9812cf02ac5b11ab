"""Poll Zaptec; the streams are described in the package above."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import date

from extract.http import AccessError, trace
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.zaptec.fields import PERSON_FIELDS
from extract.vendors.zaptec.poll import assets, history
from extract.vendors.zaptec.poll.client import Client

__all__ = ["PERSON_FIELDS", "backfill", "poll"]

_log = logging.getLogger("wattstar")
_STREAMS: dict[str, Callable[[Client, Landing], object]] = {
    "state": assets.poll_state,
    "assets": assets.poll_assets,
    "sessions": history.recent,
}


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Ask for these streams. AccessError where the login is refused, PseudonymKeyError where the
    key has changed: then nothing was asked and nothing landed. OSError where the lake cannot be
    written. Any other error of one stream does not stop the others."""
    client = Client(settings)
    client.log_in()
    for stream, read in _STREAMS.items():
        if stream in streams:
            try:
                read(client, land)
            except (AccessError, OSError):
                raise
            except Exception as error:
                _log.error("zaptec/%s %s", stream, trace(error))
                land.missing(f"{stream}: Wattstar failed ({type(error).__name__}); see the log")


def backfill(settings: Settings, start: date, end: date, land: Landing) -> None:
    """Fetch the sessions between two UTC dates, both included. Errors as of `poll`."""
    client = Client(settings)
    client.log_in()
    history.backfill(client, land, start, end)
