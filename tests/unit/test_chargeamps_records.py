"""Charge Amps' sessions, charge points, settings and controls in, typed rows out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from extract.http import Exchange
from tests.chargeamps_feed import (
    ORGANISATION,
    OTHER,
    POINT,
    START,
    exchange,
    only,
    owned,
    rows,
    session,
    settings,
    tables_of,
    tick,
)


@pytest.fixture
def made(tmp_path: Any) -> Any:
    """`made(exchange, …)`: the tables of exchanges of one stream that were landed together."""
    return lambda *answers: tables_of(tmp_path, answers, stream=answers[0].stream)


def sessions(*found: Any, at: datetime = START, **more: Any) -> Exchange:
    return exchange(list(found), at, **{"endpoint": "chargingsessions"} | more)


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_has_its_times_energy_driver_and_token(made: Any) -> None:
    row = only(made(sessions(session()))["sessions"])
    assert {name: value for name, value in row.items() if value is not None} == {
        **{"source": "chargeamps", "stream": "sessions", "scope": POINT, "date": START.date()},
        **{"session_id": "815", "query_time": START, "charging_point_id": POINT},
        **{"connector_id": f"{POINT}:2", "driver": "p_" + "1" * 32, "token": "p_" + "2" * 32},
        **{"started_at": START - timedelta(hours=2), "ended_at": START - timedelta(minutes=30)},
        **{"energy_kwh": 18.25, "session_type": "ThreePhase", "external_id": "77"},
    }


@pytest.mark.parametrize(
    "text",
    ["2026-11-17T07:00:00Z", "2026-11-17T07:00:00", "2026-11-17T08:00:00+01:00",
     "2026-11-17T07:00:00.0000000Z", "2026-11-17T07:00:00.000"],
)  # fmt: skip
def test_times_are_read_with_z_with_an_offset_or_with_neither(made: Any, text: str) -> None:
    row = only(made(sessions(session(startTime=text)))["sessions"])
    assert row["started_at"] == START - timedelta(hours=2)


def test_a_session_is_as_in_its_last_answer_whether_by_number_or_text(made: Any) -> None:
    opened = session(815, endTime=None, totalConsumptionKwh=3)
    tables = made(
        sessions(session("815", totalConsumptionKwh="18.5"), at=tick(2)),
        sessions(opened, session(816, endTime=None), at=tick(1)),
    )
    assert rows(tables["sessions"], "session_id", "energy_kwh", "query_time") == [
        ("815", 18.5, tick(2)),
        ("816", 18.25, tick(1)),
    ]
    assert tables["sessions"]["ended_at"].to_pylist() == [START - timedelta(minutes=30), None]


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (session(None), "id"),
        (session(1, startTime="yesterday"), "startTime"),
        (session(1, endTime="0001-01-01T00:00:00+01:00"), None),
        (session(1, endTime="9999-12-31T23:59:59Z"), "endTime"),
        (session(1, totalConsumptionKwh="much"), "totalConsumptionKwh"),
        (session(1, userId={"id": "p_" + "1" * 32}), "userId"),
        (7, None),
    ],
)
def test_a_session_that_cannot_be_read_is_quarantined_alone(
    made: Any, broken: Any, field: str | None
) -> None:
    tables = made(sessions(broken, session()))
    if broken != 7 and field is None:  # year 1 is .NET's word for nothing
        assert tables["sessions"].num_rows == 2
        return
    assert only(tables["sessions"])["session_id"] == "815"
    assert only(tables["quarantine"])["field"] == field


def test_a_guests_session_has_neither_driver_nor_token(made: Any) -> None:
    nobody = dict.fromkeys(("userId", "rfid", "rfidDec", "rfidDecReverse"))
    row = only(made(sessions(session(**nobody)))["sessions"])
    assert (row["driver"], row["token"]) == (None, None)


def test_only_a_charge_points_own_answer_may_leave_it_out(made: Any) -> None:
    nowhere = session(1, chargePointId=None)
    organisation = {"scope": ORGANISATION, "endpoint": "organisation_chargingsessions"}
    tables = made(
        sessions(nowhere), sessions(nowhere | {"id": 2}, session(3), at=tick(1), **organisation)
    )
    columns = ("session_id", "charging_point_id", "connector_id")
    assert rows(tables["sessions"], *columns) == [
        ("1", POINT, f"{POINT}:2"),
        ("2", None, None),
        ("3", POINT, f"{POINT}:2"),
    ]


@pytest.mark.parametrize("answer", [b"{", b"17", b'{"id":1}', None])
def test_an_answer_that_is_no_list_is_quarantined_as_a_whole(made: Any, answer: Any) -> None:
    tables = made(sessions(session()), exchange(answer, tick(1), endpoint="chargingsessions"))
    assert tables["sessions"].num_rows == 1
    assert only(tables["quarantine"])["record"] == "answer"


# --- charge points -------------------------------------------------------------------------------


def listed(*points: Any, at: datetime = START) -> Exchange:
    return exchange(list(points), at, "*", "owned")


def test_a_charge_point_is_a_station_a_point_and_its_connectors(made: Any) -> None:
    sent = [owned(), owned(id=OTHER, connectors=None)]
    tables = made(listed(*sent), listed(*sent, at=tick(1)))
    names = ("station_id", "name", "first_query_time", "last_query_time")
    assert rows(tables["stations"], *names)[0] == (POINT, "Dansmästaren 01", START, tick(1))
    points = rows(tables["charging_points"], "charging_point_id", "station_id")
    assert points == [(POINT, POINT), (OTHER, OTHER)]
    assert rows(tables["connectors"], "connector_id", "charging_point_id", "standard") == [
        (f"{POINT}:1", POINT, "IEC_62196_T2"),
        (f"{POINT}:2", POINT, "DOMESTIC_F"),
    ]
    assert tables["unknown_fields"].num_rows == 0


def test_the_lists_of_all_organisations_are_one_scope(made: Any) -> None:
    lists = {"endpoint": "organisation_chargepoints"}
    tables = made(
        listed(owned(), at=tick(0)),
        exchange([owned(id=OTHER)], tick(1), ORGANISATION, **lists),
        exchange([owned()], tick(2), "another", **lists),
        listed(owned(), at=tick(3)),
    )
    columns = ("scope", "station_id", "first_query_time", "last_query_time")
    assert rows(tables["stations"], *columns) == [
        ("*", POINT, tick(0), tick(3)),
        ("*", OTHER, tick(1), tick(1)),
    ]


def test_a_new_name_begins_a_new_version(made: Any) -> None:
    tables = made(listed(owned()), listed(owned(name="Plan 2"), at=tick(1)))
    assert rows(tables["stations"], "name") == [("Dansmästaren 01",), ("Plan 2",)]
    assert tables["connectors"].num_rows == 2


def test_a_charge_point_that_cannot_be_read_is_quarantined_alone(made: Any) -> None:
    wrong = {"chargePointId": POINT, "connectorId": None, "type": "Charger"}
    tables = made(
        listed(owned(id=None), owned(connectors=[wrong, *owned()["connectors"]]), 7, owned(id="x"))
    )
    assert tables["stations"].num_rows == 2 and tables["connectors"].num_rows == 4
    assert tables["quarantine"].num_rows == 3


# --- settings and controls -----------------------------------------------------------------------


def read(answer: Any, at: datetime = START) -> Exchange:
    return exchange(answer, at, endpoint="settings")


def test_settings_are_a_row_when_they_differ_from_those_before(made: Any) -> None:
    limits = [16, 16.0, "16", 10, None, None, 16]
    tables = made(
        *(read(settings(1, limit), tick(number)) for number, limit in enumerate(limits)),
        read(settings(2, 16), tick(9)),
    )
    columns = ("connector_id", "changed_at", "max_current_a")
    assert rows(tables["connector_settings"], *columns) == [
        (f"{POINT}:1", tick(0), 16.0),
        (f"{POINT}:1", tick(3), 10.0),
        (f"{POINT}:1", tick(4), None),
        (f"{POINT}:1", tick(6), 16.0),
        (f"{POINT}:2", tick(9), 16.0),
    ]
    assert set(tables["connector_settings"]["kind"].to_pylist()) == {"observed"}


@pytest.mark.parametrize("limit", ["much", -1, 1e9, int("9" * 400)])
def test_settings_that_cannot_be_read_are_quarantined_and_a_failure_changes_none(
    made: Any, limit: Any
) -> None:
    tables = made(
        read(settings()),
        exchange(None, tick(1), endpoint="settings", status_code=503, error="HTTP 503"),
        read(settings(limit=limit), tick(2)),
    )
    assert tables["connector_settings"].num_rows == 1
    assert only(tables["quarantine"])["field"] == "maxCurrent"


def control(at: datetime, outcome: str, after: dict | None, **wanted: Any) -> Exchange:
    record = {
        "chargePointId": POINT,
        "connectorId": 1,
        "wanted": wanted,
        "before": settings(1, 16),
        "after": after,
        "outcome": outcome,
        "requestedBy": "linnea",
        "reason": "the main fuse is 63 A",
    }
    return exchange(record, at, endpoint="settings_put")


def test_a_control_is_a_request_and_the_settings_after_it_are_observed(made: Any) -> None:
    tables = made(
        read(settings(1, 16)),
        control(tick(1), "taken", settings(1, 10), maxCurrent=10),
        control(tick(2), "ignored", settings(1, 10), mode="Off"),
        control(tick(3), "failed", None, rfidLock=False),
    )
    columns = ("changed_at", "kind", "max_current_a", "mode", "rfid_lock", "outcome")
    assert rows(tables["connector_settings"], *columns) == [
        (tick(0), "observed", 16.0, "On", True, None),
        (tick(1), "observed", 10.0, "On", True, None),
        (tick(1), "requested", 10.0, None, None, "taken"),
        (tick(2), "requested", None, "Off", None, "ignored"),
        (tick(3), "requested", None, None, False, "failed"),
    ]
    who = set(rows(tables["connector_settings"], "requested_by", "reason"))
    assert who == {(None, None), ("linnea", "the main fuse is 63 A")}
