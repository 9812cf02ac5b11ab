"""Answers about Charge Amps' status in, polls, spans and measurements out."""

from __future__ import annotations

from typing import Any

import pytest

from extract.http import Exchange
from extract.lake.schemas import TABLES
from tests.chargeamps_feed import (
    ORGANISATION,
    OTHER,
    POINT,
    START,
    connector,
    exchange,
    failed,
    only,
    phase,
    point,
    rows,
    statement,
    statuses,
    tables_of,
    tick,
)

FLOWING = [phase(current=15.2)]


@pytest.fixture
def made(tmp_path: Any) -> Any:
    """`made(exchange, …)`: the tables of exchanges that were landed together."""
    return lambda *answers: tables_of(tmp_path, answers)


# --- what is measured ----------------------------------------------------------------------------


def test_a_measurement_has_its_phases_the_register_and_the_session(made: Any) -> None:
    phases = [phase("L1", "15.2", "230.4"), phase(" l3 ", 0, None)]
    tables = made(exchange(point(connector(2, "Charging", phases, chargingPowerKw=3.4))))
    assert rows(tables["measurements"], *TABLES["measurements"].names[3:12]) == [
        (f"{POINT}:2", START, "L1", 15.2, 230.4, None, 12.5, "9937000", None),
        (f"{POINT}:2", START, "L3", 0.0, None, None, 12.5, "9937000", None),
    ]


@pytest.mark.parametrize(
    ("power", "session", "watts"),
    [(3.45, None, 3450.0), ("3.45", 5, 3450.0), (0, 5, 0.0), (0, None, None), (None, 5, None)],
)
def test_the_power_of_all_phases_counts_where_none_is_measured(
    made: Any, power: Any, session: Any, watts: float | None
) -> None:
    answer = point(connector(1, "Charging", chargingPowerKw=power, sessionId=session))
    found = rows(made(exchange(answer))["measurements"], "phase", "power_w", "current_a")
    assert found == ([] if watts is None else [("total", watts, None)])


@pytest.mark.parametrize(
    ("sent", "read"),
    [(123, "123"), ("123", "123"), ("a-b", "a-b"), (None, None), (0, None), ("", None)],
)
def test_session_ids_are_text_whatever_they_came_as(made: Any, sent: Any, read: Any) -> None:
    tables = made(exchange(point(connector(1, "Charging", FLOWING, sessionId=sent))))
    assert only(tables["measurements"])["session_id"] == read


def test_null_measurements_are_no_rows(made: Any) -> None:
    tables = made(exchange(point(connector(1, measurements=None), connector(2, "1", FLOWING))))
    assert rows(tables["measurements"], "connector_id") == [(f"{POINT}:2",)]
    assert only(tables["polls"])["records"] == 3


def test_null_connectors_are_an_answer_without_connectors(made: Any) -> None:
    gap = point() | {"connectorStatuses": None}
    answers = [point(connector(1)), gap, point(connector(1))]
    tables = made(*(exchange(answer, tick(number)) for number, answer in enumerate(answers)))
    assert rows(tables["polls"], "outcome", "records") == [("ok", 2), ("ok", 1), ("ok", 2)]
    assert statuses(tables) == ["CHARGING", "CHARGING"], "a gap ends the span"


def test_what_an_offline_charger_repeats_is_not_taken(made: Any) -> None:
    tables = made(exchange(point(connector(1, "Charging", FLOWING), status="Offline")))
    assert tables["measurements"].num_rows == 0
    assert rows(tables["status_spans"], "unit", "status") == [("chargingpoint", "OFFLINE")]
    assert only(tables["polls"])["records"] == 1


# --- what brings nothing, or cannot be read ------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (failed(START), "http_error"),
        (failed(START, "no answer in time (ReadTimeout)", None), "no_answer"),
        (failed(START, "missed: the poll before took too long", None), "missed"),
        (exchange(b'{"id": "2103'), "unreadable"),
        (exchange(b""), "unreadable"),
        (exchange(None), "unreadable"),
        (exchange(["no", "object"]), "unreadable"),
        (exchange({"id": POINT}, endpoint="statuses"), "unreadable"),
        (exchange(point() | {"connectorStatuses": "none"}), "unreadable"),
    ],
)
def test_a_poll_that_brought_nothing_has_its_outcome(
    made: Any, answer: Exchange, outcome: str
) -> None:
    tables = made(answer, exchange(point(connector(1)), tick(1)))
    assert [row["outcome"] for row in tables["polls"].to_pylist()] == [outcome, "ok"]
    assert tables["quarantine"].num_rows == (outcome == "unreadable")
    assert tables["polls"]["error"].to_pylist()[0] or outcome == "unreadable"


