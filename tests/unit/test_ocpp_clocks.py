"""Clocks of charge points that are wrong, through poll and flatten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.ocpp_feed import MORNING, Message, call, later, sample, typed_of


def status(at: datetime | str, second: float, word: str = "Available") -> Message:
    own = at if isinstance(at, str) else at.isoformat()
    body = {"connectorId": 1, "status": word, "errorCode": "NoError", "timestamp": own}
    return call("StatusNotification", body, second, f"s{second}")


def start(at: datetime, second: float) -> Message:
    body = {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": at.isoformat()}
    return call("StartTransaction", body, second, f"b{second}")


def metered(at: datetime, second: float, wh: int = 1000) -> Message:
    values = {"timestamp": at.isoformat(), "sampledValue": [sample(wh)]}
    body = {"connectorId": 1, "transactionId": 1, "meterValue": [values]}
    return call("MeterValues", body, second, f"v{second}")


def boot(second: float) -> Message:
    return call("BootNotification", {"chargePointModel": "M"}, second, f"o{second}")


def unset(seconds: float) -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(seconds=seconds)


def times(found: dict) -> list[datetime]:
    return sorted(row["measured_at"] for row in found["measurements"])


@pytest.mark.parametrize(
    ("own", "micros"),
    [
        ("2023-01-01T11:00:30+03", 30_000_000),
        ("2023-01-01T08:00:30.1234567Z", 30_123_456),
        ("2023-01-01 08:00:30", 30_000_000),
        ("2023-01-01T08:00:30+0000", 30_000_000),
        ("2023-01-01T08:00:30", 30_000_000),
    ],
)
def test_times_are_read_in_the_forms_in_which_charge_points_write_them(tmp_path, own, micros):
    (span,) = typed_of(tmp_path, status(own, 31))["status_spans"]
    assert span["first_query_time"] == MORNING + timedelta(microseconds=micros)


def test_a_clock_that_was_never_set_is_corrected_by_one_amount_from_boot_to_boot(tmp_path):
    found = typed_of(
        tmp_path,
        boot(0),
        status(unset(0.7), 1),
        start(unset(140), 140),
        metered(unset(740), 740),
        metered(unset(800), 900),  # sent late, with the next
        metered(unset(900), 901),
        boot(2000),
        metered(unset(60), 2060),
        metered(later(2100), 2100),  # it has been set
    )
    assert times(found) == [later(second) for second in (740, 800, 900, 2060, 2100)]
    (begun,) = [row for row in found["ocpp_messages"] if row["action"] == "StartTransaction"]
    assert begun["event_time"] == later(140)
    assert begun["time_correction_s"] == (later(0) - unset(0)).total_seconds()
    (span,) = found["status_spans"]
    assert span["first_query_time"] == later(1)  # when it was written
    corrected = [row["time_correction_s"] is not None for row in found["measurements"]]
    assert sorted(corrected) == [False, True, True, True, True]


@pytest.mark.parametrize("hours", [-5, -3.5, 2, 5.5])
def test_local_time_that_calls_itself_utc_is_put_onto_the_log_s_clock(tmp_path, hours):
    shift = timedelta(hours=hours)
    found = typed_of(
        tmp_path,
        status(later(0) + shift, 1),
        start(later(300) + shift, 300),
        metered(later(900) + shift, 901),
        metered(later(1500) + shift, 1500),
    )
    assert times(found) == [later(900), later(1500)]
    assert found["status_spans"][0]["first_query_time"] == later(0)
    assert {row["time_correction_s"] for row in found["measurements"]} == {-hours * 3600}
    registers = {row["register_at"] for row in found["ocpp_messages"] if row["register_wh"]}
    assert registers == {later(900), later(1500)}


@pytest.mark.parametrize(
    "messages",
    [
        [metered(later(-3600), 0), metered(later(-1800), 1), metered(later(0), 2)],  # a queue
        [metered(later(-3600), 0), metered(later(-3000), 600), status(later(900), 901)],
        [metered(later(-3600), 0)],  # nothing to compare it with
        [metered(later(-2700), 0), metered(later(-1700), 1000)],  # no time zone
    ],
)
def test_messages_that_come_late_keep_their_times(tmp_path, messages):
    found = typed_of(tmp_path, *messages)
    assert {row["time_correction_s"] for row in found["measurements"]} == {None}


def test_a_single_time_far_ahead_is_that_of_its_message_and_the_others_stand(tmp_path):
    ahead = later(0).replace(year=2099)
    found = typed_of(tmp_path, metered(later(-600), 0), metered(ahead, 60), metered(later(90), 91))
    assert times(found) == [later(-600), later(60), later(90)]


@pytest.mark.parametrize("own", ["9999-12-31T23:59:59Z", "2022-13-41T25:61:61Z", "1700-01-01"])
def test_a_time_that_cannot_be_read_is_quarantined_and_the_message_is_of_its_own_time(
    tmp_path, own
):
    body = {"connectorId": 1, "meterValue": [{"timestamp": own, "sampledValue": [sample(5)]}]}
    found = typed_of(tmp_path, call("MeterValues", body, 9), status(own, 10))
    assert times(found) == [later(9)]
    assert [row["first_query_time"] for row in found["status_spans"]] == [later(10)]
    assert [problem["field"] for problem in found["quarantine"]] == ["timestamp", "timestamp"]


def test_year_1_is_nothing(tmp_path):
    found = typed_of(tmp_path, status("0001-01-01T00:00:00Z", 10))
    assert found["status_spans"][0]["first_query_time"] == later(10)
    assert "quarantine" not in found


def test_a_message_may_hold_times_of_before_and_after_the_clock_was_set(tmp_path):
    values = [
        {"timestamp": unset(140).isoformat(), "sampledValue": [sample(100)]},
        {"timestamp": later(1200).isoformat(), "sampledValue": [sample(2100)]},
    ]
    stop = {"transactionId": 1, "meterStop": 2100, "timestamp": later(1200).isoformat()}
    stopped = call("StopTransaction", stop | {"transactionData": values}, 1200)
    found = typed_of(tmp_path / "known", boot(0), start(unset(140), 140), stopped)
    assert times(found) == [later(140), later(1200)]
    found = typed_of(tmp_path / "unknown", stopped)
    assert times(found) == [later(1200)]
    (message,) = found["ocpp_messages"]
    assert (message["event_time"], message["register_at"]) == (later(1200), later(1200))


def test_one_impossible_time_of_a_message_does_not_move_the_others(tmp_path):
    values = [
        {"timestamp": at.isoformat(), "sampledValue": [sample(wh)]}
        for at, wh in ((later(-600), 100), (later(0).replace(year=2099), 200))
    ]
    body = {"connectorId": 1, "transactionId": 1, "meterValue": values}
    found = typed_of(tmp_path, call("MeterValues", body, 0))
    assert times(found) == [later(-600), later(0)]
