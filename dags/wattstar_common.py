"""What the DAGs share: the lake's assets, how failures are retried, and the settings of a task.

While a DAG file is read only the names of the sources are imported of `extract`; tasks import what
they use.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import Asset, Connection, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowNotFoundException
from pydantic import ValidationError

from extract.vendors import all_about, streams

if TYPE_CHECKING:
    from extract.about import About
    from extract.settings import Settings


def alert(context: dict) -> None:
    """Send an alert when a task has failed for good, with everything else that needs a person
    (see extract/steps/alert.py). A task that will be retried sends none."""
    from extract.errors import WattstarError
    from extract.steps import alert as step
    from extract.steps.health import Problem
    from extract.steps.status import status

    task = context["task_instance"]
    where = f"{task.dag_id}.{task.task_id}"
    problems = [Problem("task_failed", where, "the task failed", f"look at the log of {where}")]
    try:
        problems += status(settings()).problems
    except WattstarError as error:
        problems.append(Problem("warehouse", "warehouse", str(error), "start the server"))
    step.tell(settings(), problems)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULTS = {
    "owner": "wattstar",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "on_failure_callback": alert,
    # A lost server comes back; a wrong setting stays wrong.
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(ValidationError, RetryAction.FAIL, reason="a setting is wrong")],
        default=RetryAction.RETRY,
    ),
}


def lake(source: str) -> Asset:
    """What has landed of a source. Its event triggers the DAG that loads it."""
    return Asset(f"wattstar://lake/{source}")


def is_due(every: timedelta, now: datetime, asked_at: Iterable[datetime]) -> bool:
    """Whether nothing was requested since the period of `now` began (the hour, the day …) and
    before `now`. What a run has landed itself does not count, so its retries go on."""
    begun = now - (now - EPOCH) % every
    return not any(begun <= at < now for at in asked_at)


def has_turn(here: Settings, source: str, stream: str, now: datetime) -> bool:
    """Whether a stream is due, by what the lake holds of it."""
    from extract.lake import raw
    from extract.lake.files import Lake

    landed = raw.partitions(Lake(here.lake_url), source)
    files = [file for part, files in landed.items() if part.stream == stream for file in files]
    times = (raw.asked_at(file.path) for file in files)
    return is_due(streams(source)[stream], now, (at for at in times if at))


def settings() -> Settings:
    """The settings, from the environment; Airflow connections that exist go first.

    A source's connection has the source's name. `ABOUT.connection` in
    `extract/vendors/<source>/about.py` says which settings it fills. The connection `warehouse`
    (Postgres) is the loader's login.
    """
    from extract.settings import Settings

    values: dict[str, str | None] = {}
    for source in all_about():
        if connection := _connection(source.name):
            given = from_connection(source, connection)
            values |= {f"{source.name}_{name}": value for name, value in given.items()}
    if warehouse := _connection("warehouse"):
        values["warehouse"] = postgres_url(warehouse)
    if smtp := _connection("smtp_default"):
        values["smtp_url"] = smtp_url(smtp)
    return Settings(**{name: value for name, value in values.items() if value})


def from_connection(source: About, connection: Connection) -> dict[str, str | None]:
    """A source's settings from its connection, by their names in its about.py."""
    fills = source.connection
    extra = connection.extra_dejson
    given = {name: extra.get(name) for name in fills.extras}
    if fills.has_url and connection.host:
        given["url"] = base_url(connection)
    if fills.login:
        given |= {fills.login: connection.login, "password": connection.password}
    return given


def _connection(name: str) -> Connection | None:
    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None


def base_url(connection: Connection) -> str:
    """An HTTP connection's base URL, as Airflow's HTTP hook reads it: the protocol is in the host
    or in the schema, else it is http. Any other schema is the path (as in a connection that is
    written as a URL)."""
    host, schema = connection.host or "", connection.schema or ""
    protocol = schema if schema in ("http", "https") else connection.conn_type
    base = host if "://" in host else f"{protocol if protocol == 'https' else 'http'}://{host}"
    port = f":{connection.port}" if connection.port else ""
    path = "" if schema in ("", "http", "https") else f"/{schema}"
    return base + port + path


def smtp_url(connection: Connection) -> str:
    """An SMTP connection as a URL: `smtps`, or `smtp` where its extra has `disable_ssl`."""
    scheme = "smtp" if connection.extra_dejson.get("disable_ssl") else "smtps"
    return f"{scheme}://" + connection.get_uri().split("://", 1)[1].split("?")[0]


def postgres_url(connection: Connection) -> str:
    """A Postgres connection as a URL for libpq; its extra becomes parameters (sslmode …)."""
    return "postgresql://" + connection.get_uri().split("://", 1)[1]
