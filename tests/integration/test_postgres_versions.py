"""A home whose cluster another major version of PostgreSQL has made is taken over."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from extract.local.airflow import AirflowStack
from extract.steps.build import build
from extract.steps.forget import forget
from extract.steps.load import load
from extract.warehouse.embedded import versions
from extract.warehouse.embedded.cluster import PostgresError
from extract.warehouse.embedded.postgres import EmbeddedPostgres
from tests.integration.warehouse import land, polls, settings, tables, wattstar


def old_cluster(home: Path, version: str = "17") -> Path:
    """A data folder of another version; nothing in it is read but PG_VERSION."""
    data = home / "postgres" / "data"
    (data / "base").mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{version}\n")
    (data / "base" / "kept").write_text("old rows")
    return data


def ask(url: str, query: str) -> list[tuple]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_an_old_cluster_is_set_aside_and_a_new_one_made_with_one_line(tmp_path):
    data = old_cluster(tmp_path)
    said: list[str] = []
    postgres = EmbeddedPostgres(tmp_path, say=said.append)
    with postgres.running() as urls:
        ((version,),) = ask(urls.loader, "show server_version_num")
        assert int(version) // 10_000 == 18
        for url in (urls.admin, urls.analyst, urls.airflow):
            assert ask(url, "select 1") == [(1,)]
    assert (data / "PG_VERSION").read_text() == "18\n"
    aside = data.with_name("data-17")
    assert (aside / "base" / "kept").read_text() == "old rows"
    assert len(said) == 1
    assert "\n" not in said[0]
    for part in ("PostgreSQL 17", "PostgreSQL 18", "wattstar load", str(aside)):
        assert part in said[0]


def test_it_happens_once(tmp_path):
    old_cluster(tmp_path)
    said: list[str] = []
    postgres = EmbeddedPostgres(tmp_path, say=said.append)
    for _ in range(2):
        with postgres.running() as urls:
            assert ask(urls.loader, "select 1") == [(1,)]
    assert len(said) == 1
    assert [folder.name for folder in versions.clusters_aside(postgres.data)] == ["data-17"]


def test_a_second_old_cluster_does_not_replace_the_first(tmp_path):
    said: list[str] = []
    program = EmbeddedPostgres(tmp_path)._bin / "postgres"
    for _ in range(2):
        versions.set_aside(old_cluster(tmp_path), program, said.append)
    names = {folder.name for folder in (tmp_path / "postgres").iterdir()}
    assert names == {"data-17", "data-17-2"}


def test_a_cluster_of_the_same_version_stays(tmp_path):
    data = old_cluster(tmp_path, "18")
    program = EmbeddedPostgres(tmp_path)._bin / "postgres"
    versions.set_aside(data, program, pytest.fail)
    assert (data / "base" / "kept").exists()


def test_programs_that_do_not_tell_their_version_leave_the_data_alone(tmp_path):
    data = old_cluster(tmp_path)
    with pytest.raises(PostgresError, match="--version"):
        versions.set_aside(data, Path("/bin/false"), pytest.fail)
    assert (data / "base" / "kept").exists()


def test_a_start_that_is_killed_after_setting_aside_can_be_done_again(tmp_path):
    data = old_cluster(tmp_path)
    versions.set_aside(data, EmbeddedPostgres(tmp_path)._bin / "postgres", lambda text: None)
    with EmbeddedPostgres(tmp_path, say=pytest.fail).running() as urls:
        assert ask(urls.loader, "select 1") == [(1,)]


def test_the_next_load_and_build_fill_the_new_warehouse_from_raw(tmp_path):
    where = settings(tmp_path)
    land(where, *polls(days=1, every=120))
    load(where)
    assert build(where).ok
    before = tables(where)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("17\n")

    loaded = wattstar(tmp_path, "load", "--json")
    assert loaded.stderr.count("PostgreSQL 17") == 1
    partitions = json.loads(loaded.stdout)["partitions"]
    assert [part["status"] for part in partitions] == ["loaded"] * len(before["ops.ledger"])
    assert build(where).ok

    assert tables(where) == before


def test_forgetting_a_person_deletes_clusters_that_were_set_aside(tmp_path):
    where = settings(tmp_path)
    data = old_cluster(tmp_path)
    with EmbeddedPostgres(tmp_path, say=lambda text: None).running():
        pass
    assert versions.clusters_aside(data) == [data.with_name("data-17")]
    assert forget(where, "zaptec", "somebody@example.com").unknown == [1]
    assert versions.clusters_aside(data) == []


def test_airflows_database_is_prepared_anew(tmp_path, monkeypatch):
    """Its mark names the tables' revision, which a new database has not."""
    old_cluster(tmp_path)
    asked: list[list[str]] = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    with EmbeddedPostgres(tmp_path, say=lambda text: None).running() as urls:
        stack = AirflowStack(tmp_path, urls.airflow)
        (stack.airflow_home / "logs").mkdir(parents=True)
        (stack.airflow_home / "migrated.json").write_text(json.dumps(["3.3.2", "a1b2c3"]))
        monkeypatch.setattr("extract.local.airflow.subprocess.run", run)
        stack._migrate({})
    assert [command[-2:] for command in asked] == [["db", "migrate"]]
