"""A vendor's records, declared as tables of fields: how each is read, and what may land of it.

A declaration is data: `Record("evse", Field("id", KEY, meaning="…"), Field("max_power", NUMBER,
column="max_power_kw", unit="kW"))`. From it come the reader (`Record.read`), the allow list that
redacts an answer before it lands (`Record.redact`), the names of known fields, and the page
`docs/sources/<vendor>.md`.

Reading is lenient about form and strict about sense: a number may be sent as text, a text as a
number, an absent or empty value is None. Whatever else stands in a field raises `UnreadableError`
with the field, the value and the reason; the caller quarantines the record and goes on.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from extract.lake.pseudonyms import (
    Pseudonyms,
    Rule,
    drop,
    field_name,
    form,
    keep,
    pseudonym,
)

LONGEST_KEY = 300  # characters; an index of the warehouse takes no more than 2,700 bytes
LONGEST_TEXT = 20_000
LARGEST_NUMBER = 1e15  # no meter, price or coordinate is larger
SHOWN = 200  # characters of a value that a quarantined record shows
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # a time outside them is a mistake


class Issue(NamedTuple):
    """Why a record was quarantined: its path, the field, the value as shown, and the reason."""

    record: str
    field: str | None
    value: str | None
    reason: str


class UnreadableError(Exception):
    """A value that its field cannot hold. The record it stands in is quarantined."""

    def __init__(self, field: str, value: Any, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field, self.value, self.reason = field, value, reason

    def issue(self, record: str) -> Issue:
        """The issue to quarantine, for the record at this path."""
        return Issue(record, self.field or None, shown(self.value), self.reason)


def shown(value: Any) -> str | None:
    """A value as JSON for a person to read, cut to `SHOWN` characters. Control characters and lone
    surrogates are escaped: neither Postgres nor a terminal takes them."""
    if value is None:
        return None
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nested too deep
        text = f"a {type(value).__name__} that cannot be shown"
    return printable(text)[:SHOWN]


def printable(text: str) -> str:
    """The text with control characters, lone surrogates and the like escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


# --- readers: (field, value as sent) → value as a typed column holds it ---------------------------


def read_text(field: str, value: Any) -> str | None:
    """A text without blanks at its ends, or a number as text (1.0 is "1"); None where empty."""
    if isinstance(value, str):
        text = value.strip()
    elif value is None:
        return None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = _number_as_text(field, value)
    else:
        raise UnreadableError(field, value, "is neither text nor a number")
    if len(text) > LONGEST_TEXT:
        raise UnreadableError(field, value, f"is longer than {LONGEST_TEXT:,} characters")
    if not text.isascii() or "\0" in text:
        _check_characters(field, text)
    return text or None


def _number_as_text(field: str, value: float) -> str:
    try:
        return str(int(value)) if value == int(value) else str(value)
    except (ValueError, OverflowError):  # NaN, infinity, thousands of digits
        raise UnreadableError(field, value, "is not a finite number") from None


def _check_characters(field: str, text: str) -> None:
    if "\0" in text:
        raise UnreadableError(field, text, "holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        reason = "holds bytes that are not UTF-8, or half of a surrogate pair"
        raise UnreadableError(field, text, reason) from None


def read_key(field: str, value: Any) -> str:
    """A text that must be there, of at most `LONGEST_KEY` characters."""
    text = read_text(field, value)
    if text is None:
        raise UnreadableError(field, value, "is missing: the record has no key")
    if len(text) > LONGEST_KEY:
        raise UnreadableError(field, value, f"is longer than a key's {LONGEST_KEY} characters")
    return text


def read_number(field: str, value: Any) -> float | None:
    """A finite number below `LARGEST_NUMBER`, or the text of one; None where empty."""
    if type(value) is float and -LARGEST_NUMBER < value < LARGEST_NUMBER:
        return value
    if value is None or value == "":
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if abs(number) < LARGEST_NUMBER:
            return number
    raise UnreadableError(field, value, f"is not a number below {LARGEST_NUMBER:.0e}")


def read_whole(field: str, value: Any) -> int | None:
    """A whole number, or the text of one; None where empty."""
    number = read_number(field, value)
    if number is None or number == int(number):
        return None if number is None else int(number)
    raise UnreadableError(field, value, "is not a whole number")


def read_flag(field: str, value: Any) -> bool | None:
    """True or false, 1 or 0, also as text; None where empty."""
    if value is None or isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str | int | float) and word in _FLAGS:
        return _FLAGS[word]
    raise UnreadableError(field, value, "is neither true nor false")


