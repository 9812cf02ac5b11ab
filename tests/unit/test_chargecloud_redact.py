"""What of ChargeCloud's answers lands."""

from __future__ import annotations

import json

import pytest

from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.chargecloud.poll.redact import redact
from tests.feed import body, evse, location

WHO = "Frau Kari Nordmann"


@pytest.fixture
def pseudonyms(tmp_path) -> Pseudonyms:
    return Pseudonyms(Settings(_env_file=None, home=tmp_path), "chargecloud")


def test_an_answer_of_declared_fields_lands_byte_for_byte(pseudonyms) -> None:
    sent = body(location("1", evse("DE*1", "CHARGING")))
    assert redact(pseudonyms, sent) is sent


@pytest.mark.parametrize("value", [WHO, {"name": WHO}, [WHO, {"a": [WHO]}], {WHO: 1}])
@pytest.mark.parametrize("place", ["answer", "location", "evse", "connector", "operator"])
def test_an_undeclared_field_lands_as_a_pseudonym_whatever_it_holds(
    pseudonyms, place: str, value: object
) -> None:
    answer = json.loads(body(location("1", evse("DE*1"))))
    found = answer["data"][0]
    records = {
        "answer": answer,
        "location": found,
        "evse": found["evses"][0],
        "connector": found["evses"][0]["connectors"][0],
        "operator": found.setdefault("operator", {}),
    }
    records[place]["warden"] = value

    landed = redact(pseudonyms, json.dumps(answer).encode())

    assert landed is not None
    assert WHO.encode() not in landed
    assert (pseudonyms.of(WHO) or "").encode() in landed
    assert json.loads(landed)["data"][0]["name"] == found["name"]


def test_a_location_that_is_broken_costs_itself_alone(pseudonyms) -> None:
    deep = b'{"id":"2","name":' + b"[" * 3000 + b"]" * 3000 + b"}"
    good = json.dumps(location("1")).encode()
    sent = b'{"data":[' + good + b"," + deep + b'],"status_code":1000}'

    landed = json.loads(redact(pseudonyms, sent) or b"")

    assert landed["data"][0]["id"] == "1"
    assert "nested too deep" in landed["data"][1]
    assert landed["status_code"] == 1000


@pytest.mark.parametrize("sent", [b"<html>Kari Nordmann</html>", b"", None])
def test_what_is_no_answer_at_all_does_not_land(pseudonyms, sent: bytes | None) -> None:
    assert redact(pseudonyms, sent) is None
