"""Same raw, same warehouse: whatever the order, however often, and with `kill -9` in between."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from extract import pipeline
from extract.settings import Settings
from tests.integration.warehouse import (
    WATTSTAR,
    environment,
    land,
    polls,
    query,
    settings,
    tables,
    wattstar,
)


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, list[tuple]]:
    """The tables after landing everything and doing each step once."""
    where = settings(tmp_path_factory.mktemp("expected"))
    land(where, *polls())
    bring_up(where)
    found = tables(where)
    assert [name for name, rows in found.items() if not rows] == []
    return found


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def bring_up(where: Settings) -> None:
    """Load and build, and see that all went well."""
    assert pipeline.load(where).ok
    built = pipeline.build(where)
    assert built.ok, built.failures


def same(found: dict[str, list[tuple]], expected: dict[str, list[tuple]]) -> None:
    """Equal row for row; tells the table that is not."""
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_poll_by_poll_in_another_order_and_twice(where, expected):
    """Days come late and in between: a partition at a time is replaced, again and again."""
    many = polls()
    third = len(many) // 3
    for chunk in (many[2 * third :], many[: third + 3], many[third - 5 :]):
        land(where, *reversed(chunk))
        bring_up(where)
    land(where, *many[:5])
    assert pipeline.load(where).partitions == []
    assert pipeline.build(where).nodes == {}
    assert pipeline.load(where, replay=True).ok
    bring_up(where)
    same(tables(where), expected)


def test_a_day_deleted_and_landed_again(where, expected):
    land(where, *polls())
    bring_up(where)
    day = Path(where.lake_url) / "raw/source=chargecloud/stream=poi/date=2022-03-27"
    shutil.move(day, where.home / "away")
    bring_up(where)
    gone = "select count(*) from {} where date = '2022-03-27'"
    for table in ("typed.status_spans", "marts.status_spans_connectors"):
        assert query(where, gone.format(table)) == [(0,)]
    assert query(where, "select status from ops.ledger where date = '2022-03-27'") == [("emptied",)]
    shutil.move(where.home / "away", day)
    bring_up(where)
    same(tables(where), expected)


def test_replay_rebuilds_what_was_lost_from_raw_alone(where, expected):
    land(where, *polls())
    bring_up(where)
    shutil.rmtree(Path(where.lake_url) / "typed")
    query(where, "delete from typed.status_spans where unit_id like '%2%' returning 1")
    query(where, "drop table marts.utilisation_chargingpoint_hour cascade; select 1")
    replayed = wattstar(where.home, "replay")
    assert replayed.returncode == 0, replayed.stderr
    same(tables(where), expected)
    assert list((Path(where.lake_url) / "typed").rglob("*.parquet"))


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
        said = next(text for text in process.stderr if line in text)
        process.send_signal(signal.SIGKILL)
    assert line in said
    assert process.returncode == -signal.SIGKILL


def test_kill_9_at_any_step(where, expected):
    land(where, *polls())
    killed_at(where.home, "2022-03-26: loaded", "load")
    killed_at(where.home, "2022-03-27: loaded", "load")
    assert pipeline.load(where).ok
    killed_at(where.home, "building", "build")
    bring_up(where)
    same(tables(where), expected)


def test_two_loaders_and_two_builders_at_once_do_no_harm(where, expected):
    land(where, *polls())
    for step in ("load", "build"):
        both = [
            subprocess.Popen(
                [WATTSTAR, step],
                env=environment(where.home),
                cwd=where.home,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        told = [process.communicate()[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], told
    same(tables(where), expected)
