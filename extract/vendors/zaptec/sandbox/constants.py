"""`/api/constants`, the short form: what the numbers of the other answers mean."""

from __future__ import annotations

from typing import Any

from extract.vendors.zaptec.sandbox import status_codes
from extract.vendors.zaptec.sandbox.build import country_id

OBSERVATIONS = {
    "IsOcppConnected": -3,
    "IsOnline": -2,
    "Pulse": -1,
    "OfflineMode": 1,
    "AuthenticationRequired": 120,
    "CommunicationMode": 150,
    "PermanentCableLock": 151,
    "TemperatureInternal5": 201,
    "Humidity": 270,
    "VoltagePhase1": 501,
    "VoltagePhase2": 502,
    "VoltagePhase3": 503,
    "CurrentPhase1": 507,
    "CurrentPhase2": 508,
    "CurrentPhase3": 509,
    "ChargerMaxCurrent": 510,
    "ChargerMinCurrent": 511,
    "TotalChargePower": 513,
    "MaxPhases": 520,
    "TotalChargePowerSession": 553,
    "ChargeCurrentSet": 708,
    "ChargerOperationMode": 710,
    "IsEnabled": 711,
    "IsStandAlone": 712,
    "NetworkType": 715,
    "FinalStopActive": 718,
    "SessionIdentifier": 721,
    "ChargerCurrentUserUuid": 722,
    "CompletedSession": 723,
    "NewChargeCard": 750,
    "AuthenticationListVersion": 751,
    "Location": 760,
    "TimeZone": 761,
    "InstallationId": 800,
    "RoutingId": 801,
    "Warnings": 804,
    "CommunicationSignalStrength": 809,
    "SmartComputerSoftwareApplicationVersion": 911,
    "MacWiFi": 952,
    "LteImsi": 960,
    "LteIccid": 962,
    "LteImei": 963,
}


def constants() -> dict[str, Any]:
    """The answer."""
    countries = {
        country_id(country.code): {
            "Id": country_id(country.code),
            "Code": country.code,
            "Name": country.name,
            "TimeZoneName": country.windows_zone,
        }
        for country in status_codes.COUNTRIES
    }
    return {
        "Countries": countries,
        "UserRoles": {"None": 0, "User": 1, "Owner": 2, "Maintainer": 4, "Administrator": 8},
        "NetworkTypes": {
            "Unknown": 0,
            "IT_1_Phase": 1,
            "IT_3_Phase": 2,
            "TN_1_Phase": 3,
            "TN_3_Phase": 4,
        },
        "ChargerOperationModes": {
            "Unknown": 0,
            "Disconnected": 1,
            "Connected_Requesting": 2,
            "Connected_Charging": 3,
            "Connected_Finished": 5,
        },
        "SessionCommitMetadata": {
            "None": 0,
            "Online": 1,
            "Offline": 2,
            "ReliableClock": 4,
            "StoppedByRFID": 8,
            "Signed": 16,
            "Void": 32,
            "Aborted": 64,
            "OcppNative": 128,
        },
        "ErrorCodes": {"Unknown": 500, "UnknownObject": 512, "Forbidden": 533},
        "DeviceTypes": {"Unknown": 0, "Smart": 1, "Apollo": 4},
        "Observations": OBSERVATIONS,
        "Version": "6.5.0",
    }
