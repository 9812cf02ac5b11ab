"""`wattstar poll`: ask a vendor, and land every answer as it comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.vendors import STREAMS, poller


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
    return land(settings, source, poller(source).poll(settings, streams or tuple(known)))


def land(
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
