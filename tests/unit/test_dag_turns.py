"""When a DAG asks for what."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from extract.settings import PROJECT
from extract.vendors import streams

HOUR, DAY = streams("zaptec")["sessions"], streams("zaptec")["assets"]


@pytest.fixture
def is_due(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(PROJECT / "dags"), *sys.path])
    import wattstar_common

    return wattstar_common.is_due


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "now", "asked_at", "due"),
    [
        (HOUR, "10T12:00:00", [], True),
        (HOUR, "10T12:00:00", ["10T11:59:59.999999"], True),
        (HOUR, "10T12:15:00", ["10T12:00:00"], False),
        (HOUR, "10T12:45:00", ["10T11:45:07", "10T12:30:02"], False),
        (HOUR, "10T12:15:00", ["10T11:00:05"], True),  # the run of 12:00 was missed
        (HOUR, "10T12:15:00", ["10T12:15:00", "10T12:15:40"], True),  # the run itself, tried again
        (DAY, "10T00:00:00", ["09T23:59:59"], True),
        (DAY, "10T23:45:00", ["10T00:00:03"], False),
        (DAY, "10T09:15:00", ["09T17:00:00"], True),  # a machine that sleeps at night
        (timedelta(minutes=15), "10T12:15:00", ["10T12:00:09"], True),
    ],
)
def test_a_stream_is_due_in_the_first_run_of_its_hour_or_utc_day(is_due, every, now, asked_at, due):
    assert is_due(every, at(now), [at(text) for text in asked_at]) == due
