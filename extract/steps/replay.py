"""`wattstar replay`: rebuild the warehouse from raw alone, all of it or the dates given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from extract.settings import Settings
from extract.steps import build, load
from extract.steps.dbt import BuildResult


def replay(
    settings: Settings,
    *,
    source: str | None = None,
    start: date | None = None,
    end: date | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> BuildResult:
    """Load partitions again that are not dirty, as well as those that are, and build what was
    loaded.

    `source`, `start`, `end`: which partitions; UTC dates, both included. Without any of them
    everything is loaded and built. The result is not `ok` if anything is quarantined. Raises
    WarehouseError where the server cannot be used.
    """
    everything = (source, start, end) == (None, None, None)
    loaded = load.load(settings, source=source, start=start, end=end, replay=True, say=say)
    built = build.build(settings, full=everything, say=say)
    if not loaded.ok:
        unreadable = sum(entry.quarantined for entry in loaded.partitions)
        built.ok = False
        built.failures += loaded.failures or [
            f"{unreadable} records or files could not be read: see the table typed.quarantine"
        ]
    return built
