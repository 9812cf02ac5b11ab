"""`make bench`: a day of 144 polls of 38 cities from raw to tested marts, with ratios.

    python -m tests.benchmarks [folder]

Figures are printed, never asserted: machines differ, and so do their neighbours. What can be
compared is measured in one run: loading against a server-side COPY of the same rows, flattening
against parsing every body.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg2
import pyarrow as pa

from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.schemas import STATUS_SPANS
from extract.sandbox import Options
from extract.settings import Settings
from extract.steps import load, poll
from extract.vendors.sandboxes import running
from extract.warehouse.copy import copy, encode
from extract.warehouse.database import Warehouse, open_warehouse
from extract.warehouse.embedded.postgres import EmbeddedPostgres

DAY = datetime(2026, 3, 10, tzinfo=UTC)
POLLS = 144
ROWS = 1_000_000


def best(what: Callable[[], object], times: int = 3) -> float:
    """The least seconds of some tries."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        what()
        took.append(time.perf_counter() - started)
    return min(took)


def land_a_day(settings: Settings) -> None:
    """144 polls of the sandbox, unless they are there."""
    if raw.partitions(Lake(settings.lake_url)):
        return
    with running(Options(now=DAY)) as sandbox:
        there = settings.model_copy(update={"chargecloud_url": sandbox.url_of("chargecloud")})
        for number in range(POLLS):
            sandbox.set_clock(DAY + timedelta(minutes=10 * number))
            poll.poll(there, "chargecloud")


def flattening(lake: Lake) -> Mapping[str, pa.Table]:
    """Raw to typed on one core, beside reading the files and parsing every body."""
    ((partition, files),) = raw.partitions(lake).items()
    size = sum(answer.body.size for answer in raw.answers(lake, partition, files) if answer.body)

    def parse() -> None:
        for answer in raw.answers(lake, partition, files):
            json.loads(bytes(answer.body or b""))

    tables = load.flatten(lake, partition, files)
    observations = sum(tables["status_spans"]["polls"].to_pylist())
    flat = best(lambda: load.flatten(lake, partition, files))
    read = best(lambda: [None for _ in raw.answers(lake, partition, files)])
    print(f"a day: {size / 1e6:.0f} MB of JSON, {observations:,} observations")
    print(f"raw files: {sum(file.size for file in files) / 1e6:.1f} MB")
    print(f"flatten: {flat:.2f} s, {observations / flat / 1e6:.2f} M observations/s")
    print(f"  of which reading Parquet {read:.2f} s; ratio to json.loads of every body: "
          f"{best(parse, 1) / flat:.1f}")  # fmt: skip
    print(f"  spans: {tables['status_spans'].num_rows:,}")
    return tables


def many_spans() -> pa.Table:
    """A million plausible spans."""
    random = np.random.default_rng(0)
    at = np.datetime64("2026-03-10", "us") + np.sort(random.integers(0, 86_400, ROWS)).astype(
        "timedelta64[s]"
    )
    columns = {
        "source": pa.repeat("chargecloud", ROWS),
        "scope": pa.repeat("koeln", ROWS),
        "unit": pa.repeat("connector", ROWS),
        "unit_id": pa.array(random.integers(0, 9999, ROWS).astype(str)),
        "date": pa.repeat(DAY.date(), ROWS),
        "status": pa.array(random.choice(["AVAILABLE", "CHARGING"], ROWS)),
        "parking_sensor": pa.nulls(ROWS, pa.string()),
        "first_query_time": pa.array(at).cast(STATUS_SPANS.field("first_query_time").type),
        "last_query_time": pa.array(at).cast(STATUS_SPANS.field("first_query_time").type),
        "polls": pa.repeat(1, ROWS),
        "stream": pa.repeat("poi", ROWS),
    }
    return pa.Table.from_pydict(columns, schema=STATUS_SPANS)


def loading(admin: str) -> None:
    """Arrow to PostgreSQL against a server-side binary COPY of the same rows."""
    table = many_spans()
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".copy") as file:
        file.writelines(encode(table))
        file.flush()
        Path(file.name).chmod(0o644)
        connection = psycopg2.connect(admin)
        with connection.cursor() as cursor:
            cursor.execute("create temp table typed_spans (like typed.status_spans)")
            cursor.execute("create schema bench")

            def server() -> None:
                cursor.execute("truncate typed_spans")
                cursor.execute(f"copy typed_spans from '{file.name}' (format binary)")

            def client() -> None:
                cursor.execute("savepoint before")
                copy(cursor, "status_spans", table)
                cursor.execute("rollback to before")

            cursor.execute("truncate typed.status_spans")
            cursor.execute("drop index typed.status_spans_partition")
            ours, theirs = [], []
            for _ in range(3):
                theirs.append(best(server, 1))
                ours.append(best(client, 1))
        connection.rollback()
        connection.close()
    mine, limit = min(ours), min(theirs)
    alone = best(lambda: sum(len(piece) for piece in encode(table)))
    print(f"encode: {ROWS / alone / 1e6:.2f} M rows/s, alone")
    print(f"load: {ROWS / mine / 1e6:.2f} M rows/s, ratio {limit / mine:.2f} to")
    print(f"  a server-side COPY of the same rows: {ROWS / limit / 1e6:.2f} M rows/s")


def command(settings: Settings, *arguments: str) -> None:
    """Run wattstar as a process of its own; tells its seconds and its peak memory."""
    env = {**os.environ, "WATTSTAR_HOME": str(settings.home)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [str(Path(sys.executable).parent / "wattstar"), *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    peak = after.ru_maxrss / 1024  # of the largest process so far
    print(f"wattstar {' '.join(arguments)}: {took:.1f} s, cpu {cpu:.1f} s, peak {peak:.0f} MB")
    print(f"  exit {done.returncode}: {done.stdout.strip()}")
    if done.returncode:
        print(done.stderr)


def sizes(warehouse: Warehouse, observations: int) -> None:
    """Bytes in the warehouse per observation."""
    connection = warehouse.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, sum(pg_total_relation_size(format('%I.%I', table_schema, "
            "table_name))) from information_schema.tables where table_type = 'BASE TABLE' and "
            "table_schema in ('typed', 'marts', 'intermediate', 'ops') group by 1 order by 1"
        )
        for schema, size in cursor.fetchall():
            print(f"{schema}: {int(size) / 1e6:.1f} MB, {int(size) / observations:.1f} "
                  "bytes per observation")  # fmt: skip
        cursor.execute("select pg_total_relation_size('typed.status_spans')")
        (size,) = cursor.fetchone() or (0,)
        print(f"typed.status_spans: {size / observations:.2f} bytes per observation")
    connection.close()


def main() -> None:
    """All of it, in a folder that is kept where one is named."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        settings = Settings(_env_file=None, home=home)
        land_a_day(settings)
        command(settings, "load")
        command(settings, "build", "--full")
        tables = flattening(Lake(settings.lake_url))
        observations = sum(tables["status_spans"]["polls"].to_pylist())
        with (
            EmbeddedPostgres(settings.home).running() as urls,
            open_warehouse(settings) as warehouse,
        ):
            sizes(warehouse, observations)
            loading(urls.admin)


if __name__ == "__main__":
    main()
