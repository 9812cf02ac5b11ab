"""What the numbers of a Charge Amps status mean: as stated, and only else as guessed."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest

from extract.http import Exchange
from extract.vendors.chargeamps.flatten.status_vocabulary import (
    CAPI,
    OCPP,
    guessed,
    of_point,
    stated,
)
from tests.chargeamps_feed import (
    OTHER,
    POINT,
    connector,
    exchange,
    owned,
    phase,
    point,
    rows,
    statement,
    statuses,
    tables_of,
    tick,
)

FLOWING, STILL = [phase(current=15.2)], [phase(current=0.0)]


# --- the rules, as tables ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "vocabulary"),
    [(None, CAPI), ("CAPI", CAPI), ("1.6", OCPP), ("1.6J", OCPP), ("2.0.1", OCPP)],
)
def test_a_version_states_a_vocabulary(version: str | None, vocabulary: Any) -> None:
    assert stated(version) is vocabulary


@pytest.mark.parametrize(
    ("number", "capi", "ocpp"),
    [
        ("0", "AVAILABLE", "AVAILABLE"),
        ("1", "CHARGING", "PREPARING"),
        ("2", "CONNECTED", "CHARGING"),
        ("3", "ERROR", "SUSPENDEDEVSE"),
        ("4", "UNKNOWN", "SUSPENDEDEV"),
        ("5", None, "FINISHING"),
        ("6", None, "RESERVED"),
        ("7", None, "UNAVAILABLE"),
        ("8", None, "FAULTED"),
        ("9", None, "UNKNOWN"),
        ("10", None, None),
    ],
)
def test_the_numbers_of_both_vocabularies(number: str, capi: str | None, ocpp: str | None) -> None:
    assert (CAPI.get(number), OCPP.get(number)) == (capi, ocpp)


@pytest.mark.parametrize(
    ("seen", "vocabulary"),
    [
        pytest.param({("2", True, True): 1}, OCPP, id="current flows while 2"),
        pytest.param({("1", True, True): 1}, CAPI, id="current flows while 1"),
        pytest.param({("1", True, True): 1, ("2", True, True): 2}, OCPP, id="the more frequent"),
        pytest.param({("1", True, True): 9, ("5", False, True): 1}, OCPP, id="above 4"),
        pytest.param({("2", None, False): 1}, CAPI, id="2 without current all day"),
        pytest.param({("1", None, True): 1}, CAPI, id="1 in a session, current not known"),
        pytest.param({("1", None, False): 1}, OCPP, id="1 and nothing else"),
        pytest.param({("4", None, True): 1}, OCPP, id="4 in a session"),
        pytest.param({}, OCPP, id="nothing to go by"),
    ],
)
def test_a_charge_point_that_states_nothing_is_guessed(seen: dict, vocabulary: Any) -> None:
    assert guessed(Counter(seen)) is vocabulary


@pytest.mark.parametrize(
    ("own", "connectors", "word"),
    [
        ("ONLINE", ("AVAILABLE", "CHARGING"), "CHARGING"),
        ("ONLINE", ("AVAILABLE", "SUSPENDEDEV"), "SUSPENDEDEV"),
        ("ONLINE", ("FAULTED", "AVAILABLE"), "AVAILABLE"),
        ("ONLINE", ("ERROR", "UNKNOWN"), "ERROR"),
        ("ONLINE", (), "ONLINE"),
        ("1", ("AVAILABLE",), "AVAILABLE"),
        (None, ("CONNECTED",), "CONNECTED"),
        ("AVAILABLE", ("CHARGING",), "AVAILABLE"),
        ("OFFLINE", ("CHARGING",), "OFFLINE"),
        ("REBOOTING", ("CHARGING",), "REBOOTING"),
    ],
)
def test_a_charge_points_status_is_its_own_or_its_busiest_connectors(
    own: str | None, connectors: tuple[str, ...], word: str
) -> None:
    assert of_point(own, connectors) == word


# --- answers -------------------------------------------------------------------------------------


def flattened(tmp_path: Any, *exchanges: Exchange) -> list[str | None]:
    """The connectors' words of the typed tables."""
    return statuses(tables_of(tmp_path, exchanges))


@pytest.mark.parametrize(
    ("version", "number", "word"),
    [
        (None, "3", "ERROR"),
        (None, "1", "CHARGING"),
        ("1.6", "2", "CHARGING"),
        ("1.6", 2, "CHARGING"),
    ],
)
def test_a_stated_vocabulary_holds_whatever_the_other_answers_say(
    tmp_path: Any, version: str | None, number: Any, word: str
) -> None:
    other = [("5", STILL), ("2", FLOWING)] if version is None else [("1", FLOWING)] * 3
    words = flattened(
        tmp_path,
        statement({POINT: version}),
        exchange(point(connector(1, number, sessionId=None))),
        *(
            exchange(point(connector(2, status, measured)), tick(1 + number))
            for number, (status, measured) in enumerate(other)
        ),
    )
    assert words[0] == word


def test_a_whole_answer_of_owned_states_it_too(tmp_path: Any) -> None:
    answer = exchange([owned(ocppVersion="1.6")], endpoint="owned", stream="status")
    assert flattened(tmp_path, answer, exchange(point(connector(1, "2")))) == ["CHARGING"]


def test_a_charge_point_that_changes_its_protocol_is_read_as_stated_last(tmp_path: Any) -> None:
    words = flattened(
        tmp_path,
        exchange(point(connector(1, "3"))),
        statement({POINT: None}, tick(1)),
        exchange(point(connector(1, "3")), tick(2)),
        statement({POINT: "1.6"}, tick(3)),
        exchange(point(connector(1, "3")), tick(3)),
    )
    assert words == ["ERROR", "SUSPENDEDEVSE"]


@pytest.mark.parametrize("version", [{"major": 1}, ["1.6"], "p_" + "0" * 32])
def test_a_version_that_cannot_be_read_states_nothing(tmp_path: Any, version: Any) -> None:
    answers = [exchange(point(connector(1, "1", FLOWING))), statement({POINT: version})]
    assert flattened(tmp_path, *answers) == ["CHARGING"]


def test_each_charge_point_has_its_own_vocabulary(tmp_path: Any) -> None:
    tables = tables_of(
        tmp_path,
        [
            statement({POINT: None, OTHER: "1.6"}),
            exchange(point(connector(1, "1"))),
            exchange(point(connector(1, "1"), name=OTHER), scope=OTHER),
        ],
    )
    words = dict(rows(tables["status_spans"], "unit_id", "status"))
    assert (words[f"{POINT}:1"], words[f"{OTHER}:1"]) == ("CHARGING", "PREPARING")
    assert set(tables["polls"]["scope"].to_pylist()) == {POINT, OTHER}, "a statement is no poll"


def test_a_guess_is_made_of_the_whole_date_and_logged(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        words = flattened(
            tmp_path,
            exchange(point(connector(1, "2", STILL), connector(2, "Available"))),
            exchange(point(connector(1, "1", FLOWING), connector(2, "0")), tick(1)),
        )
    assert words == ["CONNECTED", "CHARGING", "AVAILABLE"]
    assert f"1 charge points ({POINT} …) state no ocppVersion" in caplog.text


@pytest.mark.parametrize("status", ["Charging", "0", "17", None])
def test_nothing_is_logged_where_nothing_is_guessed(
    tmp_path: Any, caplog: pytest.LogCaptureFixture, status: str | None
) -> None:
    words = flattened(tmp_path, exchange(point(connector(1, status))))
    assert words == [{"Charging": "CHARGING", "0": "AVAILABLE"}.get(status or "", status)]
    assert caplog.text == ""
