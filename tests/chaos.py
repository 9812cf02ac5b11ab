"""Random schedules with kills, against a fixed set of raw files: `python -m tests.chaos`.

A schedule lets the files of all four sources arrive in a random order, as polls do, and runs load,
build, replay, forget and maintain between them, each as a process of its own. Some are killed with
SIGKILL at a random moment, and so is the database. At the end everything is loaded and built once
more, and every table of `typed` and `marts` must be, row for row, that of the undisturbed build.

What a schedule does follows from its seed; where a kill strikes does not.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.sandbox import Options
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors.sandboxes import prepare, running, sandbox_settings
from extract.warehouse.embedded.postgres import EmbeddedPostgres
from tests.integration.warehouse import WATTSTAR, environment, tables

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FLEET = Options(now=NOW, scale=0.02, zaptec_chargers=4, zaptec_history_days=20, zaptec_rate=0)
KEY = "a key for the chaos"
KILLED = 0.35  # of the commands
COMMANDS = 9  # of a schedule, beside what arrives


def make_files(home: Path) -> Settings:
    """A lake with some dates of every source, from the sandbox."""
    settings = Settings(_env_file=None, home=home, pseudonym_key=KEY)
    with running(FLEET) as sandbox:
        where = sandbox_settings(settings, sandbox)
        for number in range(24):
            sandbox.set_clock(NOW - timedelta(hours=2 * number))
            poll.poll(where, "chargecloud")
        sandbox.set_clock(NOW)
        backfill.backfill(where, "zaptec", (NOW - timedelta(days=20)).date(), NOW.date())
        poll.poll(where, "zaptec", ["assets", "state"])
        poll.poll(where, "chargeamps", once=True)
        prepare(where, "ocpp", NOW - timedelta(days=2), NOW)
        poll.poll(where, "ocpp")
    return settings


def somebody(settings: Settings) -> str:
    """The pseudonym of somebody who has charged."""
    lake = Lake(settings.lake_url)
    for partition, files in raw.partitions(lake, "zaptec").items():
        if partition.stream == "sessions":
            for file in files:
                for body in lake.read(file.path, ["body"])["body"].to_pylist():
                    if body and (at := body.find(b"p_")) >= 0:
                        return body[at : at + 34].decode()
    raise RuntimeError("the sandbox has no session of anybody")


class Schedule:
    """One schedule in a home of its own."""

    def __init__(self, seed: int, home: Path, files: Path, person: str) -> None:
        self.random = random.Random(seed)
        self.settings = Settings(_env_file=None, home=home, pseudonym_key=KEY)
        self.home, self.lake, self.person = home, Path(self.settings.lake_url), person
        self.source, self.log = files, list[str]()
        self.waiting = sorted(
            path.relative_to(files) for path in (files / "raw").rglob("*.parquet")
        )
        self.random.shuffle(self.waiting)
        Pseudonyms(self.settings, "zaptec")  # leaves the key's mark in the lake

    def run(self) -> None:
        """Everything arrives; commands run between, some to their end."""
        parts = max(1, len(self.waiting) // COMMANDS)
        while self.waiting:
            self.arrive(self.random.randint(1, 2 * parts))
            self.command(self.chosen(), may_be_killed=True)
            if self.random.random() < 0.1:
                self.kill_database()
        self.command(["forget", "zaptec", self.person], may_be_killed=False)
        for last in (["load"], ["build"]):
            self.command(last, may_be_killed=False)

    def arrive(self, count: int) -> None:
        """Some files land, whole, as `Lake.write` lets them appear."""
        for path in [self.waiting.pop() for _ in range(min(count, len(self.waiting)))]:
            target = self.lake / path
            target.parent.mkdir(parents=True, exist_ok=True)
            part = self.lake / ".tmp" / path.name
            part.parent.mkdir(exist_ok=True)
            shutil.copyfile(self.source / path, part)
            part.rename(target)
        self.log.append(f"{count} files arrive")

    def chosen(self) -> list[str]:
        day = (NOW - timedelta(days=self.random.randint(0, 3))).date().isoformat()
        return self.random.choice(
            [
                *(["load"], ["load"], ["load"], ["build"], ["build"], ["maintain"]),
                ["replay", "--from", day, "--to", day],
                ["forget", "zaptec", self.person],
            ]
        )

    def command(self, arguments: list[str], *, may_be_killed: bool) -> None:
        """Run a command as a person does; perhaps kill it with all that it has started."""
        process = subprocess.Popen(
            [WATTSTAR, *arguments],
            env=environment(self.home, WATTSTAR_PSEUDONYM_KEY=KEY),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if may_be_killed and self.random.random() < KILLED:
            after = self.random.uniform(0.2, 8)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(after)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                self.log.append(f"{' '.join(arguments)}: killed after {after:.1f} s")
                return
        out, errors = process.communicate()
        self.log.append(f"{' '.join(arguments)}: {process.returncode}")
        if process.returncode and not may_be_killed:
            raise RuntimeError(f"{self.log}\n{out}\n{errors}")

    def kill_database(self) -> None:
        """Kill the postmaster, if it runs, or start it for that."""
        postgres = EmbeddedPostgres(self.home, None)
        with contextlib.suppress(Exception), postgres.running():
            if server := postgres.server():
                os.kill(server.pid, signal.SIGKILL)
                self.log.append("the database is killed")


def digests(settings: Settings) -> dict[str, str]:
    """Table → digest of its rows, in an order of their own."""
    found = tables(settings)
    found.pop("ops.ledger")  # a compaction changes the number of files
    return {name: hashlib.sha256(repr(rows).encode()).hexdigest() for name, rows in found.items()}


def undisturbed(home: Path, files: Path, person: str) -> dict[str, str]:
    """All files at once, loaded and built once, without the person."""
    schedule = Schedule(0, home, files, person)
    schedule.arrive(len(schedule.waiting))
    schedule.run()
    return digests(schedule.settings)


def schedules(first: int, count: int) -> Iterator[tuple[int, list[str], list[str]]]:
    """(seed, tables that differ, what was done) of each schedule."""
    with tempfile.TemporaryDirectory() as scratch:
        files = make_files(Path(scratch) / "files")
        person, lake = somebody(files), Path(files.lake_url)
        expected = undisturbed(Path(scratch) / "undisturbed", lake, person)
        for seed in range(first, first + count):
            home = Path(scratch) / str(seed)
            schedule = Schedule(seed, home, lake, person)
            schedule.run()
            found = digests(schedule.settings)
            names = sorted(expected.keys() | found.keys())
            differ = [name for name in names if expected.get(name) != found.get(name)]
            shutil.rmtree(home)
            yield seed, differ, schedule.log


def main() -> int:
    """Run the schedules; 0 if every one ended with the undisturbed tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule")
    given = parser.parse_args()
    bad, started = 0, time.monotonic()
    for seed, differ, log in schedules(given.seed, given.schedules):
        bad += bool(differ)
        outcome = f"differs: {', '.join(differ)}" if differ else "the same tables"
        print(f"schedule {seed}: {outcome}")
        print(f"    {'; '.join(log)}", flush=True)
    took = time.monotonic() - started
    good = given.schedules - bad
    print(f"{good} of {given.schedules} schedules gave the same tables, {took:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
