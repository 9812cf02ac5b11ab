"""A window of Charge Amps' status that is killed, or asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD
from tests.integration.chargeamps_account import POINTS, landed

pytest_plugins = ["tests.integration.chargeamps_fixtures"]


def process(settings: Settings) -> subprocess.Popen[str]:
    """`wattstar poll` of a long window, once it has spooled some ticks."""
    env = {
        **os.environ,
        "WATTSTAR_HOME": str(settings.home),
        "WATTSTAR_CHARGEAMPS_URL": ChargeAmpsSettings.of(settings).url,
        "WATTSTAR_CHARGEAMPS_EMAIL": EMAIL,
        "WATTSTAR_CHARGEAMPS_PASSWORD": PASSWORD,
        "WATTSTAR_CHARGEAMPS_API_KEY": API_KEY,
        "WATTSTAR_CHARGEAMPS_INTERVAL": "0.5",
        "WATTSTAR_CHARGEAMPS_WINDOW": "315360000",  # ten years
    }
    wattstar = Path(sys.executable).parent / "wattstar"
    before = spooled(settings)
    started = subprocess.Popen(
        [str(wattstar), "poll", "chargeamps", "--stream", "status"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while spooled(settings) < before + 6_000 and started.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return started


def spooled(settings: Settings) -> int:
    """Bytes of the samples that have not landed."""
    folder = settings.home / "chargeamps" / "spool"
    return sum(file.stat().st_size for file in folder.glob("*")) if folder.exists() else 0


def test_a_sampler_that_is_killed_loses_nothing_and_one_that_is_asked_to_end_lands(settings):
    first = process(settings)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=20)
    assert landed(settings) == []
    second = process(settings)
    second.send_signal(signal.SIGTERM)
    said, _ = second.communicate(timeout=20)
    assert spooled(settings) == 0
    rows = landed(settings, "status")
    found = Counter((row["scope"], row["query_time"]) for row in rows)
    assert set(found.values()) == {1}
    ticks = sorted({tick for _, tick in found})
    assert {b - a for a, b in pairwise(ticks)} == {timedelta(seconds=0.5)}
    assert len(found) == len(ticks) * len(POINTS)
    missed = [row for row in rows if row["error"]]
    assert len(missed) < len(rows)  # those while no process was there, if any
    assert second.returncode == bool(missed), said
    files = [file for _, files in raw.partitions(Lake(settings.lake_url)).items() for file in files]
    assert sum("stream=status" in file.path for file in files) == 1


def test_a_sampler_that_is_asked_to_end_has_done_its_work(settings):
    started = process(settings)
    started.send_signal(signal.SIGINT)
    said, _ = started.communicate(timeout=20)
    rows = landed(settings, "status")
    bad = {row["error"] for row in rows if row["error"]}
    assert (started.returncode == 0) == (not bad), said
    assert sum(not row["error"] for row in rows) > len(rows) / 2
