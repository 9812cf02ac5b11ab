"""ChargeCloud answers in, typed tables out: both shapes of the feed, and its oddities."""

import json
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.lake.files import Lake
from extract.lake.schemas import KEYS, TABLES
from tests.feed import (
    NOON,
    body,
    connector,
    evse,
    exchange,
    flatten,
    landed,
    later,
    location,
    recordings,
    walk,
)


def spans(tables, unit):
    """(id, status, sensor, polls) of the spans of charging points or of connectors."""
    rows = tables["status_spans"].to_pylist()
    return [
        (row["unit_id"], row["status"], row["parking_sensor"], row["polls"])
        for row in rows
        if row["unit"] == unit
    ]


def only(table: pa.Table) -> dict:
    (row,) = table.to_pylist()
    return row


def test_every_table_has_its_schema_even_when_empty():
    tables = flatten(exchange(body()))
    assert tables.keys() == TABLES.keys()
    assert all(tables[name].schema == schema for name, schema in TABLES.items())
    assert only(tables["polls"])["outcome"] == "ok"


def test_a_location_becomes_a_station_a_point_a_connector_and_two_spans():
    tables = flatten(exchange(body(location("2"))))
    station, point, connector_row = (
        only(tables[name]) for name in ("stations", "charging_points", "connectors")
    )
    assert (station["station_id"], station["latitude"], station["open_24_7"]) == (
        "2",
        50.940991,
        True,
    )
    assert station["postal_code"] == "01067", "a leading zero is kept, a blank at the end is not"
    assert station["directions"] == "Zufahrt von hinten;\r\nzweite Ebene"
    assert (point["charging_point_id"], point["station_id"]) == ("DE*2", "2")
    assert point["capabilities"] == "RFID_READER"
    assert (
        connector_row["charging_point_id"],
        connector_row["ampere"],
        connector_row["max_power_kw"],
    ) == ("DE*2", 32.0, 22.0)
    assert spans(tables, "chargingpoint") == [("DE*2", "AVAILABLE", None, 1)]
    assert spans(tables, "connector") == [("DE*2-1", "AVAILABLE", None, 1)]


def test_the_2024_shape_gives_the_same_keys_as_the_2022_shape():
    new = location(
        2,
        evse(
            "DE*2",
            connectors=[connector(447, ampere=32, voltage=400.0, max_power="22")],
            reservable=False,
        ),
        coordinates={"latitude": 50.940991, "longitude": 6.992267},
        country="DEU",
        operatorId=7,
        status="AVAILABLE",
        comment="neu",
        tariffZones=[],
    )
    tables = flatten(
        exchange(body(new, languages=["de"], localesLanguageMap={}, currentLocale="de"))
    )
    station, connector_row = only(tables["stations"]), only(tables["connectors"])
    assert (station["station_id"], station["operator_id"], station["comment"]) == ("2", "7", "neu")
    assert (
        connector_row["connector_id"],
        connector_row["ampere"],
        connector_row["max_power_kw"],
    ) == ("447", 32.0, 22.0)
    assert tables["unknown_fields"].num_rows == 0
    assert tables["quarantine"].num_rows == 0


def test_opening_hours_are_kept_as_they_came():
    hours = [{"weekday": "holiday", "period_begin": "07:00:00", "period_end": "18:00:00"}]
    one = location("1", opening_times={"twentyfourseven": False, "regular_hours": hours})
    two = location("2", opening_times={"twentyfourseven": False, "regular_hours": []})
    rows = flatten(exchange(body(one, two)))["stations"].to_pylist()
    assert json.loads(rows[0]["opening_hours"]) == hours
    assert [row["open_24_7"] for row in rows] == [False, False]
    assert rows[1]["opening_hours"] is None


def test_the_parking_sensor_is_part_of_the_status():
    def at(minutes, sensor):
        place = location("1", evse("a", parkingsensor_status=sensor, connectors=[]))
        return exchange(body(place), later(minutes))

    tables = flatten(at(0, "AVAILABLE"), at(10, "OCCUPIED"), at(20, "OCCUPIED"))
    assert spans(tables, "chargingpoint") == [
        ("a", "AVAILABLE", "AVAILABLE", 1),
        ("a", "AVAILABLE", "OCCUPIED", 2),
    ]


