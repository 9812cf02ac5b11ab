"""The embedded PostgreSQL, started, killed and shared for real."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest

from extract.settings import PROJECT
from extract.warehouse.embedded.postgres import EmbeddedPostgres, PostgresError
from extract.warehouse.embedded.programs import bundled

HOLD = """
import signal, sys
from pathlib import Path
from extract.warehouse.embedded.postgres import EmbeddedPostgres
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
with EmbeddedPostgres(*map(Path, sys.argv[1:])).running() as urls:
    print(urls.loader, flush=True)
    sys.stdin.read()
"""
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24
# What Docker leaves to a container's root; see capabilities(7) for the numbers.
DOCKERS = {0, CAP_DAC_OVERRIDE, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
NOT_DOCKERS = tuple(set(range(41)) - DOCKERS)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as nobody")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that most tests share: to make a cluster takes seconds. pytest makes it below a
    folder that only its owner may enter."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def postgres(home: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(home)


def ask(url: str, query: str) -> list[tuple]:
    """Run a query in a transaction of its own; its rows, if it has any."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []


def wait_for(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def start(*places: Path, dropped: Collection[int] = ()) -> subprocess.Popen[str]:
    """Another process that uses the server until its standard input ends. `places` are its home
    and its programs, `dropped` the capabilities that it shall not have."""
    libc = ctypes.CDLL(None)

    def drop() -> None:
        for capability in dropped:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)

    return subprocess.Popen(
        [sys.executable, "-c", HOLD, *map(str, places)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=drop if dropped else None,  # noqa: PLW1509  (the tests have one thread)
    )


@contextmanager
def holder(
    *places: Path, dropped: Collection[int] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that uses the server, and its loader's URL."""
    with start(*places, dropped=dropped) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.communicate()


def test_each_role_logs_in_where_it_belongs(postgres):
    with postgres.running() as urls:
        for url, role, database in [
            (urls.admin, "postgres", "wattstar"),
            (urls.loader, "wattstar_loader", "wattstar"),
            (urls.analyst, "wattstar_analyst", "wattstar"),
            (urls.airflow, "wattstar_airflow", "airflow"),
        ]:
            assert ask(url, "select current_user, current_database()") == [(role, database)]
        ask(
            urls.loader, "create schema mine; create table mine.t (n int); drop schema mine cascade"
        )
        ask(urls.airflow, "create table t (n int); drop table t")


@pytest.mark.parametrize(
    "statement",
    [
        "create table t (n int)",
        "create temp table t (n int)",
        "create schema s",
        "create role r",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, '')",
    ],
)
def test_the_analyst_can_create_nothing(postgres, statement):
    with postgres.running() as urls, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(urls.analyst, statement)


@pytest.mark.parametrize("database", ["airflow", "postgres", "template1"])
def test_the_analyst_enters_no_other_database(postgres, database):
    with postgres.running() as urls, pytest.raises(psycopg2.OperationalError, match="permission"):
        ask(urls.analyst.removesuffix("wattstar") + database, "select 1")


@pytest.mark.parametrize("statement", ["create role r", "create database d", "create extension x"])
def test_the_loader_owns_its_database_and_no_more(postgres, statement):
    with postgres.running() as urls, pytest.raises(psycopg2.Error):
        ask(urls.loader, statement)


def test_nobody_gets_in_without_the_password_and_only_by_loopback(postgres):
    with postgres.running() as urls:
        for password in ("", ":wrong"):
            with pytest.raises(psycopg2.OperationalError, match="password"):
                ask(re.sub(r":[^:@]+@", f"{password}@", urls.admin), "select 1")
        listening = psutil.Process(postgres.server().pid).net_connections("all")
        addresses = {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN}
        assert addresses == {"127.0.0.1"}
        assert ask(urls.admin, "show unix_socket_directories") == [("",)]
    assert (postgres.folder / "roles.json").stat().st_mode & 0o777 == 0o600


def test_data_port_and_passwords_are_the_same_after_a_restart(postgres):
    with postgres.running() as before:
        ask(before.loader, "create table if not exists kept as select 42 as answer")
    assert postgres.server() is None
    with postgres.running() as after:
        assert after == before
        assert ask(after.loader, "select answer from kept") == [(42,)]


def test_the_last_one_out_stops_the_server(home, postgres):
    with postgres.running():
        with EmbeddedPostgres(home).running() as urls:
            server = postgres.server()
        with holder(home) as (_, url):
            assert url == urls.loader
        assert postgres.server() == server
        ask(urls.loader, "select 1")
    assert postgres.server() is None
    assert str(postgres.data) not in "".join(map(str, _commands()))


def _commands() -> list[list[str] | None]:
    """The command lines of all processes."""
    return [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]


def test_processes_that_start_at_once_share_one_new_server(tmp_path):
    processes = [start(tmp_path) for _ in range(3)]
    urls = [process.stdout.readline().strip() for process in processes if process.stdout]
    assert len(set(urls)) == 1
    assert ask(urls[0], "select 1") == [(1,)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert EmbeddedPostgres(tmp_path).server() is None


def test_a_killed_server_recovers_with_what_was_committed(postgres):
    with postgres.running() as urls:
        ask(urls.loader, "drop table if exists safe; create table safe as select 7 as n")
        os.kill(postgres.server().pid, signal.SIGKILL)
        with postgres.running() as again:  # the killed one is a zombie of this process
            assert ask(again.loader, "select n from safe") == [(7,)]
            assert again == urls


def test_a_server_that_is_killed_while_it_is_busy_recovers_too(postgres):
    with postgres.running() as urls, closing(psycopg2.connect(urls.loader, async_=True)) as busy:
        psycopg2.extras.wait_select(busy)
        backend = busy.info.backend_pid
        busy.cursor().execute("do $$ begin loop end loop; end $$")
        wait_for(lambda: psutil.Process(backend).cpu_times().user > 0.1)
        os.kill(postgres.server().pid, signal.SIGKILL)
        with postgres.running() as again:
            assert ask(again.loader, "select 1") == [(1,)]


def test_a_server_whose_owner_was_killed_is_used_by_the_next(home, postgres):
    with holder(home) as (process, url):
        server = postgres.server()
        process.kill()
        process.wait()
        with postgres.running() as urls:
            assert postgres.server() == server
            assert urls.loader == url
    assert postgres.server() is None


def test_ctrl_c_in_the_terminal_of_its_owner_leaves_the_server_to_the_others(home, postgres):
    with holder(home) as (process, url), postgres.running():
        server = postgres.server()
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
        assert postgres.server() == server
        ask(url, "select 1")


def test_a_left_over_pid_file_that_names_another_process_does_it_no_harm(postgres):
    with postgres.running():
        lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        stale = [str(stranger.pid), *lines[1:]]
        (postgres.data / "postmaster.pid").write_text("\n".join(stale) + "\n")
        assert postgres.server() is None
        with postgres.running() as urls:
            ask(urls.loader, "select 1")
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_port_that_another_has_taken_is_given_up_for_good(postgres):
    with postgres.running():
        port = postgres.server().port
    with socket.create_server(("127.0.0.1", port)), postgres.running() as moved:
        assert postgres.server().port != port
        ask(moved.loader, "select 1")
    with postgres.running() as after:
        assert after == moved


@pytest.mark.parametrize("moment", ["roles.json", "new-*/data", "data", "data/postmaster.pid"])
def test_a_first_start_that_is_killed_can_be_done_again(tmp_path, moment):
    postgres = EmbeddedPostgres(tmp_path)
    with start(tmp_path) as process:
        wait_for(lambda: list(postgres.folder.glob(moment)) or process.poll() is not None)
        process.kill()
    with postgres.running() as urls:
        assert ask(urls.loader, "select current_user") == [("wattstar_loader",)]
        assert ask(urls.airflow, "select current_user") == [("wattstar_airflow",)]
    assert postgres.server() is None


def test_roles_and_databases_that_are_missing_are_made(postgres):
    with postgres.running() as urls, closing(psycopg2.connect(urls.admin)) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute("drop database airflow")
            cursor.execute("drop role wattstar_airflow")
    with postgres.running() as urls:
        assert ask(urls.airflow, "select current_user") == [("wattstar_airflow",)]


def test_a_server_that_cannot_start_shows_the_end_of_its_log(postgres, monkeypatch):
    monkeypatch.setattr("extract.warehouse.embedded.postgres.RETRY", 0)
    with postgres.running():
        pass
    settings = postgres.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "nonsense = 1\n")
    try:
        with pytest.raises(PostgresError) as raised, postgres.running():
            pass
    finally:
        settings.write_text(before)
    assert str(postgres.log) in str(raised.value)
    assert 'unrecognized configuration parameter "nonsense"' in str(raised.value)


def test_passwords_that_are_not_the_clusters_are_an_error_at_once(postgres):
    file = postgres.folder / "roles.json"
    with postgres.running():
        pass
    before = file.read_text()
    file.write_text(re.sub(r'": "', '": "x', before))
    try:
        with pytest.raises(PostgresError, match=re.escape(str(file))), postgres.running():
            pass
    finally:
        file.write_text(before)
    assert postgres.server() is None


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that can be opened to everybody, and closed again."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as above:
        Path(above).chmod(0o755)
        inside = Path(above) / "folder"
        inside.mkdir()
        yield inside


def capabilities(postgres: EmbeddedPostgres) -> int:
    """What the running server may do beyond what `nobody` may, as bits."""
    server = postgres.server()
    assert server is not None
    status = Path(f"/proc/{server.pid}/status").read_text()
    (bits,) = re.findall(r"^CapEff:\s*(\w+)$", status, re.MULTILINE)
    return int(bits, 16)


def closed(path: Path) -> bool:
    """Whether a folder above is for its owner alone."""
    return any(not above.stat().st_mode & 0o001 for above in path.resolve().parents)


@as_root
@pytest.mark.skipif(closed(bundled()), reason="the programs lie in a closed folder")
def test_root_runs_it_as_nobody_and_without_any_capability(folder):
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "home")
    with postgres.running() as urls:
        ask(urls.loader, "select 1")
        server = postgres.server()
        assert server is not None
        assert psutil.Process(server.pid).username() == "nobody"
        assert capabilities(postgres) == 0


