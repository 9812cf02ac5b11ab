"""Declared fields: what is read, what is refused, what may land."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.lake import fields
from extract.lake.fields import (
    FLAG,
    ID,
    KEY,
    NUMBER,
    OBJECT,
    PERSON,
    SECRET,
    TEXT,
    TIME,
    WORDS,
    Field,
    Issue,
    Record,
    RowReader,
    UnreadableError,
)
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer, Partition
from extract.lake.state import StateFile
from extract.settings import Settings

CONNECTOR = Record(
    "connector",
    (
        Field("id", KEY, column="connector_id"),
        Field("power", NUMBER, column="max_power_kw", unit="kW", least=0, most=1000),
        Field("isLocked", FLAG, column="locked"),
        Field("since", TIME, column="since"),
        Field("label", TEXT, column="label"),
        Field("serial", ID),
        Field("userName", PERSON),
        Field("pinCode", SECRET),
    ),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("power", "22", 22.0),
        ("power", 22, 22.0),
        ("power", "", None),
        ("isLocked", "true", True),
        ("isLocked", 0, False),
        ("label", " A \r\n", "A"),
        ("label", 7.0, "7"),
        ("label", "  ", None),
        ("since", "1970-01-01T01:00:00+01:00", 0),
        ("since", "1970-01-01T00:00:00", 0),
        ("since", "0001-01-01T00:00:00", None),
    ],
)
def test_the_same_value_may_come_in_several_forms(field: str, sent: Any, read: Any) -> None:
    assert CONNECTOR.value({field: sent}, field) == read


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("id", None),
        ("id", "x" * 301),
        ("power", 10**400),
        ("power", float("nan")),
        ("power", "9" * 400),
        ("power", -1),
        ("power", True),
        ("power", [22]),
        ("isLocked", "perhaps"),
        ("label", "a\0b"),
        ("label", "\ud800"),
        ("label", {"en": "A"}),
        pytest.param("label", 10**5000, id="label-of-5000-digits"),
        pytest.param("isLocked", 10**5000, id="flag-of-5000-digits"),
        ("since", "tomorrow"),
        ("since", "9999-12-31T23:59:59-12:00"),
        ("since", "0001-01-02T00:00:00+14:00"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_with_field_value_and_reason(
    field: str, sent: Any
) -> None:
    with pytest.raises(UnreadableError) as refused:
        CONNECTOR.value({field: sent}, field)

    issue = refused.value.issue("connector 1")
    assert (issue.record, issue.field) == ("connector 1", field)
    assert issue.reason
    assert issue.value is None or (issue.value.isprintable() and len(issue.value) <= fields.SHOWN)


@given(ANYTHING, st.sampled_from([field.name for field in CONNECTOR.fields]))
def test_a_field_is_read_or_refused_whatever_stands_in_it(sent: Any, field: str) -> None:
    try:
        read = CONNECTOR.value({field: sent}, field)
    except UnreadableError as refused:
        assert (refused.issue("x").value or "").isprintable()
    else:
        assert read is None or not isinstance(read, str) or "\0" not in read.encode().decode()


def test_equal_values_of_other_types_are_not_the_same_row() -> None:
    reader = RowReader(CONNECTOR, ["label", "locked"])

    assert reader.read({"label": 1, "isLocked": 1}) == ("1", True)
    with pytest.raises(UnreadableError):
        reader.read({"label": True, "isLocked": True})


def test_only_what_is_declared_lands_in_clear(tmp_path) -> None:
    pseudonyms = Pseudonyms(Settings(home=tmp_path), "acme")
    sent = {
        "id": "c1",
        "power": "22",
        "serial": "Ola's own",
        "userName": {"first": "Ola"},
        "pinCode": "1234",
        "wifiPassword": "hunter2",
        "nickname": ["Ola"],
    }

    landed = CONNECTOR.redact(pseudonyms, sent)

    assert (landed["id"], landed["power"]) == ("c1", "22")
    assert landed["pinCode"] is landed["wifiPassword"] is None
    assert landed["nickname"] == [pseudonyms.of("Ola")]
    assert landed["userName"] == {"first": pseudonyms.of("ola")}
    assert "Ola" not in str(landed)


def test_an_issue_counts_its_answers_and_names_the_first_file() -> None:
    partition = Partition("acme", "state", date(2026, 11, 1))
    quarantine = Quarantine(partition)
    issue = Issue("connector 1", "power", '"\ud800\0"', "is not a number")
    for at, file in ((20, "b"), (10, "a")):
        quarantine.add(Answer("s", at, at, 200, None, None, file), issue)
    quarantine.unknown("connector", ["colour"], "c1")
    quarantine.unknown("connector", ["colour"], "c1")

    tables = quarantine.tables()

    (row,) = tables["quarantine"].to_pylist()
    assert (row["polls"], row["file"], row["value"]) == (2, "a", '"\\ud800\\x00"')
    assert [row["records"] for row in tables["unknown_fields"].to_pylist()] == [1]


def test_a_state_file_that_is_broken_reads_as_empty(tmp_path) -> None:
    state = StateFile(Lake(str(tmp_path)), "progress/acme/c1.json")
    assert state.read() == {}
    state.write({"page": 3, "until": date(2026, 11, 1)})
    assert state.read() == {"page": 3, "until": "2026-11-01"}
    (tmp_path / "progress/acme/c1.json").write_text("{")
    assert state.read() == {}


def test_of_several_fields_for_one_column_the_first_with_a_value_counts() -> None:
    inside = Record("inside", (Field("name", TEXT, "name"), Field("kw", NUMBER, "power")))
    record = Record(
        "outside",
        (
            Field("power", NUMBER, "power"),
            Field("peak", NUMBER, "power"),
            Field("more", OBJECT, inside=inside),
        ),
    )

    assert record.read({"peak": 2, "more": {"name": "A", "kw": 3}}) == {"power": 2.0, "name": "A"}
    assert record.read({"more": {"kw": 3}}) == {"power": 3.0, "name": None}
    assert RowReader(record).read({"power": None, "peak": 2}) == (2.0,)
    with pytest.raises(ValueError, match="record outside has no field for colour"):
        RowReader(record, ["colour"])


def test_a_row_with_a_list_is_read_by_its_values_and_their_types() -> None:
    reader = RowReader(Record("evse", (Field("words", WORDS, "words"),)))

    assert reader.read({"words": ["b", "a", "b"]}) == reader.read({"words": ["a", "b"]}) == ("a b",)
    assert reader.read({"words": [1]}) == ("1",)
    with pytest.raises(UnreadableError):
        reader.read({"words": [True]})


def test_a_long_name_of_an_unknown_field_is_cut() -> None:
    quarantine = Quarantine(Partition("acme", "state", date(2026, 11, 1)))
    quarantine.unknown("connector", ["x" * 10_000, "a\0"], "c1")

    names = quarantine.tables()["unknown_fields"]["field"].to_pylist()
    assert sorted(map(len, names)) == [5, fields.SHOWN]
