"""Same raw, same warehouse: whatever the order, however often, and with `kill -9` in between."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from extract.settings import Settings
from extract.steps import build, dbt, docs, load
from extract.steps.dbt import BuildResult
from extract.warehouse.database import open_warehouse
from tests.integration.warehouse import (
    WATTSTAR,
    environment,
    land,
    load_all,
    polls,
    query,
    settings,
    tables,
    wattstar,
)

FILLED = (
    *("typed.polls", "typed.status_spans", "typed.stations", "typed.charging_points"),
    *("typed.connectors", "typed.quarantine", "typed.unknown_fields"),
    *("marts.status_chargingpoints", "marts.status_connectors", "marts.charging_station_history"),
    *("marts.charging_point", "marts.connector", 'marts."time"', "marts.status_spans_connectors"),
    *("marts.utilisation_chargingpoint_hour", "marts.utilisation_city_day"),
)
"""Tables that polls of ChargeCloud fill; sessions and the like have tests of their own."""


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, list[tuple]]:
    """The tables after landing everything and doing each step once."""
    where = settings(tmp_path_factory.mktemp("expected"))
    land(where, *polls())
    bring_up(where)
    found = tables(where)
    assert [name for name in FILLED if not found[name]] == []
    return found


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def bring_up(where: Settings) -> None:
    """Load and build, and see that all went well."""
    load_all(where)
    built = build.build(where)
    assert built.ok, built.failures


def same(found: dict[str, list[tuple]], expected: dict[str, list[tuple]]) -> None:
    """Equal row for row; names the table that is not."""
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Settings:
    """A home that the next tests live through, one after the other."""
    return settings(tmp_path_factory.mktemp("lived"))


def test_in_another_order_twice_and_with_a_day_that_was_away(lived, expected):
    """Days come late and in between: a partition at a time is replaced, again and again."""
    many = polls()
    third = len(many) // 3
    land(lived, *reversed(many[2 * third :]))
    bring_up(lived)
    land(lived, *reversed(many[: third + 3]))
    land(lived, *reversed(many[third - 5 :]))
    land(lived, *many[:5])
    day = Path(lived.lake_url) / "raw/source=chargecloud/stream=poi/date=2022-03-27"
    load_all(lived)
    shutil.move(day, lived.home / "away")
    bring_up(lived)
    gone = "select count(*) from {} where date = '2022-03-27'"
    for table in ("typed.status_spans", "marts.status_spans_connectors"):
        assert query(lived, gone.format(table)) == [(0,)]
    assert query(lived, "select status from ops.ledger where date = '2022-03-27'") == [("emptied",)]
    shutil.move(lived.home / "away", day)
    bring_up(lived)
    assert load.load(lived).partitions == []
    assert build.build(lived).nodes == {}
    same(tables(lived), expected)


def test_replay_rebuilds_what_was_lost_from_raw_alone(lived, expected):
    shutil.rmtree(Path(lived.lake_url) / "typed")
    query(lived, "delete from typed.status_spans where unit_id like '%2%' returning 1")
    query(lived, "drop table marts.utilisation_chargingpoint_hour cascade; select 1")
    replayed = wattstar(lived.home, "replay")
    failed = [line for line in replayed.stderr.splitlines() if line.startswith("failed:")]
    assert [line.split(": ")[1][:9] for line in failed] == ["3 records"], replayed.stderr
    same(tables(lived), expected)
    assert list((Path(lived.lake_url) / "typed").rglob("*.parquet"))


def test_docs_are_written_again_when_they_are_missing_or_of_other_models(lived, monkeypatch):
    page = lived.docs_dir / "dbt" / "index.html"
    with open_warehouse(lived):  # one start for all
        assert docs.docs(lived) == page
        assert "status_connectors" in page.read_text()
        asked = []

        def counted(*arguments: Any) -> BuildResult:
            asked.append(arguments)
            return BuildResult()  # the page that was generated lies where it was

        monkeypatch.setattr(dbt, "invoke", counted)
        written = page.stat().st_mtime_ns
        docs.docs(lived)
        assert (len(asked), page.stat().st_mtime_ns) == (0, written)
        page.unlink()
        docs.docs(lived)
        assert (len(asked), page.exists()) == (1, True)
        monkeypatch.setattr(docs, "models_fingerprint", lambda settings: "others")
        docs.docs(lived)
        docs.docs(lived)
        assert len(asked) == 2


def killed_at(home: Path, line: str, *arguments: str) -> None:
    """Run the command line, and `kill -9` it when it says a line."""
    with subprocess.Popen(
        [WATTSTAR, *arguments],
        env=environment(home),
        cwd=home,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = next(text for text in process.stderr if line in text)
        process.send_signal(signal.SIGKILL)
    assert line in said
    assert process.returncode == -signal.SIGKILL


def test_kill_9_at_any_step_and_two_at_once_to_make_up_for_it(where, expected):
    land(where, *polls())
    killed_at(where.home, "2022-03-26: loaded", "load")
    killed_at(where.home, "2022-03-27: loaded", "load")
    both(where, "load", [0, 1])  # the one that loads says that a record was quarantined
    killed_at(where.home, "building", "build")
    both(where, "build", [0, 0])
    same(tables(where), expected)


def both(where: Settings, step: str, codes: list[int]) -> None:
    """Two processes that do the same thing at once, and how they end, whichever is first."""
    started = [
        subprocess.Popen(
            [WATTSTAR, step],
            env=environment(where.home),
            cwd=where.home,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == codes, errors
