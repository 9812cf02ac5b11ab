"""Signed meter readings (OCMF) without the person who is named in them.

`OCMF|{payload}|{signature}` or with a public key as a third section. The payload's readings (`RD`)
stay byte for byte; who charged (`ID`, `IT`, `IF`, `IL` …) becomes a pseudonym. A payload that named
nobody is left as it came. One that was rewritten no longer verifies against its signature: the
signature stays for what it tells (that the session was signed, and how), and whoever must verify
it asks the vendor for the original.
"""

from __future__ import annotations

import json
import re

import msgspec

from extract.lake.pseudonyms import Pseudonyms, pseudonym

PREFIX = "OCMF|"
# Format, gateway (model, serial, version), page, meter (vendor, model, serial, firmware), Zaptec's
# session. `IS` says whether somebody was identified: a boolean, which `pseudonym` lets pass.
_DEVICE = frozenset("FV GI GS GV PG MV MM MS MF ZS".split())
_READING = frozenset("TM TX RV RI RU RT CL EF ST".split())
_SIGNATURE = frozenset("SA SI SE SM SD".split())
_DEVICE_WORD = re.compile(r"[\w .:/+-]{0,64}")
_KEY = re.compile(r"[0-9A-Za-z+/=]{40,}")

Fields = dict[str, msgspec.Raw]
_fields = msgspec.json.Decoder(Fields)
_readings = msgspec.json.Decoder(list[Fields])


def ocmf(pseudonyms: Pseudonyms, value: object) -> object:
    """A rule: the text with its person replaced; what isn't OCMF becomes a pseudonym."""
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return pseudonym(pseudonyms, value)
    try:
        _, end = json.JSONDecoder().raw_decode(value, len(PREFIX))
        payload = _payload(pseudonyms, value[len(PREFIX) : end])
        sections = [_section(pseudonyms, text) for text in value[end:].split("|")[1:]]
    except (ValueError, msgspec.MsgspecError):
        return pseudonym(pseudonyms, value)
    return "|".join(["OCMF", payload, *sections])


def _payload(pseudonyms: Pseudonyms, text: str) -> str:
    fields = _fields.decode(text)
    kept = {name: _field(pseudonyms, name, raw) for name, raw in fields.items()}
    changed = any(bytes(kept[name]) != bytes(raw) for name, raw in fields.items())
    return msgspec.json.encode(kept).decode() if changed else text


def _field(pseudonyms: Pseudonyms, name: str, raw: msgspec.Raw) -> msgspec.Raw:
    if name == "RD":
        readings = _readings.decode(raw)
        if all(reading.keys() <= _READING for reading in readings):
            return raw
        return _raw([_only(reading, _READING) for reading in readings])
    value = msgspec.json.decode(raw)
    if name in _DEVICE and isinstance(value, str) and _DEVICE_WORD.fullmatch(value):
        return raw
    cleaned = pseudonym(pseudonyms, value)
    return raw if cleaned == value else _raw(cleaned)


def _section(pseudonyms: Pseudonyms, text: str) -> str:
    """The signature, or the public key."""
    if text.startswith("{"):
        fields = _fields.decode(text)
        only = _only(fields, _SIGNATURE)
        return text if len(only) == len(fields) else msgspec.json.encode(only).decode()
    return text if _KEY.fullmatch(text) else pseudonyms.of(text) or ""


def _only(fields: Fields, names: frozenset[str]) -> Fields:
    return {name: raw for name, raw in fields.items() if name in names}


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
