"""Runs of equal answers: nothing is lost, whatever the answers are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from extract.lake.spans import Runs, merged

BLOCK = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"), max_size=3)
ANSWER = st.one_of(st.none(), st.lists(BLOCK, max_size=3), st.just("again"))


def observations(answers: list) -> tuple[set, Runs]:
    """What was seen, (key, time, value), by brute force; and the runs that were made of it."""
    runs, seen = Runs(), set()
    last: list[dict] = []
    for time, answer in enumerate(answers):
        if answer is None:
            runs.interrupt()
            continue
        last = last if answer == "again" else answer
        runs.answer(time, last)
        whole: dict = {}
        for block in reversed(last):
            whole |= block
        seen |= {(key, time, value) for key, value in whole.items()}
    return seen, runs


@given(st.lists(ANSWER, max_size=12))
def test_runs_and_times_give_back_every_observation(answers):
    seen, runs = observations(answers)
    restored = {
        (run.key, runs.times[number], run.value)
        for run in runs.finish()
        for number in range(run.first, run.last + 1)
    }
    assert restored == seen


@given(st.lists(ANSWER, max_size=12))
def test_runs_of_a_unit_never_overlap_and_are_as_long_as_they_can_be(answers):
    _, runs = observations(answers)
    interrupted = None in answers
    done = runs.finish()
    for one, two in pairwise(done):
        if one.key == two.key:
            assert one.last < two.first
            assert interrupted or one.value != two.value or one.last + 1 < two.first


@given(st.lists(ANSWER, max_size=12))
def test_the_number_of_units_is_that_of_the_last_answer(answers):
    runs = Runs()
    for time, answer in enumerate(answers):
        if isinstance(answer, list):
            runs.answer(time, answer)
            assert runs.units == len({key for block in answer for key in block})


def test_a_failed_poll_ends_every_run():
    runs = Runs()
    runs.answer(0, [{"a": "x"}])
    runs.interrupt()
    runs.answer(2, [{"a": "x"}])
    assert [(run.first, run.last) for run in runs.finish()] == [(0, 0), (1, 1)]


def test_master_data_that_was_away_and_came_back_the_same_is_one_run():
    runs = Runs()
    for time, answer in enumerate(([{"a": "x"}], [], [{"a": "x"}], [{"a": "y"}])):
        runs.answer(time, answer)
    assert [(run.value, run.first, run.last) for run in merged(runs.finish())] == [
        ("x", 0, 2),
        ("y", 3, 3),
    ]
