"""`wattstar backfill`: fetch and land a vendor's history."""

from __future__ import annotations

from datetime import date

from extract.errors import WattstarError
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.steps.poll import PollResult, noted, result_of
from extract.vendors import backfiller


class NoHistoryError(WattstarError):
    """The vendor keeps no history that could be fetched."""


def backfill(settings: Settings, source: str, start: date, end: date) -> PollResult:
    """Fetch and land a vendor's history between two UTC dates, both included. After an interruption
    the same call continues where it stopped.

    Raises NoHistoryError where the vendor keeps no history, UnknownNameError where there is no
    source of that name.
    """
    fetch = backfiller(source)
    if fetch is None:
        raise NoHistoryError(
            f"{source} answers only for the present, so there is no history to fetch; what has "
            "landed can be loaded again with: wattstar replay"
        )
    landing = Landing(Lake(settings.lake_url))
    with noted(source, (), landing):
        fetch(settings, start, end, landing)
    return result_of(source, landing)
