"""Signed meter data (OCMF) without the person it names.

Open Charge Metering Format, https://github.com/SAFE-eV/OCMF-Open-Charge-Metering-Format:
`OCMF|{payload}|{signature}`, or with a public key as a third section, in clear, or all of it as
base64, base64url or hexadecimal digits. What is left has the form in which it came.

- The readings (`RD`) stay byte for byte where each field has the form that the format gives it.
- Who was identified (`ID`), the charge point's name (`CI`, often a parking place), a tariff's text
  (`TT`) and any unknown field become pseudonyms. In an encoded text they become null instead:
  nobody who searches for a pseudonym, to sever it, would find it there.
- Where something was replaced the signature's digits (`SD`) become null. It could not be verified
  any more, but with it, and the public key, identifiers could be tried until one fits.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable

import msgspec

from extract.lake.pseudonyms import Pseudonyms, pseudonym
from extract.lake.repeated_keys import has_repeated_keys

PREFIX = "OCMF|"
_Of = Callable[[str], str | None]
"""Text → what stands for it."""

_DEVICE = frozenset("FV GI GS GV PG MV MM MS MF CF ZS".split())
"""Format, gateway (model, serial, version), page, meter (vendor, model, serial, firmware), charge
controller's firmware; Zaptec's session."""
_WORDS = frozenset(
    """
    NONE HEARSAY TRUSTED VERIFIED CERTIFIED SECURE MISMATCH INVALID OUTDATED UNKNOWN
    RFID_NONE RFID_PLAIN RFID_RELATED RFID_PSK OCPP_NONE OCPP_RS OCPP_AUTH OCPP_RS_TLS
    OCPP_AUTH_TLS OCPP_CACHE OCPP_WHITELIST OCPP_CERTIFIED ISO15118_NONE ISO15118_PNC
    PLMN_NONE PLMN_RING PLMN_SMS
    DENIED UNDEFINED ISO14443 ISO15693 EMAID EVCCID EVCOID ISO7812 CARD_TXN_NR CENTRAL CENTRAL_1
    CENTRAL_2 LOCAL LOCAL_1 LOCAL_2 PHONE_NUMBER KEY_CODE EVSEID CBIDC
    """.split()
)
"""Levels (IL), flags (IF) and types (IT) of identification, and types of charge point id (CT)."""
_NUMBER = r"-?\d{1,15}(?:\.\d{1,15})?"
_READING = {
    "TM": r'"[\d-]{10}T[\d:]{8}(?:[.,]\d{1,9})? ?(?:Z|[+-]\d\d:?\d\d)?(?: ?[UISR])?"',
    "TX": '"[A-Z]"',
    "RV": f'{_NUMBER}|"{_NUMBER}"',
    "RI": r'"(?:[0-9A-Za-z]{1,3}-[0-9A-Za-z]{1,3}:)?[0-9A-F]{1,3}(?:\.[0-9A-F]{1,3}){1,4}'
    r'(?:\*[0-9A-F]{1,3})?"',
    "RU": '"(?:k?Wh|k?W|k?varh|[mu]?Ohm|V|A|s|min|h)"',
    "RT": '"[AD]C"',
    "CL": _NUMBER,
    "EF": '"[EtF,]{0,5}"',
    "ST": '"[A-Z]"',
}
_SIGNATURE = {
    "SA": r'"[\w-]{1,64}"',
    "SE": '"(?:hex|base64)"',
    "SI": '"[0-9A-Fa-f]{0,64}"',
    "SM": r'"[\w./+-]{1,64}"',
    "SD": r'"[0-9A-Za-z+/=_-]*"|null',
}
_PAIR = "|".join(f'"{name}"\\s*:\\s*(?:{form}|null)' for name, form in _READING.items())
_READINGS = re.compile(rf"\s*\[(?:\s*\{{(?:\s*(?:{_PAIR})\s*,?)*\}}\s*,?)*\s*\]\s*", re.ASCII)
_READING_FORMS, _SIGNATURE_FORMS = (
    {name: re.compile(f"(?:{form})|null", re.ASCII) for name, form in forms.items()}
    for forms in (_READING, _SIGNATURE)
)
_DEVICE_WORD = re.compile(r"[\w .:/+*-]{0,64}")
_NAME = re.compile("[A-Z]{2}")
_PUBLIC_KEY = re.compile(r"[0-9A-Za-z+/=]{40,}")

Fields = dict[str, msgspec.Raw]
_fields = msgspec.json.Decoder(Fields)
_readings = msgspec.json.Decoder(list[Fields])
_NULL = msgspec.Raw(b"null")


def ocmf(pseudonyms: Pseudonyms, value: object) -> object:
    """A rule: the text without its person; what isn't OCMF becomes a pseudonym."""
    made = redact_ocmf(pseudonyms, value) if isinstance(value, str) else None
    return pseudonym(pseudonyms, value) if made is None else made


