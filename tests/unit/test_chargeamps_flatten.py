"""Charge Amps answers in, typed tables out: the sandbox's truth, both vocabularies, oddities."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Partition
from extract.lake.schemas import KEYS, TABLES
from extract.sandbox.options import Options
from extract.vendors.chargeamps.flatten.partition import flatten
from extract.vendors.chargeamps.sandbox import answers, garage_of, truth
from extract.vendors.chargeamps.sandbox.state import Garage

START = datetime(2026, 11, 17, 9, tzinfo=UTC)
POINT = "2103012345M"


def tick(number: int) -> datetime:
    return START + timedelta(seconds=30 * number)


def exchange(
    told: Any, at: datetime = START, scope: str = POINT, stream: str = "status", **more: Any
) -> Exchange:
    """An answer that was got; `told` as JSON, or bytes as they are."""
    body = told if isinstance(told, bytes | None) else json.dumps(told).encode()
    return Exchange(
        **{
            **{"source": "chargeamps", "stream": stream, "endpoint": stream, "scope": scope},
            **{"url": "http://127.0.0.1/", "params": {}, "requested_at": at, "query_time": at},
            **{"status_code": 200, "attempts": 1, "elapsed_ms": 1.0, "body": body},
            **more,
        }
    )


def failed(at: datetime, error: str = "HTTP 503", status: int | None = 503) -> Exchange:
    return exchange(None, at, status_code=status, error=error)


def tables_of(tmp_path: Any, *files: Iterable[Exchange], stream: str = "status") -> dict:
    """The typed tables of exchanges that were landed in these files."""
    lake = Lake(str(tmp_path))
    for file in files:
        raw.land(lake, file)
    partition = Partition("chargeamps", stream, START.date())
    made = flatten(lake, partition, raw.partitions(lake)[partition])
    assert all(made[name].schema == TABLES[name] for name in TABLES)
    for name, key in KEYS.items():
        assert made[name].group_by(list(key)).aggregate([]).num_rows == made[name].num_rows
    return dict(made)


@pytest.fixture
def made(tmp_path: Any) -> Any:
    """`made(exchange, …)`: the tables of exchanges that were landed together."""
    return lambda *told, stream="status": tables_of(tmp_path, told, stream=stream)


def plug(number: Any = 1, status: Any = "Charging", measurements: Any = (), **more: Any) -> dict:
    """A connector in a status answer; without measurements unless told otherwise."""
    return {
        "chargePointId": POINT,
        "connectorId": number,
        "totalConsumptionKwh": 12.5,
        "status": status,
        "measurements": list(measurements or ()) or None,
        "startTime": "2026-11-17T06:25:05Z",
        "endTime": None,
        "sessionId": 99_370_00,
        "sessionType": "ThreePhase",
    } | more


def phase(name: Any = "L1", current: Any = 15.2, voltage: Any = 230.4) -> dict:
    return {"phase": name, "current": current, "voltage": voltage}


def point(*plugs: Any, status: Any = "Online") -> dict:
    return {"id": POINT, "status": status, "connectorStatuses": list(plugs)}


def rows(table: pa.Table, *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in table.to_pylist()]


def only(table: pa.Table) -> dict:
    (row,) = table.to_pylist()
    return row


def observations(tables: dict) -> set[tuple[str, str, datetime, str | None]]:
    """(unit, id, time, status): spans ⋈ good polls."""
    polls: dict[str, list[datetime]] = {}
    for row in tables["polls"].to_pylist():
        if row["outcome"] == "ok":
            polls.setdefault(row["scope"], []).append(row["query_time"])
    found = []
    for span in tables["status_spans"].to_pylist():
        inside = [
            at
            for at in polls[span["scope"]]
            if span["first_query_time"] <= at <= span["last_query_time"]
        ]
        assert len(inside) == span["polls"]
        found += [(span["unit"], span["unit_id"], at, span["status"]) for at in inside]
    assert len(found) == len(set(found))
    return set(found)


def statuses(tables: dict, unit: str = "connector") -> list[str | None]:
    """The words of all spans of a kind of unit, in order of id and time."""
    return [row["status"] for row in tables["status_spans"].to_pylist() if row["unit"] == unit]


# --- the sandbox's truth -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def garage() -> Garage:
    return garage_of(Options())


@pytest.fixture(scope="module")
def stretch(garage: Garage, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, set]:
    """Tables of an hour and a quarter in windows of ten minutes, and the (charge point, tick)
    pairs that were answered: here and there a server error, no answer, a missed tick."""
    files: list[list[Exchange]] = [[] for _ in range(8)]
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
            told = answers.status(garage, charger, at.timestamp())
            files[number // 20].append(exchange(told, at, charger.id))
            answered.add((charger.id, at))
    return tables_of(tmp_path_factory.mktemp("lake"), *files), answered


def test_every_sample_of_the_sandbox_is_a_measurement_once(
    garage: Garage, stretch: tuple[dict, set]
) -> None:
    tables, answered = stretch
    told = rows(
        tables["measurements"],
        *("connector_id", "measured_at", "phase", "current_a", "voltage_v", "register_kwh"),
        "session_id",
    )
    known = truth.measurements(garage, map(tick, range(150)))
    expected = [row for row in known if (row.connector_id[:-2], row.measured_at) in answered]
    assert len(told) > 9_000
    assert sorted(told) == sorted(map(tuple, expected))


def test_the_spans_give_back_every_status_that_the_sandbox_told(
    garage: Garage, stretch: tuple[dict, set]
) -> None:
    tables, answered = stretch
    known = truth.statuses(garage, map(tick, range(150)))
    expected = {("connector", *row) for row in known if (row[0][:-2], row[1]) in answered}
    told = observations(tables)
    assert {row for row in told if row[0] == "connector"} == expected
    assert {row[3] for row in expected} >= {"CHARGING", "CONNECTED", "AVAILABLE", "SUSPENDEDEV"}
    points = {row for row in told if row[0] == "chargingpoint"}
    assert {(row[1], row[2]) for row in points} == answered
    silent = {row[2] for row in points if row[3] == "OFFLINE"}
    assert silent, "the stretch has a Wi-Fi gap"


def test_failed_and_missed_polls_are_told_as_such(stretch: tuple[dict, set]) -> None:
    tables, answered = stretch
    outcomes = [row["outcome"] for row in tables["polls"].to_pylist()]
    assert len(outcomes) == 150 * 30
    assert outcomes.count("ok") == len(answered)
    assert {"http_error", "no_answer", "missed"} < set(outcomes)
    assert tables["quarantine"].num_rows == tables["unknown_fields"].num_rows == 0


def test_the_sessions_of_the_sandbox_are_told_once_as_told_last(
    garage: Garage, tmp_path: Any
) -> None:
    first, last = START - timedelta(days=2), START + timedelta(days=1)
    files = []
    for hour in (1, 0):
        at = START + timedelta(hours=hour)
        files.append([
            exchange(
                [
                    answers.session(charger.dialect, told)
                    for told in garage.sessions(
                        charger, first.timestamp(), last.timestamp(), at.timestamp()
                    )
                ],
                at, charger.id, "sessions", params={"startTime": first.isoformat()},
            )
            for charger in garage.chargers.values()
        ])  # fmt: skip
    told = tables_of(tmp_path, *files, stream="sessions")["sessions"]
    columns = ("session_id", "connector_id", "started_at", "ended_at", "energy_kwh")
    expected = [
        (
            one.session_id,
            one.connector_id,
            moment(one.started_at),
            moment(one.ended_at),
            one.energy_kwh,
        )
        for one in truth.sessions(garage, first, last, START + timedelta(hours=1))
    ]
    assert sorted(rows(told, *columns), key=str) == sorted(expected, key=str)
    assert any(row[3] is None for row in expected) and any(row[3] for row in expected)
    assert set(told["session_type"].to_pylist()) == {"OnePhase", "ThreePhase", None}


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# --- vocabularies --------------------------------------------------------------------------------

FLOWING, STILL = [phase(current=15.2)], [phase(current=0.0)]


@pytest.mark.parametrize(
    "told, words",
    [
        pytest.param([("2", FLOWING, 1)], ["CHARGING"], id="current flows while 2: OCPP"),
        pytest.param([("1", FLOWING, 1)], ["CHARGING"], id="current flows while 1: the older map"),
        pytest.param(
            [("1", FLOWING, 1), ("2", STILL, 1), ("0", (), None), ("3", (), None)],
            ["AVAILABLE", "CHARGING", "CONNECTED", "ERROR"],
            id="what flows decides for the other numbers",
        ),
        pytest.param(
            [("1", STILL, 1), ("2", FLOWING, 1), ("4", STILL, 1)],
            ["CHARGING", "PREPARING", "SUSPENDEDEV"],
            id="OCPP in a day of charging",
        ),
        pytest.param(
            [("1", FLOWING, 1), ("5", STILL, 1)],
            ["FINISHING", "PREPARING"],
            id="a number above 4 is OCPP's whatever else there is",
        ),
        pytest.param(
            [("1", FLOWING, 1), ("2", FLOWING, 1), ("1", FLOWING, 2)],
            ["CHARGING", "CONNECTED"],
            id="the number that was seen with current more often wins",
        ),
        pytest.param([("1", (), 1)], ["CHARGING"], id="a session, no current told: the older map"),
        pytest.param([("1", (), None)], ["PREPARING"], id="neither: OCPP"),
        pytest.param(
            [("2", (), None)], ["CONNECTED"], id="2 and no current all day: the older map"
        ),
        pytest.param([("2", (), 1), ("0", (), None)], ["AVAILABLE", "CONNECTED"], id="a full car"),
        pytest.param([("4", (), 1)], ["SUSPENDEDEV"], id="4 with a session: OCPP"),
        pytest.param([("0", (), None)], ["AVAILABLE"], id="0 is the same in both"),
        pytest.param([(2, FLOWING, 1)], ["CHARGING"], id="a number that is no text"),
        pytest.param(
            [("Charging", FLOWING, 1), ("SuspendedEVSE", STILL, 1), ("available", (), None)],
            ["AVAILABLE", "CHARGING", "SUSPENDEDEVSE"],
            id="words are put into upper case",
        ),
        pytest.param([(None, (), None)], [None], id="no status"),
        pytest.param([("17", (), None)], ["17"], id="a number of neither map stays as it is"),
    ],
)
def test_status_words_of_both_vocabularies(made: Any, told: list, words: list) -> None:
    tables = made(
        *(
            exchange(point(plug(1, status, measured, sessionId=session)), tick(number))
            for number, (status, measured, session) in enumerate(told)
        )
    )
    assert sorted(set(statuses(tables)), key=str) == words


def test_the_vocabulary_is_each_charge_points_own(made: Any) -> None:
    other = "2103099999M"
    tables = made(
        exchange(point(plug(1, "1", FLOWING))),
        exchange(point(plug(1, "1", STILL)), scope=other),
        exchange(point(plug(1, "2", FLOWING)), tick(1), scope=other),
    )
    words = dict(rows(tables["status_spans"], "unit_id", "status"))
    assert words[f"{POINT}:1"] == "CHARGING"
    assert statuses(tables) == ["CHARGING", "PREPARING", "CHARGING"]


@pytest.mark.parametrize(
    "own, plugs, word",
    [
        ("Online", ("Available", "Charging"), "CHARGING"),
        ("Online", ("Available", "SuspendedEV"), "SUSPENDEDEV"),
        ("Online", ("Faulted", "Available"), "AVAILABLE"),
        ("Online", ("Error", "Unknown"), "ERROR"),
        ("Online", (), "ONLINE"),
        (None, ("Connected",), "CONNECTED"),
        ("Available", ("Charging",), "AVAILABLE"),
        ("Offline", ("Charging",), "OFFLINE"),
        ("Rebooting", ("Charging",), "REBOOTING"),
    ],
)
def test_a_charge_points_status_is_its_own_or_its_busiest_connectors(
    made: Any, own: str | None, plugs: tuple, word: str
) -> None:
    told = [plug(number + 1, status) for number, status in enumerate(plugs)]
    assert statuses(made(exchange(point(*told, status=own))), "chargingpoint") == [word]


# --- status answers ------------------------------------------------------------------------------


def test_a_measurement_has_its_phases_the_register_and_the_session(made: Any) -> None:
    tables = made(
        exchange(point(plug(2, "Charging", [phase("L1", "15.2", "230.4"), phase("L3", 0, None)])))
    )
    assert rows(tables["measurements"], *TABLES["measurements"].names[3:12]) == [
        (f"{POINT}:2", START, "L1", 15.2, 230.4, None, 12.5, "9937000", None),
        (f"{POINT}:2", START, "L3", 0.0, None, None, 12.5, "9937000", None),
    ]


@pytest.mark.parametrize("session, told", [(123, "123"), ("123", "123"), ("a-b", "a-b"),
                                           (None, None), (0, None), ("", None)])  # fmt: skip
def test_session_ids_are_text_whatever_they_came_as(made: Any, session: Any, told: Any) -> None:
    tables = made(exchange(point(plug(1, "Charging", FLOWING, sessionId=session))))
    assert only(tables["measurements"])["session_id"] == told


def test_null_connectors_are_an_answer_without_connectors(made: Any) -> None:
    first, gap, last = point(plug(1)), {**point(), "connectorStatuses": None}, point(plug(1))
    tables = made(exchange(first), exchange(gap, tick(1)), exchange(last, tick(2)))
    assert rows(tables["polls"], "outcome", "records") == [("ok", 2), ("ok", 1), ("ok", 2)]
    assert statuses(tables) == ["CHARGING", "CHARGING"], "a gap ends the span"


def test_null_measurements_are_no_rows(made: Any) -> None:
    tables = made(exchange(point(plug(1, measurements=None), plug(2, measurements=FLOWING))))
    assert rows(tables["measurements"], "connector_id") == [(f"{POINT}:2",)]
    assert only(tables["polls"])["records"] == 3


def test_what_an_offline_charger_told_last_is_not_taken(made: Any) -> None:
    tables = made(exchange(point(plug(1, "Charging", FLOWING), status="Offline")))
    assert tables["measurements"].num_rows == 0
    assert rows(tables["status_spans"], "unit", "status") == [("chargingpoint", "OFFLINE")]
    assert only(tables["polls"])["records"] == 1


@pytest.mark.parametrize(
    "told, outcome",
    [
        (failed(START), "http_error"),
        (failed(START, "no answer in time (ReadTimeout)", None), "no_answer"),
        (failed(START, "missed: the poll before took too long", None), "missed"),
        (exchange(b'{"id": "2103'), "unreadable"),
        (exchange(b""), "unreadable"),
        (exchange(["no", "object"]), "unreadable"),
        (exchange(point() | {"connectorStatuses": "none"}), "unreadable"),
    ],
)
def test_a_poll_that_brought_nothing_is_told_with_its_outcome(
    made: Any, told: Exchange, outcome: str
) -> None:
    tables = made(told, exchange(point(plug(1)), tick(1)))
    assert [row["outcome"] for row in tables["polls"].to_pylist()] == [outcome, "ok"]
    assert tables["quarantine"].num_rows == (outcome == "unreadable")
    assert tables["polls"]["error"].to_pylist()[0]


@pytest.mark.parametrize(
    "broken",
    [plug(None), plug(2, totalConsumptionKwh="much"), plug(2, status=[]), "no object",
     plug(2, measurements=None) | {"measurements": "none"}, plug(2, sessionId=True)],
)  # fmt: skip
def test_a_connector_that_cannot_be_read_is_quarantined_alone(made: Any, broken: Any) -> None:
    told = point(broken, plug(1, "Charging", FLOWING))
    tables = made(exchange(told), exchange(told, tick(1)), exchange(point(plug(1)), tick(2)))
    assert statuses(tables) == ["CHARGING"]
    assert only(tables["quarantine"])["polls"] == 2
    assert rows(tables["polls"], "records", "unreadable_records") == [(3, 1), (3, 1), (2, 0)]


@pytest.mark.parametrize("broken", [phase("L4"), phase(None), phase("L2", "n/a"), phase("L1"), 7])
def test_a_phase_that_cannot_be_read_is_quarantined_alone(made: Any, broken: Any) -> None:
    tables = made(exchange(point(plug(1, "Charging", [phase("L1", 9), broken, phase("L3")]))))
    assert rows(tables["measurements"], "phase", "current_a") == [("L1", 9.0), ("L3", 15.2)]
    assert only(tables["quarantine"])["record"] == f"connector {POINT}:1 / measurement 1"
    assert only(tables["polls"])["unreadable_records"] == 0
    assert statuses(tables) == ["CHARGING"]


def test_what_the_sandbox_makes_unreadable_is_quarantined(made: Any, garage: Garage) -> None:
    charger = next(iter(garage.chargers.values()))
    told = answers.status(garage, charger, START.timestamp(), unreadable=True)
    tables = made(exchange(told, scope=charger.id))
    assert statuses(tables, "connector") == ["AVAILABLE"]
    assert tables["measurements"].num_rows == 0
    assert tables["quarantine"].num_rows == 2


def test_a_repeated_connector_counts_once(made: Any) -> None:
    tables = made(exchange(point(plug(1, "Charging", FLOWING), plug("1", "Available", FLOWING))))
    assert statuses(tables) == ["CHARGING"]
    assert rows(tables["polls"], "records", "duplicate_records") == [(3, 1)]
    assert tables["measurements"].num_rows == 1


def test_unknown_fields_are_ignored_and_counted_by_distinct_record(made: Any) -> None:
    told = point(plug(1, temperature=20), plug(2, temperature=21)) | {"mood": "fine"}
    tables = made(exchange(told), exchange(told | {"mood": "bad"}, tick(1)))
    assert rows(tables["unknown_fields"], "record", "field", "records") == [
        ("charge point", "mood", 1),
        ("connector", "temperature", 2),
    ]


# --- whatever the order --------------------------------------------------------------------------

some_plug = st.builds(
    lambda number, status, measured, session: plug(number, status, measured, sessionId=session),
    st.sampled_from([1, 2, "2", None]),
    st.sampled_from(["0", "1", "2", "4", "7", "Charging", "Connected", "SuspendedEV", None]),
    st.lists(st.builds(phase, st.sampled_from(["L1", "L2", "L9"]), st.sampled_from([0, 8.5, "9"])),
             max_size=2),
    st.sampled_from([None, 5, "6"]),
)  # fmt: skip
some_point = st.builds(
    lambda plugs, own: point(*plugs, status=own) | ({} if plugs else {"connectorStatuses": None}),
    st.lists(some_plug, max_size=3),
    st.sampled_from(["Online", "Offline", None]),
)
some_answer = st.one_of(some_point, st.sampled_from([503, "missed", b"{"]))


def told_at(answer: Any, number: int) -> Exchange:
    if answer == 503:
        return failed(tick(number))
    if answer == "missed":
        return failed(tick(number), "missed", None)
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
    tmp_path_factory: pytest.TempPathFactory, told: list, data: st.DataObject
) -> None:
    exchanges = [told_at(answer, number) for number, answer in enumerate(told)]
    again = data.draw(st.lists(st.sampled_from(exchanges), max_size=4))
    mixed = data.draw(st.permutations([*exchanges, *again]))
    cut = data.draw(st.integers(0, len(mixed)))
    one = tables_of(tmp_path_factory.mktemp("one"), exchanges)
    other = tables_of(tmp_path_factory.mktemp("other"), mixed[:cut], mixed[cut:])
    assert comparable(other) == comparable(one)


@settings(max_examples=60, deadline=None)
@given(st.lists(some_answer, min_size=1, max_size=12))
def test_spans_and_polls_give_back_every_observation(
    tmp_path_factory: pytest.TempPathFactory, told: list
) -> None:
    exchanges = [told_at(answer, number) for number, answer in enumerate(told)]
    tables = tables_of(tmp_path_factory.mktemp("lake"), exchanges)
    seen = {(unit, name, at) for unit, name, at, _ in observations(tables)}
    expected = set()
    for number, answer in enumerate(told):
        if isinstance(answer, dict):
            expected.add(("chargingpoint", POINT, tick(number)))
            plugs = [] if answer["status"] == "Offline" else answer["connectorStatuses"] or []
            numbers = [one["connectorId"] for one in plugs if one["connectorId"]]
            expected |= {("connector", f"{POINT}:{name}", tick(number)) for name in numbers}
    assert seen == expected
    counted = sum(
        row["records"] - row["unreadable_records"] - row["duplicate_records"]
        for row in tables["polls"].to_pylist()
    )
    assert counted == len(expected)


# --- sessions ------------------------------------------------------------------------------------


def session(key: Any = 815, **more: Any) -> dict:
    return {
        "id": key,
        "chargePointId": POINT,
        "connectorId": 2,
        "userId": "p_" + "1" * 32,
        "rfid": "p_" + "2" * 32,
        "rfidDec": "p_" + "3" * 32,
        "rfidDecReverse": "p_" + "4" * 32,
        "organisationId": None,
        "sessionType": "ThreePhase",
        "totalConsumptionKwh": 18.25,
        "externalTransactionId": "77",
        "externalId": None,
        "startTime": "2026-11-17T07:00:00Z",
        "endTime": "2026-11-17T08:30:00Z",
    } | more


def test_a_session_has_its_times_energy_driver_and_token(made: Any) -> None:
    row = only(made(exchange([session()], stream="sessions"), stream="sessions")["sessions"])
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
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
    told = exchange([session(startTime=text)], stream="sessions")
    row = only(made(told, stream="sessions")["sessions"])
    assert row["started_at"] == START - timedelta(hours=2)


def test_a_session_is_as_it_was_told_last_whether_by_number_or_text(made: Any) -> None:
    opened = session(815, endTime=None, totalConsumptionKwh=3)
    tables = made(
        exchange([session("815", totalConsumptionKwh="18.5")], tick(2), stream="sessions"),
        exchange([opened, session(816, endTime=None)], tick(1), stream="sessions"),
        stream="sessions",
    )
    assert rows(tables["sessions"], "session_id", "energy_kwh", "query_time") == [
        ("815", 18.5, tick(2)),
        ("816", 18.25, tick(1)),
    ]
    assert tables["sessions"]["ended_at"].to_pylist() == [START - timedelta(minutes=30), None]
    assert tables["polls"].num_rows == 0, "polls are about status"


@pytest.mark.parametrize(
    "broken",
    [
        session(None),
        session(1, startTime="yesterday"),
        session(1, endTime="0001-01-01T00:00:00+01:00"),
        session(1, totalConsumptionKwh="much"),
        7,
    ],
)
def test_a_session_that_cannot_be_read_is_quarantined_alone(made: Any, broken: Any) -> None:
    tables = made(exchange([broken, session()], stream="sessions"), stream="sessions")
    assert only(tables["sessions"])["session_id"] == "815"
    assert tables["quarantine"].num_rows == 1


def test_a_guests_session_has_neither_driver_nor_token(made: Any) -> None:
    nobody = dict.fromkeys(("userId", "rfid", "rfidDec", "rfidDecReverse"))
    row = only(made(exchange([session(**nobody, price=3)], stream="sessions"),
                    stream="sessions")["sessions"])  # fmt: skip
    assert (row["driver"], row["token"]) == (None, None)


# --- charge points and settings ------------------------------------------------------------------


def owned(**more: Any) -> dict:
    return {
        "id": POINT,
        "name": "Dansmästaren 01",
        "password": None,
        "type": "HALO",
        "isLoadbalanced": False,
        "firmwareVersion": "162",
        "hardwareVersion": "2",
        "ocppVersion": None,
        "connectors": [
            {"chargePointId": POINT, "connectorId": 1, "type": "Charger"},
            {"chargePointId": POINT, "connectorId": 2, "type": "Schuko"},
        ],
    } | more


def assets(told: Any, at: datetime = START, scope: str = POINT) -> Exchange:
    return exchange(told, at, scope, "assets")


def test_a_charge_point_is_a_station_a_point_and_its_connectors(made: Any) -> None:
    told = [owned(), owned(id="2103099999M", connectors=None)]
    tables = made(assets(told, scope="*"), assets(told, tick(1), "*"), stream="assets")
    names = ("station_id", "name", "first_query_time", "last_query_time")
    assert rows(tables["stations"], *names)[0] == (POINT, "Dansmästaren 01", START, tick(1))
    points = rows(tables["charging_points"], "charging_point_id", "station_id")
    assert points == [(POINT, POINT), ("2103099999M", "2103099999M")]
    plugs = rows(tables["connectors"], "connector_id", "charging_point_id", "standard")
    assert plugs == [(f"{POINT}:1", POINT, "IEC_62196_T2"), (f"{POINT}:2", POINT, "DOMESTIC_F")]
    assert tables["unknown_fields"].num_rows == 0


def test_a_new_name_begins_a_new_version(made: Any) -> None:
    tables = made(
        assets([owned()], scope="*"), assets([owned(name="Plan 2")], tick(1), "*"), stream="assets"
    )
    assert rows(tables["stations"], "name") == [("Dansmästaren 01",), ("Plan 2",)]
    assert tables["connectors"].num_rows == 2


def test_a_charge_point_that_cannot_be_read_is_quarantined_alone(made: Any) -> None:
    wrong = {"chargePointId": POINT, "connectorId": None, "type": "Charger"}
    told = [owned(id=None), owned(connectors=[wrong, *owned()["connectors"]])]
    tables = made(assets(told, scope="*"), stream="assets")
    assert tables["stations"].num_rows == 1 and tables["connectors"].num_rows == 2
    assert tables["quarantine"].num_rows == 2


def told_settings(number: int = 1, limit: Any = 16, **more: Any) -> dict:
    return {
        **{"chargePointId": POINT, "connectorId": number, "mode": "On", "rfidLock": True},
        **{"cableLock": False, "maxCurrent": limit},
        **more,
    }


def test_settings_are_a_row_when_they_differ_from_those_before(made: Any) -> None:
    limits = [16, 16.0, "16", 10, None, None, 16]
    tables = made(
        *(assets(told_settings(1, limit), tick(number)) for number, limit in enumerate(limits)),
        assets(told_settings(2, 16), tick(9)),
        stream="assets",
    )
    told = rows(tables["connector_settings"], "connector_id", "changed_at", "max_current_a")
    assert told == [
        (f"{POINT}:1", tick(0), 16.0),
        (f"{POINT}:1", tick(3), 10.0),
        (f"{POINT}:1", tick(4), None),
        (f"{POINT}:1", tick(6), 16.0),
        (f"{POINT}:2", tick(9), 16.0),
    ]
    assert set(tables["connector_settings"]["kind"].to_pylist()) == {"observed"}


def test_a_failed_answer_changes_no_settings_and_a_broken_one_is_quarantined(made: Any) -> None:
    tables = made(
        assets(told_settings()),
        exchange(None, tick(1), stream="assets", status_code=503, error="HTTP 503"),
        assets(told_settings(limit="much"), tick(2)),
        stream="assets",
    )
    assert tables["connector_settings"].num_rows == 1
    assert only(tables["quarantine"])["field"] == "maxCurrent"


def control(at: datetime, outcome: str, after: dict | None, **wanted: Any) -> Exchange:
    told = {
        "chargePointId": POINT,
        "connectorId": 1,
        "wanted": wanted,
        "before": told_settings(1, 16),
        "after": after,
        "outcome": outcome,
        "requestedBy": "linnea",
        "reason": "the main fuse is 63 A",
    }
    return assets(told, at)


def test_a_control_is_a_request_and_what_it_left_behind_is_observed(made: Any) -> None:
    tables = made(
        assets(told_settings(1, 16)),
        control(tick(1), "taken", told_settings(1, 10), maxCurrent=10),
        control(tick(2), "ignored", told_settings(1, 10), mode="Off"),
        control(tick(3), "failed", None, rfidLock=False),
        stream="assets",
    )
    names = ("changed_at", "kind", "max_current_a", "mode", "rfid_lock", "outcome")
    assert rows(tables["connector_settings"], *names) == [
        (tick(0), "observed", 16.0, "On", True, None),
        (tick(1), "observed", 10.0, "On", True, None),
        (tick(1), "requested", 10.0, None, None, "taken"),
        (tick(2), "requested", None, "Off", None, "ignored"),
        (tick(3), "requested", None, None, False, "failed"),
    ]
    who = set(rows(tables["connector_settings"], "requested_by", "reason"))
    assert who == {(None, None), ("linnea", "the main fuse is 63 A")}
