"""What is missing, wrong or new in Zaptec's sessions, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.zaptec_feed import CHARGER, Tables, exchange, page, session, tables


def sessions(made: Tables) -> dict[str, dict[str, Any]]:
    """By id."""
    return {row["session_id"]: row for row in made["sessions"].to_pylist()}


def one_of(made: Tables) -> dict[str, Any]:
    (row,) = made["sessions"].to_pylist()
    return row


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-11-16T18:00:00", 0),
        ("2026-11-16T18:00:00.5", 500_000),
        ("2026-11-16T18:00:00.1234567", 123_456),
        ("2026-11-16T18:00:00.123Z", 123_000),
        ("2026-11-16T19:00:00.123+01:00", 123_000),
    ],
)
def test_a_time_may_have_any_fraction_and_an_offset(written: str, microsecond: int) -> None:
    row = one_of(tables(exchange(page([session(StartDateTime=written)]))))

    assert row["started_at"] == datetime(2026, 11, 16, 18, 0, 0, microsecond, UTC)


def test_a_session_without_an_id_gets_one_of_its_charger_and_start() -> None:
    made = [
        tables(exchange(page([session(Id=key)]), minutes=n)) for n, key in enumerate((None, ""))
    ]

    first, second = (one_of(one)["session_id"] for one in made)
    assert first == second
    assert CHARGER in first


@pytest.mark.parametrize(
    ("sent", "driver"),
    [
        ({"UserId": "p_id", "UserEmail": "p_email", "UserUserName": "p_name"}, "p_id"),
        ({"UserEmail": "p_email", "UserUserName": "p_name"}, "p_email"),
        ({"UserUserName": "p_name"}, "p_name"),
        ({"UserId": ""}, None),
    ],
)
def test_the_driver_is_the_users_id_or_what_else_is_sent(sent: dict, driver: str | None) -> None:
    assert one_of(tables(exchange(page([session(**sent)]))))["driver"] == driver


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"CommitMetadata": 1 | 8, "ExternallyEnded": True}, "rfid"),
        ({"ExternallyEnded": True}, "external"),
        ({"CommitMetadata": 1 | 64}, "aborted"),
        ({}, None),
    ],
)
def test_why_a_session_ended_is_a_word(sent: dict, reason: str | None) -> None:
    assert one_of(tables(exchange(page([session(**sent)]))))["end_reason"] == reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ChargerId", None),
        ("StartDateTime", None),
        ("StartDateTime", "yesterday"),
        ("Energy", "much"),
        ("CommitMetadata", "x"),
    ],
)
def test_a_session_that_cannot_be_read_is_quarantined_alone(field: str, value: Any) -> None:
    made = tables(exchange(page([session(**{field: value}), session(Id="s2")])))

    assert sessions(made).keys() == {"s2"}
    (issue,) = made["quarantine"].to_pylist()
    assert (issue["record"], issue["field"]) == ("session s1", field)


@pytest.mark.parametrize(
    "wrong", [7, ["x"], [{"Energy": 1.0}], [{"Timestamp": "soon", "Energy": 1.0}], "[]"]
)
def test_details_that_cannot_be_read_are_left_out_and_the_session_stays(wrong: Any) -> None:
    made = tables(exchange(page([session(EnergyDetails=wrong), session(Id="s2")])))

    row = sessions(made)["s1"]
    assert (row["energy_kwh"], row["intervals_energy_kwh"]) == (3.0, None)
    assert sessions(made)["s2"]["intervals_energy_kwh"] == 3.0
    (issue,) = made["quarantine"].to_pylist()
    assert issue["field"].startswith("EnergyDetails")


def test_a_record_that_is_none_and_a_page_that_is_none_are_quarantined() -> None:
    made = tables(
        exchange(page([5, session()])),
        exchange({"Message": "?"}, minutes=1),
        exchange(b"<html>", minutes=2),
        exchange(None, minutes=3, status_code=503, error="HTTP 503"),
    )

    assert sessions(made).keys() == {"s1"}
    assert made["quarantine"]["record"].to_pylist() == ["answer", "answer", "session 0"]


def test_unknown_fields_are_counted_by_record() -> None:
    sent = [session(Tariff="x"), session(Id="s2", Tariff="x")]
    sent[0]["EnergyDetails"][0]["Phase"] = 1

    made = tables(exchange(page(sent)), exchange(page(sent), minutes=5))

    found = made["unknown_fields"].to_pylist()
    assert [(one["record"], one["field"], one["records"]) for one in found] == [
        ("energy detail", "Phase", 1),
        ("session", "Tariff", 2),
    ]


@pytest.mark.parametrize("start", ["1970-01-01T00:00:10", "2000-01-01T00:00:00.25"])
def test_the_energy_of_a_session_without_a_clock_counts_and_its_clock_is_not_trusted(start) -> None:
    made = tables(exchange(page([session(StartDateTime=start, CommitMetadata=2)])))

    row = one_of(made)
    assert row["started_at"] == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert (row["is_offline"], row["has_reliable_clock"]) == (True, False)
    assert (row["energy_kwh"], row["intervals_energy_kwh"]) == (3.0, 3.0)
    assert made["quarantine"].num_rows == 0


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00", "1899-12-31T00:00:00", "9999-12-31"])
def test_a_session_that_begins_in_another_age_is_quarantined_alone(start) -> None:
    details = [{"Timestamp": start, "Energy": 1.0}]
    known = [
        session(StartDateTime=start),
        session(Id="s2"),
        session(Id="s3", EnergyDetails=details),
    ]

    made = tables(exchange(page(known)))

    assert sessions(made).keys() == {"s2", "s3"}
    assert {row["record"] for row in made["quarantine"].to_pylist()} == {"session s1", "session s3"}
