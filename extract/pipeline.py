"""The steps of a day, as the command line and the DAGs call them: poll, load, build, docs, digest.

Each step takes settings and gives a result with `ok` and `as_dict()`; none holds a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from extract.digest import Digest, digest
from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.load import loader
from extract.load.loader import LoadResult, Scope
from extract.settings import Settings
from extract.transform import BuildResult, build, docs
from extract.vendors import STREAMS, vendor

__all__ = [
    "BuildResult",
    "Digest",
    "LoadResult",
    "PollResult",
    "backfill",
    "build",
    "digest",
    "docs",
    "load",
    "poll",
]

Say = Callable[[str], None]


@dataclass
class PollResult:
    """What one poll brought; `exchanges` are answers, or messages of a log. `failed`: a line per
    request that gave no good answer."""

    source: str
    exchanges: int = 0
    files: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every scope was answered."""
        return not self.failed

    def as_dict(self) -> dict:
        """For JSON."""
        return {"ok": self.ok, **self.__dict__}


def poll(settings: Settings, source: str, streams: Collection[str] | None = None) -> PollResult:
    """Ask a vendor, for all of its streams or for these, and land what comes as it comes, the
    failures too. Needs the lake and nothing else."""
    known = STREAMS.get(source, {})
    if unknown := set(streams or ()) - set(known):
        raise ValueError(f"{source} has no stream {', '.join(sorted(unknown))}: {', '.join(known)}")
    return _landed(settings, source, vendor(source).poll(settings, streams or tuple(known)))


def backfill(settings: Settings, source: str, start: date, end: date) -> PollResult:
    """Fetch and land a vendor's history between two UTC dates, both included. Stopped half-way,
    it goes on where it was when it is told again."""
    fetch = getattr(vendor(source), "backfill", None)
    if fetch is None:
        raise ValueError(
            f"{source} answers only for the present, so there is no history to fetch; what has "
            "landed can be loaded again with: wattstar replay"
        )
    return _landed(settings, source, fetch(settings, start, end))


def _landed(
    settings: Settings, source: str, batches: Iterable[list[Exchange] | raw.Rows | str]
) -> PollResult:
    lake, result = Lake(settings.lake_url), PollResult(source)
    for batch in batches:
        if isinstance(batch, str):
            result.failed.append(batch)
            continue
        if isinstance(batch, raw.Rows):
            result.files.append(raw.land_rows(lake, batch))
            result.exchanges += batch.table.num_rows
            continue
        result.files += raw.land(lake, batch)
        result.exchanges += len(batch)
        result.failed += [
            f"{exchange.scope}: {exchange.error} after {exchange.attempts} attempts"
            for exchange in batch
            if not exchange.ok
        ]
    return result


def load(
    settings: Settings,
    *,
    source: str | None = None,
    start: date | None = None,
    end: date | None = None,
    replay: bool = False,
    say: Say = lambda text: None,
) -> LoadResult:
    """Load what is dirty, of all sources and dates or of those given (both dates included);
    `replay` takes up what is clean as well."""
    return loader.load(settings, Scope(source, start, end, again=replay), say)
