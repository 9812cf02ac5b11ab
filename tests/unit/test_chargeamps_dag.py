"""What the DAG `chargeamps` calls a failure."""

from __future__ import annotations

import sys

import pytest

from extract.settings import PROJECT

MISSED = "missed: sampling was stopped after 0 attempts"


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(PROJECT / "dags"), *sys.path])
    import chargeamps

    return chargeamps.silent


def test_a_charge_point_is_silent_that_gave_less_than_half_of_its_samples(silent):
    failed = [f"2101M: {MISSED}"] * 10 + [f"2102M: {MISSED}"] * 10
    assert silent([*failed, "2102M: HTTP 503 after 2 attempts"], 10) == [
        "2102M: HTTP 503 after 2 attempts"
    ]


def test_of_the_other_streams_each_failure_counts(silent):
    assert silent(["*: HTTP 403 after 1 attempts"], 0) == ["*: HTTP 403 after 1 attempts"]
    assert silent([], 0) == []
