"""Signed meter data keeps its readings and loses its person, however it is encoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from extract.lake.ocmf_redact import redact_ocmf
from extract.lake.pseudonyms import Pseudonyms, is_pseudonym
from extract.settings import Settings
from extract.vendors.ocpp.poll.redact import Redactor

CARD = "04C22DEADBEEF7"
READINGS = (
    '[{"TM": "2026-11-10T06:00:00,000+0000 S", "TX": "B", "RV": 1.0, "RI": "1-0:1.8.0", '
    '"RU": "kWh", "RT": "AC", "EF": "", "ST": "G"}, {"TM":"2026-11-10T07:00:00,000+0000 S",'
    '"TX":"E","RV":"8.00","RI":"01-00:98.08.00.FF","RU":"Wh","ST":"G"}]'
)
NAMED = (
    'OCMF|{"FV": "1.0", "GI": "INV", "GS": "1", "PG": "T12", "MV": "Iskra", "IS": true, '
    f'"IL": "VERIFIED", "IF": ["RFID_PLAIN", "OCPP_AUTH"], "IT": "ISO14443", "ID": "{CARD}", '
    f'"TT": "Tariff of {CARD}", "CT": "EVSEID", "CI": "Garage {CARD}", "RD": {READINGS}}}'
    '|{"SA":"ECDSA-secp256r1-SHA256","SD":"3045AB"}'
)
ANONYMOUS = f'OCMF|{{"FV":"1.0", "IS":false, "RD":{READINGS}}}|{{"SD": "MGUC"}}|{"3059A0" * 20}'
ENCODINGS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "base64": (
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64decode(text).decode(),
    ),
    "base64 for URLs": (
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode(),
    ),
    "hexadecimal": (lambda text: text.encode().hex(), lambda text: bytes.fromhex(text).decode()),
    "HEXADECIMAL": (
        lambda text: text.encode().hex().upper(),
        lambda text: bytes.fromhex(text).decode(),
    ),
}


@pytest.fixture
def pseudonyms(tmp_path) -> Pseudonyms:
    return Pseudonyms(Settings(_env_file=None, home=tmp_path, pseudonym_key="k" * 32), "ocpp")


def test_in_clear_who_was_identified_becomes_a_pseudonym_and_the_rest_stays(pseudonyms):
    made = redact_ocmf(pseudonyms, NAMED)
    assert made is not None
    assert READINGS in made
    payload, signature = map(json.loads, made.removeprefix("OCMF|").split("|"))
    assert payload["ID"] == pseudonyms.of(CARD)
    assert is_pseudonym(payload["TT"])
    assert is_pseudonym(payload["CI"])
    assert (payload["IL"], payload["IF"]) == ("VERIFIED", ["RFID_PLAIN", "OCPP_AUTH"])
    assert (payload["IS"], payload["IT"], payload["MV"]) == (True, "ISO14443", "Iskra")
    assert signature == {"SA": "ECDSA-secp256r1-SHA256", "SD": None}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoded_data_keep_their_encoding_and_readings_and_name_nobody(pseudonyms, encoding):
    encode, decode = ENCODINGS[encoding]
    made = redact_ocmf(pseudonyms, encode(NAMED))
    assert made is not None
    inner = decode(made)
    assert READINGS in inner
    assert CARD not in inner
    # A pseudonym in here would be found by nobody who searches for it to sever it.
    assert '"ID":null' in inner
    assert made == made.upper() or encoding != "HEXADECIMAL"


@pytest.mark.parametrize("encoding", [None, *ENCODINGS])
def test_data_that_name_nobody_are_not_touched(pseudonyms, encoding):
    text = ENCODINGS[encoding][0](ANONYMOUS) if encoding else ANONYMOUS
    assert redact_ocmf(pseudonyms, text) == text


@pytest.mark.parametrize(
    "text",
    ["", "OCMF|", "OCMF|{", "OCMF|[1]|x", "Kari Nordmann", "OCMF|Kari|x", "00ff", "T0NNRnw=",
     "<signedMeterValue>AQ</signedMeterValue>", "AP;0;3;ALCV3ABBBISHMA2RYEGAZE3HV5YQBQRA;Kari;"],
)  # fmt: skip
def test_what_is_no_ocmf_is_not_read(pseudonyms, text):
    assert redact_ocmf(pseudonyms, text) is None


@pytest.mark.parametrize(
    "payload",
    [
        '{"ID": ["K4RI", {"K4RI": "K4RI"}], "RD": []}',
        '{"Name": "K4RI", "XX": "K4RI", "LC": {"LN": "K4RI"}, "RD": []}',
        '{"ID": "K4RI", "ID": null, "RD": []}',
        '{"IT": "K4RI", "IL": "K4RI", "IF": ["K4RI"], "RD": []}',
        '{"RD": [{"TM": "K4RI", "TX": "K4RI", "RV": "K4RI", "RI": "K4RI", "RU": "K4RI"}]}',
        '{"RD": [{"RV": 1.0, "Name": "K4RI", "ST": "K4RI", "CL": "K4RI", "EF": "K4RI"}]}',
    ],
)
def test_a_person_in_any_field_of_the_payload_is_left_out(pseudonyms, payload):
    made = redact_ocmf(pseudonyms, f'OCMF|{payload}|{{"SA": "ECDSA", "Who": "K4RI"}}|K4RI')
    assert made is not None
    assert "K4RI" not in made


@pytest.mark.parametrize("encoding", [None, *ENCODINGS])
def test_ocpp_sends_it_as_a_value_as_signed_data_and_as_json_in_a_value(pseudonyms, encoding):
    text = ENCODINGS[encoding][0](NAMED) if encoding else NAMED
    nested = json.dumps({"signedMeterData": text, "encodingMethod": "OCMF", "publicKey": "MFkw"})
    for value in (text, nested):
        old = {"sampledValue": [{"format": "SignedData", "value": value}]}
        made = _redacted(pseudonyms, "StopTransaction", {"transactionData": [old]})
        (sample,) = made["transactionData"][0]["sampledValue"]
        assert sample["format"] == "SignedData"
        assert _readings_of(sample["value"], encoding, value is nested)
    signed = {"signedMeterData": text, "signingMethod": "ECDSA", "publicKey": "MFkw"}
    new = {"sampledValue": [{"value": 8000, "signedMeterValue": signed}]}
    made = _redacted(pseudonyms, "TransactionEvent", {"meterValue": [new]})
    (sample,) = made["meterValue"][0]["sampledValue"]
    assert sample["value"] == 8000
    assert sample["signedMeterValue"]["publicKey"] is None
    assert _readings_of(sample["signedMeterValue"]["signedMeterData"], encoding, is_nested=False)


def _redacted(pseudonyms: Pseudonyms, action: str, body: dict) -> dict:
    return json.loads(Redactor(pseudonyms).body(2, action, json.dumps(body)))


def _readings_of(text: str, encoding: str | None, is_nested: bool) -> bool:
    text = json.loads(text)["signedMeterData"] if is_nested else text
    text = ENCODINGS[encoding][1](text) if encoding else text
    return READINGS in text and CARD not in text


def test_signed_data_of_another_format_become_a_pseudonym(pseudonyms):
    sample = {"format": "SignedData", "value": f"EDL;{CARD};1234"}
    body = {"transactionData": [{"sampledValue": [sample]}]}
    made = _redacted(pseudonyms, "StopTransaction", body)
    assert is_pseudonym(made["transactionData"][0]["sampledValue"][0]["value"])
