"""What is kept of an OCPP message: an allow list by action and field (`redaction`).

The field decides, not its value. A field that no schema of the standard has at that place is not
kept: where the standard knows its name elsewhere the value becomes a pseudonym, else the field is
left out. The same holds for all fields of an unknown action.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from extract.lake.ocmf_redact import redact_ocmf
from extract.lake.pseudonyms import PersonFields, Pseudonyms
from extract.lake.repeated_keys import has_repeated_keys
from extract.vendors.ocpp.poll.redaction import tables
from extract.vendors.ocpp.poll.redaction.kinds import KINDS, Kind, is_number, is_word
from extract.vendors.ocpp.poll.redaction.settings import HARMLESS
from extract.vendors.ocpp.poll.redaction.tables import Fields
from extract.vendors.ocpp.poll.redaction.words import plain

__all__ = ["PERSON_FIELDS", "RedactError", "Redactor"]

PERSON_FIELDS: Final[PersonFields] = tables.PERSON_FIELDS
_HARMLESS: Final = frozenset(map(plain, HARMLESS))
_SIGNED: Final = (KINDS["reading"], KINDS["signed"])
_SETTING: Final = KINDS["setting"]


class RedactError(ValueError):
    """A body of which nothing can be kept. The text says why, and quotes nothing of it."""


class Redactor:
    """Redacts messages with the pseudonyms of one source."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def text(self, text: str) -> str | None:
        """The pseudonym of a text; None for a person who was forgotten."""
        return self._pseudonyms.of(text)

    def action(self, name: str) -> str | None:
        """An action's name; a pseudonym of one that the standard does not know."""
        return name if plain(name) in tables.REQUESTS else self.text(name)

    def body(self, message_type: int, action: str | None, body: str) -> str:
        """A message's JSON without what may not be kept; the same text where all of it may.

        A request is redacted by its action, a response by the fields of all responses, for on the
        wire it names no action, and the same message must be the same however it was logged.
        RedactError where the body is no JSON, or nested too deep.
        """
        fields = tables.RESPONSE if message_type == 3 else tables.ERROR
        if message_type == 2:
            fields = tables.REQUESTS.get(plain(action or ""), tables.UNKNOWN)
        try:
            value = msgspec.json.decode(body)
            kept = self._object(fields, value, is_harmless=False)
            if kept == value and not has_repeated_keys(body):
                return body
            return msgspec.json.encode(kept).decode()
        except (msgspec.MsgspecError, ValueError):
            raise RedactError("has a body that is no JSON") from None
        except RecursionError:
            raise RedactError("has a body that is nested too deep") from None

    def _object(self, fields: Fields, value: Any, is_harmless: bool) -> Any:
        """An object, or each of a list; `is_harmless`: what is known of its setting."""
        if isinstance(value, dict):
            if fields.names_setting:
                is_harmless = _names_harmless(value)
            return self._fields(fields, value, is_harmless)
        if isinstance(value, list):
            return [self._object(fields, inner, is_harmless) for inner in value]
        return self._leaf(KINDS["word"], value)

    def _fields(self, fields: Fields, value: dict[str, Any], is_harmless: bool) -> dict[str, Any]:
        kept = {}
        for name, inner in value.items():
            known = fields.of(name)
            if known is None:
                if plain(name) in tables.NAMES:
                    kept[name] = self._unknown(name, inner)
            elif isinstance(known[1], Fields):
                kept[name] = self._object(known[1], inner, is_harmless)
            elif known[1] is _SETTING and not is_harmless:
                kept[name] = None
            else:
                kept[name] = self._leaf(known[1], inner)
        return kept

    def _leaf(self, kind: Kind, value: Any) -> Any:
        if kind.action == "drop" and kind.keeps is None:
            return None
        if isinstance(value, list) and not kind.is_free:
            return [self._leaf(kind, inner) for inner in value]
        if isinstance(value, dict | list):
            return None if kind.action == "drop" else self._unknown("", value)
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, str):
            return value if kind.keeps and kind.keeps(value) else self._replaced(kind, value)
        if kind.numbers and kind.numbers(value):
            return value
        return self._replaced(kind, value)

    def _replaced(self, kind: Kind, value: Any) -> Any:
        if kind in _SIGNED and isinstance(value, str):
            return self._signed(kind, value)
        return None if kind.action == "drop" else self.text(str(value))

    def _signed(self, kind: Kind, text: str) -> Any:
        """A reading, or signed meter data: OCMF, also within JSON (1.6 sends 2.0.1's
        signedMeterValue as a text). What cannot be read becomes a pseudonym."""
        if kind is KINDS["reading"] and (is_number(text) or is_word(text)):
            return text
        if text.lstrip().startswith("{"):
            try:
                inner = msgspec.json.decode(text)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                return self.text(text)
            kept = self._object(tables.OBJECTS["SignedMeterValue"], inner, is_harmless=False)
            is_same = kept == inner and not has_repeated_keys(text)
            return text if is_same else msgspec.json.encode(kept).decode()
        made = redact_ocmf(self._pseudonyms, text)
        return self.text(text) if made is None else made

    def _unknown(self, name: str, value: Any) -> Any:
        """A value of which nothing is known: pseudonyms of all that is in it, under the names of
        the standard; what has another name is left out."""
        if isinstance(value, dict):
            return {
                key: self._unknown(key, inner)
                for key, inner in value.items()
                if plain(key) in tables.NAMES
            }
        if isinstance(value, list):
            return [self._unknown(name, inner) for inner in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        return None if tables.is_secret(name) else self.text(str(value))


def _names_harmless(value: dict[str, Any]) -> bool:
    """Whether the setting is known to be harmless that {key, value} (1.6) or {component, variable:
    {name}, attributeValue} (2.0.1) is about."""
    by_name = {plain(name): inner for name, inner in value.items()}
    variable = by_name.get("variable")
    if isinstance(variable, dict):
        by_name = {plain(name): inner for name, inner in variable.items()}
    name = by_name.get("name" if isinstance(variable, dict) else "key")
    return isinstance(name, str) and plain(name) in _HARMLESS
