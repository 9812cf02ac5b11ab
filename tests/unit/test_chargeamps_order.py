"""Charge Amps' status: the sandbox's own truth, and whatever the order of the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.http import Exchange
from extract.sandbox.options import Options
from extract.vendors.chargeamps.sandbox import answers, garage_of, truth
from extract.vendors.chargeamps.sandbox.state import Garage
from tests.chargeamps_feed import (
    POINT,
    START,
    connector,
    exchange,
    failed,
    phase,
    point,
    rows,
    statement,
    statuses,
    tables_of,
    tick,
)


@pytest.fixture(scope="module")
def garage() -> Garage:
    return garage_of(Options())


@pytest.fixture(scope="module")
def stretch(garage: Garage, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, set]:
    """Tables of an hour and a quarter in windows of ten minutes, and the (charge point, tick)
    pairs that were answered: here and there a server error, no answer, a missed tick."""
    files: list[list[Exchange]] = [[] for _ in range(8)]
    versions = {one["id"]: one["ocppVersion"] for one in answers.owned(garage.chargers.values())}
    files[0].append(statement(versions))
    answered = set()
    for number in range(150):
        at = tick(number)
        for place, charger in enumerate(garage.chargers.values()):
            spoilt = (number * 31 + place * 7) % 97
            if spoilt < 3:
                error = (failed(at), failed(at, "ReadTimeout", None), failed(at, "missed", None))
                files[number // 20].append(error[spoilt])
                files[number // 20][-1].scope = charger.id
                continue
            status = answers.status(garage, charger, at.timestamp())
            files[number // 20].append(exchange(status, at, charger.id))
            answered.add((charger.id, at))
    return tables_of(tmp_path_factory.mktemp("lake"), *files), answered


def observations(tables: dict) -> set[tuple[str, str, datetime, str | None]]:
    """(unit, id, time, status): spans ⋈ good polls."""
    polls: dict[str, list[datetime]] = {}
    for row in tables["polls"].to_pylist():
        if row["outcome"] == "ok":
            polls.setdefault(row["scope"], []).append(row["query_time"])
    found = []
    for span in tables["status_spans"].to_pylist():
        first, last = span["first_query_time"], span["last_query_time"]
        inside = [at for at in polls[span["scope"]] if first <= at <= last]
        assert len(inside) == span["polls"]
        found += [(span["unit"], span["unit_id"], at, span["status"]) for at in inside]
    assert len(found) == len(set(found))
    return set(found)


def test_every_sample_of_the_sandbox_is_a_measurement_once(
    garage: Garage, stretch: tuple[dict, set]
) -> None:
    tables, answered = stretch
    columns = ("connector_id", "measured_at", *truth.Row._fields[2:])
    found = rows(tables["measurements"], *columns)
    known = truth.measurements(garage, map(tick, range(150)))
    expected = [row for row in known if (row.connector_id[:-2], row.measured_at) in answered]
    assert len(found) > 9_000
    assert sorted(found, key=str) == sorted(map(tuple, expected), key=str)


def test_the_spans_give_back_every_status_of_the_sandbox(
    garage: Garage, stretch: tuple[dict, set]
) -> None:
    tables, answered = stretch
    known = truth.statuses(garage, map(tick, range(150)))
    expected = {("connector", *row) for row in known if (row[0][:-2], row[1]) in answered}
    found = observations(tables)
    assert {row for row in found if row[0] == "connector"} == expected
    assert {row[3] for row in expected} >= {"CHARGING", "CONNECTED", "AVAILABLE", "SUSPENDEDEV"}
    points = {row for row in found if row[0] == "chargingpoint"}
    assert {(row[1], row[2]) for row in points} == answered
    silent = {row[2] for row in points if row[3] == "OFFLINE"}
    assert silent, "the stretch has a Wi-Fi gap"


def test_failed_and_missed_polls_have_their_outcomes(stretch: tuple[dict, set]) -> None:
    tables, answered = stretch
    outcomes = [row["outcome"] for row in tables["polls"].to_pylist()]
    assert len(outcomes) == 150 * 30
    assert outcomes.count("ok") == len(answered)
    assert {"http_error", "no_answer", "missed"} < set(outcomes)
    assert tables["quarantine"].num_rows == tables["unknown_fields"].num_rows == 0


def test_what_the_sandbox_makes_unreadable_is_quarantined(tmp_path: Any, garage: Garage) -> None:
    charger = next(iter(garage.chargers.values()))
    status = answers.status(garage, charger, START.timestamp(), unreadable=True)
    tables = tables_of(tmp_path, [exchange(status, scope=charger.id)])
    assert statuses(tables) == ["AVAILABLE"]
    assert tables["measurements"].num_rows == 0
    assert tables["quarantine"].num_rows == 2


def test_the_sessions_of_the_sandbox_are_those_of_its_last_answer(
    garage: Garage, tmp_path: Any
) -> None:
    first, last = START - timedelta(days=2), START + timedelta(days=1)
    files = []
    for at in (START + timedelta(hours=1), START):
        moments = first.timestamp(), last.timestamp(), at.timestamp()
        files.append([
            exchange(
                [answers.session(charger, one) for one in garage.sessions(charger, *moments)],
                at, charger.id, "chargingsessions", params={"startTime": first.isoformat()},
            )
            for charger in garage.chargers.values()
        ])  # fmt: skip
    table = tables_of(tmp_path, *files, stream="sessions")["sessions"]
    columns = ("session_id", "connector_id", "started_at", "ended_at", "energy_kwh")
    expected = [
        (*one[:2], moment(one.started_at), moment(one.ended_at), one.energy_kwh)
        for one in truth.sessions(garage, first, last, START + timedelta(hours=1))
    ]
    assert sorted(rows(table, *columns), key=str) == sorted(expected, key=str)
    assert any(row[3] is None for row in expected) and any(row[3] for row in expected)
    assert set(table["session_type"].to_pylist()) == {"OnePhase", "ThreePhase", None}


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# --- whatever the order --------------------------------------------------------------------------

some_connector = st.builds(
    lambda number, status, measured, session: connector(
        number, status, measured, sessionId=session
    ),
    st.sampled_from([1, 2, "2", None]),
    st.sampled_from(["0", "1", "2", "4", "7", "Charging", "Connected", "SuspendedEV", None]),
    st.lists(st.builds(phase, st.sampled_from(["L1", "L2", "L9"]), st.sampled_from([0, 8.5, "9"])),
             max_size=2),
    st.sampled_from([None, 5, "6"]),
)  # fmt: skip
some_point = st.builds(
    lambda found, own: point(*found, status=own) | ({} if found else {"connectorStatuses": None}),
    st.lists(some_connector, max_size=3),
    st.sampled_from(["Online", "Offline", None]),
)
some_answer = st.one_of(some_point, st.sampled_from([503, "missed", b"{", "1.6", "CAPI"]))


def answered_at(answer: Any, number: int) -> Exchange:
    if answer == 503:
        return failed(tick(number))
    if answer == "missed":
        return failed(tick(number), "missed", None)
    if answer in ("1.6", "CAPI"):
        return statement({POINT: answer}, tick(number))
    return exchange(answer, tick(number))


def comparable(tables: dict) -> dict[str, list[dict]]:
    """The tables' rows without the name of the file, which says where a record was first met."""
    return {
        name: table.drop_columns(["file"] if "file" in table.column_names else []).to_pylist()
        for name, table in tables.items()
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(some_answer, min_size=1, max_size=8), st.data())
def test_order_and_repetition_of_answers_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, sent: list, data: st.DataObject
) -> None:
    exchanges = [answered_at(answer, number) for number, answer in enumerate(sent)]
    again = data.draw(st.lists(st.sampled_from(exchanges), max_size=4))
    mixed = data.draw(st.permutations([*exchanges, *again]))
    cut = data.draw(st.integers(0, len(mixed)))
    one = tables_of(tmp_path_factory.mktemp("one"), exchanges)
    other = tables_of(tmp_path_factory.mktemp("other"), mixed[:cut], mixed[cut:])
    assert comparable(other) == comparable(one)


@settings(max_examples=60, deadline=None)
@given(st.lists(some_answer, min_size=1, max_size=12))
def test_spans_and_polls_give_back_every_observation(
    tmp_path_factory: pytest.TempPathFactory, sent: list
) -> None:
    exchanges = [answered_at(answer, number) for number, answer in enumerate(sent)]
    tables = tables_of(tmp_path_factory.mktemp("lake"), exchanges)
    seen = {(unit, name, at) for unit, name, at, _ in observations(tables)}
    expected = set()
    for number, answer in enumerate(sent):
        if isinstance(answer, dict):
            expected.add(("chargingpoint", POINT, tick(number)))
            found = [] if answer["status"] == "Offline" else answer["connectorStatuses"] or []
            numbers = [one["connectorId"] for one in found if one["connectorId"]]
            expected |= {("connector", f"{POINT}:{name}", tick(number)) for name in numbers}
    assert seen == expected
    counted = sum(
        row["records"] - row["unreadable_records"] - row["duplicate_records"]
        for row in tables["polls"].to_pylist()
    )
    assert counted == len(expected)
