"""`wattstar build`: dbt, once, for the partitions that were loaded since they were last built.

`ops.ledger` says which those are. When the project's own files change, everything is built again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection

from extract import vendors
from extract.results import as_dict
from extract.settings import Settings
from extract.steps import dbt, tariffs
from extract.steps.dbt import BuildResult, models_fingerprint
from extract.warehouse import ledger
from extract.warehouse.database import Warehouse, exclusive, open_warehouse, prepare
from extract.warehouse.ledger import Entry
from extract.warehouse.reference import write_reference

Say = Callable[[str], None]


def build(settings: Settings, *, full: bool = False, say: Say = lambda text: None) -> BuildResult:
    """Build and test the marts of the partitions that were loaded and not built; `full`: of all.

    Where a test fails, its partitions stay marked as not built, and the next build takes them up
    again. Raises WarehouseError where the server cannot be used.
    """
    started = datetime.now(UTC)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            with exclusive(connection, say):
                result = _build(settings, warehouse, connection, full, say)
                result.seconds = (datetime.now(UTC) - started).total_seconds()
                ledger.record_step(connection, "build", started, result.ok, as_dict(result))
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
    write_reference(connection, vendors.source_rows(), vendors.status_words())
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
    result = dbt.invoke(settings, warehouse, arguments, dates_to_build(settings, days))
    result.full, result.partitions = full, [str(day) for day in days]
    if result.ok:
        tariffs.store(connection, ZoneInfo(settings.timezone))
        ledger.mark_built(connection, _as_read(entries, todo), models)
    return result


def _as_read(entries: list[Entry], todo: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry in todo]


def dates_to_build(settings: Settings, days: list[date]) -> dict[str, list[str]]:
    """dbt's vars `partitions` and `business_dates` (ISO dates); no days means all of them.

    An answer's duration depends on its neighbours across midnight UTC, so a day is built together
    with the day before and the day after. The business dates are those that overlap these UTC
    dates.
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
