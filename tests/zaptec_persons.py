"""Zaptec's answers with a person or a secret in every field that may hold one."""

from __future__ import annotations

import json
from typing import Any

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
ANSWERS: dict[str, tuple[str, Any]] = {
    "chargehistory": (
        "chargehistory",
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
        "archived",
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
        "chargers",
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
        "hierarchy",
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
    "an error": ("chargers", {"errorCode": 512, "message": f"no role for {S['email']}"}),
    "a bare text": ("installation", S["email"]),
}