def test_missing_keys_are_null():
    bare = {"id": "1", "evses": [{"id": "a", "connectors": [{"id": "c"}]}, {"id": "b"}]}
    tables = flatten(exchange(body(bare)))
    assert only(tables["stations"])["name"] is None
    assert only(tables["connectors"])["ampere"] is None
    assert spans(tables, "chargingpoint") == [("a", None, None, 1), ("b", None, None, 1)]
    assert tables["quarantine"].num_rows == 0


def test_empty_text_where_a_number_belongs_is_null_and_zero_is_zero():
    sent = connector("c", ampere="", voltage="0")
    row = only(flatten(exchange(body(location("1", evse("a", connectors=[sent])))))["connectors"])
    assert (row["ampere"], row["voltage"]) == (None, 0.0)


@pytest.mark.parametrize(
    ("sent", "field", "value"),
    [
        (connector("c", ampere="abc"), "ampere", '"abc"'),
        (connector("c", ampere=True), "ampere", "true"),
        (connector("c", ampere="nan"), "ampere", '"nan"'),
        (connector(None), "id", None),
        (connector(" "), "id", '" "'),
        (connector("c", standard=["x"]), "standard", '["x"]'),
        ("nonsense", None, '"nonsense"'),
    ],
)
def test_a_record_that_cannot_be_read_is_quarantined_alone(sent, field, value):
    good = connector("good", ampere=1)
    place = location("1", evse("a", connectors=[sent, good]))
    tables = flatten(exchange(body(place)))
    row = only(tables["quarantine"])
    assert row["record"].startswith("location 1 / evse a / connector ")
    assert (row["field"], row["value"], row["file"]) == (field, value, "file0")
    assert spans(tables, "connector") == [("good", "AVAILABLE", None, 1)]
    assert spans(tables, "chargingpoint") == [("a", "AVAILABLE", None, 1)]
    poll = only(tables["polls"])
    assert (poll["records"], poll["unreadable_records"], poll["duplicate_records"]) == (3, 1, 0)


def test_a_station_that_cannot_be_read_keeps_its_charging_points():
    place = location("1", coordinates={"latitude": "north", "longitude": "6.9"})
    tables = flatten(exchange(body(place)))
    assert tables["stations"].num_rows == 0
    assert only(tables["quarantine"])["field"] == "latitude"
    assert only(tables["charging_points"])["station_id"] == "1"


def test_a_bad_record_is_quarantined_once_with_the_number_of_its_answers():
    place = location("1", evse("a", connectors=[connector("c", voltage="?")]))
    tables = flatten(*(exchange(body(place), later(10 * poll)) for poll in range(3)))
    row = only(tables["quarantine"])
    assert (row["polls"], row["first_query_time"], row["last_query_time"]) == (3, NOON, later(20))


def test_of_a_repeated_unit_the_first_counts_and_the_others_are_counted():
    one = location("1", evse("a", "CHARGING", connectors=[connector("c"), connector("c", "X")]))
    two = location("2", evse("a", "BLOCKED", connectors=[]))
    tables = flatten(exchange(body(one, two)))
    assert spans(tables, "chargingpoint") == [("a", "CHARGING", None, 1)]
    assert spans(tables, "connector") == [("c", "AVAILABLE", None, 1)]
    poll = only(tables["polls"])
    assert (poll["records"], poll["unreadable_records"], poll["duplicate_records"]) == (4, 0, 2)


def test_unknown_fields_are_counted_and_ignored():
    place = location("1", evse("a", connectors=[connector("c", flap_lock=True)]), mood="good")
    rows = flatten(exchange(body(place)))["unknown_fields"].to_pylist()
    assert [(row["record"], row["field"], row["records"]) for row in rows] == [
        ("connector", "flap_lock", 1),
        ("location", "mood", 1),
    ]


