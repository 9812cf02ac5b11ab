"""The envelope of an answer, and its locations as JSON bytes that are not parsed yet.

Known forms: `{"data": [location …], "status_code": 1000, …}` and the AFIR feed's `{"next": …,
"items": [location …]}`. Any other form is refused with a sentence that describes it. An answer with
broken JSON or bytes that are no UTF-8 *inside* a location is still cut between its locations, and
the others are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from extract.lake.fields import UnreadableError, printable, read_record, shown

SUCCESS = (None, 1000, "1000")  # the envelope's own status_code; AFIR has none
SHOWN_NAMES = 12  # of the fields of an answer that is not known


class Envelope(msgspec.Struct):
    """What stands around the locations; 2024 adds fields that say nothing about charging."""

    data: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    items: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    next: Any = None
    status_code: Any = None
    status_message: Any = None
    timestamp: Any = None


class RefusedError(Exception):
    """An answer with status 200 that holds no locations: the outcome for `polls`, and the
    reason."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class Pieces(NamedTuple):
    """An envelope, and the JSON of each of its locations. `whole`: the body is valid JSON, so the
    pieces are slices of it."""

    envelope: Envelope
    locations: Sequence[bytes | msgspec.Raw]
    whole: bool

    @property
    def next_page(self) -> str | None:
        """The address or cursor of the next page. None on the last, and on a page without
        locations."""
        found = self.envelope.next
        return found if isinstance(found, str) and found and self.locations else None


_DECODER = msgspec.json.Decoder(Envelope)
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(piece: bytes | msgspec.Raw) -> Any:
    """A JSON value. Bytes that are not UTF-8 become halves of surrogate pairs, which no field
    takes; a number that is too large becomes infinite. ValueError or RecursionError where it is
    not JSON or nested too deep."""
    try:
        return msgspec.json.decode(piece)
    except _NOT_JSON:
        text = bytes(memoryview(piece)).decode(errors="surrogateescape")
        return json.loads(text, strict=False, parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def read_envelope(body: Any) -> Pieces:
    """Cut any body into its locations. Raises RefusedError where it is no answer ("unreadable") or
    reports a failure itself ("refused")."""
    try:
        envelope = _DECODER.decode(body)
    except _NOT_JSON:
        return _read_broken(body)
    for found in (envelope.data, envelope.items):
        if not isinstance(found, msgspec.UnsetType):
            _check_status(envelope)
            return Pieces(envelope, found, whole=True)
    return _read_broken(body)


def _read_broken(body: Any) -> Pieces:
    """Cut a body that is broken somewhere, or that has no list of locations."""
    text = bytes(memoryview(body)).decode("utf-8-sig", errors="surrogateescape")
    shell, pieces = _cut(text)
    try:
        fields = read_record(decode(shell.encode(errors="surrogateescape")))
    except (ValueError, RecursionError, UnreadableError) as error:
        raise _unknown_form(body) from error
    envelope = Envelope(
        next=fields.get("next"),
        status_code=fields.get("status_code"),
        status_message=fields.get("status_message"),
        timestamp=fields.get("timestamp"),
    )
    _check_status(envelope)
    if pieces is None:
        raise _unknown_form(body)
    return Pieces(envelope, pieces, whole=False)


def _check_status(envelope: Envelope) -> None:
    code, message = envelope.status_code, envelope.status_message
    if code not in SUCCESS:
        reason = f"{shown(code)} {shown(message) or ''}".strip()
        raise RefusedError("refused", f"the answer's own status is {reason}")


def _unknown_form(body: Any) -> RefusedError:
    return RefusedError(
        "unreadable", f"the body is not a ChargeCloud answer: it is {looks_like(body)}"
    )


def looks_like(body: Any) -> str:
    """A description of a body for a person: its kind and the names of its fields."""
    try:
        value = decode(body)
    except RecursionError:
        return "nested too deep"
    except ValueError:
        text = bytes(memoryview(body)).lstrip()
        return "a page of HTML" if text[:1] == b"<" else "not JSON" if text else "empty"
    if isinstance(value, dict):
        names = ", ".join(list(value)[:SHOWN_NAMES])
        return printable(f"an object with the fields {names or '(none)'}")[:300]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


# --- cutting a broken body between its locations --------------------------------------------------

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_LIST_BEGINS = re.compile(r"\s*:\s*\[")


def _cut(text: str) -> tuple[str, list[bytes] | None]:
    """The text with an empty list of locations, and the locations; None where it has no list."""
    tokens = _TOKEN.finditer(text)
    depth = 0
    for token in tokens:
        word = token.group()
        if depth == 1 and word in ('"data"', '"items"'):
            begins = _LIST_BEGINS.match(text, token.end())
            if begins:
                next(tokens)  # the bracket
                commas = list(_commas(tokens))
                return _pieces(text, begins.end(), commas)
        depth += (word in "[{") - (word in "]}")
    return text, None


def _commas(tokens: Iterator[re.Match[str]]) -> Iterator[int]:
    """The positions of a list's commas, and last that of the bracket that closes it."""
    depth = 0
    for token in tokens:
        word = token.group()
        if depth == 0 and word in ",]":
            yield token.start()
            if word == "]":
                return
        depth += (word in "[{") - (word in "]}")


def _pieces(text: str, start: int, commas: list[int]) -> tuple[str, list[bytes] | None]:
    if not commas:
        return text, None
    starts = [start, *(comma + 1 for comma in commas[:-1])]
    pieces = [text[begin:end].strip() for begin, end in zip(starts, commas, strict=True)]
    if pieces == [""]:
        pieces = []
    shell = text[:start] + text[commas[-1] :]
    return shell, [piece.encode(errors="surrogateescape") for piece in pieces]
