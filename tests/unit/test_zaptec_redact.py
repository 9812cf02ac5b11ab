"""No person and no secret in Zaptec's answers lands; what is measured does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from extract.lake.fields import Field, Record
from extract.lake.pseudonyms import Pseudonyms, is_pseudonym
from extract.settings import Settings
from extract.vendors.zaptec import fields
from extract.vendors.zaptec.poll.redact import RECORDS, observed, redactor
from tests.zaptec_persons import ANSWERS, CHARGER, READINGS, SECRETS, USER

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "zaptec"
S = SECRETS


@pytest.fixture
def pseudonyms(tmp_path: Path) -> Pseudonyms:
    return Pseudonyms(Settings(_env_file=None, home=tmp_path, pseudonym_key="k" * 32), "zaptec")


def landed(pseudonyms: Pseudonyms, endpoint: str, value: Any) -> Any:
    content = redactor(pseudonyms, endpoint)(json.dumps(value).encode())
    assert content is not None
    return json.loads(content)


@pytest.mark.parametrize("name", ANSWERS)
def test_no_personal_datum_and_no_secret_is_left_in_any_field(pseudonyms, name):
    text = json.dumps(landed(pseudonyms, *ANSWERS[name])).casefold()
    assert [what for what, secret in SECRETS.items() if secret.casefold() in text] == []


def test_a_user_is_the_same_pseudonym_by_either_endpoint_and_in_the_state(pseudonyms):
    old = landed(pseudonyms, *ANSWERS["chargehistory"])["Data"][0]
    new = landed(pseudonyms, *ANSWERS["archived"])["sessions"][0]
    states = {row["StateId"]: row for row in landed(pseudonyms, *ANSWERS["state"])}
    assert is_pseudonym(old["UserId"])
    assert old["UserId"] == new["authorizedUser"]["id"] == states[722]["ValueAsString"]
    assert old["TokenName"] == new["tokenName"]
    assert old["DeviceName"] == new["deviceName"]


def test_what_is_measured_and_what_identifies_a_device_stays(pseudonyms):
    for name, changed in {
        "chargehistory": {"UserFullName", "UserEmail", "UserUserName", "UserId", "DeviceName"}
        | {"TokenName", "EnergyDetails", "SignedSession", "Comment"},
        "archived": {"authorizedUser", "tokenName", "deviceName", "sessionSignature"},
        "chargers": {"SerialNo", "Name", "Pin", "MacMain", "LteImei", "WifiSsid"}
        | {"OcppInitialChargePointPassword"},
        "installation": {"Notes", "ContactEmail", "ContactPhone", "InstallationUsers"}
        | {"OcppInitialChargePointPassword", "SupportGroup"},
    }.items():
        kind, answer = ANSWERS[name]
        after = landed(pseudonyms, kind, answer)
        for rows in ("Data", "sessions"):
            if rows in answer:
                answer, after = answer[rows][0], after[rows][0]
        assert {field for field in answer if answer[field] != after[field]} == changed


def test_the_states_keep_numbers_of_known_ids_and_nothing_else(pseudonyms):
    states = {row["StateId"]: row["ValueAsString"] for row in landed(pseudonyms, *ANSWERS["state"])}
    assert {number: states[number] for number in (-2, 201, 513, 710, 721)} == {
        -2: "1",
        201: "22.399",
        513: "2.83012",
        710: "3",
        721: "433a0789-575c-465d-b49b-3f30d566b07d",
    }
    assert {number for number, value in states.items() if value is None} == {
        *(-100, 150, 711, 807, 808, 863, 952, 960, 962, 963, 1140, 31337)
    }
    completed = json.loads(states[723])
    assert completed["Energy"] == 1.25
    assert is_pseudonym(completed["AuthenticationCode"])
    assert completed["AuthenticationCode"] == states[750]


def test_signed_readings_stay_byte_for_byte_without_the_person_they_name(pseudonyms):
    signed = landed(pseudonyms, *ANSWERS["archived"])["sessions"][0]["sessionSignature"]
    assert READINGS in signed
    payload = json.loads(signed.split("|")[1])
    assert (payload["GS"], payload["IS"]) == ("ZPR294591", True)
    assert is_pseudonym(payload["ID"])


def of_session(pseudonyms: Pseudonyms, **more: Any) -> dict[str, Any]:
    return landed(pseudonyms, "chargehistory", {"Data": [more]})["Data"][0]


def test_a_signed_session_that_names_nobody_is_not_touched(pseudonyms):
    anonymous = f'OCMF|{{"FV":"1.0", "IS":false, "RD":{READINGS}}}|{{"SD": "MGUC"}}|{"3059A0" * 20}'
    assert of_session(pseudonyms, SignedSession=anonymous) == {"SignedSession": anonymous}


@pytest.mark.parametrize("text", ["OCMF|{", "OCMF|[1]|x", "Kari Nordmann", "OCMF|Kari|Nordmann"])
def test_a_signature_that_cannot_be_read_becomes_a_pseudonym(pseudonyms, text):
    assert is_pseudonym(of_session(pseudonyms, SignedSession=text)["SignedSession"])


@pytest.mark.parametrize("serial", "ZAP049387 ZPR294591 ZPG1 GPN012345 GPG123456 APH123456".split())
def test_a_serial_number_of_any_model_stays_and_nothing_else_does(pseudonyms, serial):
    kept = of_session(pseudonyms, DeviceId=serial)["DeviceId"]
    assert kept == serial if len(serial) == 9 else is_pseudonym(kept)
    assert is_pseudonym(of_session(pseudonyms, DeviceId=f"{serial} Kari")["DeviceId"])


@pytest.mark.parametrize("body", [b"<html>kari@example.no</html>", b"", b"[" * 3000 + b"]" * 3000])
def test_nothing_lands_of_a_body_that_is_no_json_or_nested_too_deep(pseudonyms, body):
    for endpoint in RECORDS:
        assert redactor(pseudonyms, endpoint)(body) is None


@pytest.mark.parametrize(
    ("file", "endpoint"),
    [("chargehistory_detail1", "chargehistory"), ("charger_state", "state")],
)
def test_the_recorded_answers_keep_what_they_measured(pseudonyms, file, endpoint):
    path = RECORDED / f"{file}.json"
    if not path.exists():
        pytest.skip(f"no recorded answers in {RECORDED}")
    before = json.loads(path.read_text())
    after = landed(pseudonyms, endpoint, before)
    if endpoint == "chargehistory":
        for old, new in zip(before["Data"], after["Data"], strict=True):
            assert {name for name in old if old[name] != new[name]} == {"DeviceName"}
    else:
        changed = {
            old["StateId"]
            for old, new in zip(before, after, strict=True)
            if old.get("ValueAsString") != new.get("ValueAsString")
        }
        assert changed == {723, 760, 761, 801, 802, 807, 808, 952, 960, 962, 963}


# --- Every declared field ------------------------------------------------------------------------

SEEDS = [S[name] for name in ("email", "full", "place", "phone", "notes", "password")]
SHAPES = [lambda seed: seed, lambda seed: {"Of": [seed]}, lambda seed: [seed, {seed: 1}]]
"""A text, and values that no field of a person should have: the rule goes by the field."""


def every_field(record: Record, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple, Field]]:
    for field in record.fields:
        yield (*path, field.name), field
        if field.inside is not None:
            yield from every_field(field.inside, (*path, field.name))


@pytest.mark.parametrize("endpoint", RECORDS)
def test_a_person_or_secret_in_any_field_of_any_answer_lands_in_public_texts_alone(
    pseudonyms, endpoint
):
    redact = redactor(pseudonyms, endpoint)
    for path, field in every_field(RECORDS[endpoint]):
        for seed, shape in product(SEEDS, SHAPES):
            sent = reduce(lambda inner, name: {name: inner}, reversed(path), shape(seed))
            for answer in (sent, [sent]):
                text = json.loads(redact(json.dumps(answer).encode()) or b"null")
                is_kept = field.kind is fields.PUBLIC and isinstance(shape(seed), str)
                assert (seed in json.dumps(text, ensure_ascii=False)) == is_kept, (path, seed)


def test_a_person_or_secret_in_any_field_that_is_not_declared_does_not_land(pseudonyms):
    for endpoint, seed, shape in product(RECORDS, SEEDS, SHAPES):
        sent = {"Data": [{"Id": CHARGER, "New": shape(seed)}], "Newer": shape(seed)}
        assert seed not in json.dumps(landed(pseudonyms, endpoint, sent), ensure_ascii=False)


def test_a_person_or_secret_in_any_observation_does_not_land(pseudonyms):
    for number, seed, shape in product(range(-200, 2000), SEEDS[:3], SHAPES[:2]):
        kept = json.dumps(observed(pseudonyms, number, shape(seed)), ensure_ascii=False)
        assert seed not in kept, number


def test_an_observation_is_judged_by_its_number_however_that_is_written(pseudonyms):
    for number in (722, "722", 722.0):
        assert is_pseudonym(observed(pseudonyms, number, USER))
    others: tuple[Any, ...] = (None, True, [722], {}, "x", 9e99, 10**400)
    assert all(observed(pseudonyms, other, USER) is None for other in others)


def test_the_personal_fields_are_those_that_are_declared():
    assert fields.PERSON_FIELDS.identify == {
        *("userid", "useremail", "userusername", "authorizeduser", "id", "email")
    }
    assert fields.PERSON_FIELDS.describe == {"userfullname", "fullname", "tokenname", "ocmf.id"}
