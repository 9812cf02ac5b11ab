"""The newer forms of ChargeCloud's feed: AFIR, its pages, OCPI's names, and odd values."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from extract.vendors.chargecloud.about import ABOUT
from extract.vendors.chargecloud.answer_time import answer_time
from extract.vendors.chargecloud.fields import upright
from extract.vendors.chargecloud.poll.readable import content
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


def page(*locations: Any, following: str | None = None) -> bytes:
    """A page of the AFIR feed."""
    return json.dumps({"next": following, "items": list(locations)}).encode()


def only(table: pa.Table) -> dict[str, Any]:
    (row,) = table.to_pylist()
    return row


def one(place: dict[str, Any]) -> dict[str, pa.Table]:
    """The tables of an answer with one location, of which everything could be read."""
    tables = flatten(exchange(body(place)))
    assert tables["quarantine"].to_pylist() == []
    assert tables["unknown_fields"].to_pylist() == []
    return tables


def test_the_afir_feed_fills_the_same_tables() -> None:
    tables = flatten(exchange(page(afir_location("7", "CHARGING"))))
    station, point, connector_row = (
        only(tables[name]) for name in ("stations", "charging_points", "connectors")
    )
    assert (station["station_id"], station["latitude"]) == ("7", 48.89)
    assert station["directions"] == "hinter dem Haus"
    assert (station["operator_name"], station["operator_hotline"]) == (
        "Stadtwerke Beispiel",
        "+49221000000",
    )
    assert (station["owner"], station["roaming"]) == (None, None), "AFIR has neither"
    assert (point["charging_point_id"], point["station_id"], point["uid"]) == ("DE*7", "7", "u7")
    assert (connector_row["ampere"], connector_row["voltage"], connector_row["max_power_kw"]) == (
        32.0,
        400.0,
        22.0,
    )
    statuses = {row["unit"]: row["status"] for row in tables["status_spans"].to_pylist()}
    assert statuses == {"chargingpoint": "CHARGING", "connector": None}
    assert tables["quarantine"].num_rows == tables["unknown_fields"].num_rows == 0


def test_the_pages_of_one_answer_are_one_poll() -> None:
    def poll(minutes: int, status: str) -> list[Any]:
        at = later(minutes)
        return [
            exchange(page(afir_location("1"), following="b"), at),
            exchange(page(afir_location("2", status), following="c"), at, page=2),
            exchange(page(afir_location("3")), at, page=3),
        ]

    tables = flatten(*poll(0, "AVAILABLE"), *poll(10, "CHARGING"), *poll(20, "CHARGING"))
    polls = tables["polls"].to_pylist()
    assert [(row["outcome"], row["records"]) for row in polls] == [("ok", 6)] * 3
    spans = [
        (row["unit_id"], row["status"], row["polls"])
        for row in tables["status_spans"].to_pylist()
        if row["unit"] == "chargingpoint"
    ]
    assert spans == [
        ("DE*1", "AVAILABLE", 3),
        ("DE*2", "AVAILABLE", 1),
        ("DE*2", "CHARGING", 2),
        ("DE*3", "AVAILABLE", 3),
    ]


@pytest.mark.parametrize(
    ("second", "status", "outcome"),
    [
        (None, None, "no_answer"),
        (b"busy", 503, "http_error"),
        (b"[]", 200, "unreadable"),
        ("never came", 200, "unreadable"),
    ],
)
def test_an_answer_without_its_last_page_is_a_failed_one(
    second: Any, status: int | None, outcome: str
) -> None:
    whole = [exchange(page(afir_location("1"), afir_location("2")), later(n)) for n in (0, 20)]
    half = [exchange(page(afir_location("1"), following="b"), later(10))]
    if second != "never came":
        half.append(exchange(second, later(10), status=status, page=2))
    tables = flatten(whole[0], *half, whole[1])
    assert tables["polls"]["outcome"].to_pylist() == ["ok", outcome, "ok"]
    points = [row for row in tables["status_spans"].to_pylist() if row["unit_id"] == "DE*2"]
    assert [row["polls"] for row in points] == [1, 1], "not known is not absent"


def test_a_page_that_names_a_next_one_but_is_empty_is_the_last() -> None:
    assert content(page(following="b")).next_page is None
    assert content(page(afir_location("1"), following="b")).next_page == "b"


def test_the_public_envelope_may_use_the_names_of_ocpi() -> None:
    sent = {
        "id": "c",
        "status": "OCCUPIED",
        "max_voltage": "400",
        "max_amperage": "16",
        "max_electric_power": 11000,
    }
    point = {"evse_id": "DE*A*E1", "status": "OCCUPIED", "connectors": [sent]}
    tables = one(location("1", point, owner={"name": "Stadt", "website": ""}, directions=[]))
    assert only(tables["charging_points"])["charging_point_id"] == "DE*A*E1"
    row = only(tables["connectors"])
    assert (row["ampere"], row["voltage"], row["max_power_kw"]) == (16.0, 400.0, 11.0)
    assert set(tables["status_spans"]["status"].to_pylist()) == {"OCCUPIED"}
    assert only(tables["stations"])["owner"] == "Stadt"


def test_an_own_name_goes_before_the_name_of_ocpi() -> None:
    sent = connector("c", max_power=22, max_electric_power=11000)
    tables = one(location("1", evse("a", connectors=[sent], evse_id="b")))
    assert only(tables["connectors"])["max_power_kw"] == 22.0
    assert only(tables["charging_points"])["charging_point_id"] == "a"


def test_numbers_may_have_a_decimal_comma() -> None:
    sent = connector("c", ampere="16,5", max_power="3,7")
    place = location(
        "1",
        evse("a", connectors=[sent]),
        coordinates={"latitude": "50,94", "longitude": "6,99"},
    )
    tables = one(place)
    assert (only(tables["stations"])["latitude"], only(tables["stations"])["longitude"]) == (
        50.94,
        6.99,
    )
    assert (only(tables["connectors"])["ampere"], only(tables["connectors"])["max_power_kw"]) == (
        16.5,
        3.7,
    )


def test_two_commas_or_a_comma_beside_a_point_are_no_number() -> None:
    for text in ("1,234,5", "1.234,5"):
        sent = connector("c", ampere=text)
        tables = flatten(exchange(body(location("1", evse("a", connectors=[sent])))))
        assert only(tables["quarantine"])["value"] == f'"{text}"'


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ((50.94, 6.99), (50.94, 6.99)),
        ((6.99, 50.94), (50.94, 6.99)),
        ((47.5, 9.7), (47.5, 9.7)),
        ((9.7, 60.0), (9.7, 60.0)),
        ((None, 50.94), (None, 50.94)),
        ((0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_coordinates_are_swapped_back_only_where_they_would_lie_in_germany(
    sent: Any, read: Any
) -> None:
    assert upright(*sent) == read


def test_swapped_coordinates_are_read_the_right_way_round() -> None:
    place = location("1", coordinates={"latitude": "6.992267", "longitude": "50.940991"})
    row = only(one(place)["stations"])
    assert (row["latitude"], row["longitude"]) == (50.940991, 6.992267)


# --- the time of an answer ------------------------------------------------------------------------

ASKED = datetime(2022, 1, 11, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2022-01-11T21:58:22+01:00", datetime(2022, 1, 11, 20, 58, 22, tzinfo=UTC)),
        ("2022-01-11T21:00:00Z", ASKED),
        ("2022-01-11T21:29:59Z", ASKED + timedelta(minutes=29, seconds=59)),
        ("2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC)),
        (None, ASKED),
    ],
)
def test_an_answer_is_of_its_own_time(timestamp: Any, at: datetime) -> None:
    assert answer_time(timestamp, ASKED) == (at, None)


@pytest.mark.parametrize(
    "timestamp",
    [
        "2099-01-01T00:00:00Z",
        "2022-01-11T22:00:00Z",  # an hour ahead: the offset is wrong
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-12:00",
        "1970-01-01T00:00:00Z",
        "2022-01-11T21:00:00",
        "2022-01-11",
        "20230101080129",
        "yesterday",
        "",
        17,
        True,
        ["2022-01-11T21:00:00Z"],
        {},
        float("nan"),
        10**400,
    ],
)
def test_a_timestamp_that_cannot_be_gives_way_to_the_time_of_the_request(timestamp: Any) -> None:
    at, wrong = answer_time(timestamp, ASKED)
    assert at == ASKED
    assert wrong is not None
    assert "the time of the request is used" in wrong


def test_an_answer_that_is_not_filed_under_its_own_date_is_noted_once() -> None:
    def at(minutes: int) -> Any:
        stamp = datetime(2099, 1, 1, minute=minutes, tzinfo=UTC)
        return exchange(body(location("1"), at=stamp), later(minutes))

    row = only(flatten(at(0), at(1), at(2))["quarantine"])
    assert (row["record"], row["field"], row["polls"]) == ("answer", "timestamp", 3)
    assert row["value"] == '"2099-01-01T00:00:00+00:00"'
    assert flatten(exchange(body(location("1")), NOON))["quarantine"].num_rows == 0


# --- status words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "is_occupied", "is_charging", "is_operational"),
    [
        ("AVAILABLE", "AVAILABLE", False, False, True),
        ("BLOCKED", "BLOCKED", True, False, True),
        ("CHARGING", "CHARGING", True, True, True),
        ("INOPERATIVE", "INOPERATIVE", False, False, False),
        ("OUTOFORDER", "OUTOFORDER", False, False, False),
        ("PLANNED", "PLANNED", False, False, False),
        ("REMOVED", "REMOVED", False, False, False),
        ("RESERVED", "RESERVED", False, False, True),
        ("UNKNOWN", "UNKNOWN", None, None, None),
    ],
)
def test_the_status_words_of_ocpi_are_known(
    word: str,
    status: str,
    is_occupied: bool | None,
    is_charging: bool | None,
    is_operational: bool | None,
) -> None:
    (known,) = [found for found in ABOUT.statuses if found.source_status == word]
    assert (known.status, known.is_occupied, known.is_charging, known.is_operational) == (
        status,
        is_occupied,
        is_charging,
        is_operational,
    )


@pytest.mark.parametrize("word", ["OCCUPIED", "available", "AVAILABLE ", "Wartung", None])
def test_a_status_word_is_kept_as_the_vendor_sent_it(word: str | None) -> None:
    tables = flatten(exchange(body(location("1", evse("a", word, connectors=[])))))
    assert only(tables["status_spans"])["status"] == (word and word.strip())
