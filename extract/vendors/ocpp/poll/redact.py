"""What is personal in an OCPP message: idTags and tokens (pseudonyms); SIM numbers, certificates
and passwords (dropped)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from extract.lake.pseudonyms import PersonFields, Pseudonyms

PERSON_FIELDS = PersonFields(
    identify=frozenset(["idtag", "id_tag", "idtoken", "id_token"]),
    describe=frozenset(
        [
            *("parentidtag", "parent_id_tag", "groupidtag", "group_id_tag"),
            *("groupidtoken", "group_id_token", "additionalidtoken", "additional_id_token"),
        ]
    ),
)
_FIELDS = PERSON_FIELDS.identify | PERSON_FIELDS.describe
# personalMessage is for the person's eyes; a contract certificate holds the contract's number.
_DROPPED = frozenset(
    [
        *("iccid", "imsi", "personalmessage", "personal_message", "certificate"),
        *("iso15118certificatehashdata", "iso15118_certificate_hash_data"),
    ]
)
_SECRETS = frozenset(["authorizationkey", "basicauthpassword", "masterpassgroupid"])
"""Settings of a charge point whose values are passwords, or somebody's token."""

PERSONAL = (
    r"(?i)id_?tag|token|iccid|imsi|personal|certificate|authorizationkey|password|masterpass|\\u00"
)
"""What the text of a message with anything personal in it matches (an escaped letter could hide a
name); most messages don't."""
_PERSONAL = re.compile(PERSONAL)


def cleaned(pseudonyms: Pseudonyms, body: str) -> str:
    """The message without personal data; itself where there is none. msgspec.DecodeError where it
    is no JSON."""
    if not _PERSONAL.search(body):
        return body
    value = msgspec.json.decode(body)
    without = _clean(pseudonyms, value)
    return body if without == value else msgspec.json.encode(without).decode()


def _clean(pseudonyms: Pseudonyms, value: Any) -> Any:
    if isinstance(value, str):
        return _text(pseudonyms, value)
    if isinstance(value, list):
        return [_clean(pseudonyms, inner) for inner in value]
    if isinstance(value, dict):
        secret = _is_secret(value)
        return {
            name: None if secret and name.lower().endswith("value") else
            _field(pseudonyms, name.lower(), inner)
            for name, inner in value.items()
        }  # fmt: skip
    return value


def _field(pseudonyms: Pseudonyms, name: str, value: Any) -> Any:
    if name in _DROPPED:
        return None
    if name in _FIELDS and isinstance(value, list):
        return [_field(pseudonyms, name, inner) for inner in value]
    if name in _FIELDS and isinstance(value, str | int | float) and not isinstance(value, bool):
        return pseudonyms.of(str(value))
    return _clean(pseudonyms, value)


def _text(pseudonyms: Pseudonyms, value: str) -> Any:
    """Free text that speaks of a tag may name it ("unknown idTag 04A2"); a vendor's own message
    (DataTransfer) may be JSON within JSON."""
    if not re.search(r"(?i)id_?tag|id_?token", value) or value in _WORDS:
        return value
    try:
        inner = msgspec.json.decode(value)
    except msgspec.DecodeError:
        return pseudonyms.of(value)
    if not isinstance(inner, dict | list):
        return pseudonyms.of(value)
    return msgspec.json.encode(_clean(pseudonyms, inner)).decode()


_WORDS = frozenset(["InvalidIdToken", "InvalidIdTag"])  # reasons, not names


def _is_secret(fields: dict[str, Any]) -> bool:
    """{key, value} of OCPP 1.6, {variable: {name}, attributeValue} of 2.0.1."""
    variable = fields.get("variable")
    named = variable.get("name") if isinstance(variable, dict) else fields.get("key")
    return isinstance(named, str) and named.lower() in _SECRETS
