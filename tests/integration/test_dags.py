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

from extract.lake.forgotten import Sought
from extract.local.airflow import AirflowStack
from extract.local.airflow_api import AirflowApi, AirflowError, Run
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps.forget_search import in_databases
from extract.vendors.chargeamps import sandbox as chargeamps
from extract.vendors.ocpp import sandbox as ocpp
from extract.vendors.sandboxes import running
from extract.vendors.zaptec import sandbox as zaptec
from extract.warehouse.embedded.postgres import EmbeddedPostgres

NOW = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
OTHERS = ("zaptec", "chargeamps", "ocpp")
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
        return poll, self.woken()

    def woken(self) -> Run:
        """The run of `warehouse` with all that has landed. Which event woke it up is not asked:
        any DAG may have its turn meanwhile, and take what one by hand then doesn't find."""
        return self.airflow.wait_for_run("warehouse", after=self.airflow.landed_at(), say=print)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as started:
        options = Options(now=NOW, scale=0.1, zaptec_chargers=6)
        sandbox = started.enter_context(running(options))
        urls = started.enter_context(EmbeddedPostgres(home).running())
        chargecloud = {"conn_type": "http", "host": sandbox.url_of("chargecloud")}
        login = {"login": zaptec.USERNAME, "password": zaptec.PASSWORD}
        garage = {"login": chargeamps.EMAIL, "password": chargeamps.PASSWORD}
        key = {"extra": {"api_key": chargeamps.API_KEY}}
        few = ocpp.Options(charge_points=3)
        ocpp.write(home / "inbox", few, NOW - timedelta(days=1), NOW)
        env = {
            "WATTSTAR_HOME": str(home),
            "WATTSTAR_CHARGEAMPS_INTERVAL": "1",
            "WATTSTAR_CHARGEAMPS_WINDOW": "2",
            "WATTSTAR_OCPP_INBOX": str(home / "inbox"),
            "AIRFLOW_CONN_ZAPTEC": json.dumps(
                {"conn_type": "http", "host": sandbox.url_of("zaptec"), **login}
            ),
            "AIRFLOW_CONN_CHARGEAMPS": json.dumps(
                {"conn_type": "http", "host": sandbox.url_of("chargeamps"), **garage, **key}
            ),
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


@dataclass
class Meanwhile:
    """A replay of one day by hand, a poll of every source while it runs, and the run after it."""

    before: dict[date, datetime]
    replay: Run
    polls: dict[str, Run]
    woken: Run


@pytest.fixture(scope="module")
def later(stack: Stack, good: tuple[Run, Run]) -> Iterator[Meanwhile]:
    """Months later: Bonn is gone, and the day before the first poll has a file that is none."""
    before = loaded_at(stack)
    stack.sandbox.set_clock(None)
    stack.sandbox.add_fault("missing", "bonn")
    broken = stack.lake / "raw/source=chargecloud/stream=poi/date=2026-03-09/20260309T0.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"this is no Parquet")
    day = NOW.date().isoformat()
    replay = stack.airflow.trigger("warehouse", {"start": day, "end": day, "replay": True})
    for source in OTHERS:
        stack.airflow.unpause(source)
    started = {source: stack.airflow.trigger(source) for source in ("chargecloud", *OTHERS)}
    polls = {
        source: stack.airflow.wait_for_run(source, run_id, say=print)
        for source, run_id in started.items()
    }
    for source in OTHERS:
        stack.airflow.pause(source)
    replayed = stack.airflow.wait_for_run("warehouse", replay, say=print)
    yield Meanwhile(before, replayed, polls, stack.woken())
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
    log = stack.airflow.task_log("warehouse", warehouse.run_id, "digest")
    assert "chargecloud/poi: last answer for" in log
    assert "zaptec/state: nothing has landed yet" in log


def test_a_failed_city_shows_in_the_run_and_the_other_cities_are_built(stack, later):
    poll, warehouse = later.polls["chargecloud"], later.woken
    assert poll.state == "failed"
    assert poll.tasks == {"poll": "success", "check": "failed"}
    assert "1 of 3 cities" in (log := stack.airflow.task_log("chargecloud", poll.run_id, "check"))
    assert "bonn: HTTP 404" in log
    [(newest, scopes)] = stack.query(
        "select max(query_time), (select count(distinct scope) from typed.polls "
        "where source = 'chargecloud' and outcome <> 'ok') "
        "from marts.status_connectors where source = 'chargecloud'"
    )
    assert (newest > NOW + timedelta(days=1), scopes) == (True, 1)
    assert "bonn" in stack.airflow.task_log("warehouse", warehouse.run_id, "digest")


def test_a_quarantined_partition_fails_the_digest_alone(stack, later):
    warehouse = later.woken
    done = {"load": "success", "build": "success", "docs": "success", "digest": "failed"}
    assert warehouse.tasks == done
    log = stack.airflow.task_log("warehouse", warehouse.run_id, "digest")
    assert "QUARANTINED chargecloud/poi 2026-03-09" in log
    assert "20260309T0.parquet" in log


def test_a_day_is_replayed_by_params_and_no_other(stack, later):
    tasks = later.replay.tasks
    assert (tasks["load"], tasks["build"]) == ("success", "success")
    assert loaded_at(stack)[NOW.date()] > later.before[NOW.date()]
    log = stack.airflow.task_log("warehouse", later.replay.run_id, "load")
    assert "chargecloud/poi 2026-03-10: loaded" in log
    assert "2026-03-09" not in log


def loaded_at(stack: Stack) -> dict[date, datetime]:
    return dict(stack.query("select date, loaded_at from ops.ledger where source = 'chargecloud'"))


@pytest.mark.parametrize("source", OTHERS)
def test_every_other_source_runs_with_the_login_of_its_connection(later, source):
    assert later.polls[source].state == "success", later.polls[source].tasks


def test_what_the_other_sources_tell_ends_in_the_marts(stack, later):
    done = later.woken.tasks
    assert (done["load"], done["build"]) == ("success", "success")
    statuses = stack.query("select distinct source from marts.status_connectors order by 1")
    assert statuses == [(source,) for source in sorted(["chargecloud", *OTHERS])]
    measured = stack.query("select distinct source from marts.measurements order by 1")
    assert measured == [(source,) for source in sorted(OTHERS)]
    found = stack.query("select distinct source from marts.sessions order by 1")
    assert found == [(source,) for source in sorted(OTHERS)]


def test_no_password_is_in_a_log_or_in_airflows_database(stack, later):
    secrets = [zaptec.PASSWORD, chargeamps.PASSWORD, chargeamps.API_KEY]
    here = Settings(_env_file=None, home=stack.lake.parent)
    logs = [path for path in (here.home / "airflow" / "logs").rglob("*") if path.is_file()]
    assert len(logs) > 10
    for secret in secrets:
        assert [path for path in logs if secret.encode() in path.read_bytes()] == []
    assert list(in_databases(here, Sought(texts=tuple(secrets)))) == []


def test_a_date_that_is_none_is_refused_before_anything_runs(stack):
    with pytest.raises(AirflowError, match="'2026-13-01' is not a 'date'"):
        stack.airflow.trigger("warehouse", {"start": "2026-13-01"})
