"""`wattstar maintain`: keep the lake and the warehouse small; the DAG `maintenance` runs it daily.

It compacts the raw files of past dates, deletes temporary files of killed commands, old entries of
`ops.steps` and old logs, refreshes the planner's statistics, and measures the disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection

from extract.lake.compact import compact
from extract.lake.files import Lake
from extract.results import as_dict
from extract.settings import Settings
from extract.warehouse import ledger
from extract.warehouse.database import analyze, exclusive, open_warehouse, prepare

KEEP_STEPS = timedelta(days=90)
KEEP_LOGS = timedelta(days=30)

Say = Callable[[str], None]


@dataclass
class MaintainResult:
    """What was deleted, and the bytes in use afterwards. `free`: on the disk of the home. `raw`,
    `typed`: the zones of the lake; absent where the lake is in an object store."""

    files_before: int = 0
    files_after: int = 0
    skipped: list[str] = field(default_factory=list)
    temporary_files: int = 0
    steps_deleted: int = 0
    logs_deleted: int = 0
    bytes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every file could be read."""
        return not self.skipped


def maintain(
    settings: Settings, now: datetime | None = None, say: Say = lambda text: None
) -> MaintainResult:
    """Do all of it, after a running load or build has ended. `now` (UTC) is for tests."""
    started = datetime.now(UTC)
    now = now or started
    lake, result = Lake(settings.lake_url), MaintainResult()
    with open_warehouse(settings) as warehouse, closing(warehouse.connect()) as connection:
        prepare(connection)
        with exclusive(connection, say):
            done = compact(lake, now.date())
            result.files_before, result.files_after = done.before, done.after
            result.skipped = done.skipped
            result.temporary_files = lake.sweep()
            result.steps_deleted = ledger.forget_steps(connection, now - KEEP_STEPS)
            result.logs_deleted = _delete_logs(settings.home, now - KEEP_LOGS)
            analyze(connection)
            result.bytes = _sizes(settings, lake, connection)
            result.seconds = (datetime.now(UTC) - started).total_seconds()
            ledger.record_step(connection, "maintain", started, result.ok, as_dict(result))
    return result


def _delete_logs(home: Path, before: datetime) -> int:
    """Delete the log files last written before a time (UTC); returns how many."""
    count = 0
    for folder in (home / "logs", home / "airflow" / "logs"):
        for path in folder.rglob("*.log*"):
            if path.is_file() and path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
    return count


def _sizes(settings: Settings, lake: Lake, connection: Connection) -> dict[str, int]:
    sizes = {zone: sum(file.size for file in lake.files(zone)) for zone in ("raw", "typed")}
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_database_size(current_database())")
        (sizes["warehouse"],) = cursor.fetchone() or (0,)
    sizes["free"] = shutil.disk_usage(settings.home).free
    return sizes