@pytest.mark.parametrize(
    ("broken", "record"),
    [
        (connector(None), f"connector {POINT} number 0"),
        (connector("one"), f"connector {POINT} number 0"),
        ("no object", f"connector {POINT} number 0"),
        (connector(2, totalConsumptionKwh="much"), f"connector {POINT}:2"),
        (connector(2, chargingPowerKw=20_000), f"connector {POINT}:2"),
        (connector(2, status=[]), f"connector {POINT}:2"),
        (connector(2, status="p_" + "0" * 32), f"connector {POINT}:2"),
        (connector(2) | {"measurements": "none"}, f"connector {POINT}:2"),
        (connector(2, sessionId=True), f"connector {POINT}:2"),
    ],
)
def test_a_connector_that_cannot_be_read_is_quarantined_alone(
    made: Any, broken: Any, record: str
) -> None:
    answer = point(broken, connector(1, "Charging", FLOWING))
    last = point(connector(1))
    tables = made(exchange(answer), exchange(answer, tick(1)), exchange(last, tick(2)))
    assert statuses(tables) == ["CHARGING"]
    assert rows(tables["quarantine"], "record", "polls") == [(record, 2)]
    assert rows(tables["polls"], "records", "unreadable_records") == [(3, 1), (3, 1), (2, 0)]


@pytest.mark.parametrize(
    "broken",
    [phase("L4"), phase(None), phase("L2", "n/a"), phase("L2", 1e9), phase("L1"), phase([]), 7],
)
def test_a_phase_that_cannot_be_read_is_quarantined_alone(made: Any, broken: Any) -> None:
    phases = [phase("L1", 9), broken, phase("L3")]
    tables = made(exchange(point(connector(1, "Charging", phases))))
    assert rows(tables["measurements"], "phase", "current_a") == [("L1", 9.0), ("L3", 15.2)]
    assert only(tables["quarantine"])["record"] == f"connector {POINT}:1 / measurement 1"
    assert only(tables["polls"])["unreadable_records"] == 0
    assert statuses(tables) == ["CHARGING"]


def test_a_repeated_connector_counts_once(made: Any) -> None:
    repeated = connector("1", "Available", FLOWING)
    tables = made(exchange(point(connector(1, "Charging", FLOWING), repeated)))
    assert statuses(tables) == ["CHARGING"]
    assert rows(tables["polls"], "records", "duplicate_records") == [(3, 1)]
    assert tables["measurements"].num_rows == 1


def test_unknown_fields_are_ignored_and_counted_by_distinct_record(made: Any) -> None:
    answer = point(connector(1, temperature=20), connector(2, temperature=21)) | {"mood": "fine"}
    tables = made(exchange(answer), exchange(answer | {"mood": "bad"}, tick(1)))
    assert rows(tables["unknown_fields"], "record", "field", "records") == [
        ("charge point status", "mood", 1),
        ("connector status", "temperature", 2),
    ]


# --- an organisation's answer --------------------------------------------------------------------


def of_organisation(*points: Any, at: Any = START, scope: str = ORGANISATION) -> Exchange:
    return exchange(list(points), at, scope, "statuses")


def test_one_answer_of_an_organisation_has_every_charge_point(made: Any) -> None:
    second = point(connector(1, "2"), connector(2, "0"), name=OTHER)
    tables = made(
        statement({POINT: None, OTHER: "1.6"}),
        of_organisation(point(connector(1, "2", FLOWING)), second),
        of_organisation(point(connector(1, "0")), second, at=tick(1)),
    )
    assert rows(tables["polls"], "scope", "outcome", "records") == [(ORGANISATION, "ok", 5)] * 2
    assert rows(tables["status_spans"], "unit_id", "status", "polls") == [
        (POINT, "CONNECTED", 1),
        (POINT, "AVAILABLE", 1),
        (OTHER, "CHARGING", 2),
        (f"{POINT}:1", "CONNECTED", 1),
        (f"{POINT}:1", "AVAILABLE", 1),
        (f"{OTHER}:1", "CHARGING", 2),
        (f"{OTHER}:2", "AVAILABLE", 2),
    ]
    assert only(tables["measurements"])["scope"] == ORGANISATION


@pytest.mark.parametrize("broken", [7, None, {"status": "Online"}, {"id": OTHER, "status": [1]}])
def test_a_charge_point_that_cannot_be_read_does_not_cost_the_others(
    made: Any, broken: Any
) -> None:
    tables = made(of_organisation(point(connector(1)), broken))
    assert statuses(tables) == ["CHARGING"]
    assert rows(tables["polls"], "records", "unreadable_records") == [(3, 1)]
    assert only(tables["quarantine"])["record"].startswith("charge point ")


def test_bytes_of_another_encoding_cost_their_connector_alone(made: Any) -> None:
    body = b'[{"id":"A","connectorStatuses":[{"connectorId":1,"status":"St\xf6rung"}]},'
    body += b'{"id":"B","connectorStatuses":[{"connectorId":1,"status":"Charging"}]}]'
    tables = made(exchange(body, scope=ORGANISATION, endpoint="statuses"))
    assert rows(tables["status_spans"], "unit_id", "status") == [
        ("A", None),
        ("B", "CHARGING"),
        ("B:1", "CHARGING"),
    ]
    assert only(tables["quarantine"])["field"] == "status"


def test_what_two_organisations_list_is_measured_once(made: Any) -> None:
    answer = point(connector(1, "Charging", FLOWING))
    tables = made(
        of_organisation(answer, answer, scope="a"),
        of_organisation(answer, scope="b"),
        exchange(answer),
    )
    assert tables["measurements"].num_rows == 1
    duplicates = dict(rows(tables["polls"], "scope", "duplicate_records"))
    assert duplicates == {"a": 2, "b": 0, POINT: 0}
