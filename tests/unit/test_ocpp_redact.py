"""Of an OCPP message only what is known to be harmless is kept; who charges is a pseudonym."""

from __future__ import annotations

import json
import string
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extract.lake.pseudonyms import Pseudonyms, is_pseudonym
from extract.vendors.ocpp.poll.redact import RedactError, Redactor
from extract.vendors.ocpp.poll.redact_columns import ColumnRedactor
from tests import ocpp_feed
from tests.ocpp_feed import TAG, as_frames, call, deliver, result, snake, typed

REQUEST, RESPONSE, ERROR = 2, 3, 4


@pytest.fixture(scope="module")
def redactor(tmp_path_factory) -> Redactor:
    return Redactor(Pseudonyms(ocpp_feed.settings(tmp_path_factory.mktemp("home")), "ocpp"))


def kept(redactor: Redactor, action: str | None, body: Any, kind: int = REQUEST) -> Any:
    return json.loads(redactor.body(kind, action, json.dumps(body)))


MESSAGES = [
    (REQUEST, "Authorize", {"idTag": TAG}),
    (REQUEST, "StartTransaction", {"connectorId": 1, "idTag": TAG, "meterStart": 0}),
    (RESPONSE, None, {"transactionId": 1, "idTagInfo": {"parentIdTag": TAG}}),
    (
        REQUEST,
        "TransactionEvent",
        {
            "idToken": {
                "idToken": TAG,
                "type": "ISO14443",
                "additionalInfo": [{"additionalIdToken": TAG, "type": "x"}],
            }
        },
    ),
    (RESPONSE, "Authorize", {"idTokenInfo": {"groupIdToken": {"idToken": TAG}}}),
    (RESPONSE, None, {"idTokenInfo": {"personalMessage": {"content": f"Hi {TAG}"}}}),
    (
        REQUEST,
        "SendLocalList",
        {
            "listVersion": 3,
            "localAuthorizationList": [{"idTag": TAG, "idTagInfo": {"parentIdTag": TAG}}],
        },
    ),
    (REQUEST, "DataTransfer", {"vendorId": "acme", "data": json.dumps({"card": {"idTag": TAG}})}),
    (REQUEST, "DataTransfer", {"vendorId": "acme", "data": f"idTag={TAG}"}),
    (RESPONSE, None, {"status": "Accepted", "data": {"idTag": TAG, "name": {"idTag": [TAG]}}}),
    (ERROR, None, {"errorCode": "InternalError", "errorDescription": f"no {TAG}"}),
    (ERROR, None, {"errorCode": TAG, "errorDetails": {TAG: TAG}}),
    (
        RESPONSE,
        None,
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": TAG}]},
    ),
    (
        REQUEST,
        "SetVariables",
        {"setVariableData": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": TAG}]},
    ),
    (REQUEST, "BootNotification", {"iccid": TAG, "imsi": TAG, "chargePointModel": "BB-0"}),
    (REQUEST, "Reset", {"type": TAG}),
    (REQUEST, "NotifyCustomerInformation", {"data": f"Frau {TAG}", "seqNo": 0}),
]


@pytest.mark.parametrize("spelling", ["camel", "snake"])
@pytest.mark.parametrize(("kind", "action", "body"), MESSAGES)
def test_a_tag_or_a_secret_is_left_nowhere_and_the_declared_fields_are(
    redactor, kind, action, body, spelling
):
    body = body if spelling == "camel" else snake(body)
    made = kept(redactor, action, body, kind)
    assert TAG not in json.dumps(made)
    assert list(made) == list(body)


@pytest.mark.parametrize(
    ("kind", "action", "text"),
    [
        (REQUEST, "MeterValues", '{"connectorId":1,  "transactionId": null}'),
        (RESPONSE, None, '{"idTagInfo": {"status": "Accepted", "expiryDate": null}}'),
        (REQUEST, "StopTransaction", '{"id_tag": null, "reason": "DeAuthorized"}'),
        (REQUEST, "StatusNotification", '{"vendorErrorCode": "E-17", "vendorId": "ABB S.p.A."}'),
    ],
)
def test_a_body_of_which_all_is_harmless_stays_as_it_came(redactor, kind, action, text):
    assert redactor.body(kind, action, text) == text


def test_the_same_person_is_the_same_pseudonym_in_every_field_and_form(redactor):
    ones = [
        kept(redactor, action, body)
        for action, body in (
            ("Authorize", {"idTag": TAG}),
            ("StartTransaction", {"id_tag": TAG.upper()}),
            ("ReserveNow", {"parentIdTag": f" {TAG} "}),
            ("CustomerInformation", {"customerIdentifier": TAG}),
        )
    ]
    assert len({value for one in ones for value in one.values()}) == 1
    assert is_pseudonym(ones[0]["idTag"])


@pytest.mark.parametrize(
    "value", [4711815, 4711815.5, ["4711815"], {"idTag": {"idTag": ["4711815"]}}, {"4711815": 1}]
)
def test_the_rule_goes_by_the_field_whatever_stands_in_it(redactor, value):
    made = kept(redactor, "Authorize", {"idTag": value})
    assert "4711815" not in json.dumps(made)


def test_a_field_that_the_standard_has_elsewhere_keeps_its_name_and_no_value(redactor):
    body = {"model": "Kari", "connectorId": 1, "status": 5}
    made = kept(redactor, "Authorize", body)
    assert list(made) == list(body)
    assert all(is_pseudonym(value) for value in made.values())


def test_a_field_that_no_schema_has_is_left_out(redactor):
    assert kept(redactor, "Heartbeat", {"owner": "Kari", "04A2B3": {"x": 1}}) == {}
    body = {"password": "p4ss", "customData": {"vendorId": "Kari"}, "idTag": ""}
    assert kept(redactor, "Authorize", body) == {"customData": None, "idTag": ""}


def test_of_an_unknown_action_neither_name_nor_values_are_kept(redactor):
    assert is_pseudonym(redactor.action("Kari Nordmann") or "")
    assert redactor.action("statusNotification") == "statusNotification"
    assert is_pseudonym(kept(redactor, "Kari Nordmann", {"idTag": TAG})["idTag"])


def test_an_escaped_name_and_a_name_that_is_said_twice_are_known_too(redactor):
    assert TAG not in redactor.body(REQUEST, "Authorize", '{"id\\u0054ag": "' + TAG + '"}')
    twice = f'{{"reason": "{TAG}", "reason": "Local", "meterStop": 1}}'
    assert TAG not in redactor.body(REQUEST, "StopTransaction", twice)


@pytest.mark.parametrize("body", ["{", "[" * 5000, "Kari", '{"a": NaN}', '{"a": "\\ud800"}'])
def test_a_body_that_cannot_be_parsed_is_refused_without_a_word_of_it(redactor, body):
    with pytest.raises(RedactError) as found:
        redactor.body(REQUEST, "Authorize", body)
    assert str(found.value) in ("has a body that is no JSON", "has a body that is nested too deep")


@pytest.mark.parametrize("body", ['"Kari"', "[[1, 2]]", "4711", "[]", "null"])
def test_a_body_that_is_no_object_keeps_nothing_but_its_form(redactor, body):
    made = redactor.body(REQUEST, "Authorize", body)
    assert "Kari" not in made
    assert "4711" not in made


# --- forms of values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "field", "values"),
    [
        ("StatusNotification", "connectorId", [1, "1", 1.5, "-1", "12.50", None]),
        ("StatusNotification", "status", ["Charging", "SUSPENDED_EV", "Suspended EV"]),
        ("StatusNotification", "vendorErrorCode", ["17", "E-17", "0x2001"]),
        ("RemoteStopTransaction", "transactionId", [7, "7", "s-1", "a1b2:c.d_e"]),
        (
            "StopTransaction",
            "timestamp",
            [
                "2026-11-10T15:00:30+03",
                "2026-11-10T12:01:00.1234567Z",
                "2026-11-10 12:03:00",
                "2026-11-10T12:04:00+0000",
                "2026-03-10T08:00Z",
                "1970-01-01T00:00:00,5 Z",
            ],
        ),
    ],
)
def test_a_value_of_its_fields_form_is_kept(redactor, action, field, values):
    for value in values:
        assert kept(redactor, action, {field: value}) == {field: value}


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("StatusNotification", "connectorId", "04A2B3C4"),
        ("StatusNotification", "connectorId", "1234567890123"),
        ("StatusNotification", "status", "Kari"),
        ("StatusNotification", "status", 4711),
        ("StatusNotification", "vendorErrorCode", "04A2B3C4"),
        ("StopTransaction", "timestamp", "Kari 2026-01-01T00:00:00Z"),
        ("StopTransaction", "timestamp", 1672560000),
        ("RemoteStopTransaction", "transactionId", "kari@example.org"),
        ("BootNotification", "chargePointModel", "kari@example.org"),
    ],
)
def test_a_value_of_another_form_is_a_pseudonym(redactor, action, field, value):
    assert is_pseudonym(kept(redactor, action, {field: value})[field])


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "is_kept"),
    [
        ("HeartbeatInterval", "300", True),
        ("heartbeatinterval", 300, True),
        ("AuthorizeRemoteTxRequests", "TRUE", True),
        ("MeterValuesSampledData", "Energy.Active.Import.Register, Voltage", True),
        ("ConnectorPhaseRotation", "0.RST,1.RTS", True),
        ("SupportedFeatureProfiles", "Core,SmartCharging", True),
        ("HeartbeatInterval", "Kari", False),
        ("HeartbeatInterval", "300,Kari", False),
        ("AuthorizationKey", "4711", False),
        ("WifiPassword", "4711", False),
        ("MasterPassGroupId", "4711", False),
        ("Kari", "Voltage", False),
    ],
)
def test_a_setting_is_kept_only_if_key_and_value_are_harmless(redactor, key, value, is_kept):
    wanted = value if is_kept else None
    listed = {"configurationKey": [{"key": key, "readonly": False, "value": value}]}
    named = {"component": {"name": "Ctrlr"}, "variable": {"name": key}, "attributeValue": value}
    reported = {
        "variable": {"name": key},
        "variableAttribute": [{"value": value}],
        "variableCharacteristics": {"valuesList": value, "dataType": "OptionList"},
    }
    event = {"actualValue": value, "variable": {"name": key}}
    assert kept(redactor, "ChangeConfiguration", {"key": key, "value": value})["value"] == wanted
    (found,) = kept(redactor, None, listed, RESPONSE)["configurationKey"]
    assert found["value"] == wanted
    (found,) = kept(redactor, "SetVariables", {"setVariableData": [named]})["setVariableData"]
    assert found["attributeValue"] == wanted
    (found,) = kept(redactor, None, {"getVariableResult": [named]}, RESPONSE)["getVariableResult"]
    assert found["attributeValue"] == wanted
    (found,) = kept(redactor, "NotifyReport", {"reportData": [reported]})["reportData"]
    assert found["variableAttribute"] == [{"value": wanted}]
    assert found["variableCharacteristics"]["valuesList"] == wanted
    (found,) = kept(redactor, "NotifyEvent", {"eventData": [event]})["eventData"]
    assert found["actualValue"] == wanted


