"""Finds the process of the PostgreSQL server of a data folder, and what it needs.

The pid file is not enough: a killed server leaves it, and its number may now belong to another
process or to a zombie.
"""

from __future__ import annotations

import errno
import hashlib
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Server:
    """A running server: its process and its port."""

    pid: int
    port: int


def find(data: Path) -> Server | None:
    """The server that runs, or starts, or recovers, on this data; None where there is none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        server = Server(pid=int(lines[0]), port=int(lines[3]))
    except (FileNotFoundError, IndexError, ValueError):  # none, or it is being written
        return None
    return server if serves(server.pid, data) else None


def serves(pid: int, data: Path) -> bool:
    """Whether the process was started on this data. A zombie has no command line any more."""
    try:
        return str(data) in psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # gone, or somebody else's
        return False


def title(data: Path) -> str:
    """The setting `cluster_name`, which the server's child processes show in their command line. A
    container's root may read that, but not the working directory of another user's process."""
    return "wattstar-" + hashlib.sha256(str(data).encode()).hexdigest()[:16]


def end_orphans(data: Path) -> None:
    """End the children of a killed server: they continue their queries and keep its memory."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # gone, or somebody else's
            if " ".join(process.cmdline()).startswith(f"postgres: {title(data)}: "):
                process.send_signal(signal.SIGQUIT)


def bindable(port: int) -> int | None:
    """The port of 127.0.0.1 if a server can use it (0: any free one); None where another process
    has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == 0:
                raise
            return None
        return int(probe.getsockname()[1])
