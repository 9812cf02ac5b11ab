"""The DAGs through a real scheduler with the LocalExecutor, on the embedded Postgres and the
sandbox. The vendor's and the warehouse's addresses come from Airflow connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from extract.local.airflow import AirflowStack
from extract.local.airflow_api import AirflowApi, AirflowError, Run
from extract.local.postgres import EmbeddedPostgres
from extract.sandbox import Options, Sandbox, running

NOW = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
CITIES = "koeln,bonn,kiel"
NOWHERE = "http://127.0.0.1:9"  # nothing listens on this port: it must be overridden

pytestmark = pytest.mark.timeout(900)  # a run takes half a minute, on a busy machine several


@dataclass
class Stack:
    """All that runs, and the lake's folder."""

    airflow: AirflowApi
    sandbox: Sandbox
    warehouse: str = field(repr=False)
    lake: Path

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.warehouse)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    def poll(self) -> tuple[Run, Run]:
        """A run of `chargecloud` by hand, and the run of `warehouse` that it wakes up."""
        run_id = self.airflow.trigger("chargecloud")
        poll = self.airflow.wait_for_run("chargecloud", run_id, say=print)
        return poll, self.airflow.wait_for_run("warehouse", woken_by=run_id, say=print)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as started:
        sandbox = started.enter_context(running(Options(now=NOW, scale=0.1)))
        urls = started.enter_context(EmbeddedPostgres(home).running())
        chargecloud = {"conn_type": "http", "host": sandbox.chargecloud_url}
        env = {
            "WATTSTAR_HOME": str(home),
            "WATTSTAR_CHARGECLOUD_URL": NOWHERE,
            "AIRFLOW_CONN_CHARGECLOUD": json.dumps({**chargecloud, "extra": {"cities": CITIES}}),
            "AIRFLOW_CONN_WAREHOUSE": urls.loader,
        }
        airflow = started.enter_context(AirflowStack(home, urls.airflow, env).running(print))
        for dag_id in ("warehouse", "chargecloud"):
            airflow.unpause(dag_id)
        yield Stack(airflow, sandbox, urls.loader, home / "lake")


@pytest.fixture(scope="module")
def good(stack: Stack) -> tuple[Run, Run]:
    """A poll at NOW that every city answers."""
    return stack.poll()


@pytest.fixture(scope="module")
def bad(stack: Stack, good: tuple[Run, Run]) -> Iterator[tuple[Run, Run]]:
    """A poll ten minutes later: Bonn is gone, and the day before has a file that is none."""
    stack.sandbox.set_clock(NOW + timedelta(minutes=10))
    stack.sandbox.add_fault("missing", "bonn")
    broken = stack.lake / "raw/source=chargecloud/stream=poi/date=2026-03-09/20260309T0.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"this is no Parquet")
    yield stack.poll()
    stack.sandbox.clear_faults()
    broken.unlink()


def test_a_poll_wakes_up_the_warehouse_and_its_answers_end_in_the_marts(stack, good):
    poll, warehouse = good
    assert (poll.state, warehouse.state) == ("success", "success")
    assert warehouse.kind == "asset_triggered"
    assert set(warehouse.tasks.values()) == {"success"}
    [(polled,)] = stack.query("select sum(polls) from typed.status_spans where unit = 'connector'")
    [(observed, cities)] = stack.query(
        "select count(*), (select count(distinct scope) from typed.polls) "
        "from marts.status_connectors"
    )
    assert observed == polled > 0
    assert cities == 3


def test_the_digest_is_in_the_log_of_its_task(stack, good):
    _, warehouse = good
    assert "all is well" in stack.airflow.task_log("warehouse", warehouse.run_id, "digest")


def test_a_failed_city_shows_in_the_run_and_the_other_cities_are_built(stack, bad):
    poll, warehouse = bad
    assert poll.state == "failed"
    assert poll.tasks == {"poll": "success", "check": "failed"}
    assert "1 of 3 cities" in (log := stack.airflow.task_log("chargecloud", poll.run_id, "check"))
    assert "bonn: HTTP 404" in log
    [(newest, scopes)] = stack.query(
        "select max(query_time), (select count(*) from typed.polls where outcome <> 'ok') "
        "from marts.status_connectors"
    )
    assert (newest >= NOW + timedelta(minutes=10), scopes) == (True, 1)
    assert "bonn" in stack.airflow.task_log("warehouse", warehouse.run_id, "digest")


def test_a_quarantined_partition_fails_the_digest_alone(stack, bad):
    _, warehouse = bad
    done = {"load": "success", "build": "success", "docs": "success", "digest": "failed"}
    assert warehouse.tasks == done
    log = stack.airflow.task_log("warehouse", warehouse.run_id, "digest")
    assert "QUARANTINED chargecloud/poi 2026-03-09" in log
    assert "20260309T0.parquet" in log


def test_a_day_is_replayed_by_params(stack, bad):
    day = NOW.date().isoformat()
    before = loaded_at(stack)
    params = {"start": day, "end": day, "replay": True}
    run_id = stack.airflow.trigger("warehouse", params)
    run = stack.airflow.wait_for_run("warehouse", run_id, say=print)
    assert (run.tasks["load"], run.tasks["build"]) == ("success", "success")
    after = loaded_at(stack)
    assert after[NOW.date()] > before[NOW.date()]
    assert after[date(2026, 3, 9)] == before[date(2026, 3, 9)]


def loaded_at(stack: Stack) -> dict[date, datetime]:
    return dict(stack.query("select date, loaded_at from ops.ledger"))


def test_a_date_that_is_none_is_refused_before_anything_runs(stack):
    with pytest.raises(AirflowError, match="'2026-13-01' is not a 'date'"):
        stack.airflow.trigger("warehouse", {"start": "2026-13-01"})