def test_of_a_network_profile_no_address_and_no_credential_is_kept(redactor):
    body = {
        "configurationSlot": 1,
        "connectionData": {
            "ocppCsmsUrl": "wss://kari:geheim@csms.example/04A2",
            "securityProfile": 2,
            "ocppInterface": "Wired0",
            "apn": {"apn": "iot", "apnUserName": "kari", "apnPassword": "x", "simPin": 1234},
            "vpn": {"server": "s", "user": "kari", "password": "x", "key": "y", "type": "IKEv2"},
        },
    }
    made = kept(redactor, "SetNetworkProfile", body)["connectionData"]
    assert {name for name, value in made.items() if value is not None} == {
        "securityProfile",
        "ocppInterface",
    }


# --- columns --------------------------------------------------------------------------------------

NAMES = ["idTag", "connectorId", "meterValue", "timestamp", "sampledValue", "value", "status",
         "transactionId", "vendorErrorCode", "owner", "info", "key", "id_tag"]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e6, 1e6),
    st.sampled_from(["Charging", "7", "0.50", "-3", "04A2B3C4", "4711", "12345678901", "Kari",
                     "2026-01-01T00:00:00Z", "2026-01-01 00:00:00.5+0200", 'a": 5, "b', "", "0"]),
    st.text(string.printable, max_size=12),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
