"""The DAG files as Airflow reads them, without a database, a scheduler or a network."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, Connection
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError
from pydantic import ValidationError

from extract.settings import PROJECT, Settings

FOLDER = PROJECT / "dags"
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "wattstar_common")
READ_ALONE = """
import socket, sys
def refuse(*_): raise OSError("a DAG file that is read must not use the network")
socket.socket.connect = socket.getaddrinfo = refuse
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
    heavy = {"great_expectations", "dbt", "pandas", "pyarrow"} & set(sys.modules)
    assert not heavy, f"{name} imports {heavy}"
"""


@pytest.fixture(scope="module")
def bag() -> BundleDagBag:
    return BundleDagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags")


@pytest.fixture(scope="module")
def dags(bag: BundleDagBag) -> dict[str, DAG]:
    return bag.dags


def test_every_file_is_read_without_an_error_and_gives_the_dag_of_its_name(bag):
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [path.stem for path in FILES]


def test_every_dag_says_whose_it_is_what_it_does_and_when_it_is_tried_again(dags):
    for dag in dags.values():
        assert "wattstar" in dag.tags
        assert len(dag.doc_md.split()) > 50
        assert "is red" in dag.doc_md
        assert not dag.catchup
        # Charge Amps' next window waits for its start while the present one is still sampled.
        assert dag.max_active_runs == (2 if dag.dag_id == "chargeamps" else 1)
        for task in dag.tasks:
            assert task.owner == "wattstar"
            assert task.doc_md
            assert task.retry_policy
        assert any(task.retries for task in dag.tasks)


def test_the_poll_has_a_pool_of_its_own_and_tells_who_waits_for_it(dags):
    poll = dags["chargecloud"].get_task("poll")
    assert poll.pool == "chargecloud"
    assert [asset.uri for asset in poll.outlets] == ["wattstar://lake/chargecloud"]
    assert dags["chargecloud"].get_task("check").retries == 0


def test_control_is_off_has_no_schedule_and_wants_a_role_and_a_reason(dags):
    dag = dags["chargeamps_control"]
    assert dag.schedule is None
    assert dag.is_paused_upon_creation
    assert dag.access_control
    assert dag.get_task("change").retries == 0
    with pytest.raises(ParamValidationError):
        dag.params.validate()  # without a charge point and a reason


@pytest.mark.parametrize("run", [("scheduled", None), ("asset_triggered", None), ("manual", None)])
def test_control_refuses_a_run_that_no_person_has_triggered(dags, run):
    kind, who = run
    nobody = SimpleNamespace(run_type=kind, triggering_user_name=who)
    with pytest.raises(AirflowFailException, match="not triggered by a person"):
        dags["chargeamps_control"].get_task("change").python_callable(params={}, dag_run=nobody)


def test_reading_a_file_imports_nothing_heavy_and_asks_nobody(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", READ_ALONE, str(FOLDER), *(path.stem for path in FILES)],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_no_file_has_a_name_that_hides_dbt():
    assert [path.name for path in FOLDER.glob("dbt*")] == []


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ({"host": "https://poi.example"}, "https://poi.example"),
        ({"host": "http://127.0.0.1:8390/chargecloud"}, "http://127.0.0.1:8390/chargecloud"),
        ({"host": "poi.example", "schema": "https"}, "https://poi.example"),
        ({"host": "poi.example", "schema": "https", "port": 8443}, "https://poi.example:8443"),
        ({"host": "poi.example"}, "http://poi.example"),
        ({"host": "poi.example", "conn_type": "https", "schema": "v1"}, "https://poi.example/v1"),
    ],
)
def test_an_http_connection_gives_the_base_url(bag, connection, url):
    from wattstar_common import base_url

    made = Connection(**{"conn_id": "chargecloud", "conn_type": "http", **connection})
    assert base_url(made) == url


def test_a_postgres_connection_gives_a_url_with_its_password_quoted(bag):
    from wattstar_common import postgres_url

    made = Connection(
        conn_id="warehouse",
        conn_type="postgres",
        host="db.example",
        port=5432,
        login="loader",
        password="p@ss/word",
        schema="wattstar",
        extra='{"sslmode": "require"}',
    )
    wanted = "postgresql://loader:p%40ss%2Fword@db.example:5432/wattstar?sslmode=require"
    assert postgres_url(made) == wanted


def test_a_range_that_ends_before_it_starts_fails_for_good(dags):
    load = dags["warehouse"].get_task("load")
    params = {"start": "2026-03-10", "end": "2026-03-09", "replay": False}
    with pytest.raises(AirflowFailException, match="start 2026-03-10 is after end 2026-03-09"):
        load.python_callable(params=params)


def test_a_wrong_setting_fails_for_good_and_a_lost_server_is_tried_again(dags):
    policy = dags["warehouse"].get_task("load").retry_policy
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None, home=7)
    assert policy.evaluate(wrong.value, 1, 4).action.value == "fail"
    assert policy.evaluate(OSError("the server is away"), 1, 4).action.value == "retry"


@pytest.mark.parametrize(
    ("nodes", "tried_again"),
    [
        ({"test fail": 2, "model success": 9}, False),
        ({"unit_test fail": 1}, False),
        ({"model error": 1, "test skipped": 3}, True),
        ({"model error": 1, "test fail": 1}, True),
        ({}, True),
    ],
)
def test_a_dbt_test_that_fails_is_final_and_what_could_not_run_is_tried_again(
    dags, nodes, tried_again
):
    import warehouse

    assert (warehouse._refused(nodes) is RuntimeError) == tried_again


def test_dates_may_be_left_open(dags):
    import warehouse

    assert warehouse._dates({"start": "2026-03-10"}) == (date(2026, 3, 10), None)
    assert warehouse._dates({}) == (None, None)
