"""The generator of hostile answers reaches every declared field, and writes what it says."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from extract.lake.fields import KEY, LIST, NUMBER, OBJECT, Field, Record
from extract.lake.schemas import QUARANTINE
from tests.hostile import ABSENT, HOSTILE, Raw, answers, check_tables, encode, places, put

OUTLET = Record("outlet", (Field("id", KEY), Field("power", NUMBER)))
SITE = Record(
    "site",
    (
        Field("id", KEY),
        Field("at", OBJECT, inside=Record("at", (Field("latitude", NUMBER),))),
        Field("outlets", LIST, inside=OUTLET),
    ),
)
SENT = {"id": 1, "at": {"latitude": 50}, "outlets": [{"id": 2}, {"id": 3}]}


def test_every_declared_field_and_container_is_a_place() -> None:
    assert places(SITE, SENT) == [
        (),
        ("id",),
        ("at",),
        ("at", "latitude"),
        ("outlets",),
        ("outlets", 0),
        ("outlets", 0, "id"),
        ("outlets", 0, "power"),
    ]
    assert len(dict(answers(SITE, SENT))) == 8 * len(HOSTILE)


def test_a_value_is_put_in_its_place_and_nowhere_else() -> None:
    assert put(SENT, ("outlets", 0, "power"), 7)["outlets"] == [{"id": 2, "power": 7}, {"id": 3}]
    assert put(SENT, ("at", "latitude"), ABSENT)["at"] == {}
    assert put(SENT, ("outlets", 0), ABSENT)["outlets"] == [{"id": 3}]
    assert SENT["outlets"] == [{"id": 2}, {"id": 3}]


def test_bytes_are_spliced_in_where_they_stand() -> None:
    sent = {"a": Raw(b'"\xfc"'), "b": [Raw(b"NaN"), 1]}
    assert encode(sent) == b'{"a": "\xfc", "b": [NaN, 1]}'
    assert json.loads(encode(put(SENT, ("id",), Raw(b"9" * 400))))["id"] == int("9" * 400)


def test_a_nul_in_a_table_is_found() -> None:
    times = dict.fromkeys(("first_query_time", "last_query_time", "polls", "date"), 0)
    row = dict.fromkeys(QUARANTINE.names, "a") | times
    check_tables({"quarantine": pa.Table.from_pylist([row], schema=QUARANTINE)})
    bad = pa.Table.from_pylist([row | {"value": "a\0b"}], schema=QUARANTINE)
    with pytest.raises(AssertionError, match="NUL in quarantine"):
        check_tables({"quarantine": bad})
