"""What is personal in an OCPP message: idTags and tokens (pseudonyms), SIM numbers (dropped)."""

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
_SIM = frozenset(["iccid", "imsi"])
PERSONAL = r"(?i)id_?tag|token|iccid|imsi"
"""What the text of a message with anything personal in it matches; most messages don't."""
_PERSONAL = re.compile(PERSONAL)


def cleaned(pseudonyms: Pseudonyms, body: str) -> str:
    """The message without personal data; itself where there is none. msgspec.DecodeError where it
    is no JSON."""
    if not _PERSONAL.search(body):
        return body
    value = msgspec.json.decode(body)
    return msgspec.json.encode(_clean(pseudonyms, value)).decode()


def _clean(pseudonyms: Pseudonyms, value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(pseudonyms, inner) for inner in value]
    if isinstance(value, dict):
        return {name: _field(pseudonyms, name.lower(), inner) for name, inner in value.items()}
    return value


def _field(pseudonyms: Pseudonyms, name: str, value: Any) -> Any:
    if name in _SIM:
        return None
    if name in _FIELDS and isinstance(value, str | int) and not isinstance(value, bool):
        return pseudonyms.of(str(value))
    return _clean(pseudonyms, value)
