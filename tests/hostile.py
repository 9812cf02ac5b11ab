"""Hostile values, and answers with one of them in every declared field: for any vendor's `Record`.

`answers(record, sent)` takes a good record as the vendor sends it and gives, for each declared
field, for each object and list, and for each hostile value, the answer with that value in that
place. `encode` writes it as JSON bytes; what JSON cannot say (Latin-1, NaN, 3,000 levels) is
spliced in as bytes. `check_tables` says whether what was read can be loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from extract.lake.fields import Record
from extract.lake.schemas import TABLES

Path = tuple[str | int, ...]
"""Where in an answer a value stands: names of fields and places in lists."""

DEEP = 3_000  # levels of nesting
_MARK = "hostile bytes stand here"


@dataclass(frozen=True)
class Raw:
    """Bytes that stand where a JSON value should."""

    bytes: bytes


class _Absent:
    """No field at all."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()

HOSTILE: Mapping[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "true": True,
    "number": 17,
    "negative": -1,
    "fraction": 0.5,
    "zero": 0,
    "empty text": "",
    "blanks": " \t\r\n ",
    "text": "hostile",
    "number as text": "17",
    "comma": "1,5",
    "huge number as text": "9" * 400,
    "nan as text": "nan",
    "list": ["hostile", 3],
    "empty list": [],
    "list of lists": [[[]]],
    "list of nulls": [None, None],
    "object": {"hostile": "value", "id": "hostile"},
    "empty object": {},
    "object in list": [{"id": "hostile"}],
    "long text": "x" * 100_000,
    "many": list(range(10_000)),
    "markup": "<script>alert(1)</script>'; drop table marts.sessions; --",
    "right to left": "\u202e\u200b\ufeff",
    "emoji": "\U0001f50c",
    "year 1": "0001-01-01T00:00:00+01:00",
    "year 9999": "9999-12-31T23:59:59-12:00",
    "year 2099": "2099-01-01T00:00:00Z",
    "time without marks": "20230101080129",
    "offset of a day": "2022-01-11T12:00:00+23:59",
    "no time": "2022-13-41T25:61:61Z",
    "latin-1": Raw(b'"M\xfcnster"'),
    "latin-1 key": Raw(b'{"stra\xdfe":1}'),
    "NUL": Raw(b'"a\\u0000b"'),
    "NUL byte": Raw(b'"a\0b"'),
    "lone surrogate": Raw(b'"\\ud800"'),
    "400 digits": Raw(b"9" * 400),
    "minus 400 digits": Raw(b"-" + b"9" * 400),
    "5000 digits": Raw(b"1" * 5_000),
    "1e400": Raw(b"1e400"),
    "1e300": Raw(b"1e300"),
    "NaN": Raw(b"NaN"),
    "Infinity": Raw(b"-Infinity"),
    "deep list": Raw(b"[" * DEEP + b"]" * DEEP),
    "deep object": Raw(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "unclosed": Raw(b'"hostile'),
    "nothing": Raw(b""),
}
"""A name for each, so that a failing test says which it was."""

BODIES: Mapping[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n",
    "null": b"null",
    "number": b"17",
    "text": b'"hostile"',
    "list": b"[]",
    "list of nulls": b"[null,[],{}]",
    "object": b"{}",
    "other object": b'{"error":"busy","code":[1]}',
    "html": b"<!doctype html><html><body>Wartung</body></html>",
    "half": b'{"data":[{"id":"1"',
    "utf-16": '{"data":[]}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "zeros": b"\0" * 1_000,
    "deep": b"[" * DEEP + b"]" * DEEP,
    "two": b"{}{}",
}
"""Whole bodies that are no answer of any vendor."""

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
"""Any value that JSON can say, and NaN."""


def values() -> st.SearchStrategy[Any]:
    """The values of `HOSTILE`, and any other."""
    return st.sampled_from(list(HOSTILE.values())) | ANYTHING


def places(record: Record, sent: Any, start: Path = ()) -> list[Path]:
    """The place of the record, and of each declared field in it, also of those that it lacks.
    Records inside are walked as far as `sent` has them; of a list, the first."""
    found = [start]
    if not isinstance(sent, dict):
        return found
    for field in record.fields:
        here = (*start, field.name)
        found.append(here)
        if field.inside is None:
            continue
        inner = sent.get(field.name)
        if isinstance(inner, list) and inner:
            found += places(field.inside, inner[0], (*here, 0))
        elif isinstance(inner, dict):
            found += places(field.inside, inner, here)[1:]
    return found


def put(sent: Any, place: Path, value: Any) -> Any:
    """A copy of `sent` with the value at the place. `ABSENT` leaves the field out."""
    if not place:
        return value
    name, rest = place[0], place[1:]
    if isinstance(name, int):
        changed = [
            put(inner, rest, value) if at == name else inner for at, inner in enumerate(sent)
        ]
        return [inner for inner in changed if inner is not ABSENT]
    inner = put(sent.get(name), rest, value)
    others = {key: other for key, other in sent.items() if key != name}
    return others if inner is ABSENT else others | {name: inner}


def answers(record: Record, sent: Any) -> Iterator[tuple[str, Any]]:
    """A name, and the answer, for each hostile value in each place of a record."""
    for place in places(record, sent):
        for name, value in HOSTILE.items():
            where = ".".join(map(str, place)) or record.name
            yield f"{name} in {where}", put(sent, place, value)


def encode(sent: Any) -> bytes:
    """The answer as JSON, with the bytes of each `Raw` where it stands."""
    spliced: list[bytes] = []

    def mark(value: Any) -> str:
        if value is ABSENT:
            return ""
        spliced.append(value.bytes)
        return _MARK

    text = json.dumps(sent, default=mark).encode()
    for piece in spliced:
        text = text.replace(f'"{_MARK}"'.encode(), piece, 1)
    return text


def check_tables(tables: Mapping[str, pa.Table]) -> None:
    """AssertionError where a table has not its schema, or holds what Postgres refuses: NUL, a
    number that is not finite, NULL in a key or half of a surrogate pair."""
    for name, table in tables.items():
        assert table.schema == TABLES[name], name
        table.validate(full=True)
        for field in table.schema:
            column = table[field.name]
            assert field.nullable or column.null_count == 0, f"NULL in {name}.{field.name}"
            _check_values(f"{name}.{field.name}", column.to_pylist())


def _check_values(where: str, found: list[Any]) -> None:
    for value in found:
        if isinstance(value, str):
            assert "\0" not in value, f"NUL in {where}"
            value.encode()
        elif isinstance(value, float):
            assert math.isfinite(value), f"{value} in {where}"
