"""`wattstar status` only reads: it creates nothing, and waits for nobody."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from extract.settings import Settings
from extract.steps import load, status
from extract.warehouse.database import LOCK, open_warehouse
from tests.integration.warehouse import execute, land, polls, query, settings


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One day, loaded."""
    made = settings(tmp_path_factory.mktemp("status"))
    land(made, *polls(days=1, every=60))
    assert load.load(made).partitions
    return made


def test_of_a_warehouse_without_tables_it_says_that_nothing_is_loaded(tmp_path: Path) -> None:
    empty = settings(tmp_path)
    land(empty, *polls(days=1, every=60))
    found = status.status(empty)
    assert (found.loaded, found.steps) == ([], {})
    assert [str(partition) for partition in found.dirty] == ["chargecloud/poi 2022-03-26"]
    assert "wattstar load" in found.next
    assert query(empty, "select count(*) from pg_namespace where nspname in ('ops', 'typed')") == [
        (0,)
    ]


def test_where_nothing_is_set_up_it_watches_what_anybody_can_poll(tmp_path: Path) -> None:
    found = status.status(settings(tmp_path))
    assert [f"{each.source}/{each.stream}" for each in found.sources] == ["chargecloud/poi"]
    assert found.next == ["wattstar poll chargecloud"]


@pytest.mark.timeout(60)
def test_it_does_not_wait_for_a_load_or_for_tables_that_are_being_made(where: Settings) -> None:
    with open_warehouse(where) as warehouse, closing(warehouse.connect()) as busy:
        with busy.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s), pg_advisory_lock(%s)", [LOCK, LOCK + 1])
            cursor.execute("alter table typed.polls add column another text")  # until it commits
        assert [str(entry.partition) for entry in status.status(where).loaded] == [
            "chargecloud/poi 2022-03-26"
        ]
        busy.rollback()


def test_it_reads_a_ledger_that_no_load_has_touched_since_an_upgrade(where: Settings) -> None:
    execute(where, "alter table ops.ledger drop column quarantined")
    (entry,) = status.status(where).loaded
    assert (entry.status, entry.quarantined) == ("loaded", 0)
