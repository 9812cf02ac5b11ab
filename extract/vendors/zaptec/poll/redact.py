"""What is kept of Zaptec's answers: no person, no secret, no name of a parking place.

A field is kept as it came only if it is named here, and only if its value has the form that such a
field has; what is not named becomes a pseudonym, in any depth, or is dropped if its name says that
it is a secret. That covers users (`UserEmail`, `UserFullName`, `UserUserName`, `UserId`,
`authorizedUser`, `TokenName`, `AuthenticationCode`), the names of chargers (`Name`, `SerialNo`,
`DeviceName`) and an installation's `Notes` and contacts. An installation's own name and address
stay: they are the charging station's. `DeviceId` stays while it has the form of a Zaptec number
(ZAP049387). The same user is the same pseudonym in every field and by either session endpoint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from extract.lake.ocmf_redact import ocmf
from extract.lake.pseudonyms import PersonFields, Pseudonyms, Rule, drop, form, keep, pseudonym
from extract.vendors.zaptec.poll.redact_states import state_value

PERSON_FIELDS = PersonFields(
    identify=frozenset(
        ["userid", "useremail", "userusername", "authorizeduser", "id", "email", "username"]
    ),
    describe=frozenset(["userfullname", "fullname", "tokenname", "ocmf.id"]),
)
"""`authorizedUser` is an object of what is known of the user; other ids are no pseudonyms."""

Kind = Literal["installation", "charger", "state", "session"]
"""What an answer tells of; a hierarchy is of kind installation."""


def cleaner(pseudonyms: Pseudonyms, kind: Kind) -> Callable[[bytes], bytes | None]:
    """What makes a body fit to be kept: None for what isn't JSON, such as an error page."""
    rule = _RULES[kind]

    def clean(body: bytes) -> bytes | None:
        try:
            value = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return msgspec.json.encode(rule(pseudonyms, value))

    return clean


# --- Values ------------------------------------------------------------------------------------


number = form(r"\s*[+-]?[\d.]{1,20}(e[+-]?\d+)?\s*|true|false|True|False|")
moment = form(r"\d{4}-\d\d-\d\d([T ][\d:.,]+ ?(Z|[+-]\d\d:?\d\d)?)?")
identity = form(r"[\w.:-]{1,64}")
device = form(r"Z[A-Z]{2}\d{5,8}")
version = form(r"[\d.]{1,40}")


def _details(pseudonyms: Pseudonyms, value: object) -> object:
    """The energy intervals of a session: most of an answer, so looked at once."""
    if isinstance(value, list) and all(_is_plain(item) for item in value):
        return value
    return _intervals(pseudonyms, value)


def _is_plain(item: object) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() <= {"Timestamp", "Energy", "timestamp", "energy"}
        and all(
            isinstance(inner, float | int) or (isinstance(inner, str) and inner[:4].isdigit())
            for inner in item.values()
        )
    )


def _nested(pseudonyms: Pseudonyms, value: object) -> object:
    """JSON in a text: cleaned and written back; a text that is none becomes a pseudonym."""
    try:
        inner = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        inner = None
    if not isinstance(inner, dict | list):
        return pseudonym(pseudonyms, value)
    return json.dumps(_RULES["session"](pseudonyms, inner), separators=(",", ":"))


# --- Objects -----------------------------------------------------------------------------------

_SECRET = re.compile(r"password|passphrase|secret|psk|apikey|authorizationkey|ssid|^pin$|pincode")
_SETTING = re.compile(r"(property|feature_|is|has|available|active|max|min)")


def record(rules: Mapping[str, Rule]) -> Rule:
    """An object, or a list of them, each field by its rule (names in lower case)."""
    known = dict(rules)

    def rule_of(name: str) -> Rule:
        lower = name.lower()
        if lower not in known:
            setting = number if _SETTING.match(lower) else pseudonym
            known[lower] = drop if _SECRET.search(lower) else setting
        return known[lower]

    def rule(pseudonyms: Pseudonyms, value: object) -> object:
        if isinstance(value, dict):
            return {name: rule_of(name)(pseudonyms, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [rule(pseudonyms, inner) for inner in value]
        return pseudonym(pseudonyms, value)

    return rule


def _named(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


def _firmware(pseudonyms: Pseudonyms, value: object) -> object:
    """A version as a text, or as an object of numbers."""
    return (version if isinstance(value, str) else _parts)(pseudonyms, value)


_parts = record(_named(number, "major minor build revision majorrevision minorrevision"))
_intervals = record({"timestamp": moment, "energy": number})

_COMMON: dict[str, Rule] = {
    **_named(number, "pages errorcode"),
    **_named(drop, "message errordetails stacktrace pin logobase64 installationusers"),
    **_named(identity, "id chargerid installationid circuitid sessionid replacedbysessionid"),
    **_named(device, "deviceid mid"),
    **_named(moment, "createdondate updatedon startdatetime enddatetime timestamp"),
    **_named(number, "active currentuserroles authenticationtype networktype devicetype"),
    "installationname": keep,
}

_CHARGER: dict[str, Rule] = _COMMON | {
    **_named(number, "operatingmode isonline isauthorizationrequired warnings"),
    **_named(version, "firmwareversion smartcomputersoftwareapplicationversion"),
    "signedmetervalue": ocmf,
}
_CHARGER["data"] = record(_CHARGER)

_INSTALLATION: dict[str, Rule] = _COMMON | {
    **_named(keep, "name address zipcode city timezonename timezoneiananame"),
    **_named(keep, "installationcategory routingid"),
    **_named(identity, "countryid installationcategoryid"),
    **_named(number, "installationtype useloadbalancing latitude longitude messagingenabled"),
    **_named(number, "enabledfeatures ocppcloudurlversion"),
    "circuits": record(_CHARGER | {"chargers": record(_CHARGER)}),
    "chargers": record(_CHARGER),
    "supportgroup": record({"logobase64": drop}),
}
_INSTALLATION["data"] = record(_INSTALLATION)

_SESSION: dict[str, Rule] = _COMMON | {
    **_named(moment, "commitenddatetime recognizeddatetime"),
    **_named(number, "energy commitmetadata externallyended offline reliableclock stoppedbyrfid"),
    **_named(number, "signed voided aborted ocppnative externallyabandoned hasmore"),
    **_named(identity, "externalid"),
    **_named(ocmf, "signedsession sessionsignature"),
    "energydetails": _details,
    "chargerfirmwareversion": _firmware,
    "cursor": keep,
}
_SESSION["data"] = _SESSION["sessions"] = record(_SESSION)


def _state(pseudonyms: Pseudonyms, value: object) -> object:
    """A list of a charger's states; anything else is an error's answer."""
    if isinstance(value, list):
        return [_state_entry(pseudonyms, entry) for entry in value]
    return _error(pseudonyms, value)


def _state_entry(pseudonyms: Pseudonyms, entry: object) -> object:
    told = state_value(entry.get("StateId") if isinstance(entry, dict) else None, _nested)
    rules = {
        "chargerid": identity,
        "stateid": number,
        "timestamp": moment,
        "valueasstring": told,
    }
    return record(rules)(pseudonyms, entry)


_error = record(_COMMON)
_RULES: dict[Kind, Rule] = {
    "installation": record(_INSTALLATION),
    "charger": record(_CHARGER),
    "state": _state,
    "session": record(_SESSION),
}
