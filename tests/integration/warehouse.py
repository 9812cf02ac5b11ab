"""What the integration tests share: a home with its own embedded PostgreSQL, polls to land, and
every table of a warehouse as rows to compare."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import load
from extract.steps.load import LoadResult
from extract.warehouse.database import open_warehouse
from tests.feed import body, connector, evse, exchange, location

WATTSTAR = str(Path(sys.executable).parent / "wattstar")
DAY = datetime(2022, 3, 26, tzinfo=UTC)  # the next one has 23 hours in Berlin


def settings(home: Path, **more: Any) -> Settings:
    """Settings that ignore the machine's own."""
    return Settings(_env_file=None, home=home, **more)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a `wattstar` process, without the machine's own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WATTSTAR_")}
    return {**own, "WATTSTAR_HOME": str(home), "COLUMNS": "200", **more}


def wattstar(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [WATTSTAR, *arguments],
        env=environment(home, **more),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def querying(where: Settings) -> Iterator[Callable[[str], list[tuple]]]:
    """A function that returns the rows of a query, as the loader sees them."""
    with open_warehouse(where) as warehouse:
        connection = warehouse.connect()

        def rows(text: str) -> list[tuple]:
            with connection, connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall()

        try:
            yield rows
        finally:
            connection.close()


def query(where: Settings, text: str) -> list[tuple]:
    """Rows of one query."""
    with querying(where) as rows:
        return rows(text)


def execute(where: Settings, statement: str) -> None:
    """Run a statement that returns nothing, as the loader."""
    with open_warehouse(where) as warehouse:
        connection = warehouse.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


def tables(where: Settings) -> dict[str, list[tuple]]:
    """Every row of every table and view of typed and marts, sorted, and the ledger's facts."""
    with querying(where) as rows:
        names = rows(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables "
            "where table_schema in ('typed', 'marts') order by 1"
        )
        found = {name: rows(f"select t::text from {name} t order by 1") for (name,) in names}
        found["ops.ledger"] = rows(
            "select source, stream, date, fingerprint, status, files, rows, observations, units "
            "from ops.ledger where status <> 'emptied' order by 1, 2, 3"
        )
    return found


def polls(days: int = 3, every: int = 15) -> list[list[Exchange]]:
    """Polls of two cities over some days: states that change, a station that is renamed, one that
    is away for a while, a city that fails now and then, a pause, a point that two cities list, a
    record that cannot be read, a field that is not known."""
    made = []
    for number in range(days * 24 * 60 // every):
        at = DAY + timedelta(minutes=number * every, seconds=7)
        words = ("AVAILABLE", "CHARGING", "CHARGING", "BLOCKED", "OUTOFORDER", "SOMETHING")
        word = words[number // 5 % len(words)]
        moved = location(
            "1",
            evse("DE*1", word, parkingsensor_status="AVAILABLE" if number % 8 else "OCCUPIED"),
            evse("DE*2", connectors=[connector("2a"), connector("2b", word), connector(None)]),
            name="Old" if number < 140 else "New",
            mood="unknown",
        )
        others = [location("2"), location("3", evse("DE*3", "CHARGING"))]
        koeln = exchange(body(moved, *(others if number % 20 else others[:1]), at=at), at, "koeln")
        if number % 28 == 3:
            koeln = exchange(b"<html>", at, "koeln", 503)
        bonn = exchange(body(location("2", evse("DE*2", word)), location("9"), at=at), at, "bonn")
        if number % 50 > 6:
            made.append([koeln, bonn])
    return made


def land(where: Settings, *many: list[Exchange]) -> list[str]:
    """Land polls; the paths of their files."""
    lake = Lake(where.lake_url)
    return [path for poll in many for path in raw.land(lake, poll)]


def load_all(where: Settings) -> LoadResult:
    """Load, and see that no partition was quarantined; records of it may have been."""
    result = load.load(where)
    assert [entry.reason for entry in result.partitions if entry.status == "quarantined"] == []
    return result
