"""The steps of a day, as the command line and the DAGs call them: poll, load, build, docs, digest.

Each step takes settings and gives a result with `ok` and `as_dict()`; none holds a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from extract.digest import Digest, digest
from extract.lake import raw
from extract.lake.files import Lake
from extract.load import loader
from extract.load.loader import LoadResult, Scope
from extract.settings import Settings
from extract.transform import BuildResult, build, docs
from extract.vendors import vendor

__all__ = [
    "BuildResult",
    "Digest",
    "LoadResult",
    "PollResult",
    "build",
    "digest",
    "docs",
    "load",
    "poll",
]

Say = Callable[[str], None]


@dataclass
class PollResult:
    """What one poll brought. `failed`: a line per scope that gave no good answer."""

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


def poll(settings: Settings, source: str) -> PollResult:
    """Ask a vendor once and land what came, the failures too. Needs the lake and nothing else."""
    exchanges = vendor(source).poll(settings)
    files = raw.land(Lake(settings.lake_url), exchanges)
    failed = [
        f"{exchange.scope}: {exchange.error} after {exchange.attempts} attempts"
        for exchange in exchanges
        if not exchange.ok
    ]
    return PollResult(source, len(exchanges), files, failed)


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
