"""Read OCPP logs from the inbox and land their messages."""

from __future__ import annotations

from collections.abc import Collection

from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.ocpp.poll import inbox
from extract.vendors.ocpp.poll.inbox import has_news
from extract.vendors.ocpp.poll.redact import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "has_news", "poll"]


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Read every file of the inbox that is new. AccessError where there is no inbox."""
    for found in inbox.poll(settings, streams):
        if isinstance(found, str):
            land.missing(found)
        else:
            land.rows(found)
