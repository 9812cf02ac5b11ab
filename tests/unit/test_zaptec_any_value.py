"""A hostile value in any field of any answer of Zaptec's costs its own record, and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.lake.fields import Record
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.zaptec import fields
from extract.vendors.zaptec.poll.redact import redactor
from tests.hostile import ANYTHING, BODIES, HOSTILE, answers, check_tables, encode, places, put
from tests.zaptec_feed import CHARGER, SITE, exchange, page, tables

OTHER = "5eedfeed-0000-4bad-8bad-000000000002"
READING = {"TM": "2026-11-16T19:00:00,000+00:00 R", "RV": 1.5, "RI": "1-0:1.8.0", "RU": "kWh"}
SIGNED = f"OCMF|{json.dumps({'RD': [READING, READING | {'RV': 2.5}]})}|"
HISTORY = {
    **{"Id": "s1", "ChargerId": CHARGER, "StartDateTime": "2026-11-16T18:00:00.5", "Energy": 3.0},
    **{"EndDateTime": "2026-11-17T06:00:00", "CommitMetadata": 21, "UserId": "u", "TokenName": "t"},
    "EnergyDetails": [{"Timestamp": "2026-11-16T19:00:00+00:00", "Energy": 3.0}],
    **{"SignedSession": SIGNED, "ExternallyEnded": True, "ChargerFirmwareVersion": {"Major": 5}},
}
ARCHIVED = {
    **{"id": "s1", "chargerId": CHARGER, "startDateTime": "2026-11-16T18:00:00Z", "energy": 3.0},
    **{"endDateTime": "2026-11-17T06:00:00Z", "signed": True, "offline": False, "voided": False},
    "energyDetails": [{"timestamp": "2026-11-16T19:00:00+00:00", "energy": 3.0}],
    **{"sessionSignature": SIGNED, "authorizedUser": {"id": "u", "email": "e", "fullName": "n"}},
}
DEVICE = {"Id": CHARGER, "DeviceId": "ZAP049387", "DeviceType": 4, "InstallationId": SITE}
PLACE = {"Id": SITE, "Name": "Home", "Latitude": 51.9, "Longitude": 5.2, "NetworkType": 4}
CIRCUIT = {"Id": "c1", "MaxCurrent": 16, "Chargers": [DEVICE]}
OBSERVED = fields.OBSERVED.fields
STATE = {"ChargerId": CHARGER, "Timestamp": "2026-11-17T08:00:00.1"}

ANSWERS: dict[str, tuple[str, Record, dict[str, Any], dict[str, Any], tuple[str, str]]] = {
    "chargehistory": (
        *("chargehistory", fields.HISTORY, HISTORY, HISTORY | {"Id": OTHER}),
        ("sessions", "session_id"),
    ),
    "archived": (
        *("archived", fields.ARCHIVED, ARCHIVED, ARCHIVED | {"id": OTHER}),
        ("sessions", "session_id"),
    ),
    "chargers": (
        *("chargers", fields.CHARGER, DEVICE, DEVICE | {"Id": OTHER}),
        ("charging_points", "charging_point_id"),
    ),
    "installations": (
        *("installations", fields.INSTALLATION, PLACE, PLACE | {"Id": OTHER}),
        ("stations", "station_id"),
    ),
    "hierarchy": (
        *("hierarchy", fields.CIRCUIT, CIRCUIT, CIRCUIT | {"Chargers": [DEVICE | {"Id": OTHER}]}),
        ("charging_points", "charging_point_id"),
    ),
}
"""Endpoint, record, one as it is sent, another one beside it, where that one must be found."""


@pytest.fixture(scope="module")
def pseudonyms(tmp_path_factory: pytest.TempPathFactory) -> Pseudonyms:
    home = tmp_path_factory.mktemp("home")
    return Pseudonyms(Settings(_env_file=None, home=home), "zaptec")


def whole(endpoint: str, records: list[Any]) -> dict[str, Any]:
    if endpoint == "hierarchy":
        return {"Id": SITE, "NetworkType": 4, "Circuits": records}
    return page(records, endpoint)


def is_json(body: bytes) -> bool:
    """Whether a lenient parser can read it: bytes and numbers of any kind, but a value that ends,
    and levels that the stack can hold."""
    try:
        json.loads(body.decode("latin-1"), parse_int=float)
    except (ValueError, RecursionError):
        return False
    return True


def landed(pseudonyms: Pseudonyms, endpoint: str, body: bytes) -> list[bytes | None]:
    """The body as it came, and as it lands."""
    return [body, redactor(pseudonyms, endpoint)(body)]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_value_in_any_field_leaves_the_other_records(name, pseudonyms):
    endpoint, record, sent, other, (table, column) = ANSWERS[name]
    changed = [one for _, one in answers(record, sent)]
    readable = [one for one in changed if is_json(encode([one, one]))]
    assert len(readable) > 300
    for body in landed(pseudonyms, endpoint, encode(whole(endpoint, [*readable, other]))):
        made = tables(exchange(body, endpoint))
        check_tables(made)
        assert OTHER in made[table][column].to_pylist()
        assert made["quarantine"].num_rows > 30


@pytest.mark.parametrize("name", ANSWERS)
def test_bytes_that_no_parser_can_read_quarantine_the_answer(name, pseudonyms):
    endpoint, record, sent, other, _ = ANSWERS[name]
    place = places(record, sent)[-1]
    for case, value in HOSTILE.items():
        body = encode(whole(endpoint, [put(sent, place, value), other]))
        if not is_json(body):
            made = tables(exchange(body, endpoint))
            check_tables(made)
            assert made["quarantine"]["record"].to_pylist() == ["answer"], case
            assert redactor(pseudonyms, endpoint)(body) is None


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_value_around_the_records_ends_nothing(name, pseudonyms):
    endpoint, _, sent, _, _ = ANSWERS[name]
    frames = {"archived": ("sessions", "Data"), "hierarchy": ("Circuits", "NetworkType")}
    for around in frames.get(endpoint, ("Data", "Pages")):
        for value in HOSTILE.values():
            sides = whole(endpoint, [sent])
            for body in landed(pseudonyms, endpoint, encode(put(sides, (around,), value))):
                check_tables(tables(exchange(body, endpoint)))


@pytest.mark.parametrize("field", ["StateId", "Timestamp", "ValueAsString", "ChargerId"])
def test_a_hostile_value_in_any_observation_leaves_the_others(field, pseudonyms):
    good = [STATE | {"StateId": int(one.name), "ValueAsString": "1"} for one in OBSERVED]
    for key in ("501", "513", "710", "721", "723", "554"):
        changed = [
            put(STATE | {"StateId": int(key)}, (field,), value) for value in HOSTILE.values()
        ]
        changed = [one for one in changed if is_json(encode(one))]
        others = [one for one in good if one["StateId"] != int(key)]
        for body in landed(pseudonyms, "state", encode([*changed, *others])):
            made = tables(exchange(body, "state", CHARGER))
            check_tables(made)
            assert made["polls"]["outcome"].to_pylist() == ["ok"]
            assert {"L1", "L2", "L3", "total"} == set(made["measurements"]["phase"].to_pylist())


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_answer_is_quarantined_or_empty(name, pseudonyms):
    for endpoint in (*ANSWERS, "installation", "state"):
        for body in landed(pseudonyms, endpoint, BODIES[name]):
            check_tables(tables(exchange(body, endpoint, CHARGER)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_anything_in_any_place_leaves_the_other_records(data):
    name = data.draw(st.sampled_from(list(ANSWERS)))
    endpoint, record, sent, other, (table, column) = ANSWERS[name]
    place = data.draw(st.sampled_from(places(record, sent)))
    body = encode(whole(endpoint, [put(sent, place, data.draw(ANYTHING)), other]))
    made = tables(exchange(body, endpoint))
    check_tables(made)
    assert OTHER in made[table][column].to_pylist()


@pytest.mark.parametrize("bad", [b'"\\ud800"', b'"M\xfcnster"', b'"a\\u0000b"'])
def test_bytes_that_are_no_text_quarantine_that_installation_alone(bad, pseudonyms):
    body = encode(page([PLACE | {"Name": "@@"}, PLACE | {"Id": OTHER}])).replace(b'"@@"', bad)
    for given_body in landed(pseudonyms, "installations", body):
        made = tables(exchange(given_body, "installations", "*"))
        assert made["stations"]["station_id"].to_pylist() == [OTHER]
        (issue,) = made["quarantine"].to_pylist()
        assert (issue["record"], issue["field"]) == (f"installation {SITE}", "Name")


def test_a_device_type_that_is_a_list_quarantines_that_charger():
    made = tables(
        exchange(page([DEVICE | {"DeviceType": [3]}, DEVICE | {"Id": OTHER}]), "chargers", "*")
    )
    assert made["charging_points"]["charging_point_id"].to_pylist() == [OTHER]
    (issue,) = made["quarantine"].to_pylist()
    assert (issue["record"], issue["field"], issue["value"]) == (
        *(f"charger {CHARGER}", "DeviceType", "[3]"),
    )
