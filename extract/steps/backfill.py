"""`wattstar backfill`: fetch a vendor's history, and land it as it comes."""

from __future__ import annotations

from datetime import date

from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.steps.poll import PollResult, result_of
from extract.vendors import poller


def backfill(settings: Settings, source: str, start: date, end: date) -> PollResult:
    """Fetch and land a vendor's history between two UTC dates, both included. Stopped half-way,
    it goes on where it was when it is told again."""
    fetch = getattr(poller(source), "backfill", None)
    if fetch is None:
        raise ValueError(
            f"{source} answers only for the present, so there is no history to fetch; what has "
            "landed can be loaded again with: wattstar replay"
        )
    landing = Landing(Lake(settings.lake_url))
    fetch(settings, start, end, landing)
    return result_of(source, landing)
