"""What needs a person: decided in one place, from times, polls, the ledger and the steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from extract.lake.raw import Partition
from extract.steps import health
from extract.steps.health import Problem, StreamHealth
from extract.warehouse.ledger import Entry
from extract.warehouse.typed_state import QuarantinedScope, ScopePoll

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
TODAY = Partition("acme", "state", date(2026, 11, 20))


def stream(**more) -> StreamHealth:
    given = {"last_query_time": NOW, "last_landed_at": NOW, "late": False, **more}
    return StreamHealth("acme", "state", TEN, False, **given)


def poll(scope: str = "oslo", at: datetime = NOW, outcome: str = "ok", **more) -> ScopePoll:
    return ScopePoll(scope, at, outcome, more.get("error"), *more.get("records", (5, 0)))


def kinds(problems: Iterable[Problem]) -> list[str]:
    return [problem.kind for problem in problems]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (stream(), []),
        (stream(late=True), ["late"]),
        (stream(last_query_time=datetime(2099, 1, 1, tzinfo=UTC)), ["clock"]),
        (stream(failed_scopes=["oslo: HTTP 500"], failures=["login refused"]),
         ["failed_scope", "poll_failed"]),
    ],
)  # fmt: skip
def test_a_stream_is_late_misdated_or_failed(found: StreamHealth, expected: list[str]) -> None:
    assert kinds(health.of_stream(found, NOW)) == expected


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        ([poll(), poll("bergen")], []),
        ([poll(outcome="unreadable", error="no answer of ours")], ["failed_scope"]),
        ([poll(records=(5, 5))], ["failed_scope"]),
        ([poll(records=(5, 4))], []),
        ([poll(), poll("bergen", NOW - 4 * TEN)], ["missing_scopes"]),
        ([*(poll(f"c{n}") for n in range(20)), poll("gone", NOW - 4 * TEN)], []),
        ([poll(), poll("future", datetime(2099, 1, 1, tzinfo=UTC))], []),
    ],
)
def test_a_scope_is_unreadable_or_no_longer_answered_for(
    polls: list[ScopePoll], expected: list[str]
) -> None:
    assert kinds(health.of_scopes(stream(), polls, NOW)) == expected


def test_a_scope_that_failed_in_the_poll_is_reported_once() -> None:
    failed = stream(failed_scopes=["oslo: HTTP 500"])
    assert kinds(health.of_scopes(failed, [poll(outcome="http_error")], NOW)) == []


def test_events_have_no_scopes_to_miss() -> None:
    events = StreamHealth("acme", "messages", TEN, True)
    assert kinds(health.of_scopes(events, [poll(at=NOW - 9 * TEN)], NOW)) == []


def test_quarantined_records_are_counted_with_examples_and_forgotten_after_a_week() -> None:
    recent = Entry(TODAY, "f", "loaded", quarantined=8, loaded_at=NOW)
    old = Entry(TODAY, "f", "loaded", quarantined=8, loaded_at=NOW - timedelta(days=8))
    records = [QuarantinedScope(TODAY, f"c{n}", 2, f"connector {n}") for n in range(4)]

    (problem,) = health.of_ledger([recent], records, NOW)

    assert (problem.kind, problem.count) == ("quarantined_records", 8)
    assert "c0: connector 0" in problem.text
    assert "and 1 more scopes" in problem.text
    assert kinds(health.of_ledger([old], records, NOW)) == []


def test_a_quarantined_partition_is_a_problem_for_as_long_as_it_is_one() -> None:
    entry = Entry(TODAY, "f", "quarantined", "a reason", loaded_at=NOW - timedelta(days=90))
    (problem,) = health.of_ledger([entry], [], NOW)
    assert "a reason" in problem.text
    assert "replay --from 2026-11-20" in problem.do


def test_what_has_just_landed_waits_and_what_waits_for_hours_needs_a_person() -> None:
    just, hours = {"acme/state": NOW - TEN}, {"acme/state": NOW - timedelta(hours=2)}
    assert kinds(health.of_waiting(just, just, NOW)) == []
    assert kinds(health.of_waiting(hours, just, NOW)) == ["not_loaded"]
    assert kinds(health.of_waiting({}, hours, NOW)) == ["not_built"]


def test_a_step_that_failed_is_a_problem_but_a_load_is_reported_by_what_it_left_out() -> None:
    how = {"ok": False, "finished_at": NOW, "result": {"failures": ["a test failed"]}}
    (problem,) = health.of_steps({"load": how, "build": how})
    assert (problem.where, problem.do) == ("build", "wattstar build")
    assert "a test failed" in problem.text


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("2026-11-20T07:29", "2026-11-19T07:05", []),
        ("2026-11-20T07:31", "2026-11-19T07:05", ["daily_run"]),
        ("2026-11-20T07:31", "2026-11-20T07:05", []),
        ("2026-11-20T23:59", "2026-11-20T06:55", ["daily_run"]),
        ("2026-11-20T07:31", "2026-11-01T07:05", []),  # nobody runs it daily any more
        ("2026-11-20T07:31", None, []),
    ],
)
def test_a_daily_run_that_is_not_done_by_half_past_seven_local_time_is_a_problem(
    now: str, last: str | None, expected: list[str]
) -> None:
    berlin = ZoneInfo("Europe/Berlin")

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=berlin)

    steps = {"daily": {"ok": True, "finished_at": at(last), "result": {}}} if last else {}
    assert kinds(health.of_daily_run(steps, at(now), berlin)) == expected


def test_a_disk_that_is_nearly_full_is_a_problem() -> None:
    assert kinds(health.of_disk(5 << 30, "home")) == []
    assert kinds(health.of_disk(1 << 20, "home")) == ["disk"]
