"""Whatever Charge Amps sends: nothing personal lands, and no value costs more than its record."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as example
from hypothesis import strategies as st

from extract.lake.fields import ID, KEY, TIME, VERSION, WORD, Record
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Answer, Flattener, Partition
from extract.settings import Settings
from extract.vendors.chargeamps.fields import (
    CONNECTOR_NUMBER,
    ENDPOINTS,
    PERSON_FIELDS,
    POINT,
    RECORDS,
)
from extract.vendors.chargeamps.flatten.partition import FLATTENERS
from extract.vendors.chargeamps.poll.fleet import Point, points
from extract.vendors.chargeamps.poll.redact import Redact, redactor
from tests import chargeamps_feed as feed
from tests.hostile import ANYTHING, BODIES, DEEP, HOSTILE, check_tables, encode, places, put

STATUS = feed.point(feed.connector(1, "Charging", [feed.phase()], chargingPowerKw=3.4))
SENT: dict[str, dict[str, Any]] = {
    "owned": feed.owned(settings={"id": "x"}),
    "organisation_chargepoints": feed.owned(),
    "organisations": {"id": feed.ORGANISATION, "name": "Drift", "description": None},
    "settings": feed.settings(),
    "settings_put": {"wanted": feed.settings(), "after": feed.settings()} | feed.settings(),
    "status": STATUS,
    "statuses": STATUS,
    "chargingsessions": feed.session(),
    "organisation_chargingsessions": feed.session(),
}
LISTS = [name for name in SENT if name not in ("settings", "settings_put", "status")]
GOOD = "2100000000M"  # the id of a good record behind the hostile one
PERSON = "Linnea Åström <linnea@example.se>"
HARMLESS = {WORD, ID, KEY, VERSION, TIME, CONNECTOR_NUMBER}


@pytest.fixture(scope="module")
def pseudonyms(tmp_path_factory: pytest.TempPathFactory) -> Pseudonyms:
    home = tmp_path_factory.mktemp("home")
    return Pseudonyms(Settings(_env_file=None, home=home), "chargeamps")


@pytest.fixture(scope="module")
def redactors(pseudonyms: Pseudonyms) -> dict[str, Redact]:
    return {name: redactor(pseudonyms, record) for name, record in ENDPOINTS.items()}


def stream_of(endpoint: str) -> str:
    return feed.exchange({}, endpoint=endpoint).stream


def answer(endpoint: str, body: bytes | None, number: int = 0, scope: str = feed.POINT) -> Answer:
    at = int(feed.tick(number).timestamp()) * 1_000_000
    buffer = None if body is None else pa.py_buffer(body)
    return Answer(scope, at, at, 200, None, buffer, "a.parquet", endpoint)


def flattener_of(endpoint: str) -> Flattener:
    stream = stream_of(endpoint)
    return FLATTENERS[stream](Partition("chargeamps", stream, feed.START.date()))


def ids(tables: dict[str, pa.Table]) -> set[str]:
    columns = [
        ("stations", "station_id"),
        ("status_spans", "unit_id"),
        ("sessions", "session_id"),
    ]
    return {
        value
        for table, column in columns
        if table in tables
        for value in tables[table][column].to_pylist()
    }


# --- no value costs more than its record ---------------------------------------------------------


def cases() -> list[Any]:
    return [
        pytest.param(endpoint, place, id=f"{endpoint}-{'.'.join(map(str, place)) or 'record'}")
        for endpoint, sent in SENT.items()
        for place in places(ENDPOINTS[endpoint], sent)
    ]


@pytest.mark.parametrize("redacted", [True, False])
@pytest.mark.parametrize(("endpoint", "place"), cases())
def test_a_hostile_value_in_any_field_costs_its_record_alone(
    redactors: dict[str, Redact], endpoint: str, place: tuple, redacted: bool
) -> None:
    flattener, sent = flattener_of(endpoint), SENT[endpoint]
    good = put(sent, ("id",), GOOD)
    whole = 0
    for number, value in enumerate(HOSTILE.values()):
        made = put(sent, place, value)
        body = encode([made, good] if endpoint in LISTS else made)
        kept = redactors[endpoint](body) if redacted else body
        whole += kept is None
        flattener.add(answer(endpoint, kept, number))
    tables = dict(flattener.tables())
    check_tables(tables)
    assert whole <= 5  # not JSON, or too deep
    if endpoint in LISTS and endpoint != "organisations":
        assert GOOD in ids(tables)
    if "polls" in tables and endpoint == "statuses":
        outcomes = tables["polls"]["outcome"].to_pylist()
        assert outcomes.count("ok") >= len(HOSTILE) - 5


@pytest.mark.parametrize("endpoint", SENT)
def test_a_hostile_body_is_quarantined_and_the_next_answer_is_read(
    redactors: dict[str, Redact], endpoint: str
) -> None:
    flattener = flattener_of(endpoint)
    for number, body in enumerate(BODIES.values()):
        flattener.add(answer(endpoint, redactors[endpoint](body), number))
        flattener.add(answer(endpoint, body, number, "unredacted"))
    good = [SENT[endpoint]] if endpoint in LISTS else SENT[endpoint]
    flattener.add(answer(endpoint, encode(good), len(BODIES)))
    tables = dict(flattener.tables())
    check_tables(tables)
    if endpoint != "organisations":
        assert tables["quarantine"].num_rows > 5
        assert sum(t.num_rows for name, t in tables.items() if name != "quarantine") > 0


@example(max_examples=200, deadline=None)
@given(st.data())
def test_any_value_anywhere_is_redacted_and_flattened(
    redactors: dict[str, Redact], data: st.DataObject
) -> None:
    endpoint = data.draw(st.sampled_from(list(SENT)))
    sent, flattener = SENT[endpoint], flattener_of(endpoint)
    place = data.draw(st.sampled_from(places(ENDPOINTS[endpoint], sent)))
    made = put(sent, place, data.draw(ANYTHING))
    body = encode([made] if endpoint in LISTS else made)
    flattener.add(answer(endpoint, redactors[endpoint](body)))
    check_tables(dict(flattener.tables()))


@pytest.mark.parametrize("place", places(POINT, SENT["owned"]))
def test_the_poller_finds_the_other_charge_points_whatever_a_list_holds(
    redactors: dict[str, Redact], place: tuple
) -> None:
    good = {"id": GOOD, "ocppVersion": "1.6", "connectors": [{"connectorId": 2}]}
    for name, value in HOSTILE.items():
        body = redactors["owned"](encode([put(SENT["owned"], place, value), good]))
        if body is None:  # not JSON, or too deep
            continue
        found = {point.id: point for point in points(feed.exchange(body, endpoint="owned"))}
        assert found[GOOD] == Point(GOOD, ("2",), None, True, "1.6"), name


# --- no person, no secret ------------------------------------------------------------------------


def forms(text: str) -> list[Any]:
    """The text as a value, and in wrong types."""
    nested = {"id": text, "status": [text], "mode": {"phase": text}}
    return [text, [text], [[text]], {"name": text}, nested, {text: 1}, f"  {text.upper()} "]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_person_in_any_field_and_any_type_does_not_land(
    redactors: dict[str, Redact], endpoint: str
) -> None:
    sent = SENT[endpoint]
    for place in [*places(ENDPOINTS[endpoint], sent), ("driver",), ("connectors", 0, "owner")]:
        if place[:1] == ("connectors",) and "connectors" not in sent:
            continue
        for value in forms(PERSON):
            kept = redactors[endpoint](encode(put(sent, place, value))) or b""
            assert "linnea" not in kept.decode().casefold(), (place, value)


def harmless(record: Record, place: tuple[Any, ...]) -> bool:
    """Whether the place holds a field that is declared to be harmless."""
    names = [name for name in place if isinstance(name, str)]
    for name in names[:-1]:
        inside = record.by_name[name].inside
        assert inside is not None
        record = inside
    return bool(names) and record.by_name[names[-1]].kind in HARMLESS


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_plain_name_lands_in_fields_alone_that_are_declared_harmless(
    redactors: dict[str, Redact], endpoint: str
) -> None:
    record, sent = ENDPOINTS[endpoint], SENT[endpoint]
    for place in places(record, sent):
        kept = redactors[endpoint](encode(put(sent, place, "Linnea"))) or b""
        if b"Linnea" in kept:
            assert harmless(record, place), place


@pytest.mark.parametrize(
    "name", ["password", "Password", "pin", "pinCode", "apiKey", "refreshToken", "wifiPSK", "ssid"]
)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_field_whose_name_says_that_it_is_a_secret_lands_as_null(
    redactors: dict[str, Redact], endpoint: str, name: str
) -> None:
    for value in ("0815", 815, {"value": "0815"}, ["0815"]):
        kept = redactors[endpoint](encode(SENT[endpoint] | {name: value}))
        assert json.loads(kept or b"")[name] is None


def test_names_are_declared_without_regard_to_case(redactors: dict[str, Redact]) -> None:
    kept = json.loads(redactors["owned"](encode({"NAME": "Linnea", "ID": 7})) or b"")
    assert kept["ID"] == 7
    assert kept["NAME"].startswith("p_")


def test_documented_numbers_ids_words_and_times_land_as_they_came(
    redactors: dict[str, Redact],
) -> None:
    for endpoint in ENDPOINTS:
        sent = SENT[endpoint]
        if endpoint == "settings_put":  # our own record: redacted field by field when it is made
            continue
        kept = json.loads(redactors[endpoint](encode(sent)) or b"")
        names = [f.name for f in ENDPOINTS[endpoint].fields if f.kind.personal == "no"]
        assert {n: kept[n] for n in names if n in sent and n != "connectors"} == {
            n: sent[n] for n in names if n in sent and n != "connectors"
        }


def test_every_person_that_is_declared_can_be_forgotten() -> None:
    people = {
        field.name.lower()
        for record in RECORDS
        for field in record.fields
        if field.kind.personal == "pseudonym" and field.name not in ("name", "description")
    }
    assert people <= PERSON_FIELDS.identify | PERSON_FIELDS.describe


# --- the body as such ----------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [50, 200, 400, 700, 1_000, DEEP, 100_000])
def test_nesting_of_any_depth_is_redacted_or_refused(
    redactors: dict[str, Redact], depth: int
) -> None:
    body = b'{"id":"x","a":' + b"[" * depth + b'"Linnea"' + b"]" * depth + b"}"
    kept = redactors["status"](body)
    assert kept is None or b"Linnea" not in kept
    assert kept is not None or depth > 100


def test_a_redacted_body_is_read_as_it_was(redactors: dict[str, Redact]) -> None:
    kept = redactors["statuses"](encode([STATUS]))
    assert msgspec.json.decode(kept or b"") == [STATUS]
