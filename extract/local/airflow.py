"""Airflow on this machine: the scheduler, the DAG processor and the UI, on loopback.

Its settings are environment variables of its processes. Its secrets are files in `<home>/airflow`
that only their owner can read. Its state is in a Postgres database.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from extract.local.airflow_api import AirflowApi, AirflowError
from extract.local.services import Services, last_lines, services
from extract.settings import PROJECT, Settings
from extract.vendors import SOURCES, all_about, settings_of

DAGS = PROJECT / "dags"
USERNAME = "admin"
POOLS = tuple((source.name, source.pool.slots, source.pool.meaning) for source in all_about())
"""Airflow's pools: name, slots, description; one per source."""

AIRFLOW = (sys.executable, "-m", "airflow")
COMMANDS = {  # in the order of starting; without log servers, which would listen on all interfaces
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}


@dataclass
class AirflowStack:
    """Airflow. `home`: Wattstar's. `metadata_url`: a postgresql:// database for Airflow alone.
    `env`: environment variables for the tasks (WATTSTAR_…). Port 0 takes a free one."""

    home: Path
    metadata_url: str = field(repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    dags: Path = DAGS
    port: int = 0

    @property
    def airflow_home(self) -> Path:
        """Airflow's folder: logs, secrets."""
        return self.home / "airflow"

    @contextmanager
    def running(self, say: Callable[[str], None] = lambda text: None) -> Iterator[AirflowApi]:
        """Airflow runs inside the block, healthy and with its pools.

        Raises ServiceError or AirflowError where it does not start, or when a service ends on its
        own.
        """
        self.airflow_home.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = _secrets(self.airflow_home)
        port = self.port or free_port()
        env = {**os.environ, **self.env, **self._settings(made, port)}
        url = f"http://127.0.0.1:{port}"
        with services(self.airflow_home / "logs") as started:
            say("Airflow: preparing its database")
            self._migrate(env)
            say("Airflow: starting the scheduler, the DAG processor and the UI")
            api = AirflowApi(url, USERNAME, made["password"], started.check, datetime.now(UTC))
            with closing(api):
                self._start(started, env)
                api.wait_until_healthy()
                for pool in POOLS:
                    api.set_pool(*pool)
                say(f"Airflow: ready at {url}")
                yield api

    def _start(self, started: Services, env: Mapping[str, str]) -> None:
        for name, command in COMMANDS.items():
            started.start(name, [*AIRFLOW, *command], env, self.airflow_home)

    def _migrate(self, env: Mapping[str, str]) -> None:
        """Create or upgrade the database, unless this version of Airflow has done so before."""
        mark = self.airflow_home / "migrated.json"
        now = [version("apache-airflow-core"), _revision(self.metadata_url)]
        if mark.exists() and json.loads(mark.read_text()) == now:
            return
        log = self.airflow_home / "logs" / "migrate.log"
        with log.open("ab") as output:
            done = subprocess.run(
                [*AIRFLOW, "db", "migrate"],
                env=env,
                cwd=self.airflow_home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise AirflowError(f"Airflow's database cannot be prepared; {log}:\n{last_lines(log)}")
        mark.write_text(json.dumps([version("apache-airflow-core"), _revision(self.metadata_url)]))

    def _settings(self, made: Mapping[str, str], port: int) -> dict[str, str]:
        """Airflow's configuration: one worker each, quick to start, nothing but loopback."""
        url = f"http://127.0.0.1:{port}"
        loopback = "127.0.0.1,localhost"
        return {
            "AIRFLOW_HOME": str(self.airflow_home),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__FERNET_KEY": made["fernet_key"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USERNAME}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(
                self.airflow_home / "passwords.json"
            ),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # asks no name server
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _sqlalchemy(self.metadata_url),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": made["secret_key"],
            "AIRFLOW__API_AUTH__JWT_SECRET": made["jwt_secret"],
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",  # after a kill -9
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.airflow_home / "logs"),
            "NO_PROXY": loopback,
            "no_proxy": loopback,
            "PYTHONUNBUFFERED": "1",
            "SCARF_ANALYTICS": "false",
            "DO_NOT_TRACK": "1",
        }


def environment(settings: Settings) -> dict[str, str]:
    """The settings that were set, of all sources, as environment variables for the tasks. Only
    those, because a source is in use when its settings are set. Holds secrets in clear."""
    given = {**_set(settings), "home": settings.home}
    for source in SOURCES:
        own = _set(settings_of(settings, source))
        given |= {f"{source}_{name}": value for name, value in own.items()}
    return {
        f"WATTSTAR_{name.upper()}": value.get_secret_value()
        if isinstance(value, SecretStr)
        else str(value)
        for name, value in given.items()
    }


def _set(settings: BaseSettings) -> dict[str, Any]:
    """The settings that were set to a value."""
    return settings.model_dump(exclude_none=True, exclude_unset=True)


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _secrets(folder: Path) -> dict[str, str]:
    """Airflow's keys and the admin's password, by name, made at the first start. Airflow reads the
    password from a file of its own, `passwords.json`."""
    path = folder / "secrets.json"
    if not path.exists():
        made = {
            "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt_secret": secrets.token_urlsafe(64),
            "secret_key": secrets.token_urlsafe(32),
            "password": secrets.token_urlsafe(12),
        }
        _write_private(folder / "passwords.json", {USERNAME: made["password"]})
        _write_private(path, made)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _write_private(path: Path, content: Mapping[str, str]) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(dict(content), file)
    part.replace(path)


def _sqlalchemy(url: str) -> str:
    """The URL as SQLAlchemy needs it, with the name of the driver."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else url


def _revision(url: str) -> str | None:
    """The state of Airflow's tables; None where there are none."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        try:
            cursor.execute("select version_num from alembic_version")
        except psycopg2.errors.UndefinedTable:
            return None
        row = cursor.fetchone()
        return str(row[0]) if row else None
