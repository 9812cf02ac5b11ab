"""Processes that start together and are stopped together, with all of their descendants.

Each runs in its own session. So Ctrl-C in a terminal reaches only this process, and descendants can
be found by their session even when their parents are gone. If this process is killed, a small
guardian process stops them all: it sees its standard input end.

    python -m extract.local.services    the guardian: a session's number per line of standard input
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from extract.errors import WattstarError

PATIENCE = 3.0  # seconds to end by itself after SIGTERM
CLEAN_UP = 5.0  # seconds for a parent to record that its child was killed
LAST_LINES = 25


class ServiceError(WattstarError):
    """A service ended on its own; the text has the last lines of its log."""


@dataclass
class Service:
    """A running process and the file that takes its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Services:
    """The services of one `with services(…)` block."""

    logs: Path
    guardian: subprocess.Popen[bytes]
    running: list[Service] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        """Start a process; its output is appended to `<logs>/<name>.log`."""
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(Service(name, process, log))
        assert self.guardian.stdin is not None
        self.guardian.stdin.write(f"{process.pid}\n".encode())
        self.guardian.stdin.flush()

    def check(self) -> None:
        """ServiceError where a service has ended."""
        for service in self.running:
            status = service.process.poll()
            if status is not None:
                raise ServiceError(
                    f"{service.name} ended with status {status}; its log {service.log} ends with:\n"
                    + last_lines(service.log)
                )

    def stop(self) -> None:
        """Stop all but the first service together, then the first, which the others use until they
        end."""
        for group in (self.running[1:], self.running[:1]):
            stop_sessions([service.process.pid for service in group])
            for service in group:
                service.process.wait()


@contextmanager
def services(logs: Path) -> Iterator[Services]:
    """Services that stop at the end of the block, also after an exception, SIGTERM or `kill -9`."""
    logs.mkdir(parents=True, exist_ok=True)
    guardian = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, start_new_session=True
    )
    started = Services(logs, guardian)
    try:
        with signal_as(signal.SIGTERM, _leave):
            yield started
    finally:
        with signal_as(signal.SIGTERM, _ignore), signal_as(signal.SIGINT, _ignore):
            started.stop()
            assert guardian.stdin is not None
            guardian.stdin.close()
            guardian.wait()


Handler = Callable[[int, FrameType | None], None]


def _leave(number: int, _frame: FrameType | None) -> None:
    """End on SIGTERM by an exception, so that every `finally` runs."""
    raise SystemExit(128 + number)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Ignore a second signal: stopping takes seconds."""


@contextmanager
def signal_as(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Handle a signal for the length of a block, where this thread can (the main thread)."""
    try:
        before = signal.signal(number, handler)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(number, before)


def stop_sessions(sessions: Collection[int]) -> None:
    """Stop every process of these sessions.

    First the leaders are asked. What is still busy then is killed from below, so that a parent
    can record that its child is gone (Airflow marks the task for a retry); the rest at last.
    """
    leaders = [process for process in members(sessions) if process.pid in sessions]
    _send(leaders, signal.SIGTERM)
    psutil.wait_procs(leaders, PATIENCE)
    busy = _busy(sessions)
    _send(busy, signal.SIGKILL)
    if busy and _ended(sessions, CLEAN_UP):
        return
    _send(members(sessions), signal.SIGKILL)
    _ended(sessions, CLEAN_UP)


def members(sessions: Collection[int]) -> list[psutil.Process]:
    """The living processes of these sessions."""
    found = []
    for process in psutil.process_iter():
        with suppress(
            ProcessLookupError, PermissionError, psutil.NoSuchProcess
        ):  # gone, or not ours
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _busy(sessions: Collection[int]) -> list[psutil.Process]:
    """The processes that run and have started no other."""
    everyone = members(sessions)
    parents = {process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    return [one for one in everyone if one.pid not in parents and one.pid not in sessions]


def _send(processes: Collection[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _ended(sessions: Collection[int], within: float) -> bool:
    """Whether all processes of the sessions end in time."""
    deadline = time.monotonic() + within
    while members(sessions):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def main() -> None:
    """Run the guardian."""
    sessions = [int(line) for line in sys.stdin]
    stop_sessions(sessions[1:])
    stop_sessions(sessions[:1])


if __name__ == "__main__":
    main()
