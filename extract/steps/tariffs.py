"""Tariffs in the warehouse: the price of every hour in which energy was sold.

The tariff files are rows of `typed.reference_files`, loaded from the lake. The views
`session_costs` and `driver_month_costs` need a price per hour; `store` adds the missing hours, with
every build and before a report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from extract.reference.files import SOURCE
from extract.reference.tariff import HOUR, Tariff, parse_tariff
from extract.settings import Settings
from extract.steps import load, reference
from extract.warehouse.database import open_warehouse, prepare


def use(settings: Settings, path: Path) -> Tariff:
    """Land a tariff file, as `reference add tariffs` does, and price every hour by it. Raises
    ReferenceFileError where it is no tariff."""
    given = reference.add(settings, "tariffs", path)
    load.load(settings, source=SOURCE)
    with open_warehouse(settings) as warehouse, closing(warehouse.connect()) as connection:
        prepare(connection)
        store(connection, ZoneInfo(settings.timezone))
        return next(
            tariff
            for name, (tariff, _) in _newest(connection).items()
            if name == parse_tariff(given.name, given.content).name
        )


def store(connection: Connection, zone: ZoneInfo) -> None:
    """Bring typed.tariffs and typed.tariff_hours to the newest version of each tariff, for every
    hour in which energy was sold."""
    first, last = _sold(connection)
    for name, (tariff, version) in _newest(connection).items():
        mark = hashlib.sha256(f"{version} {zone.key}".encode()).hexdigest()[:32]
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select version, min(hour_start_at), max(hour_start_at) from typed.tariffs "
                "left join typed.tariff_hours using (tariff) where tariff = %s group by version",
                [name],
            )
            known, begin, end = cursor.fetchone() or (None, None, None)
            if known != mark:
                _write(cursor, tariff, mark)
                begin = end = None
            spans = _missing(first, last, begin, end)
            rows = [
                (name, hour, price)
                for start, stop in spans
                for hour, price in tariff.prices(start, stop, zone)
            ]
            execute_values(
                cursor,
                "insert into typed.tariff_hours values %s on conflict do nothing",
                rows,
                page_size=5000,
            )


def _write(cursor: Cursor, tariff: Tariff, mark: str) -> None:
    cursor.execute("delete from typed.tariffs where tariff = %s", [tariff.name])
    cursor.execute(
        "insert into typed.tariffs values (%s, %s, %s, %s, %s, %s)",
        [
            *(tariff.name, tariff.currency, tariff.vat_percent),
            *(tariff.fee_per_session, tariff.fee_per_month, mark),
        ],
    )


def _missing(
    first: datetime | None, last: datetime | None, begin: datetime | None, end: datetime | None
) -> Iterator[tuple[datetime, datetime]]:
    """The spans of hours, from `first` to `last`, that lie outside `begin` to `end`."""
    if first is None or last is None:
        return
    if begin is None or end is None:
        yield first, last + HOUR
        return
    if first < begin:
        yield first, begin
    if last > end:
        yield end + HOUR, last + HOUR


def _sold(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """The first and the last hour in which energy was sold; None before the first build."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.session_energy_hours')")
        if cursor.fetchone() == (None,):
            return None, None
        cursor.execute(
            "select min(hour_start_at), max(hour_start_at) from marts.session_energy_hours"
        )
        return cursor.fetchone() or (None, None)


def _newest(connection: Connection) -> dict[str, tuple[Tariff, str]]:
    """The newest version of each tariff by name, and a text that differs between versions."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select scope, content, companions from typed.reference_files "
            "where stream = 'tariffs' order by given_at"
        )
        rows = cursor.fetchall()
    found = {}
    for scope, content, companions in rows:
        tariff = parse_tariff(scope, content, json.loads(companions))
        found[tariff.name] = tariff, content + companions
    return found
