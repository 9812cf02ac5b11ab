"""A fifth vendor is one folder and one DAG file: `tests/acme`, put into a copy of the project.

`docs/adding-a-vendor.md` walks through the same files.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extract.settings import PROJECT

ACME = PROJECT / "tests" / "acme"
DOCS = PROJECT / "docs" / "adding-a-vendor.md"

POLL_AND_LOAD = """
import json, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from extract.sandbox import Options
from extract.settings import Settings
from extract.steps import build, load, poll, status
from extract.vendors.sandboxes import running, sandbox_settings
from extract.warehouse.database import open_warehouse

home = Path(sys.argv[1])
settings = Settings(_env_file=None, home=home)
noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
with open_warehouse(settings) as warehouse, running(Options(now=noon, acme_stations=3)) as sandbox:
    there = sandbox_settings(settings, sandbox)
    for hour in range(3):
        sandbox.set_clock(noon + timedelta(hours=hour))
        polled = poll.poll(there, "acme")
        assert polled.ok, polled.failed
    failed = poll.poll(there.model_copy(update={"acme_api_key": "wrong"}), "acme")
    loaded = load.load(there)
    built = build.build(there, say=print)
    watched = status.status(there, now=noon + timedelta(hours=3)).sources

    def rows(query):
        connection = warehouse.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            found = cursor.fetchall()
        connection.close()
        return found

    facts = {"failed": failed.failed, "loaded": [entry.as_dict() for entry in loaded.partitions]}
    facts["watched"] = [f"{one.source}/{one.stream}" for one in watched]
    facts["spans"] = rows("select unit, sum(polls)::int from typed.status_spans group by 1")
    facts["built"] = built.failures
    facts["status"] = rows(
        "select source, status_connector, source_status, count(*) from "
        "marts.status_connectors group by 1, 2, 3 order by 3"
    )
    facts["connectors"] = rows("select source, count(*) from marts.connector group by 1")
    facts["sources"] = rows("select source, is_event from marts.source where source = 'acme'")
json.dump(facts, Path(sys.argv[2]).open("w"))
"""

LOOK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import Connection
from extract.local.airflow import POOLS, environment
from extract.settings import Settings
from extract.vendors import about, in_use, status_words
from extract.vendors.sandboxes import served
bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags")
import wattstar_common
connection = Connection(
    conn_id="acme", conn_type="http", host="https://acme.example", extra='{"api_key": "k-1"}'
)
given = wattstar_common.from_connection(about("acme"), connection)
settings = Settings(_env_file=None, **{f"acme_{name}": value for name, value in given.items()})
warehouse = bag.dags["warehouse"]
json.dump(
    {
        "errors": list(bag.import_errors.values()),
        "pool": bag.dags["acme"].get_task("poll").pool,
        "assets": str(warehouse.timetable.asset_condition),
        "pools": [pool for pool in POOLS if pool[0] == "acme"],
        "connection": given,
        "in_use": in_use(settings),
        "environment": environment(settings),
        "served": served(),
        "words": [word["source_status"] for word in status_words() if word["source"] == "acme"],
    },
    sys.stdout,
)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with Acme's folder and DAG file, and nothing else changed."""
    copy = tmp_path_factory.mktemp("project")
    skipped = shutil.ignore_patterns("__pycache__", "target", "logs")
    for folder in ("extract", "dags", "dbt_project"):
        shutil.copytree(PROJECT / folder, copy / folder, ignore=skipped)
    shutil.copy(PROJECT / "pyproject.toml", copy)
    shutil.copytree(ACME / "vendor", copy / "extract" / "vendors" / "acme", ignore=skipped)
    shutil.copy(ACME / "dag.py", copy / "dags" / "acme.py")
    return copy


def python(project: Path, program: str, *arguments: str) -> str:
    """Run a program in the copy; what it prints."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WATTSTAR_")}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**own, "PYTHONPATH": str(project), "AIRFLOW_HOME": str(project / "airflow")},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def seen(project: Path) -> dict[str, Any]:
    """What Airflow and the registry see of Acme."""
    printed = python(project, LOOK, str(project / "dags"))
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def facts(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What three good polls and a failed one came to."""
    home = tmp_path_factory.mktemp("home")
    answer = home / "facts.json"
    python(project, POLL_AND_LOAD, str(home), str(answer))
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


def test_its_dag_is_read_uses_its_pool_and_wakes_up_the_warehouse(seen):
    assert seen["errors"] == []
    assert seen["pool"] == "acme"
    assert seen["pools"] == [["acme", 1, "One poll of Acme at a time."]]
    assert "wattstar://lake/acme" in seen["assets"]


def test_its_connection_fills_its_settings_and_puts_it_to_use(seen):
    assert seen["connection"] == {"api_key": "k-1", "url": "https://acme.example"}
    assert seen["in_use"] == ["acme"]
    assert seen["environment"]["WATTSTAR_ACME_API_KEY"] == "k-1"


def test_the_sandbox_serves_it_and_its_status_words_are_known(seen):
    assert "acme" in seen["served"]
    assert seen["words"] == ["FREE", "BUSY", "BROKEN"]


def test_its_commands_are_there(project):
    command = "import sys; sys.argv[0] = 'wattstar'; from extract.cli import main; main()"
    assert "acme" in python(project, command, "poll", "--help")


def test_its_polls_land_and_are_loaded_the_failed_one_too(facts):
    good, failed = facts["loaded"]  # the failed poll is of the day on which the test runs
    assert (good["source"], good["status"], good["observations"]) == ("acme", "loaded", 18)
    assert (failed["status"], failed["observations"]) == ("loaded", 0)
    assert facts["failed"] == ["*: HTTP 401 Unauthorized after 1 attempts"]
    assert facts["spans"] == [["connector", 18]]
    assert "acme/stations" in facts["watched"]


def test_its_rows_are_in_status_connectors_with_their_meaning(facts):
    assert facts["built"] == []
    assert [row[:3] for row in facts["status"]] == [
        ["acme", "OUTOFORDER", "BROKEN"],
        ["acme", "CHARGING", "BUSY"],
        ["acme", "AVAILABLE", "FREE"],
    ]
    assert sum(count for *_, count in facts["status"]) == 18
    assert ["acme", 6] in facts["connectors"]
    assert facts["sources"] == [["acme", False]]


def test_the_walk_through_shows_every_line_of_its_files():
    text = DOCS.read_text()
    for file in [*(ACME / "vendor").rglob("*.py"), ACME / "dag.py"]:
        assert file.read_text().strip() in text, f"docs/adding-a-vendor.md lacks {file.name}"
