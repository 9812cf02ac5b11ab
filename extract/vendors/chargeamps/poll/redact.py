"""What is kept of Charge Amps' answers: no person, no secret, no name of a charge point.

A field is kept as it came only if it is named here, and only if its value has the form that such a
field has; what is not named becomes a pseudonym, and so does all that is in it: the `id` in an
object that nobody has heard of may be a person's. That covers who charges (`userId`, `rfid`,
`rfidDec`, `rfidDecReverse`, `organisationId`, users with their names, addresses and tags) and a
charge point's `name`, which is often a person's or a parking place's. `password` and whatever else
says that it is a secret is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from extract.lake.pseudonyms import PersonFields, Pseudonyms, Rule, drop, form, pseudonym

PERSON_FIELDS = PersonFields(
    identify=frozenset(["userid", "email", "mobile"]),
    describe=frozenset(["rfid", "rfiddec", "rfiddecreverse", "firstname", "lastname"]),
)
"""A tag may be lent."""


def cleaner(pseudonyms: Pseudonyms) -> Callable[[bytes], bytes | None]:
    """What makes a body fit to be kept: None for what isn't JSON, such as an error page."""

    def clean(body: bytes) -> bytes | None:
        try:
            value = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return msgspec.json.encode(_record(pseudonyms, value))

    return clean


def _record(pseudonyms: Pseudonyms, value: object) -> object:
    """An object, or a list of them, each field by its rule."""
    if isinstance(value, dict):
        return {name: _rule_of(name.lower())(pseudonyms, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_record(pseudonyms, inner) for inner in value]
    return pseudonym(pseudonyms, value)


def _rule_of(name: str) -> Rule:
    return RULES.get(name) or (drop if _SECRET.search(name) else pseudonym)


def _named(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


_number = form(r"\s*[+-]?[\d.]{1,20}(e[+-]?\d+)?\s*|true|false|True|False|n/a|")
_moment = form(r"\d{4}-\d\d-\d\d([T ][\d:.,]+ ?(Z|[+-]\d\d:?\d\d)?)?|")
_identity = form(r"[\w.:-]{0,64}")
_word = form(r"[A-Za-z0-9 _-]{0,40}")
_version = form(r"[\w. -]{0,40}")

RULES: dict[str, Rule] = {
    **_named(_identity, "id chargepointid sessionid externaltransactionid externalid"),
    **_named(_number, "connectorid totalconsumptionkwh current voltage maxcurrent isloadbalanced"),
    **_named(_number, "rfidlock cablelock statuscode"),
    **_named(_moment, "starttime endtime"),
    **_named(_word, "status phase sessiontype mode type title"),
    **_named(_version, "firmwareversion hardwareversion ocppversion"),
    **_named(_record, "connectors connectorstatuses measurements"),
}
"""By the field's name in lower case. A `status` of numbers is an error's."""

_SECRET = re.compile(r"password|passphrase|secret|psk|apikey|token|ssid|^pin$|pincode")
