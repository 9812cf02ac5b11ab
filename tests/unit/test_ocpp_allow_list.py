"""Every field of every OCPP message has a decision, and no decision is about a field that isn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.vendors.ocpp.poll.redaction import tables
from extract.vendors.ocpp.poll.redaction.kinds import KINDS, Kind, is_word
from extract.vendors.ocpp.poll.redaction.messages import ERROR, REQUESTS, RESPONSE
from extract.vendors.ocpp.poll.redaction.page import page
from extract.vendors.ocpp.poll.redaction.settings import HARMLESS, SENSITIVE
from extract.vendors.ocpp.poll.redaction.types import TYPES
from extract.vendors.ocpp.poll.redaction.words import ENUMERATED, plain
from tests.ocpp_schemas import Leaf, leaves

LEAVES = leaves()
FITTING = {
    "number": {"number", "id", "drop", "reading"},
    "flag": {"flag"},
    "time": {"time"},
    "word": {"word", "id"},
    "string": set(KINDS) - {"number", "flag", "time"},
    "any": {"text", "drop"},
}
"""What a field's form in the schema allows its kind to be."""

Owner = tuple[str, str]  # table, field


def decided(leaf: Leaf) -> tuple[Kind | None, list[Owner]]:
    """The kind of a field, and the declarations on the way to it."""
    name = "RESPONSE" if leaf.is_response else leaf.action
    fields = tables.RESPONSE if leaf.is_response else tables.REQUESTS.get(plain(leaf.action))
    used: list[Owner] = []
    for step in leaf.path:
        found = None if fields is None else fields.of(step.removesuffix("[]"))
        if found is None:
            return None, used
        declared, kind = found
        used.append((name, declared))
        if isinstance(kind, Kind):
            return kind, used
        fields, name = kind, next(n for n, table in tables.OBJECTS.items() if table is kind)
    # A text in place of an object is kept as a word: certificateStatus is one in 2.0.1.
    return KINDS["word"], used


def test_the_schemas_are_all_there():
    assert len(LEAVES) > 3900
    assert len({(leaf.version, leaf.action) for leaf in LEAVES}) > 150


def test_every_field_of_every_schema_has_a_decision_that_fits_its_form():
    kind_names = {id(kind): name for name, kind in KINDS.items()}
    wrong = []
    for leaf in LEAVES:
        kind, _ = decided(leaf)
        fits = kind is not None and (
            kind.action == "drop" or kind_names[id(kind)] in FITTING[leaf.form]
        )
        if not fits:
            wrong.append(f"{leaf}: {kind and kind_names[id(kind)]} for {leaf.form}")
    assert wrong == []


def test_no_decision_names_a_field_that_no_schema_has():
    used = {owner for leaf in LEAVES for owner in decided(leaf)[1]}
    assert sorted(set(_declared()) - used) == [("ERROR", name) for name in _names(ERROR)]


def _names(table: dict[str, str]) -> list[str]:
    return sorted(name for names in table.values() for name in names.split())


def _declared() -> Iterator[Owner]:
    all_tables = {**TYPES, **REQUESTS, "RESPONSE": RESPONSE, "ERROR": ERROR}
    for table, fields in all_tables.items():
        yield from ((table, name) for name in _names(fields))


def test_a_field_is_declared_once_in_a_table_and_with_a_kind_that_is_there():
    for table in (*TYPES.values(), *REQUESTS.values(), RESPONSE, ERROR):
        names = _names(table)
        assert len(names) == len(set(names))
        assert set(table) <= KINDS.keys() | TYPES.keys()


def test_the_words_are_those_of_the_schemas_enumerations():
    assert {word for leaf in LEAVES for word in leaf.words} == ENUMERATED


def test_the_actions_are_those_of_the_schemas():
    assert REQUESTS.keys() == {leaf.action for leaf in LEAVES} | {"GetPeriodicEventStream"}


def test_no_setting_is_both_harmless_and_sensitive():
    assert not {plain(name) for name in HARMLESS} & {plain(name) for name in SENSITIVE}
    assert all(is_word(name) for name in HARMLESS | SENSITIVE)


@pytest.mark.parametrize("word", ["suspended_ev", "SUSPENDED_EV", "Suspended EV", "SuspendedEV"])
def test_a_word_counts_in_any_spelling(word):
    assert is_word(word)


def test_the_page_about_ocpp_is_that_of_the_declarations():
    path = Path(__file__).parents[2] / "docs" / "sources" / "ocpp.md"
    assert path.read_text() == page(), f"run python -m {page.__module__} > {path}"