def redact_ocmf(pseudonyms: Pseudonyms, text: str) -> str | None:
    """Signed meter data without its person, encoded as it came; None where it is no OCMF."""
    if text.startswith(PREFIX):
        return _clear(pseudonyms.of, text)
    for decode, encode in _ENCODINGS:
        try:
            inner = decode(text.strip()).decode()
        except (ValueError, UnicodeError):
            continue
        if inner.startswith(PREFIX):
            made = _clear(lambda _: None, inner)
            return text if made == inner else made and encode(made.encode(), text)
    return None


def _from_base64(text: str) -> bytes:
    plain = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _to_base64(content: bytes, like: str) -> str:
    is_url = bool(set("-_") & set(like))
    made = (base64.urlsafe_b64encode if is_url else base64.b64encode)(content).decode()
    return made.rstrip("=") if len(like.strip()) % 4 else made


def _to_hex(content: bytes, like: str) -> str:
    made = binascii.hexlify(content).decode()
    return made.upper() if like.upper() == like else made


_ENCODINGS: tuple[tuple[Callable[[str], bytes], Callable[[bytes, str], str]], ...] = (
    (bytes.fromhex, _to_hex),
    (_from_base64, _to_base64),
)


def _clear(of: _Of, text: str) -> str | None:
    try:
        _, end = json.JSONDecoder().raw_decode(text, len(PREFIX))
        before = text[len(PREFIX) : end]
        payload = _payload(of, before)
        sections = text[end:].split("|")[1:]
        made = [_section(of, section, payload != before) for section in sections]
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
    return "|".join(["OCMF", payload, *made])


def _payload(of: _Of, text: str) -> str:
    fields = _fields.decode(text)
    kept = {name: _field(of, name, raw) for name, raw in fields.items() if _NAME.fullmatch(name)}
    is_same = len(kept) == len(fields) and all(bytes(kept[n]) == bytes(fields[n]) for n in kept)
    return text if is_same and not has_repeated_keys(text) else _text(kept)


def _field(of: _Of, name: str, raw: msgspec.Raw) -> msgspec.Raw:
    if name == "RD":
        if _READINGS.fullmatch(bytes(raw).decode()):
            return raw
        return _raw([_only(reading, _READING_FORMS) for reading in _readings.decode(raw)])
    value = msgspec.json.decode(raw)
    if name in _DEVICE and isinstance(value, str) and _DEVICE_WORD.fullmatch(value):
        return raw
    made = _identity(of, value)
    return raw if made == value else _raw(made)


def _identity(of: _Of, value: object) -> object:
    """A word of the format, true, false or null as it came; anything else replaced."""
    if isinstance(value, list):
        return [_identity(of, inner) for inner in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and value in _WORDS):
        return value
    return None if isinstance(value, dict) else of(str(value))


def _section(of: _Of, text: str, is_changed: bool) -> str:
    """The signature, or the public key."""
    if not text.startswith("{"):
        return text if _PUBLIC_KEY.fullmatch(text) else of(text) or ""
    fields = _fields.decode(text)
    only = _only(fields, _SIGNATURE_FORMS)
    if is_changed and "SD" in only:
        return _text(only | {"SD": _NULL})
    return text if len(only) == len(fields) and not has_repeated_keys(text) else _text(only)


def _only(fields: Fields, forms: dict[str, re.Pattern[str]]) -> Fields:
    """The fields that have the form of their name."""
    return {
        name: raw
        for name, raw in fields.items()
        if name in forms and forms[name].fullmatch(bytes(raw).decode())
    }


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _text(fields: Fields) -> str:
    return msgspec.json.encode(fields).decode()
