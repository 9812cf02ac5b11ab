"""Whatever ChargeCloud sends costs the smallest thing that cannot be read, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extract.vendors.chargecloud.fields import ANSWER
from extract.vendors.chargecloud.poll.readable import content, cut_off
from tests import hostile
from tests.feed import (
    NOON,
    afir_location,
    body,
    connector,
    evse,
    exchange,
    flatten,
    later,
    location,
)
from tests.hostile import BODIES, HOSTILE, Raw

PUBLIC = {
    "data": [location("1"), location("2")],
    "status_code": 1000,
    "status_message": "Success",
    "timestamp": NOON.isoformat(),
}
AFIR = {"next": None, "items": [afir_location("1"), afir_location("2")]}
GOOD = body(location("1"), location("2"))


def every_answer() -> Iterator[tuple[str, bytes]]:
    for form in (PUBLIC, AFIR):
        for name, sent in hostile.answers(ANSWER, form):
            yield name, hostile.encode(sent)


def outcomes(*bodies: bytes) -> list[str]:
    """Of bodies of one city, each followed by a good answer; another city is good throughout."""
    exchanges = []
    for number, one in enumerate(bodies):
        at = later(number / 100)
        exchanges += [exchange(one, at), exchange(GOOD, later(number / 100 + 0.001))]
        exchanges.append(exchange(GOOD, at, "bonn"))
    tables = flatten(*exchanges)
    hostile.check_tables(tables)
    polls = tables["polls"].to_pylist()
    assert {row["outcome"] for row in polls if row["scope"] == "bonn"} == {"ok"}
    found = [row["outcome"] for row in polls if row["scope"] == "koeln"]
    assert set(found[1::2]) == {"ok"}, "a good answer is read whatever came before"
    assert len(found) == 2 * len(bodies)
    return found[::2]


def test_a_hostile_value_in_any_field_leaves_every_other_answer_alone() -> None:
    names, bodies = zip(*every_answer(), strict=True)
    found = dict(zip(names, outcomes(*bodies), strict=True))
    assert set(found.values()) <= {"ok", "refused", "unreadable"}
    assert found["latin-1 in data.0.name"] == "ok"
    assert found["400 digits in data.0.evses.0.connectors.0.ampere"] == "ok"
    assert found["deep list in data.0.comment"] == "ok"
    assert found["NaN in data.0.coordinates.latitude"] == "ok"
    assert found["number in status_code"] == "refused"


def test_a_hostile_value_below_the_locations_costs_one_of_them_at_most() -> None:
    cases = {
        name: hostile.encode(sent)
        for name, sent in hostile.answers(ANSWER, PUBLIC)
        if ".0." in name and not name.startswith(("unclosed", "nothing"))
    }
    tables = flatten(*(exchange(sent, scope=name) for name, sent in cases.items()))
    spans = tables["status_spans"].select(["scope", "unit_id"]).to_pylist()
    seen = {(row["scope"], row["unit_id"]) for row in spans}
    assert len(cases) > 2_000
    assert [name for name in cases if not {(name, "DE*2"), (name, "DE*2-1")} <= seen] == []


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_answer_is_unreadable_and_says_what_it_looks_like(name: str) -> None:
    assert outcomes(BODIES[name]) == ["unreadable"]
    problem = content(BODIES[name]).problem
    assert problem is not None
    assert problem.startswith("the body is not a ChargeCloud answer: it is ")
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("empty", "it is empty"),
        ("null", "it is null"),
        ("number", "it is a number"),
        ("text", "it is a text"),
        ("list of nulls", "it is a list of 3"),
        ("other object", "it is an object with the fields error, code"),
        ("html", "it is a page of HTML"),
    ],
)
def test_what_an_unknown_body_looks_like_is_said_in_words(name: str, looks: str) -> None:
    assert looks in (content(BODIES[name]).problem or "")


def test_only_what_broke_on_the_way_is_asked_for_again() -> None:
    again = {name for name, one in BODIES.items() if cut_off(one) is not None}
    assert {"empty", "html", "half", "zeros"} <= again
    assert not again & {"null", "number", "text", "list", "object", "other object"}
    latin = hostile.encode(hostile.put(PUBLIC, ("data", 0, "name"), HOSTILE["latin-1"]))
    assert cut_off(latin) is None
    assert cut_off(GOOD[:-20]) is not None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([PUBLIC, AFIR]), st.data(), hostile.values())
def test_any_value_in_any_field_is_read_or_quarantined(form: Any, data: Any, value: Any) -> None:
    place = data.draw(st.sampled_from(hostile.places(ANSWER, form)))
    sent = hostile.put(form, place, value)
    outcomes(hostile.encode(None if sent is hostile.ABSENT else sent))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=8))
@example(0, 0, b"\xef\xbb\xbf")
@example(len(GOOD) // 2, len(GOOD), b"")
def test_any_bytes_in_a_good_answer_leave_the_others_alone(at: int, gone: int, new: bytes) -> None:
    outcomes(GOOD[:at] + new + GOOD[at + gone :])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(sent: bytes) -> None:
    outcomes(sent)


# --- the smallest thing --------------------------------------------------------------------------


def quarantined(*locations: Any) -> tuple[dict[str, Any], list[dict[str, Any]], set[str]]:
    """The tables of an answer, its quarantined records, and the units with a status."""
    sent = {"data": list(locations), "status_code": 1000, "timestamp": NOON.isoformat()}
    tables = flatten(exchange(hostile.encode(sent)))
    hostile.check_tables(tables)
    units = {row["unit_id"] for row in tables["status_spans"].to_pylist()}
    return tables, tables["quarantine"].to_pylist(), units


LATIN = Raw(b'"M\xfcnster"')


def test_a_name_in_latin_1_costs_its_station_and_keeps_its_charging_points() -> None:
    tables, (row,), units = quarantined(location("1", name=LATIN), location("2"))
    assert (row["record"], row["field"]) == ("location 1", "name")
    assert row["value"] == '"M\\udcfcnster"'
    assert row["reason"].startswith("holds bytes that are not UTF-8")
    assert tables["stations"]["station_id"].to_pylist() == ["2"]
    assert units == {"DE*1", "DE*1-1", "DE*2", "DE*2-1"}


@pytest.mark.parametrize("value", [LATIN, Raw(b'"a\0b"'), Raw(b'"\\ud800"'), Raw(b'"\\u0000"')])
def test_a_broken_text_of_a_connector_costs_that_connector(value: Raw) -> None:
    sent = [connector("a", standard=value), connector("b")]
    _, (row,), units = quarantined(location("1", evse("p", connectors=sent)), location("2"))
    assert (row["record"], row["field"]) == ("location 1 / evse p / connector a", "standard")
    assert units == {"p", "b", "DE*2", "DE*2-1"}


@pytest.mark.parametrize("name", ["400 digits", "5000 digits", "NaN", "1e400", "list", "object"])
def test_an_impossible_number_of_a_connector_costs_that_connector(name: str) -> None:
    sent = [connector("a", ampere=HOSTILE[name]), connector("b")]
    _, (row,), units = quarantined(location("1", evse("p", connectors=sent)))
    assert (row["record"], row["field"]) == ("location 1 / evse p / connector a", "ampere")
    assert units == {"p", "b"}


@pytest.mark.parametrize(
    "coordinates",
    [
        {"latitude": "950.94", "longitude": "6.9"},
        {"latitude": 50.9, "longitude": -181},
        {"latitude": "north", "longitude": "6.9"},
        [6.9, 50.9],
        "50.9, 6.9",
    ],
)
def test_an_impossible_coordinate_costs_its_station_alone(coordinates: Any) -> None:
    tables, (row,), units = quarantined(location("1", coordinates=coordinates), location("2"))
    assert row["record"] == "location 1"
    assert row["field"] in ("latitude", "longitude", "coordinates")
    assert tables["stations"]["station_id"].to_pylist() == ["2"]
    assert units == {"DE*1", "DE*1-1", "DE*2", "DE*2-1"}


@pytest.mark.parametrize("name", ["deep list", "deep object"])
def test_a_value_nested_too_deep_costs_its_location(name: str) -> None:
    _, (row,), units = quarantined(location("1", comment=HOSTILE[name]), location("2"))
    assert (row["record"], row["reason"]) == ("location 0", "is nested too deep")
    assert units == {"DE*2", "DE*2-1"}


def test_a_location_that_stays_broken_is_one_issue_however_often_it_comes() -> None:
    def at(number: int, status: str) -> bytes:
        places = [location("1", name=LATIN), location("2", evse("p", status))]
        stamp = later(number).isoformat()
        return hostile.encode({"data": places, "status_code": 1000, "timestamp": stamp})

    words = ["AVAILABLE", "CHARGING", "CHARGING", "AVAILABLE"]
    tables = flatten(*(exchange(at(n, word), later(n)) for n, word in enumerate(words)))
    (row,) = tables["quarantine"].to_pylist()
    assert (row["polls"], row["file"]) == (4, "file0")
    spans = [row for row in tables["status_spans"].to_pylist() if row["unit_id"] == "p"]
    assert [row["polls"] for row in spans] == [1, 2, 1]


def test_true_and_1_are_not_the_same_answer() -> None:
    def at(ampere: Any, minutes: int) -> Any:
        sent = [connector("c", ampere=ampere)]
        return exchange(body(location("1", evse("p", connectors=sent))), later(minutes))

    tables = flatten(at(1, 0), at(True, 1))
    (row,) = tables["quarantine"].to_pylist()
    assert (row["field"], row["value"]) == ("ampere", "true")


# --- a new form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "looks"),
    [
        ([None, 17, "x", []], "null"),
        ([{"stationId": 1, "chargePoints": []}], "fields stationId, chargePoints"),
        ([{"id": "1", "name": "A", "points": []}], "fields id, name, points"),
        ([{"id": "1", "evses": [{"uuid": "x"}, {"uuid": "y"}]}], "fields id, evses"),
    ],
)
def test_an_answer_of_which_nothing_can_be_read_is_not_good(sent: Any, looks: str) -> None:
    whole = json.dumps({"data": sent, "status_code": 1000, "timestamp": NOON.isoformat()}).encode()
    assert outcomes(whole) == ["unreadable"]
    problem = content(whole).problem or ""
    assert f"nothing could be read of its {len(sent)} locations" in problem
    assert looks in problem


def test_a_city_without_charging_points_is_good() -> None:
    assert content(body()).problem is None
    assert content(body(location("1") | {"evses": []})).problem is None
