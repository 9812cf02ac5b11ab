"""The kinds of fields: what is kept of a value, decided by its form alone.

A value of another form than its kind becomes a pseudonym: the field's reader then finds that it is
no number, time or word, and quarantines it. Booleans and null are kept by every kind but `drop`.
`redact_columns` relies on this: a kind that keeps the widest number, numeric text or time
(`WIDEST`) keeps them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from extract.vendors.ocpp.poll.redaction.messages import REQUESTS
from extract.vendors.ocpp.poll.redaction.settings import HARMLESS, SENSITIVE
from extract.vendors.ocpp.poll.redaction.words import ADDED, ENUMERATED, LISTED, plain

NUMBER: Final = r"-?\d{1,12}(?:\.\d{1,17})?(?:[eE][+-]?\d{1,2})?"
TIME: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)? ?(?:Z|[+-]\d\d(?::?\d\d)?)?"
WIDEST: Final = {
    "number": -999999999999999.12,
    "numeric text": "-999999999999.00000000000000000e+00",
    "time": "2000-01-01 00:00:00,000000000 +00:00",
}
"""Stands for all values of its form: a kind that keeps it keeps them all."""

_WORDS: Final = frozenset(
    map(plain, ENUMERATED | LISTED | ADDED | HARMLESS | SENSITIVE | {*REQUESTS})
)
_EXACT: Final = ENUMERATED | LISTED | ADDED


def is_word(text: str) -> bool:
    """Whether a text is a word of the standard: one that is listed, a setting or an action."""
    return text in _EXACT or (len(text) < 64 and plain(text) in _WORDS)


def _matches(pattern: str, flags: re.RegexFlag = re.ASCII) -> Callable[[str], bool]:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.fullmatch(text) is not None


is_number, is_time = _matches(NUMBER), _matches(TIME)
_phases = _matches(r"\d{1,3}\.\w{3,13}")  # ConnectorPhaseRotation: 0.RST


def is_setting(text: str) -> bool:
    """Whether a setting's value consists of nothing but numbers, times and words."""
    if is_time(text) or len(text) > 2500:
        return len(text) <= 2500
    return all(
        is_number(part) or is_word(part) or (_phases(part) and is_word(part.partition(".")[2]))
        for part in re.split(r"[,;\s]+", text)
        if part
    )


class Kind(NamedTuple):
    """`keeps`: the texts that are kept; `numbers`: the numbers (JSON's) that are. `action` is what
    becomes of all others. `is_free`: any short text is kept, so nothing but a single one is;
    `is_personal`: the field is about a person."""

    meaning: str
    keeps: Callable[[str], bool] | None = None
    numbers: Callable[[float], bool] | None = None
    action: str = "pseudonym"
    is_free: bool = False
    is_personal: bool = False


def _always(_value: float) -> bool:
    return True


KINDS: Final[dict[str, Kind]] = {
    "number": Kind("a number, also as a text of up to 12 digits", is_number, _always),
    "flag": Kind("true or false", _matches("(?i:true|false)|[01]"), (0, 1).__contains__),
    "word": Kind("a word of the standard", is_word),
    "time": Kind("a date with a time of day", is_time),
    "clock": Kind("a time of day", _matches(r"\d\d:\d\d(:\d\d)?")),
    "date": Kind("a date", _matches(r"\d{4}-\d\d-\d\d")),
    "currency": Kind("three capital letters", _matches("[A-Z]{3}")),
    "language": Kind("a language code", _matches("[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?")),
    "code": Kind("a short code of digits", _matches(r"[A-Z]{0,3}[-_.]?\d{1,5}|0x[0-9A-Fa-f]{1,8}")),
    "id": Kind(
        "the identifier of a thing, free-form: letters, digits and `_.:-`",
        _matches(r"[\w.:-]{1,64}"),
        _always,
        is_free=True,
    ),
    "device": Kind(
        "what describes a device, free-form: make, model, version, serial number",
        _matches(r"[\w .,;:/+()#&*=\[\]-]{1,64}", re.UNICODE),
        is_free=True,
    ),
    "reading": Kind(
        "a number or a word; signed meter data (OCMF) without its person", None, _always
    ),
    "signed": Kind("signed meter data (OCMF) without its person"),
    "setting": Kind(
        "numbers, times and words, if the setting is known to be harmless", is_setting, _always,
        action="drop",
    ),
    "person": Kind("who charges", is_personal=True),
    "shared": Kind("whom or what several people may share", is_personal=True),
    "text": Kind("free text"),
    "drop": Kind("a secret, a certificate, an address or what only a person reads", action="drop"),
}  # fmt: skip
"""By name. OCPP tells a device's serial number, but not whose it is; a vehicle's is a person's."""
