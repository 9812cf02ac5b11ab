"""Whose pseudonyms stand together, and what a search for a person can prove."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from extract.lake.persons import persons_in
from extract.settings import Settings
from extract.steps import forget
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
    assert spellings("42", USER) == ()
    assert spellings("O@x.no") == ("O%40x.no", "O@x.no")
    assert spellings(" 04A2B3C4 ", "42") == ("04A2B3C4",)


def test_forget_searches_for_every_spelling_and_for_no_short_identifier(tmp_path, monkeypatch):
    """A search for "42" would find a number in nearly every file, and the command would never end
    with 0."""
    searched = []

    class Stop(Exception):
        pass

    def run(work, asked):
        searched.append(work.sought.texts)
        raise Stop

    monkeypatch.setattr(forget._Forgetting, "run", run)
    monkeypatch.setattr(forget, "open_warehouse", lambda settings: nullcontext())
    with pytest.raises(Stop):
        forget.forget(Settings(_env_file=None, home=tmp_path), "zaptec", "42", "O@x.no")

    assert searched == [("O%40x.no", "O@x.no")]
