"""When the DAG `ocpp` takes logs, and whom it wakes up."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from extract.settings import PROJECT, Settings

FRAME = b'2023-01-01T08:01:29Z CP-7 [2,"a","Heartbeat",{}]\n'


@pytest.fixture
def poll(monkeypatch, tmp_path):
    """The DAG's task `poll` on an inbox of its own, in a run of that minute."""
    monkeypatch.setattr(sys, "path", [str(PROJECT / "dags"), *sys.path])
    import ocpp

    (tmp_path / "inbox").mkdir()
    here = Settings(_env_file=None, home=tmp_path, ocpp_inbox=str(tmp_path / "inbox"))
    monkeypatch.setattr(ocpp, "settings", lambda: here)
    task = ocpp.ocpp().get_task("poll")

    def run(minute: int = 5, run_type: str = "scheduled") -> dict:
        at = datetime(2026, 3, 10, 8, minute, tzinfo=UTC)
        done: dict = task.python_callable(dag_run=SimpleNamespace(run_type=run_type, run_after=at))
        return done

    return run


def test_a_file_is_taken_by_the_next_run_and_a_run_without_one_is_skipped(poll, tmp_path):
    with pytest.raises(AirflowSkipException, match="nothing new"):
        poll(0)
    (tmp_path / "inbox" / "a.log").write_bytes(FRAME)
    assert poll(5)["exchanges"] == 1
    for minute in (10, 0):
        with pytest.raises(AirflowSkipException, match="nothing new"):
            poll(minute)


def test_a_file_that_is_not_whole_is_reported_when_it_comes_and_then_once_an_hour(poll, tmp_path):
    (tmp_path / "inbox" / "a.log").write_bytes(FRAME + FRAME[:-9])
    assert len(poll(5)["failed"]) == 1
    with pytest.raises(AirflowSkipException):
        poll(10)
    for run in [{"minute": 0}, {"run_type": "manual"}]:
        with pytest.raises(AirflowFailException, match=r"a\.log"):
            poll(**run)


def test_without_an_inbox_the_run_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [str(PROJECT / "dags"), *sys.path])
    import ocpp

    monkeypatch.setattr(ocpp, "settings", lambda: Settings(_env_file=None, home=tmp_path))
    with pytest.raises(AirflowSkipException, match="not set up"):
        ocpp.ocpp().get_task("poll").python_callable(dag_run=None)


def test_an_inbox_that_is_not_there_fails_for_good(poll, tmp_path):
    (tmp_path / "inbox").rmdir()
    with pytest.raises(AirflowFailException, match="is not there"):
        poll(0)
