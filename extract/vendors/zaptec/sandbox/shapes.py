"""The synthetic fleet's objects in the forms of the API: installations and chargers."""

from __future__ import annotations

import base64
import json
from typing import Any

from extract.sandbox.chance import draw
from extract.vendors.zaptec.sandbox import status_codes
from extract.vendors.zaptec.sandbox.fleet import Charger, Installation
from extract.vendors.zaptec.sandbox.sessions import instant

PRO, GO = 1, 4  # DeviceTypes
NETWORK = {"NOR": 2, "SWE": 4, "DEU": 4}  # NetworkTypes: IT or TN with three phases
LOGO_BYTES = 12_000


def dumps(value: Any) -> bytes:
    """JSON as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def naive(at_ms: int) -> str:
    """UTC without saying so, up to milliseconds, as .NET writes it: no trailing zeros."""
    text = f"{instant(at_ms):%Y-%m-%dT%H:%M:%S}"
    fraction = f"{at_ms % 1000:03}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


def installation(site: Installation, whole: bool) -> dict[str, Any]:
    """An installation in a list, or `whole`; the users and the logo are in the latter alone."""
    if site.is_limited:
        return {"Id": site.id, "Active": True, "CurrentUserRoles": site.kind.role}
    kind = site.kind
    record = {
        "Id": site.id,
        "Name": site.name,
        "Address": site.address,
        "ZipCode": site.postal_code,
        "City": site.city.name,
        "CountryId": site.country_id,
        "InstallationType": 0,
        "MaxCurrent": 63.0 + 32 * len(site.circuit_ids),
        "AvailableCurrentMode": 0,
        "InstallationCategoryId": _category_id(kind.category),
        "InstallationCategory": kind.category,
        "UseLoadBalancing": True,
        "IsRequiredAuthentication": True,
        "Latitude": site.latitude,
        "Longitude": site.longitude,
        "Notes": site.contact,
        "Active": True,
        "NetworkType": NETWORK[kind.country.code],
        "CreatedOnDate": "2020-11-16T09:34:29.78",
        "UpdatedOn": "2024-03-24T11:00:01.35",
        "CurrentUserRoles": kind.role,
        "AuthenticationType": 3 if kind.native else 0,
        "TimeZoneName": kind.country.windows_zone,
        "TimeZoneIanaName": kind.country.zone,
        "ActiveChargerCount": len(site.chargers),
    }
    if kind.native:
        record["OcppInitialChargePointPassword"] = site.ocpp_password
    return {**record, **_confidants(site)} if whole else record


def _confidants(site: Installation) -> dict[str, Any]:
    users = [
        {"UserId": one.id, "Email": one.email, "FullName": one.full_name, "UserRoles": 1}
        for one in site.people
    ]
    logo = base64.b64encode(draw(site.id, "logo").randbytes(LOGO_BYTES)).decode()
    group = {"Name": "Drift", "Email": site.support_email, "LogoBase64": logo}
    return {"InstallationUsers": users, "SupportGroup": group}


def _category_id(category: str) -> str:
    return str(draw("category", category).getrandbits(64))


def hierarchy(site: Installation) -> dict[str, Any]:
    """The circuits of an installation with their chargers."""
    circuits = [
        {
            "Id": circuit,
            "Name": f"Circuit {number + 1}",
            "MaxCurrent": 63.0,
            "IsActive": True,
            "Active": True,
            "InstallationId": site.id,
            "InstallationName": site.name,
            "Chargers": [
                _in_circuit(charger) for charger in site.chargers if charger.circuit_id == circuit
            ],
        }
        for number, circuit in enumerate(site.circuit_ids)
    ]
    return {
        "Id": site.id,
        "Name": site.name,
        "InstallationName": site.name,
        "NetworkType": NETWORK[site.kind.country.code],
        "Circuits": circuits,
    }


def _in_circuit(charger: Charger) -> dict[str, Any]:
    return {
        "Id": charger.id,
        "DeviceId": charger.device_id,
        "MID": charger.device_id,
        "Name": charger.name,
        "SerialNo": charger.serial_no,
        "Active": True,
        "DeviceType": GO if charger.is_go else PRO,
    }


def charger(one: Charger, mode: int, online: bool) -> dict[str, Any]:
    """A charger in the list, with its operation mode; nearly nothing of it for a mere user."""
    if one.site.is_limited:
        return {"Id": one.id, "OperatingMode": mode, "IsOnline": online}
    return {
        "OperatingMode": mode,
        "IsOnline": online,
        **_in_circuit(one),
        "CreatedOnDate": f"2020-12-01T08:06:10.{one.pin[:2]}7",
        "CircuitId": one.circuit_id,
        "CurrentUserRoles": status_codes.OWNER,
        "Pin": one.pin,
        "InstallationName": one.site.name,
        "InstallationId": one.site.id,
        "AuthenticationType": 3 if one.site.kind.native else 0,
        "IsAuthorizationRequired": one.authorized,
    }
