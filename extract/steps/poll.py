"""`wattstar poll`: ask a vendor, and land every answer as it comes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from extract.errors import UnknownNameError
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors import about, poller


@dataclass
class PollResult:
    """What one poll brought. `exchanges`: how many answers (or messages of a log) have landed, good
    and failed ones. `files`: the raw files, relative to the lake. `failed`: a line for each request
    that gave no good answer."""

    source: str
    exchanges: int = 0
    files: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every scope was answered."""
        return not self.failed


def poll(
    settings: Settings,
    source: str,
    streams: Collection[str] | None = None,
    *,
    once: bool = False,
) -> PollResult:
    """Ask a vendor, for all of its streams or for these, and land what comes as it comes, the
    failures too. `once`: take a single sample where a stream samples a window of time.

    Needs the lake and nothing else. UnknownNameError where there is no such source or stream.
    """
    known = {stream.name: stream for stream in about(source).streams}
    if unknown := set(streams or ()) - set(known):
        raise UnknownNameError(
            f"{source} has no stream {', '.join(sorted(unknown))}; it has {', '.join(known)}"
        )
    wanted = streams or tuple(known)
    options = {"once": True} if once and any(known[name].samples for name in wanted) else {}
    landing = Landing(Lake(settings.lake_url))
    poller(source).poll(settings, wanted, landing, **options)
    return result_of(source, landing)


def result_of(source: str, landing: Landing) -> PollResult:
    """What has landed, as the step's result."""
    return PollResult(source, landing.answers, landing.files, landing.failed)
