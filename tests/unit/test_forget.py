"""Whose pseudonyms stand together, and what a search for a person can prove."""

from __future__ import annotations

import json

from extract.lake.persons import persons_in
from extract.steps.forget_search import spellings
from extract.vendors import person_fields

USER, CARD = "p_" + "a" * 32, "p_" + "b" * 32


def test_a_card_in_what_a_meter_signed_is_of_the_sessions_user():
    signed = f'OCMF|{{"FV":"1.0","ID":"{CARD}","RD":[]}}|{{"SD":"MGUC"}}'
    session = {"Id": "433a0789", "UserId": USER, "SignedSession": signed}
    fields = person_fields("zaptec")
    expected = (frozenset([USER]), frozenset([CARD]))
    assert expected in set(persons_in(json.dumps([session]).encode(), fields))
    state = {"StateId": 723, "ValueAsString": json.dumps(session)}
    assert expected in set(persons_in(json.dumps([state]).encode(), fields))


def test_what_stands_in_times_and_numbers_too_is_not_searched_for():
    assert spellings("42") == spellings(USER) == set()
    assert spellings("O@x.no") == {"O@x.no", "O%40x.no"}
    assert spellings("04A2B3C4") == {"04A2B3C4"}