@pytest.mark.parametrize(
    ("content", "status", "outcome"),
    [
        (b"<html>busy</html>", 503, "http_error"),
        (None, None, "no_answer"),
        (b'{"data":[{"id":"1"', 200, "unreadable"),
        (b'{"data":{"id":"1"},"status_code":1000}', 200, "unreadable"),
        (b"[]", 200, "unreadable"),
        (b"", 200, "unreadable"),
        (b'{"data":null,"status_code":2000,"status_message":"no such city"}', 200, "refused"),
        (b'{"data":[],"status_code":2001}', 200, "refused"),
    ],
)
def test_a_failed_poll_is_a_row_of_polls_and_breaks_the_spans(content, status, outcome):
    place = body(location("1"))
    tables = flatten(
        exchange(place, NOON),
        exchange(content, later(10), status=status),
        exchange(place, later(20)),
    )
    assert tables["polls"]["outcome"].to_pylist() == ["ok", outcome, "ok"]
    assert tables["polls"]["records"].to_pylist() == [2, 0, 2]
    assert spans(tables, "chargingpoint") == [("DE*1", "AVAILABLE", None, 1)] * 2
    assert only(tables["stations"])["last_query_time"] == later(20)


def test_absence_ends_a_span_and_not_the_master_data():
    here, away = body(location("1"), location("2")), body(location("2"))
    tables = flatten(exchange(here, NOON), exchange(away, later(10)), exchange(here, later(20)))
    assert spans(tables, "connector") == [
        ("DE*1-1", "AVAILABLE", None, 1),
        ("DE*1-1", "AVAILABLE", None, 1),
        ("DE*2-1", "AVAILABLE", None, 3),
    ]
    assert tables["stations"].num_rows == 2


def test_a_change_of_master_data_is_a_new_version():
    def named(name, minutes):
        return exchange(body(location("1", name=name)), later(minutes))

    rows = flatten(named("A", 0), named("B", 10), named("A", 20))["stations"].to_pylist()
    assert [row["name"] for row in rows] == ["A", "B", "A"]


CITY = st.lists(
    st.tuples(st.sampled_from("12345"), st.sampled_from(["AVAILABLE", "CHARGING", "X" * 80])),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CITY, min_size=1, max_size=8), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_what_is_seen_does_not_depend_on_the_answers_before(cities, separators):
    """The short cuts for unchanged bytes give what reading each answer by itself gives."""

    def content(city, number):
        data = [location(key, evse(f"e{key}", status)) for key, status in city]
        envelope = {"data": data, "status_code": 1000, "timestamp": later(number).isoformat()}
        return json.dumps(envelope, separators=separators).encode()

    answers = [exchange(content(city, n), later(n)) for n, city in enumerate(cities)]
    together = observed(flatten(*answers))
    alone = set().union(*(observed(flatten(answer)) for answer in answers))
    assert together == alone


def observed(tables) -> set:
    """Every observation that spans and polls give: (unit, id, status, time)."""
    times = [row["query_time"] for row in tables["polls"].to_pylist() if row["outcome"] == "ok"]
    return {
        (row["unit"], row["unit_id"], row["status"], time)
        for row in tables["status_spans"].to_pylist()
        for time in times
        if row["first_query_time"] <= time <= row["last_query_time"]
    }


def test_the_recorded_polls_give_every_unit_and_every_status(tmp_path):
    polls = [
        [
            exchange(json.dumps(answer).encode(), NOON + timedelta(minutes=10 * number), city)
            for city, answer in poll.items()
        ]
        for number, poll in enumerate(recordings())
    ]
    tables = landed(Lake(str(tmp_path)), *polls)
    expected = [walk(poll) for poll in recordings()]
    found: list[dict] = [{}, {}]
    for row in tables["status_spans"].to_pylist():
        for number in range(2):
            if row["first_query_time"] <= polls[number][0].query_time <= row["last_query_time"]:
                found[number][row["unit"], row["unit_id"]] = (row["status"], row["parking_sensor"])
    assert found == expected
    assert tables["quarantine"].num_rows == 0
    assert tables["unknown_fields"].num_rows == 0
    assert sum(tables["polls"]["records"].to_pylist()) == sum(map(len, expected))
    for name, key in KEYS.items():
        assert tables[name].group_by(list(key)).aggregate([]).num_rows == tables[name].num_rows