_FLAGS = {"true": True, "false": False, "1": True, "0": False, "": None, 1: True, 0: False}


def read_time(field: str, value: Any) -> int | None:
    """A time in microseconds since 1970 UTC; one without an offset is UTC. None where empty, and
    for year 1, by which .NET means no time."""
    text = read_text(field, value)
    if text is None or text.startswith("0001-01-01"):
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableError(field, value, "is not a time") from None
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise UnreadableError(field, value, f"is not of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return (at - EPOCH) // timedelta(microseconds=1)


def read_object(field: str, value: Any) -> dict[str, Any]:
    """An object; an empty one where there is none."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise UnreadableError(field, value, "is not an object")


def read_record(value: Any, field: str = "") -> dict[str, Any]:
    """An object, which a record must be."""
    if isinstance(value, dict):
        return value
    raise UnreadableError(field, value, "is not an object")


def read_list(field: str, value: Any) -> list[Any]:
    """A list; an empty one where there is none."""
    if value is None or isinstance(value, list):
        return value or []
    raise UnreadableError(field, value, "is not a list")


def read_words(field: str, value: Any) -> str | None:
    """A list of texts as one text: distinct, sorted, joined by a blank."""
    words = {
        read_text(f"{field}[{place}]", word) for place, word in enumerate(read_list(field, value))
    }
    return " ".join(sorted(filter(None, words))) or None


def read_json(field: str, value: Any) -> str | None:
    """A list or an object as compact JSON text; None where there is none, or an empty one."""
    if not value:
        return None
    if not isinstance(value, dict | list):
        raise UnreadableError(field, value, "is neither a list nor an object")
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        raise UnreadableError(field, value, "cannot be written as JSON") from None
    if len(text) > LONGEST_TEXT:
        raise UnreadableError(field, value, f"is longer than {LONGEST_TEXT:,} characters")
    return text


# --- kinds: a reader, and what may land of the value ----------------------------------------------


class Kind(NamedTuple):
    """What a field holds: its name for people, how it is read, what may land of it. A value without
    the form of its kind lands as a pseudonym, because it may be a person."""

    name: str
    read: Callable[[str, Any], Any]
    land: Rule
    personal: str = "no"


_NUMBER_FORM = form(r"\s*[+-]?[\d.,]{1,20}(e[+-]?\d{1,3})?\s*|true|false|True|False|n/a|")
_TIME_FORM = form(r"\d{4}-\d\d-\d\d([T ][\d:.,]+ ?(Z|[+-]\d\d(:?\d\d)?)?)?|")
_ID_FORM = form(r"[\w.:*@-]{0,64}")
_WORD_FORM = form(r"[A-Za-z0-9 _-]{0,40}")
_VERSION_FORM = form(r"[\w. +-]{0,40}")

TEXT = Kind("public text", read_text, keep)
KEY = Kind("key", read_key, _ID_FORM)
ID = Kind("id", read_text, _ID_FORM)
WORD = Kind("word", read_text, _WORD_FORM)
VERSION = Kind("version", read_text, _VERSION_FORM)
NUMBER = Kind("number", read_number, _NUMBER_FORM)
WHOLE = Kind("whole number", read_whole, _NUMBER_FORM)
FLAG = Kind("true or false", read_flag, _NUMBER_FORM)
TIME = Kind("time", read_time, _TIME_FORM)
WORDS = Kind("list of words", read_words, keep)
JSON = Kind("JSON", read_json, keep)
OBJECT = Kind("object", read_object, pseudonym)  # what lands is decided by `Field.inside`
LIST = Kind("list", read_list, pseudonym)
PERSON = Kind("person", read_text, pseudonym, "pseudonym")
SECRET = Kind("secret", read_text, drop, "dropped")
UNUSED = Kind("not used", lambda _field, _value: None, drop, "dropped")


# --- records --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One field of a vendor's record. `column` is the typed column it fills ("": none; code may
    still read the field). `least` and `most` bound a number in `unit`. `inside` is the record that
    an object, or each object of a list, holds."""

    name: str
    kind: Kind = TEXT
    column: str = ""
    unit: str = ""
    meaning: str = ""
    least: float | None = None
    most: float | None = None
    inside: Record | None = None

    @cached_property
    def reader(self) -> Callable[[str, Any], Any]:
        """The kind's reader, with the bounds where there are any."""
        bounded = self.least is not None or self.most is not None
        return self._read_bounded if bounded else self.kind.read

    def read(self, value: Any) -> Any:
        """The value as the typed column holds it. UnreadableError where it cannot."""
        return self.reader(self.name, value)

    def _read_bounded(self, name: str, value: Any) -> Any:
        found = self.kind.read(name, value)
        if found is None:
            return None
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        if not low <= found <= high:
            raise UnreadableError(
                name, value, f"is outside {low:g} to {high:g} {self.unit}".rstrip()
            )
        return found

    def redact(self, pseudonyms: Pseudonyms, value: Any) -> Any:
        """What of the value may land."""
        if self.inside is not None:
            return self.inside.redact(pseudonyms, value)
        return self.kind.land(pseudonyms, value)


_SECRET_NAME = re.compile(
    r"password|passphrase|secret|psk|apikey|authorizationkey|token$|ssid|^pin$|pincode"
)


@dataclass(frozen=True)
class Record:
    """A kind of record, by the vendor's names. Names are compared without regard to case when an
    answer is redacted, and exactly when it is read."""

    name: str
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by the vendor's name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def _by_lower_name(self) -> Mapping[str, Field]:
        return {field.name.lower(): field for field in self.fields}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The typed columns that the record's own fields fill, in the order of the declaration."""
        return tuple(dict.fromkeys(field.column for field in self.fields if field.column))

    @cached_property
    def known(self) -> frozenset[str]:
        """The names of the fields; any other is counted as unknown."""
        return frozenset(self.by_name)

    def value(self, record: Mapping[str, Any], name: str) -> Any:
        """One field of a record, read. UnreadableError where it cannot be."""
        return self.by_name[name].read(record.get(name))

    def read(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Every column that the record fills, also those of an object inside it. Where several
        fields fill one column, the first with a value counts. UnreadableError at the first field
        that cannot be read."""
        found: dict[str, Any] = {}
        for field in self.fields:
            value = record.get(field.name)
            if field.kind is OBJECT and field.inside is not None:
                read = field.inside.read(field.read(value))
            else:
                read = {field.column: field.read(value)} if field.column else {}
            for column, inner in read.items():
                if found.get(column) is None:
                    found[column] = inner
        return found

    def redact(self, pseudonyms: Pseudonyms, value: Any) -> Any:
        """What of a record, or of a list of records, may land: each declared field as its kind
        says, a field whose name says that it is a secret as null, any other as pseudonyms."""
        if isinstance(value, list):
            return [self.redact(pseudonyms, inner) for inner in value]
        if not isinstance(value, dict):
            return pseudonym(pseudonyms, value)
        return dict(self._landed(pseudonyms, name, inner) for name, inner in value.items())

    def _landed(self, pseudonyms: Pseudonyms, name: str, value: Any) -> tuple[str, Any]:
        field = self._by_lower_name.get(name.lower())
        if field is not None:
            return name, field.redact(pseudonyms, value)
        rule = drop if _SECRET_NAME.search(name.lower()) else pseudonym
        return field_name(pseudonyms, name), rule(pseudonyms, value)


class RowReader:
    """Reads some columns of a record as a tuple. Where several fields fill one column, the first
    with a value counts. Records repeat each other, so a row that was read is looked up by its
    values and their types (1, 1.0 and True are equal, but not the same)."""

    def __init__(self, record: Record, columns: Sequence[str] | None = None) -> None:
        self.columns = tuple(record.columns if columns is None else columns)
        fields = [field for field in record.fields if field.column in self.columns]
        self._readers = [field.reader for field in fields]
        self._names = [field.name for field in fields]
        self._places = [self.columns.index(field.column) for field in fields]
        if missing := set(self.columns) - set(record.columns):
            raise ValueError(f"record {record.name} has no field for {', '.join(sorted(missing))}")
        self._rows: dict[Any, tuple] = {}

    def read(self, record: Mapping[str, Any]) -> tuple:
        """The row. UnreadableError at the first field that cannot be read."""
        values = tuple(map(record.get, self._names))
        key: Any = values, tuple(map(type, values))
        try:
            return self._rows[key]
        except KeyError:
            pass
        except TypeError:  # a list or an object among the values
            key = repr(values)
            if key in self._rows:
                return self._rows[key]
        row = self._rows[key] = self._read(values)
        return row

    def _read(self, values: Iterable[Any]) -> tuple:
        row: list[Any] = [None] * len(self.columns)
        for read, name, place, value in zip(
            self._readers, self._names, self._places, values, strict=True
        ):
            if row[place] is None:
                row[place] = read(name, value)
        return tuple(row)
