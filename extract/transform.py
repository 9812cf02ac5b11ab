"""dbt: one invocation per run, for the partitions that were loaded since they were last built.

`ops.ledger` says what those are. When the project's own files change, everything is built anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from extract.lake.schemas import SCHEMA_VERSION
from extract.load import ledger
from extract.load.ledger import Entry
from extract.load.warehouse import Warehouse, exclusive, open_warehouse, prepare
from extract.settings import PROJECT, Settings
from extract.site import front_page
from extract.vendors import reference_rows
from extract.warehouse.reference import write_reference

DBT = PROJECT / "dbt_project"
Say = Callable[[str], None]


@dataclass
class BuildResult:
    """What one dbt invocation came to. `nodes`: how many models, tests … ended how."""

    ok: bool = True
    partitions: list[str] = field(default_factory=list)  # UTC dates; empty: none or all
    full: bool = False
    nodes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict:
        """For JSON."""
        return {**self.__dict__, "seconds": round(self.seconds, 2)}


def build(settings: Settings, *, full: bool = False, say: Say = lambda text: None) -> BuildResult:
    """Build and test what is loaded and not built. A failing test leaves its partitions marked
    as not built, so that the next run takes them up again."""
    started = datetime.now(UTC)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            with exclusive(connection, say):
                result = _build(settings, warehouse, connection, full, say)
                result.seconds = (datetime.now(UTC) - started).total_seconds()
                ledger.record_step(connection, "build", started, result.ok, result.as_dict())
        finally:
            connection.close()
    return result


def _build(
    settings: Settings, warehouse: Warehouse, connection: Connection, full: bool, say: Say
) -> BuildResult:
    models = models_fingerprint(settings)
    entries = list(ledger.read(connection).values())
    todo = [entry for entry in entries if full or entry.built_fingerprint != models]
    if not todo:
        return BuildResult()
    built_before = {entry.built_fingerprint for entry in entries} - {None}
    full = full or built_before != {models}
    days = [] if full else sorted({entry.partition.day for entry in todo})
    write_reference(connection, reference_rows.sources(), reference_rows.status_words())
    say(f"building {'everything' if full else ', '.join(map(str, days))}")
    arguments = [
        "build",
        # A full build leaves out the unit tests: they test the models, not the data. A build of
        # some days also leaves the views alone, which change with the project only.
        *(
            ["--full-refresh", "--exclude-resource-type", "unit_test"]
            if full
            else ["--selector", "partitions"]
        ),
    ]
    result = _invoke(settings, warehouse, arguments, dates_to_build(settings, days))
    result.full, result.partitions = full, [str(day) for day in days]
    if result.ok:
        ledger.mark_built(connection, _as_read(entries, todo), models)
    return result


def _as_read(entries: list[Entry], todo: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry in todo]


def dates_to_build(settings: Settings, days: list[date]) -> dict[str, list[str]]:
    """dbt's vars `partitions` and `business_dates`: no days means all of them.

    What an answer is worth depends on its neighbours across midnight UTC, so a day is built with
    the day before and the day after; business days are those that these UTC dates touch.
    """
    around = sorted({day + timedelta(days=step) for day in days for step in (-1, 0, 1)})
    zone = ZoneInfo(settings.timezone)
    business = set()
    for day in around:
        start = datetime.combine(day, clock(), UTC)
        business |= {
            moment.astimezone(zone).date()
            for moment in (start, start + timedelta(days=1, microseconds=-1))
        }
    return {
        "partitions": [str(day) for day in around],
        "business_dates": [str(day) for day in sorted(business)],
    }


def models_fingerprint(settings: Settings) -> str:
    """Changes with the dbt project, the vendors' descriptions, the typed schemas and the business
    time zone."""
    digest = hashlib.sha256(f"{SCHEMA_VERSION} {settings.timezone}".encode())
    reference = [reference_rows.sources(), reference_rows.status_words()]
    digest.update(json.dumps(reference, sort_keys=True).encode())
    for path in sorted(DBT.rglob("*")):
        inside = path.relative_to(DBT)
        if path.is_file() and inside.parts[0] not in ("target", "logs", "tests"):
            digest.update(f"\n{inside}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def docs(settings: Settings) -> Path:
    """Write dbt's documentation as one page that works offline; returns its path. It tells of the
    models and not of the data: a page of these very models, built, is left as it is."""
    started = datetime.now(UTC)
    page = settings.docs_dir / "dbt" / "index.html"
    mark = _target(settings) / "documented"
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            models = models_fingerprint(settings)
            entries = ledger.read(connection).values()
            is_built = any(entry.built_fingerprint == models for entry in entries)
            wanted = f"{models} {'built' if is_built else 'not built'}"
            result = BuildResult()
            if not (page.exists() and mark.exists() and mark.read_text() == wanted):
                result = _invoke(settings, warehouse, ["docs", "generate", "--static"], {})
                if result.ok:
                    page.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(_target(settings) / "static_index.html", page)
                    mark.write_text(wanted)
            front_page(settings.docs_dir)
            ledger.record_step(connection, "docs", started, result.ok, result.as_dict())
        finally:
            connection.close()
    if not result.ok:
        raise DbtError("dbt docs failed: " + "; ".join(result.failures))
    return page


class DbtError(Exception):
    """dbt could not do what it was asked."""


def _target(settings: Settings) -> Path:
    return settings.home / "dbt"


def _invoke(
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
        *("--target-path", str(_target(settings)), "--log-path", str(settings.home / "logs")),
        *("--quiet", "--no-use-colors", "--no-version-check"),
    ]
    project = ["--project-dir", str(DBT), "--profiles-dir", str(DBT), "--target", target]
    constant = {"timezone": settings.timezone, **variables}
    with _environment(warehouse):
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
    """dbt's manifest of the project. dbt parses all of it anew, for seconds, when a var is another
    one than the last time: so it parses without the dates to build."""
    from dbt.cli.main import dbtRunner

    return dbtRunner().invoke(["parse", *project, *places])


def _read_nodes(run: Any, result: BuildResult) -> None:
    counts: Counter[str] = Counter()
    for node in getattr(run, "results", None) or ():
        status = str(getattr(node, "status", ""))
        if not hasattr(node, "node"):
            continue
        counts[f"{node.node.resource_type} {status}"] += 1
        told = f"{node.node.name}: {(node.message or status).strip()}"
        if status in ("error", "fail", "runtime error"):
            result.failures.append(told)
        elif status == "warn":
            result.warnings.append(told)
    result.nodes = dict(sorted(counts.items()))


@contextmanager
def _environment(warehouse: Warehouse) -> Iterator[None]:
    """What profiles.yml reads. dbt keeps variables named DBT_ENV_SECRET_… out of its logs."""
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
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
