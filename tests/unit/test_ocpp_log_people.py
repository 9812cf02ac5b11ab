"""No card number and no other identifier of a person lands."""

from __future__ import annotations

import json

import pytest

from extract.lake.pseudonyms import PseudonymKeyError, is_pseudonym
from extract.settings import Settings
from extract.steps import poll
from tests.ocpp_home import (
    CARD,
    LOG,
    Home,
    csv_of,
    frame,
    row,
)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("Authorize", {"idTag": CARD}),
        ("Authorize", {"id_tag": CARD.lower()}),
        ("Authorize", {"IDTag": f" {CARD} "}),
        ("StartTransaction", {"connectorId": 1, "idTag": CARD, "meterStart": 0}),
        ("StartTransaction", {"id_tag_info": {"parent_id_tag": CARD, "status": "Accepted"}}),
        (
            "SendLocalList",
            {"localAuthorizationList": [{"idTag": CARD, "idTagInfo": {"parentIdTag": CARD}}]},
        ),
        (
            "Authorize",
            {"idToken": {"idToken": CARD, "additionalInfo": [{"additionalIdToken": CARD}]}},
        ),
        ("TransactionEvent", {"idToken": {"idToken": CARD}, "eventType": "Started"}),
        ("Authorize", {"idTokenInfo": {"groupIdToken": {"idToken": CARD, "type": "Central"}}}),
        ("DataTransfer", {"vendorId": "x", "data": json.dumps({"idTag": CARD})}),
        ("Authorize", f'{{"\\u0069dTag": "{CARD}"}}'),
        ("Authorize", f'{{"idTag": "{CARD}"'),  # cut in the middle: a line that cannot be read
        ("", {"errorCode": "X", "errorDescription": f"idTag {CARD} is unknown"}),
    ],
)
@pytest.mark.parametrize("form", ["row", "frame"])
def test_a_card_lands_as_a_pseudonym_wherever_it_stands(home, action, body, form):
    found = row(body, action, 2)
    content = csv_of(*LOG[:2], found)
    if form == "frame":
        text = f'[2,"m1","{action}",{found[5]}]'
        content = csv_of(
            ("2026-03-10T08:00:00Z", "CP-7", text),
            *((f[4], f[2], json.dumps(frame(f))) for f in LOG[:2]),
            header=("timestamp", "cp", "frame"),
        )
    home.deliver("a.csv", content)
    assert CARD.casefold() not in home.raw_text().casefold()
    assert CARD.casefold() not in json.dumps(home.typed(), default=str).casefold()


def test_the_same_card_is_the_same_pseudonym_in_every_field_and_version(home):
    home.deliver(
        "a.csv",
        csv_of(
            row({"idTag": CARD}, "Authorize", key="1"),
            row({"id_tag": CARD.lower(), "transaction_id": 1}, "StopTransaction", key="2"),
            row(
                {"idToken": {"idToken": CARD}, "eventType": "Started"}, "TransactionEvent", key="3"
            ),
        ),
    )
    (one,) = {r["id_tag"] for r in home.messages()}
    assert is_pseudonym(one)


def test_sim_numbers_are_dropped(home):
    body = {
        "chargePointVendor": "A",
        "chargePointModel": "B",
        "iccid": "8949012345",
        "imsi": "26201",
    }
    home.deliver("a.csv", csv_of(row(body, "BootNotification")))
    assert "8949012345" not in home.raw_text()
    assert "26201" not in home.raw_text()


def test_another_pseudonym_key_lands_nothing(home):
    home.deliver("a.csv", csv_of(*LOG))
    before = home.raw_text()
    (home.inbox / "b.csv").write_bytes(csv_of(row({"idTag": CARD}, "Authorize", second=500)))
    other = Settings(
        _env_file=None, home=home.settings.home, ocpp_inbox=str(home.inbox), pseudonym_key="k" * 40
    )
    with pytest.raises(PseudonymKeyError):
        poll.poll(other, "ocpp")
    assert home.raw_text() == before
