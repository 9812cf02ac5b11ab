"""docker/initdb.sh on a real server gives the roles that the embedded server has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest

from extract.settings import PROJECT
from extract.warehouse.database import Warehouse, prepare
from extract.warehouse.embedded.postgres import EmbeddedPostgres
from extract.warehouse.embedded.programs import bundled

PASSWORDS = {name: f'it\'s $a "{name}" \\word' for name in ("loader", "analyst", "airflow")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The admin's URL of a server that was emptied and then prepared by the script."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("home")).running() as urls:
        admin = urls.admin.replace("/wattstar", "/postgres")
        for database in ("wattstar", "airflow"):
            ask(admin, f"drop database {database}")
        ask(admin, "grant connect on database postgres to public")
        for role in PASSWORDS:
            ask(admin, f"drop role wattstar_{role}")
        done = subprocess.run(
            ["sh", str(PROJECT / "docker" / "initdb.sh")],
            env=environment(admin),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        yield admin


def environment(admin: str) -> dict[str, str]:
    """What the postgres image gives to its scripts, and how to reach this server instead."""
    place = urlsplit(admin)
    programs = str(bundled())
    return {
        "PATH": programs + os.pathsep + os.environ["PATH"],
        "PGHOST": str(place.hostname),
        "PGPORT": str(place.port),
        "PGPASSWORD": str(place.password),
        **{f"WATTSTAR_{name.upper()}_PASSWORD": value for name, value in PASSWORDS.items()},
    }


def ask(url: str, statement: str, **login: str) -> list[tuple]:
    """The rows of a statement, on a connection of its own."""
    with closing(psycopg2.connect(psycopg2.extensions.make_dsn(url, **login))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def login(role: str, database: str = "wattstar") -> dict[str, str]:
    return {"user": f"wattstar_{role}", "password": PASSWORDS[role], "dbname": database}


@pytest.mark.parametrize(
    ("role", "database"),
    [("loader", "wattstar"), ("analyst", "wattstar"), ("airflow", "airflow")],
)
def test_each_role_logs_in_with_its_own_password(server, role, database):
    assert ask(server, "select 1", **login(role, database)) == [(1,)]


@pytest.mark.parametrize("database", ["airflow", "postgres", "template1"])
def test_the_analyst_enters_no_other_database(server, database):
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        ask(server, "select 1", **login("analyst", database))


@pytest.mark.parametrize(
    "statement",
    [
        "create table t (n int)",
        "create temp table t (n int)",
        "create schema s",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, '')",
    ],
)
def test_the_analyst_can_create_nothing(server, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(server, statement, **login("analyst"))


def test_the_loader_can_make_the_warehouse_and_read_as_the_analyst(server):
    place = urlsplit(server)
    dsn = psycopg2.extensions.make_dsn(host=place.hostname, port=place.port, **login("loader"))
    warehouse = Warehouse(dsn)
    with closing(warehouse.connect()) as connection:
        prepare(connection)
    with closing(warehouse.connect_reader()) as reader, reader.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("wattstar_analyst",)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("select * from ops.ledger")
