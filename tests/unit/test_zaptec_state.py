"""Zaptec's states in, polls, status spans and measurements out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from extract.http import Exchange
from extract.sandbox.options import Options
from extract.vendors.zaptec.sandbox import fleet, state
from tests.zaptec_feed import CHARGER, NOW, exchange, recorded, tables

WORDS = {
    1: "DISCONNECTED",
    2: "CONNECTED_REQUESTING",
    3: "CONNECTED_CHARGING",
    5: "CONNECTED_FINISHED",
}
TRUTH = fleet(Options(zaptec_chargers=24, zaptec_history_days=70))


def observed(key: int, value: Any = None, at: str = "2026-11-17T08:00:00.1") -> dict[str, Any]:
    """An observation; one without a value has none in its answer either."""
    sent = {"ChargerId": CHARGER, "StateId": key, "Timestamp": at}
    return sent if value is None else {**sent, "ValueAsString": value}


CHARGES = [
    observed(-2, "1"),
    observed(501, "230.125"),
    observed(507, "16.0", "2026-11-17T07:00:00"),
    observed(513, "3700"),
    observed(553, "1.5"),
    observed(710, "3"),
    observed(721, "b5a7"),
]


def asked(*more: dict[str, Any], minutes: float = 0) -> Exchange:
    """The answer of a charger that charges, changed by what comes after."""
    new = {one.get("StateId") for one in more}
    sent = [one for one in CHARGES if one["StateId"] not in new]
    return exchange([*sent, *more], "state", CHARGER, minutes)


def status(made: dict) -> str | None:
    """The one status of both units."""
    spans = made["status_spans"].to_pylist()
    assert {one["unit"] for one in spans} == {"chargingpoint", "connector"}
    (word,) = {one["status"] for one in spans}
    return word


def test_a_recorded_state_gives_a_status_and_measurements() -> None:
    made = tables(exchange(recorded("charger_state.json"), "state", CHARGER))

    (poll,) = made["polls"].to_pylist()
    assert (poll["outcome"], poll["records"], poll["unreadable_records"]) == ("ok", 2, 0)
    assert status(made) == "DISCONNECTED"
    measured = {one["phase"]: one for one in made["measurements"].to_pylist()}
    assert {
        phase: (measured[phase]["voltage_v"], measured[phase]["current_a"])
        for phase in ("L1", "L2", "L3")
    } == {"L1": (1.257, 0.022), "L2": (3.196, 0.023), "L3": (1.089, 0.022)}
    total = measured["total"]
    assert (total["power_w"], total["register_kwh"]) == (2.83012, 1.42012)
    assert total["session_id"] is None
    assert total["observed_at"] == datetime(2022, 9, 28, 13, 42, 37, 577000, UTC)
    assert measured["L2"]["observed_at"] == datetime(2022, 9, 28, 13, 43, 3, tzinfo=UTC)
    assert {one["measured_at"] for one in measured.values()} == {NOW}
    assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


def test_the_sandboxes_chargers_have_the_status_they_really_have() -> None:
    answers, expected = [], {}
    for charger in TRUTH.chargers:
        answers.append(exchange(state.state(TRUTH, charger, NOW), "state", charger.id))
        moment = TRUTH.at(charger, NOW)
        expected[charger.id] = WORDS[state.mode(moment)] if moment.online else "OFFLINE"

    made = tables(*answers)

    spans = made["status_spans"].to_pylist()
    assert len(spans) == 2 * len(expected)
    assert {one["unit_id"]: one["status"] for one in spans} == expected
    measured = set(made["measurements"]["connector_id"].to_pylist())
    assert measured == {key for key, word in expected.items() if word != "OFFLINE"}
    assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (observed(710, "0"), "UNKNOWN"),
        (observed(710, "4"), "MODE_4"),
        (observed(710, "5.0"), "CONNECTED_FINISHED"),
        (observed(710), None),
        (observed(-2, "0"), "OFFLINE"),
        (observed(-2, "False"), "OFFLINE"),
        (observed(-2), "CONNECTED_CHARGING"),
        ({"StateId": 710}, None),
    ],
)
def test_a_status_is_the_operation_mode_of_a_charger_that_is_online(sent: dict, word: str) -> None:
    assert status(tables(asked(sent))) == word


@pytest.mark.parametrize("sent", [observed(710, "three"), observed(710, "3.5"), observed(-2, "x")])
def test_a_status_that_cannot_be_read_is_quarantined_and_not_guessed(sent: dict) -> None:
    made = tables(asked(sent))

    (poll,) = made["polls"].to_pylist()
    assert (poll["outcome"], poll["records"], poll["unreadable_records"]) == ("ok", 2, 2)
    assert made["status_spans"].num_rows == 0
    (issue,) = made["quarantine"].to_pylist()
    assert (issue["record"], issue["field"]) == ("state", str(sent["StateId"]))


def test_each_phase_is_a_row_with_the_oldest_time_of_its_values() -> None:
    made = tables(asked())

    one, total = made["measurements"].to_pylist()
    assert (one["phase"], one["voltage_v"], one["current_a"]) == ("L1", 230.125, 16.0)
    assert one["observed_at"] == datetime(2026, 11, 17, 7, tzinfo=UTC)
    assert (total["phase"], total["power_w"], total["register_kwh"]) == ("total", 3700.0, 1.5)
    assert one["session_id"] == total["session_id"] == "b5a7"


def test_nothing_is_measured_from_a_charger_that_is_offline() -> None:
    assert tables(asked(observed(-2, "0")))["measurements"].num_rows == 0


def test_a_value_that_is_no_number_is_null_and_quarantined_and_the_others_stay() -> None:
    made = tables(asked(observed(501, "n/a")))

    one, total = made["measurements"].to_pylist()
    assert (one["voltage_v"], one["current_a"], total["power_w"]) == (None, 16.0, 3700.0)
    (issue,) = made["quarantine"].to_pylist()
    assert (issue["record"], issue["value"]) == ("observation 501", '"n/a"')


def test_a_value_whose_time_cannot_be_read_stays_without_it() -> None:
    made = tables(asked(observed(502, "231.0", "soon")))

    row = made["measurements"].to_pylist()[1]
    assert (row["phase"], row["voltage_v"], row["observed_at"]) == ("L2", 231.0, None)
    assert made["quarantine"]["record"].to_pylist() == ["measurement L2"]


@pytest.mark.parametrize("sent", [7, {"Value": 1}, {"StateId": "last"}])
def test_an_entry_that_is_no_observation_is_quarantined_alone(sent: Any) -> None:
    made = tables(exchange([sent, *CHARGES], "state", CHARGER))

    assert status(made) == "CONNECTED_CHARGING"
    assert made["measurements"].num_rows == 2
    assert made["quarantine"]["record"].to_pylist() == ["observation 0"]


def test_the_later_one_counts_of_an_observation_that_stands_twice() -> None:
    older = observed(710, "1", "2026-11-17T01:00:00")
    for sent in ([older, *CHARGES], [*CHARGES, older]):
        assert status(tables(exchange(sent, "state", CHARGER))) == "CONNECTED_CHARGING"


def test_unknown_fields_are_counted_once_for_each_observation() -> None:
    sent = [{**one, "Unit": "V"} for one in CHARGES[:3]]

    made = tables(*(exchange(sent, "state", CHARGER, minutes) for minutes in (0, 15)))

    (unknown,) = made["unknown_fields"].to_pylist()
    assert (unknown["record"], unknown["field"], unknown["records"]) == ("observation", "Unit", 3)


def test_a_failed_request_ends_the_runs_and_is_a_poll() -> None:
    made = tables(
        asked(),
        asked(minutes=15),
        exchange(None, "state", CHARGER, 30, status_code=503, error="HTTP 503"),
        exchange(None, "state", CHARGER, 45, status_code=None, error="timed out"),
        exchange(b'{"Message": "?"}', "state", CHARGER, 60),
        asked(minutes=75),
    )

    polls = [(one["outcome"], one["records"], one["error"]) for one in made["polls"].to_pylist()]
    assert polls[:4] == [
        ("ok", 2, None),
        ("ok", 2, None),
        ("http_error", 0, "HTTP 503"),
        ("no_answer", 0, "timed out"),
    ]
    assert [outcome for outcome, _, _ in polls[4:]] == ["unreadable", "ok"]
    runs = [(one["unit"], one["polls"]) for one in made["status_spans"].to_pylist()]
    assert runs == [("chargingpoint", 2), ("chargingpoint", 1), ("connector", 2), ("connector", 1)]
    assert made["quarantine"]["value"].to_pylist() == ['{"Message": "?"}']
    assert made["measurements"].num_rows == 6


def test_the_list_of_chargers_is_no_poll_of_any() -> None:
    listed = exchange({"Pages": 1, "Data": []}, "chargers", "*", stream="state")

    assert tables(listed, asked())["polls"]["scope"].to_pylist() == [CHARGER]
