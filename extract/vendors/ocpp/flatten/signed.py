"""Registers in signed meter data: OCMF, https://github.com/SAFE-eV/OCMF-Open-Charge-Metering-Format.

OCPP 1.6 sends it as a sample's value: in clear (`OCMF|{payload}|{signature}`), as base64 or as
hexadecimal digits, or within the JSON of 2.0.1's signedMeterValue (`{"signedMeterData": …}`).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple

import msgspec

from extract.lake.ocmf_redact import PREFIX

_IMPORT = ("1.8", "B2.8", "B0.8", "98.8", "B3.8", "B1.8")
"""OBIS codes of active energy to the car, the best first: meters in all, at the charge point and at
the mains, then those that count one transaction."""
_UNITS = {"Wh": 1.0, "kWh": 1000.0}
_GOOD = ("G", "N", None)  # N: there is no status


class _Reading(msgspec.Struct):
    kind: str | None = msgspec.field(name="TX", default=None)
    value: float | str | None = msgspec.field(name="RV", default=None)
    register: str | None = msgspec.field(name="RI", default=None)
    unit: str | None = msgspec.field(name="RU", default=None)
    state: str | None = msgspec.field(name="ST", default=None)


class _Payload(msgspec.Struct):
    readings: list[_Reading] | None = msgspec.field(name="RD", default=None)


class SignedRegisters(NamedTuple):
    """The register at the transaction's begin, and the last one, in Wh."""

    begin_wh: float | None = None
    register_wh: float | None = None


def signed_registers(value: Any) -> SignedRegisters:
    """The import registers of a signed value; empty where it is not OCMF."""
    text = _in_clear(value)
    found: dict[str, SignedRegisters] = {}
    if text is not None:
        code = unit = None
        for reading in _readings(text):
            code, unit = reading.register or code, reading.unit or unit
            wh = _wh(reading, unit)
            if wh is not None:
                name = "begin_wh" if reading.kind == "B" else "register_wh"
                known = found.get(_code(code), SignedRegisters())
                found[_code(code)] = known._replace(**{name: wh})
    return next((found[code] for code in _IMPORT if code in found), SignedRegisters())


def _readings(text: str) -> list[_Reading]:
    try:
        _, end = json.JSONDecoder().raw_decode(text, len(PREFIX))
        payload = msgspec.json.decode(text[len(PREFIX) : end], type=_Payload, strict=False)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return []
    return payload.readings or []


def _wh(reading: _Reading, unit: str | None) -> float | None:
    if reading.state not in _GOOD or unit not in _UNITS:
        return None
    try:
        return float(reading.value or "") * _UNITS[unit or ""]
    except ValueError:
        return None


def _code(register: str | None) -> str:
    """`01-00:B2.08.00*FF` as `B2.8`; `1.8`, the total, where none is named."""
    name, _, kind = (register or "1.8").rpartition(":")[2].partition(".")
    return f"{name}.{kind.partition('.')[0].lstrip('0')}"


def _in_clear(value: Any) -> str | None:
    """The OCMF text within a value, whatever it is wrapped in; None where there is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    if isinstance(value, dict):
        value = value.get("signedMeterData") or value.get("signed_meter_data")
    if not isinstance(value, str):
        return None
    if value.startswith(PREFIX):
        return value
    for decode in (bytes.fromhex, _from_base64):
        try:
            text = decode("".join(value.split())).decode()
        except (ValueError, UnicodeError):
            continue
        if text.startswith(PREFIX):
            return text
    return None


def _from_base64(text: str) -> bytes:
    plain = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
