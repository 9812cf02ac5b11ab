"""What Zaptec tells about persons never gets past the cleaning; what is measured does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extract.lake.pseudonyms import Pseudonyms, is_pseudonym
from extract.settings import Settings
from extract.vendors.zaptec.poll.redact import Kind, cleaner

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "zaptec"
CHARGER, INSTALLATION = (
    "93d603a7-ff53-4ed8-8dd6-f79c94819458",
    "2bbec6f9-c3ce-4edf-a72f-b1b2a663c6ba",
)
USER = "7d1c9a52-3f0e-4b67-9d2a-5c8e1f4a6b30"
SECRETS = {
    "user": USER,
    "email": "kari.nordmann@example.no",
    "full": "Kari Nordmann",
    "login": "kari.n",
    "token": "Karis Ladebrikke",
    "card": "nfc-04A2B3C4D5E680",
    "pin": "4711",
    "place": "Plass 17 Nordmann",
    "imei": "359762083412345",
    "imsi": "242017100345678",
    "iccid": "89470060190412345678",
    "mac": "A4:CF:12:9B:33:7E",
    "password": "Sommer2026!",
    "ssid": "NordmannWLAN",
    "phone": "+47 915 55 123",
    "notes": "Ring Kari, nokkel under matta",
    "logo": "iVBORw0KGgoAAAANSUhEUgAAAAUA",
    "ocmfid": "04A2B3C4D5E680FF",
}
S = SECRETS
READINGS = (
    '[{"TM":"2025-06-07T09:20:55,943+00:00 R","TX":"B","RV":0.8420,"RI":"1-0:1.8.0","RU":"kWh",'
    '"ST":"G"},{"TM":"2025-06-07T16:46:56,864+00:00 R","TX":"E","RV":3.3690,"RI":"1-0:1.8.0",'
    '"ST":"G"}]'
)
SIGNED = (
    'OCMF|{"FV":"1.0","GI":"Zaptec Pro MID","GS":"ZPR294591","GV":"5.0.7.2","PG":"T1","IS":true,'
    f'"IL":"VERIFIED","IF":["RFID_PLAIN"],"IT":"ISO14443","ID":"{S["ocmfid"]} | {S["full"]}",'
    f'"CT":"CBIDC","CI":"{S["place"]}","RD":{READINGS}}}'
    '|{"SA":"ECDSA-secp384r1-SHA256","SE":"base64","SD":"MGUCMQDoF1zV4648"}'
)
COMPLETED = {
    "SessionId": "433a0789-575c-465d-b49b-3f30d566b07d",
    "Energy": 1.25,
    "StartDateTime": "2022-09-28T13:47:39.217128Z",
    "ReliableClock": True,
    "AuthenticationCode": S["card"],
    "UserId": USER,
    "UserFullName": S["full"],
    "SignedSession": SIGNED,
}
ANSWERS: dict[str, tuple[Kind, Any]] = {
    "chargehistory": (
        "session",
        {
            "Pages": 1,
            "Data": [
                {
                    "Id": "e2e4b400-2569-4323-ad7c-569eab7d6403",
                    "DeviceId": "ZPR294591",
                    "StartDateTime": "2025-06-07T09:20:55.967",
                    "EndDateTime": "2025-06-07T16:46:56.877",
                    "Energy": 2.527,
                    "CommitMetadata": 21,
                    "CommitEndDateTime": "2025-06-07T16:46:56.877",
                    "UserFullName": S["full"],
                    "UserEmail": S["email"],
                    "UserUserName": S["login"],
                    "UserId": USER,
                    "ChargerId": CHARGER,
                    "DeviceName": S["place"],
                    "TokenName": S["token"],
                    "ExternalId": "ocpp-7719",
                    "ExternallyEnded": True,
                    "EnergyDetails": [
                        {"Timestamp": "2025-06-07T09:30:01.007+00:00", "Energy": 2.527},
                        {
                            "Timestamp": "2025-06-07T09:45:00.000+00:00",
                            "Energy": 0,
                            "By": S["full"],
                        },
                    ],
                    "ChargerFirmwareVersion": {"Major": 5, "Minor": 0},
                    "SignedSession": SIGNED,
                    "ReplacedBySessionId": None,
                    "Comment": {"From": [S["notes"], {"Id": USER}]},
                }
            ],
        },
    ),
    "archived": (
        "session",
        {
            "sessions": [
                {
                    "id": "e2e4b400-2569-4323-ad7c-569eab7d6403",
                    "externalId": None,
                    "authorizedUser": {"id": USER, "email": S["email"], "fullName": S["full"]},
                    "tokenName": S["token"],
                    "chargerId": CHARGER,
                    "deviceId": "ZPR294591",
                    "deviceName": S["place"],
                    "chargerFirmwareVersion": "5.0.7.2",
                    "startDateTime": "2025-06-07T09:20:55.967",
                    "recognizedDateTime": "2025-06-07T09:21:02.1",
                    "energy": 2.527,
                    "energyDetails": [
                        {"timestamp": "2025-06-07T09:30:01.007+00:00", "energy": 2.527}
                    ],
                    "offline": False,
                    "signed": True,
                    "sessionSignature": SIGNED,
                }
            ],
            "cursor": "MS8xNzQ5MzE0ODE2ODc3",
            "hasMore": False,
        },
    ),
    "state": (
        "state",
        [
            {"ChargerId": CHARGER, "StateId": number, "Timestamp": "2022-12-05T13:10:10.8"}
            | {"ValueAsString": value}
            for number, value in (
                (-100, f'["{S["card"]}"]'),
                (-2, "1"),
                (150, S["ssid"]),
                (201, "22.399"),
                (513, "2.83012"),
                (554, SIGNED),
                (710, "3"),
                (711, S["full"]),
                (721, "433a0789-575c-465d-b49b-3f30d566b07d"),
                (722, USER),
                (723, json.dumps(COMPLETED)),
                (725, S["card"]),
                (750, S["card"]),
                (802, S["place"]),
                (807, f"user {S['login']}"),
                (808, f"ssid {S['ssid']}"),
                (863, S["password"]),
                (952, S["mac"]),
                (960, S["imsi"]),
                (962, S["iccid"]),
                (963, S["imei"]),
                (1140, S["pin"]),
                (31337, json.dumps({"Name": S["full"]})),
            )
        ],
    ),
    "chargers": (
        "charger",
        {
            "Pages": 1,
            "Data": [
                {
                    "OperatingMode": 3,
                    "IsOnline": True,
                    "Id": CHARGER,
                    "MID": "ZAP049387",
                    "DeviceId": "ZAP049387",
                    "SerialNo": S["place"],
                    "Name": S["place"],
                    "CreatedOnDate": "2022-09-16T08:06:10.487",
                    "Pin": S["pin"],
                    "DeviceType": 4,
                    "InstallationName": "Zaptechof 1",
                    "InstallationId": INSTALLATION,
                    "MacMain": S["mac"],
                    "LteImei": S["imei"],
                    "OcppInitialChargePointPassword": S["password"],
                    "WifiSsid": S["ssid"],
                }
            ],
        },
    ),
    "installation": (
        "installation",
        {
            "Id": INSTALLATION,
            "Name": "Borettslaget Lia",
            "Address": "Lindelaan 31",
            "ZipCode": "1234 Ab",
            "City": "Laderburg",
            "Latitude": 51.949433,
            "TimeZoneIanaName": "Europe/London",
            "MaxCurrent": 123.0,
            "PropertySessionMaxStopCount": 0,
            "Notes": S["notes"],
            "ContactEmail": S["email"],
            "ContactPhone": S["phone"],
            "OcppInitialChargePointPassword": S["password"],
            "InstallationUsers": [{"Id": USER, "Email": S["email"], "FullName": S["full"]}],
            "SupportGroup": {"Email": S["email"], "Phone": S["phone"], "LogoBase64": S["logo"]},
        },
    ),
    "hierarchy": (
        "installation",
        {
            "Id": INSTALLATION,
            "Name": "Borettslaget Lia",
            "NetworkType": 4,
            "Circuits": [
                {
                    "Id": "163fdd03-8149-43ad-a6cb-5a63fa67d1e5",
                    "Name": S["place"],
                    "MaxCurrent": 10,
                    "Chargers": [
                        {
                            "Id": CHARGER,
                            "DeviceId": "ZAP049387",
                            "MID": S["place"],
                            "Name": S["place"],
                            "SerialNo": S["place"],
                        }
                    ],
                }
            ],
        },
    ),
    "an error": ("charger", {"errorCode": 512, "message": f"no role for {S['email']}"}),
    "a bare text": ("installation", S["email"]),
}


@pytest.fixture
def pseudonyms(tmp_path: Path) -> Pseudonyms:
    return Pseudonyms(Settings(_env_file=None, home=tmp_path, pseudonym_key="k" * 32), "zaptec")


def kept(pseudonyms: Pseudonyms, kind: Kind, value: Any) -> Any:
    content = cleaner(pseudonyms, kind)(json.dumps(value).encode())
    assert content is not None
    return json.loads(content)


@pytest.mark.parametrize("name", ANSWERS)
def test_no_personal_datum_and_no_secret_is_left_in_any_field(pseudonyms, name):
    text = json.dumps(kept(pseudonyms, *ANSWERS[name])).casefold()
    assert [what for what, secret in SECRETS.items() if secret.casefold() in text] == []


def test_a_user_is_the_same_pseudonym_by_either_endpoint_and_in_the_state(pseudonyms):
    old = kept(pseudonyms, *ANSWERS["chargehistory"])["Data"][0]
    new = kept(pseudonyms, *ANSWERS["archived"])["sessions"][0]
    states = {row["StateId"]: row for row in kept(pseudonyms, *ANSWERS["state"])}
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
        after = kept(pseudonyms, kind, answer)
        for rows in ("Data", "sessions"):
            if rows in answer:
                answer, after = answer[rows][0], after[rows][0]
        assert {field for field in answer if answer[field] != after[field]} == changed


def test_the_states_keep_numbers_of_known_ids_and_nothing_else(pseudonyms):
    states = {row["StateId"]: row["ValueAsString"] for row in kept(pseudonyms, *ANSWERS["state"])}
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


def test_signed_readings_stay_byte_for_byte_and_what_was_signed_how(pseudonyms):
    signed = kept(pseudonyms, *ANSWERS["archived"])["sessions"][0]["sessionSignature"]
    assert READINGS in signed
    # With the signature's digits one could try identifiers until one fits.
    signature = {"SA": "ECDSA-secp384r1-SHA256", "SE": "base64", "SD": None}
    assert json.loads(signed.split("|")[2]) == signature
    payload = json.loads(signed.split("|")[1])
    assert (payload["GS"], payload["IS"]) == ("ZPR294591", True)
    assert is_pseudonym(payload["ID"])


def test_a_signed_session_that_names_nobody_is_not_touched(pseudonyms):
    anonymous = f'OCMF|{{"FV":"1.0", "IS":false, "RD":{READINGS}}}|{{"SD": "MGUC"}}|{"3059A0" * 20}'
    assert kept(pseudonyms, "session", {"SignedSession": anonymous})["SignedSession"] == anonymous


@pytest.mark.parametrize("text", ["OCMF|{", "OCMF|[1]|x", "Kari Nordmann", "OCMF|Kari|Nordmann"])
def test_a_signature_that_cannot_be_read_becomes_a_pseudonym(pseudonyms, text):
    assert is_pseudonym(kept(pseudonyms, "session", {"SignedSession": text})["SignedSession"])


def test_a_body_that_is_no_json_is_not_kept(pseudonyms):
    assert cleaner(pseudonyms, "charger")(b"<html>kari.nordmann@example.no</html>") is None
    assert cleaner(pseudonyms, "charger")(b"") is None


@pytest.mark.parametrize(
    ("file", "kind"),
    [("chargehistory_detail1", "session"), ("charger_state", "state")],
)
def test_the_recorded_answers_keep_what_they_measured(pseudonyms, file, kind):
    path = RECORDED / f"{file}.json"
    if not path.exists():
        pytest.skip(f"no recorded answers in {RECORDED}")
    before = json.loads(path.read_text())
    after = kept(pseudonyms, kind, before)
    if kind == "session":
        for old, new in zip(before["Data"], after["Data"], strict=True):
            assert {name for name in old if old[name] != new[name]} == {"DeviceName"}
    else:
        changed = {
            old["StateId"]
            for old, new in zip(before, after, strict=True)
            if old.get("ValueAsString") != new.get("ValueAsString")
        }
        assert changed == {723, 760, 761, 801, 802, 807, 808, 952, 960, 962, 963}
