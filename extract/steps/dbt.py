"""Run dbt once in this process, and collect the result of each of its nodes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg2.extensions import parse_dsn

from extract import vendors
from extract.errors import WattstarError
from extract.settings import Settings
from extract.warehouse import fingerprints
from extract.warehouse.database import Warehouse
from extract.warehouse.fingerprints import DBT


def models_fingerprint(settings: Settings) -> str:
    """The fingerprint of what the marts are built by: the dbt project, the vendors' descriptions,
    the schemas."""
    described = [vendors.source_rows(), vendors.status_words()]
    return fingerprints.models_fingerprint(settings, described)


@dataclass
class BuildResult:
    """The result of one dbt invocation. `nodes`: how many nodes by type and outcome: `{"model
    success": 70}`."""

    ok: bool = True
    partitions: list[str] = field(default_factory=list)  # UTC dates; empty: none or all
    full: bool = False
    nodes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0


class DbtError(WattstarError):
    """dbt failed; the text holds its messages."""


def target_folder(settings: Settings) -> Path:
    return settings.home / "dbt"


def invoke(
    settings: Settings,
    warehouse: Warehouse,
    arguments: list[str],
    dates: dict[str, Any],
    target: str = "postgres",
    **variables: Any,
) -> BuildResult:
    """Run dbt in this process for these dates, and read its results."""
    from dbt.cli.main import dbtRunner

    started = time.monotonic()
    places = [
        *("--target-path", str(target_folder(settings)), "--log-path", str(settings.home / "logs")),
        *("--quiet", "--no-use-colors", "--no-version-check"),
    ]
    project = ["--project-dir", str(DBT), "--profiles-dir", str(DBT), "--target", target]
    constant = {"timezone": settings.timezone, **variables}
    with _environment(warehouse, arguments[0]):
        outcome = parse([*project, "--vars", json.dumps(constant)], places)
        if outcome.success:
            command = [*arguments, *project, *places, "--vars", json.dumps(constant | dates)]
            outcome = dbtRunner(manifest=outcome.result).invoke(command)
    result = BuildResult(ok=outcome.success)
    if outcome.exception is not None:
        result.failures.append(f"dbt: {outcome.exception}")
    _read_nodes(outcome.result, result)
    result.seconds = time.monotonic() - started
    return result


def parse(project: list[str], places: list[str]) -> Any:
    """dbt's manifest of the project. dbt parses the whole project again, which takes seconds, when
    a var differs from the last time; so this leaves out the dates to build."""
    from dbt.cli.main import dbtRunner

    return dbtRunner().invoke(["parse", *project, *places])


def _read_nodes(run: Any, result: BuildResult) -> None:
    counts: Counter[str] = Counter()
    for node in getattr(run, "results", None) or ():
        status = str(getattr(node, "status", ""))
        if not hasattr(node, "node"):
            continue
        counts[f"{node.node.resource_type} {status}"] += 1
        message = f"{node.node.name}: {(node.message or status).strip()}"
        if status in ("error", "fail", "runtime error"):
            result.failures.append(message)
        elif status == "warn":
            result.warnings.append(message)
    result.nodes = dict(sorted(counts.items()))


@contextmanager
def _environment(warehouse: Warehouse, command: str) -> Iterator[None]:
    """The environment variables that profiles.yml reads. dbt keeps variables named DBT_ENV_SECRET_…
    out of its logs."""
    place = parse_dsn(warehouse.loader)
    values = {
        "WATTSTAR_PG_HOST": place.get("host", "localhost"),
        "WATTSTAR_PG_PORT": str(place.get("port", 5432)),
        "WATTSTAR_PG_USER": place.get("user", ""),
        "WATTSTAR_PG_DATABASE": place.get("dbname", ""),
        "DBT_ENV_SECRET_WATTSTAR_PG_PASSWORD": place.get("password", ""),
        "PGSSLMODE": place.get("sslmode", os.environ.get("PGSSLMODE", "prefer")),  # libpq's own
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    # dbt writes the command line of its process into run_results.json and its log; that of
    # `wattstar forget` names the person.
    arguments, sys.argv = sys.argv, ["dbt", command]
    try:
        yield
    finally:
        sys.argv = arguments
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
