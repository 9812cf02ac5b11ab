"""The other sources from raw to tested marts: `python -m tests.benchmarks.sources [zaptec|ocpp]`.

Zaptec: 100,000 sessions with their energy details. OCPP: a log of 1.4 million messages. Each step
runs as a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from extract.lake import raw
from extract.lake.files import Lake
from extract.sandbox import Options
from extract.settings import Settings
from extract.steps import backfill, load, poll
from extract.vendors.sandboxes import running, sandbox_settings
from tests.benchmarks.__main__ import command

NOW = datetime(2026, 3, 10, tzinfo=UTC)
FLEET = Options(now=NOW, zaptec_chargers=200, zaptec_history_days=840, zaptec_rate=0)


def zaptec(home: Path) -> None:
    """Two and a quarter years of 200 chargers."""
    settings = Settings(_env_file=None, home=home)
    with running(FLEET) as sandbox:
        start = datetime(2023, 12, 1, tzinfo=UTC).date()
        backfill.backfill(sandbox_settings(settings, sandbox), "zaptec", start, NOW.date())
        poll.poll(sandbox_settings(settings, sandbox), "zaptec", ["assets"])
    took = _load_and_build(settings)
    rows, flat = _flatten(settings, "sessions")
    print(f"{rows:,} sessions; raw to marts: {rows / took:,.0f} a second")
    print(f"flatten alone: {rows / flat:,.0f} a second")


def ocpp(home: Path, log: Path) -> None:
    """A log, wherever it is from."""
    settings = Settings(_env_file=None, home=home, ocpp_inbox=str(log))
    started = time.perf_counter()
    rows = poll.poll(settings, "ocpp").exchanges
    took = time.perf_counter() - started
    print(f"{rows:,} messages; poll {took:.1f} s, {rows / took:,.0f} messages/s")
    took = _load_and_build(settings)
    _, flat = _flatten(settings, "ocpp_messages")
    print(f"raw to marts: {rows / took:,.0f} a second; flatten alone: {rows / flat:,.0f} a second")


def _load_and_build(settings: Settings) -> float:
    """Seconds. First of all that needs memory: a child's peak is at least what its parent had."""
    started = time.perf_counter()
    command(settings, "load")
    command(settings, "build", "--full")
    return time.perf_counter() - started


def _flatten(settings: Settings, table: str) -> tuple[int, float]:
    """Rows of a table, and seconds, in this process."""
    lake, rows = Lake(settings.lake_url), 0
    started = time.perf_counter()
    for partition, files in raw.partitions(lake).items():
        rows += load.flatten(lake, partition, files)[table].num_rows
    return rows, time.perf_counter() - started


def main() -> None:
    """What is named, or both; a log of your own may be named after `ocpp`."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    with tempfile.TemporaryDirectory() as scratch:
        if wanted in ("zaptec", "all"):
            zaptec(Path(scratch) / "zaptec")
        if wanted in ("ocpp", "all"):
            log = Path(sys.argv[2]) if len(sys.argv) > 2 else _log(Path(scratch) / "inbox")
            ocpp(Path(scratch) / "ocpp", log)


def _log(folder: Path) -> Path:
    from extract.vendors.ocpp import sandbox

    sandbox.write(folder, sandbox.Options(charge_points=120), datetime(2026, 2, 1, tzinfo=UTC), NOW)
    return folder


if __name__ == "__main__":
    main()
