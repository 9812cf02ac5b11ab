"""Nothing in a log that tells who charged is landed, wherever it stands."""

from __future__ import annotations

import json

import pytest

from extract.lake.pseudonyms import Pseudonyms
from extract.vendors.ocpp.poll.redact import cleaned
from tests.ocpp_feed import TAG, deliver, settings, snake

BODIES = [
    {"idTag": TAG},
    {"connectorId": 1, "idTag": TAG, "meterStart": 0, "timestamp": "2023-01-01T08:00:00Z"},
    {"transactionId": 1, "idTagInfo": {"status": "Accepted", "parentIdTag": TAG}},
    {
        "idToken": {
            "idToken": TAG,
            "type": "ISO14443",
            "additionalInfo": [{"additionalIdToken": TAG, "type": "x"}],
        }
    },
    {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": TAG, "type": "Central"}}},
    {
        "idTokenInfo": {
            "status": "Accepted",
            "personalMessage": {"format": "UTF8", "content": f"Hi {TAG}"},
        }
    },
    {
        "listVersion": 3,
        "localAuthorizationList": [{"idTag": TAG, "idTagInfo": {"parentIdTag": TAG}}],
    },
    {"vendorId": "acme", "data": json.dumps({"card": {"idTag": TAG}})},
    {"vendorId": "acme", "data": f"idTag={TAG}"},
    {"errorCode": "InternalError", "errorDescription": f"unknown idTag {TAG}", "errorDetails": {}},
    {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": TAG}]},
    {"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": TAG}]},
    {"iccid": TAG, "imsi": TAG, "chargePointModel": "BB-0"},
]


@pytest.fixture
def pseudonyms(tmp_path) -> Pseudonyms:
    return Pseudonyms(settings(tmp_path), "ocpp")


@pytest.mark.parametrize("name", ["camel", "snake"])
@pytest.mark.parametrize("body", BODIES, ids="-".join)
def test_a_tag_is_a_pseudonym_and_a_secret_is_dropped_in_any_depth(pseudonyms, body, name):
    text = json.dumps(body if name == "camel" else snake(body))
    made = cleaned(pseudonyms, text)
    assert TAG not in made
    assert list(json.loads(made)) == list(json.loads(text))


def test_an_escaped_name_is_known_too(pseudonyms):
    assert TAG not in cleaned(pseudonyms, '{"id\\u0054ag": "' + TAG + '"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"connectorId":1,  "measurand":"Voltage"}',
        '{"status": "Invalid", "info": "TokenBucket full"}',
        '{"idTagInfo": {"status": "Accepted"}}',
        '{"id_tag": null, "reason": "DeAuthorized"}',
    ],
)
def test_a_body_without_a_person_stays_as_it_came(pseudonyms, text):
    assert cleaned(pseudonyms, text) == text


def test_the_same_person_is_the_same_pseudonym_in_every_field_and_form(pseudonyms):
    ones = [
        json.loads(cleaned(pseudonyms, json.dumps(body)))
        for body in ({"idTag": TAG}, {"id_tag": TAG.upper()}, {"parentIdTag": f" {TAG} "})
    ]
    assert len({value for one in ones for value in one.values()}) == 1


def test_a_number_as_a_tag_is_no_less_a_tag(pseudonyms):
    assert "4711" not in cleaned(pseudonyms, '{"idTag": 4711}')


def test_of_a_line_that_cannot_be_read_nothing_lands_but_where_it_is(tmp_path):
    good = b'2023-01-01T08:00:00Z C [2,"m","Heartbeat",{}]\n'
    broken = b'2023-01-01T08:00:00Z C [2,"m","Authorize",{"idTag":"%s"}\n' % TAG.encode()
    cut = (
        b'{"cp":"C","ts":1672560000,"id":"m","type":2,"body":"{\\"idTag\\": \\"%s"}\n'
        % TAG.encode()
    )
    assert deliver(tmp_path, a_log=good + broken + cut).ok
    landed = list((tmp_path / "lake").rglob("*.parquet"))
    assert landed
    import pyarrow.parquet as pq

    texts = [str(pq.read_table(path).to_pylist()) for path in landed]
    assert [text for text in texts if TAG in text] == []
    assert any("a.log, line 2" in text and "a.log, line 3" in text for text in texts)