@pytest.fixture(scope="module")
def programs(folder: Path) -> Path:
    """The server's programs, in the same folder, with the libraries that lie beside them."""
    package = bundled().parents[1]
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
    return folder / "programs" / bundled().relative_to(package.parent)


@as_root
@pytest.mark.parametrize(
    ("dropped", "kept"),
    [((), CAP_DAC_READ_SEARCH), (NOT_DOCKERS, CAP_DAC_OVERRIDE)],
    ids=["a whole root", "a container's root"],
)
def test_where_only_root_may_enter_one_capability_is_kept(folder, programs, dropped, kept):
    folder.chmod(0o700)
    postgres = EmbeddedPostgres(folder / "home")
    with holder(folder / "home", programs, dropped=dropped) as (_, url):
        assert ask(url, "select 1") == [(1,)]
        assert capabilities(postgres) == 1 << kept


@as_root
def test_a_new_cluster_can_be_made_where_only_a_containers_root_may_enter(folder, programs):
    folder.chmod(0o700)
    with holder(folder / "other", programs, dropped=NOT_DOCKERS) as (_, url):
        assert ask(url, "select 1") == [(1,)]


@as_root
@pytest.mark.skipif(closed(bundled()), reason="the programs lie in a closed folder")
def test_a_root_that_may_not_open_the_way_is_an_error_that_says_what_to_do(folder):
    folder.chmod(0o700)
    powers = (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)
    with start(folder / "new", dropped=powers) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert (
        f"`nobody`, who cannot enter {folder}: chmod o+x {folder}, or set WATTSTAR_HOME" in errors
    )
