"""The declarations, compiled: for each kind of message the table of its fields, linked in depth.

Names are looked up in any spelling: `idTag`, `id_tag` and `IDTAG` are one field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from extract.lake.pseudonyms import PersonFields
from extract.vendors.ocpp.poll.redaction import messages
from extract.vendors.ocpp.poll.redaction.kinds import KINDS, Kind
from extract.vendors.ocpp.poll.redaction.types import TYPES, Table
from extract.vendors.ocpp.poll.redaction.words import plain

EVERYWHERE: Final[Table] = {"drop": "customData"}
"""Fields that any object of 2.0.1 and 2.1 may have."""


class Fields(dict[str, "tuple[str, Kind | Fields]"]):
    """Plain name → (name as declared, its kind or the fields of the object that it holds).
    `names_setting`: whether the object says which setting its values, or those inside, are of."""

    names_setting = False

    def of(self, name: str) -> tuple[str, Kind | Fields] | None:
        """The declaration of a field in any spelling; None for one that is unknown."""
        return self.get(name) or self.get(plain(name))


def _fields(table: Table, types: dict[str, Fields]) -> Iterator[tuple[str, Kind | Fields]]:
    for kind, names in (*table.items(), *EVERYWHERE.items()):
        for name in names.split():
            yield name, types[kind] if kind in TYPES else KINDS[kind]


def _filled(fields: Fields, table: Table, types: dict[str, Fields]) -> Fields:
    for name, kind in _fields(table, types):
        fields[plain(name)] = fields[name] = name, kind
    fields.names_setting = "key" in fields or "variable" in fields
    return fields


def _linked() -> dict[str, Fields]:
    types = {name: Fields() for name in TYPES}
    for name, table in TYPES.items():
        _filled(types[name], table, types)
    return types


OBJECTS: Final = _linked()
REQUESTS: Final = {
    plain(action): _filled(Fields(), table, OBJECTS) for action, table in messages.REQUESTS.items()
}
RESPONSE: Final = _filled(Fields(), messages.RESPONSE, OBJECTS)
ERROR: Final = _filled(Fields(), messages.ERROR, OBJECTS)
UNKNOWN: Final = Fields()
"""An action that the standard does not know: no field of it is known to be harmless."""

_TABLES: Final = (*TYPES.values(), *messages.REQUESTS.values(), messages.RESPONSE, messages.ERROR)
NAMES: Final = frozenset(
    plain(name) for table in _TABLES for names in table.values() for name in names.split()
)
"""Every declared name: a field of such a name may keep it where it is not expected."""
_SECRET_NAME: Final = re.compile(r"pass(word|phrase|wd)?$|^pwd|secret|psk|pin(code)?$|key$")


def is_secret(name: str) -> bool:
    """Whether a field's name says that it holds a password, a pin or a key."""
    return _SECRET_NAME.search(plain(name)) is not None


def _spellings(kind: str) -> frozenset[str]:
    """The names of all fields of a kind as `forget` compares them: in lower case, in camel and in
    snake case."""
    found = {name for table in _TABLES for name in table.get(kind, "").split()}
    snake = {re.sub("(?<=[a-z0-9])([A-Z])", r"_\1", name) for name in found}
    return frozenset(name.lower() for name in found | snake)


_IDENTIFY: Final = _spellings("person")
PERSON_FIELDS: Final = PersonFields(
    identify=_IDENTIFY,
    describe=(_spellings("shared") | _spellings("GroupIdToken")) - _IDENTIFY,
)
"""`idToken` also identifies a group; where it stands in a group's object it leads only to
the group itself."""
