"""`wattstar poll`: ask a vendor, and land every answer as it comes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from extract.errors import UnknownNameError, WattstarError
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.lake.state import StateFile
from extract.settings import Settings
from extract.vendors import about, poller

logger = logging.getLogger("wattstar")

if TYPE_CHECKING:
    from extract.vendors.ocpp.poll import Trial


@dataclass
class PollResult:
    """What one poll brought. `exchanges`: how many answers (or messages of a log) have landed, good
    and failed ones. `files`: the raw files, relative to the lake. `failed`: a line for each request
    that gave no good answer, or file that could not be taken. `summary`: what has landed, in the
    source's own words."""

    source: str
    exchanges: int = 0
    files: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    summary: str = ""

    @property
    def text(self) -> str:
        """One line that says what landed."""
        if self.summary:
            return f"{self.source}: {self.summary}"
        good = max(0, self.exchanges - len(self.failed))
        return f"{self.source}: {self.exchanges} answers landed, {good} of them usable"

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
    with noted(source, wanted, landing):
        poller(source).poll(settings, wanted, landing, **options)
    return result_of(source, landing)


@contextmanager
def noted(source: str, streams: Collection[str], landing: Landing) -> Iterator[None]:
    """Note how the poll of these streams ended, for `status`. A fault of the poller itself ends
    its poll alone: it is a failure with its traceback in the log, and what has landed stays. A
    WattstarError (a login that is refused) is noted and raised."""
    try:
        yield
    except WattstarError as error:
        landing.missing(str(error))
        raise
    except Exception as error:
        logger.exception("the poll of %s ended early", source)
        landing.missing(
            f"the poll ended early ({type(error).__name__}); its traceback is in the log. What had "
            "been answered has landed"
        )
    finally:
        for stream in streams:
            _state(landing.lake, source, stream).write({"failures": landing.not_asked})


def last_poll(lake: Lake, source: str, stream: str) -> list[str]:
    """What the newest poll of a stream could not ask for."""
    failures: list[str] = _state(lake, source, stream).read().get("failures", [])
    return failures


def _state(lake: Lake, source: str, stream: str) -> StateFile:
    return StateFile(lake, f"progress/{source}/last_poll-{stream}.json")


def result_of(source: str, landing: Landing) -> PollResult:
    """What has landed, as the step's result."""
    return PollResult(source, landing.answers, landing.files, landing.failed, landing.summary)


def try_file(settings: Settings, source: str, path: Path) -> Trial:
    """The first messages of a log as the inbox would read them; nothing lands. ValueError for a
    source without an inbox, OSError where the file cannot be read."""
    if source != "ocpp":
        raise ValueError(f"--try reads a log of OCPP messages; {source} has none")
    from extract.vendors.ocpp.poll import try_file as tried

    return tried(settings, path)
