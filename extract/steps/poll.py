"""`wattstar poll`: ask a vendor, and land every answer as it comes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from extract.lake.files import Lake
from extract.lake.landing import Landing
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
    landing = Landing(Lake(settings.lake_url))
    poller(source).poll(settings, streams or tuple(known), landing)
    return result_of(source, landing)


def result_of(source: str, landing: Landing) -> PollResult:
    """What has landed, as the step's result."""
    return PollResult(source, landing.answers, landing.files, landing.failed)