ACTIONS = ["MeterValues", "StatusNotification", "Authorize", "StopTransaction", "Nonsense", None]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([2, 3, 4]),
            st.sampled_from(ACTIONS),
            st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5).map(json.dumps),
        ),
        min_size=1,
        max_size=8,
    )
)
@example([(2, "StatusNotification", '{"vendorErrorCode": "7", "connectorId": "1"}')])
@example([(2, "Authorize", '{"idTag": "1"}'), (2, "StatusNotification", '{"status": "1"}')])
def test_messages_in_columns_are_redacted_as_one_by_one(redactor, messages):
    kinds, actions, bodies = zip(*messages, strict=True)
    columns = pa.array(kinds, pa.int32()), pa.array(actions, pa.string()), pa.array(bodies)
    made, wrong = ColumnRedactor(redactor).bodies(*columns)
    assert wrong == {}
    assert made.to_pylist() == [redactor.body(*message) for message in messages]


def test_ids_and_actions_of_another_form_are_pseudonyms_and_answers_still_find_them(tmp_path):
    key = "Kari <kari@example.org>"
    log = [call("Kari!", {"idTag": TAG}, key=key), result({}, key=key)]
    assert deliver(tmp_path, a_jsonl=as_frames(log)).ok
    ask, answer = typed(tmp_path)["ocpp_messages"]
    assert is_pseudonym(ask["message_id"])
    assert ask["message_id"] == answer["message_id"]
    assert ask["action"] == answer["action"]
    assert is_pseudonym(ask["action"])


def test_of_a_line_that_cannot_be_read_nothing_lands_but_where_it_is(tmp_path):
    good = b'2023-01-01T08:00:00Z C [2,"m","Heartbeat",{}]\n'
    broken = b'2023-01-01T08:00:00Z C [2,"m","Authorize",{"idTag":"%s"}\n' % TAG.encode()
    entry = b'{"cp":"C","ts":1672560000,"id":"%s","type":2,"action":"Heartbeat","body":"{}"}\n'
    cut = entry.replace(b'"{}"}', b'"{\\"idTag\\": \\"%s"}' % TAG.encode()).replace(b"%s", b"n", 1)
    last = good.replace(b"08:00", b"08:01")
    deliver(tmp_path, a_log=good + broken + last, b_jsonl=entry % b"m" + cut + entry % b"o")
    landed = list((tmp_path / "lake").rglob("*.parquet"))
    assert landed
    import pyarrow.parquet as pq

    texts = [str(pq.read_table(path).to_pylist()) for path in landed]
    assert [text for text in texts if TAG in text] == []
    assert any("a.log, line 2" in text for text in texts)
    assert any("b.jsonl, line 2" in text for text in texts)
