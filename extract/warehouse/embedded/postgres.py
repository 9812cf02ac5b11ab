"""The embedded PostgreSQL: a real server from a wheel, under `WATTSTAR_HOME/postgres`.

    data/       the cluster (owned by `nobody` where we are root)
    data-17/    a cluster that PostgreSQL 17 made, set aside by a newer version
    roles.json  the passwords, made once (0600)
    port        the port on 127.0.0.1
    users.lock  held shared by everybody who uses the server; the last one out stops it
    start.lock  held by the process that starts or stops it
    server.log

When a process is killed, the kernel releases its locks, and the next process uses the server that
it left running. A killed server recovers when it is started again.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from extract.warehouse.embedded.cluster import (
    ADMIN,
    PostgresError,
    initdb,
    passwords,
    prepare,
    sweep,
)
from extract.warehouse.embedded.postmaster import Server, bindable, end_orphans, find, serves, title
from extract.warehouse.embedded.programs import bundled, raise_open_files
from extract.warehouse.embedded.unprivileged import ClosedError, become_nobody, is_root
from extract.warehouse.embedded.versions import delete_clusters_aside, set_aside, to_stderr

__all__ = ["EmbeddedPostgres", "PostgresError", "Urls"]

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",  # two hundred analysts, Airflow and the loader
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "minimal",  # nobody replicates it; new tables then cost an eighth of the log
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DEADLINE = 60.0  # seconds to start (after a crash it recovers first) or to stop
RETRY = 5.0  # a killed server's children hold its memory for a while; a new one then ends at once
TURN = 0.02
PAUSE = 0.3  # between two attempts: a server that a killed process has launched shows meanwhile


@dataclass(frozen=True)
class Urls:
    """postgresql:// addresses with their passwords: `admin`, `loader` and `analyst` of database
    wattstar, `airflow` of Airflow's own."""

    admin: str
    loader: str
    analyst: str
    airflow: str


class EmbeddedPostgres:
    """The server of one home. `bin_dir`: the programs of another PostgreSQL. `say` gets a line for
    the user, when a cluster of another major version is set aside."""

    def __init__(
        self, home: Path, bin_dir: Path | None = None, say: Callable[[str], None] = to_stderr
    ) -> None:
        self.folder = home.resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._bin = (bin_dir or bundled()).resolve()
        self._settings = {**SETTINGS, "cluster_name": title(self.data)}
        self._port = self.folder / "port"
        self._say = say

    @contextmanager
    def running(self) -> Iterator[Urls]:
        """The server runs inside the block, and as long as another process is in such a block.

        Raises PostgresError where it cannot be started or stopped.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "users.lock").open("a") as users:
            try:
                with self._lock():
                    fcntl.flock(users, fcntl.LOCK_SH)
                    urls = self._start()
                yield urls
            finally:
                with self._lock():
                    if _is_last(users.fileno()):
                        self._stop()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def server(self) -> Server | None:
        """This home's server, if it runs."""
        return find(self.data)

    def delete_set_aside(self) -> list[Path]:
        """Delete the data folders of other versions that were set aside, because they hold personal
        data; returns their paths."""
        with self._lock():
            return delete_clusters_aside(self.data)

    # --- starting and stopping --------------------------------------------------------------

    def _start(self) -> Urls:
        """Make the cluster if there is none, and start the server if it does not run."""
        roles = passwords(self.folder / "roles.json")
        if self.server() is None:
            set_aside(self.data, self._bin / "postgres", self._say)
        if not self.data.exists():
            initdb(self._bin / "initdb", self.data, roles[ADMIN], self._child())
        port = self._answer(roles)
        prepare(partial(_connect, port, roles), roles)
        return _urls(roles, port)

    def _answer(self, roles: dict[str, str]) -> int:
        """Wait until the server answers at a port, and launch it where none runs or starts."""
        started, due = time.monotonic(), 0.0
        launched: subprocess.Popen[bytes] | None = None
        while (port := self._answering(roles)) is None:
            now = time.monotonic()
            is_starting = self.server() or (launched and launched.poll() is None)
            if now - started > (DEADLINE if is_starting or not launched else RETRY):
                raise PostgresError(f"PostgreSQL did not start; {self._last_words()}")
            if not is_starting and now >= due:
                launched = self._launch(again=launched is not None)
                due = now + PAUSE
            time.sleep(TURN)
        return port

    def _launch(self, again: bool) -> subprocess.Popen[bytes]:
        """Start the server's process. PostgreSQL recognises the pid file of a dead server, except
        where another process or a zombie has its number now; so `again` deletes the file."""
        sweep(self.folder)
        raise_open_files()
        if again:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            end_orphans(self.data)
        program, port = str(self._bin / "postgres"), str(self._free_port())
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [program, "-D", str(self.data), "-p", port, *settings],
                **self._child(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is not for the server
            )

    def _child(self) -> dict[str, Any]:
        """How programs are started: as `nobody` where we are root."""
        if not is_root():
            return {}
        try:
            return {"preexec_fn": become_nobody(self._bin / "postgres", self.folder), "cwd": "/"}
        except ClosedError as error:
            raise PostgresError(str(error)) from error

    def _answering(self, roles: dict[str, str]) -> int | None:
        """The server's port if it accepts connections, else None."""
        server = self.server()
        if server is None:
            return None
        try:
            _connect(server.port, roles, ADMIN).close()
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error):
                file = self.folder / "roles.json"
                raise PostgresError(f"{file} is not of this cluster: {error}") from error
            return None
        return server.port

    def _stop(self) -> None:
        """Ask the server to shut down, and wait until it has."""
        deadline = time.monotonic() + DEADLINE
        if server := self.server():
            os.kill(server.pid, signal.SIGINT)
        while server and serves(server.pid, self.data):
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not stop; {self._last_words()}")
            time.sleep(TURN)

    def _last_words(self) -> str:
        words = self.log.read_text(errors="replace").strip().split("\n")[-5:]
        return f"its log {self.log} ends with:\n" + "\n".join(words)

    # --- where it is ------------------------------------------------------------------------

    def _free_port(self) -> int:
        """The port of last time if it is free, else another one, which is remembered."""
        port = int(self._port.read_text()) if self._port.exists() else 0
        deadline = time.monotonic() + PAUSE  # a killed server may not have let go of it yet
        while (free := bindable(port)) is None:
            if time.monotonic() > deadline:
                port = 0
            time.sleep(TURN)
        new = self._port.with_suffix(".new")
        new.write_text(str(free))
        new.rename(self._port)
        return free


def _connect(port: int, roles: dict[str, str], database: str) -> Connection:
    """The superuser's connection to a database."""
    return psycopg2.connect(
        host="127.0.0.1",
        port=port,
        user=ADMIN,
        password=roles[ADMIN],
        dbname=database,
        connect_timeout=5,
    )


def _urls(roles: dict[str, str], port: int) -> Urls:
    def url(role: str, database: str) -> str:
        return f"postgresql://{role}:{roles[role]}@127.0.0.1:{port}/{database}"

    return Urls(
        admin=url(ADMIN, "wattstar"),
        loader=url("wattstar_loader", "wattstar"),
        analyst=url("wattstar_analyst", "wattstar"),
        airflow=url("wattstar_airflow", "airflow"),
    )


def _is_last(users: int) -> bool:
    """Whether no other process holds the lock of the server's users. Releases our own lock."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
