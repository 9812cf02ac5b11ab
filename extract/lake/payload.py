"""JSON bodies that vendors send: read whatever can be read, and written back for the lake.

JSON in the wild holds what the standard forbids: Latin-1 bytes, halves of surrogate pairs, NaN,
numbers of thousands of digits. Such a value costs its own field, so that the record that holds it
is quarantined and the others are read. Only what is no JSON at all, or is nested deeper than the
interpreter's stack, is unreadable as a whole.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa

from extract.lake.fields import UnreadableError
from extract.lake.quarantine import start_of

LONGEST_INTEGER = 400  # digits; a longer one, NaN and 1e400 are read as text, which no number is
Body: TypeAlias = "bytes | pa.Buffer | msgspec.Raw"


def decode(body: Body | None) -> Any:
    """The JSON value of a body. Bytes that are not UTF-8 become halves of surrogate pairs. Raises
    UnreadableError, which shows how the body begins."""
    try:
        return msgspec.json.decode(body or b"")
    except RecursionError:
        raise UnreadableError("", start_of(_bytes(body)), "is nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_leniently(_bytes(body))


def encode(value: Any) -> bytes:
    """A decoded value as JSON. RecursionError where it is nested too deep."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair; over 64 bits
        return json.dumps(value, separators=(",", ":")).encode()


def _decode_leniently(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig", "surrogateescape")
        return json.loads(
            text, parse_int=_integer, parse_float=_float, parse_constant=lambda name: name
        )
    except RecursionError:
        raise UnreadableError("", start_of(body), "is nested too deep") from None
    except ValueError as error:
        raise UnreadableError("", start_of(body), f"is not JSON: {error}") from None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _bytes(body: Body | None) -> bytes:
    return bytes(memoryview(body or b""))
