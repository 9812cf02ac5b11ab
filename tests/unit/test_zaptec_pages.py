"""When reading Zaptec's pages ends, and where it goes on: the two rules, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.vendors.zaptec.poll.pages import (
    CursorPages,
    NumberedPages,
    PagePosition,
    ids,
    page_problem,
    read_page,
    saved_position,
)

Server = Callable[[int], dict[str, Any]]
"""The page of a number."""


def read(pager: NumberedPages, server: Server, most: int = 200) -> tuple[list[int], set[str]]:
    """The pages that were asked for, and the ids that came."""
    asked, found = list[int](), set[str]()
    while not pager.is_done and not pager.problem and len(asked) < most:
        asked.append(int(pager.params()["PageIndex"]))
        page = server(asked[-1])
        pager.take(page)
        found.update(ids(page))
    return asked, found


def moving(*batches: str, size: int = 2, counted: bool = True) -> Server:
    """Newest first; before its n-th answer the records of batch n come on top."""
    records: list[str] = []
    waiting = list(batches)

    def server(number: int) -> dict[str, Any]:
        if waiting:
            records[:0] = waiting.pop(0)
        start = number * size
        page: dict[str, Any] = {"Data": [{"Id": name} for name in records[start : start + size]]}
        return page | ({"Pages": -(-len(records) // size)} if counted else {})

    return server


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(
    "batches", [["edcba"], ["edcba", "f"], ["edcba", "", "gf"], ["edcba", "f", "g", "", "h"]]
)
def test_what_comes_on_a_page_that_was_read_already_is_read_too(batches, counted):
    pager = NumberedPages()
    _, found = read(pager, moving(*batches, counted=counted))
    assert pager.is_done
    assert found == set("".join(batches))


@pytest.mark.parametrize(
    ("server", "asked"),
    [
        (lambda n: {"Pages": 0, "Data": []}, [0]),
        (lambda n: {"Pages": 1, "Data": [{"Id": "a"}]}, [0]),
        (lambda n: {"Data": []}, [0]),
        # growth at the end is harmless: the first page once more, and nothing has moved
        (lambda n: {"Pages": min(3 + n, 7), "Data": [{"Id": f"s{n}"}]}, [*range(7), 0]),
        # pages that overlap are read twice and no more
        (
            lambda n: {"Pages": 3, "Data": [{"Id": f"s{n}"}, {"Id": f"s{n + 1}"}]},
            [0, 1, 2, 0, 1, 2, 0],
        ),
        # records without an id are distinguished by what they hold
        (lambda n: {"Pages": 2, "Data": [{"Energy": n}]}, [0, 1, 0]),
    ],
)
def test_numbered_pages_are_read_to_their_end(server, asked):
    pager = NumberedPages()
    assert read(pager, server)[0] == asked
    assert (pager.is_done, pager.problem) == (True, None)


def test_pages_without_an_end_are_a_problem_and_no_loop():
    pager = NumberedPages()
    asked, _ = read(pager, lambda n: {"Pages": n + 2, "Data": [{"Id": "s"}]})
    assert len(asked) == 24
    assert pager.problem == "there is no end of pages: 24 were read"


def test_pages_that_never_stand_still_are_a_problem_and_no_loop():
    pager, count = NumberedPages(), iter(range(10_000))
    read(pager, lambda n: {"Pages": 2, "Data": [{"Id": f"s{next(count)}"}]})
    assert pager.problem == "the pages still move after 5 readings"


def test_reading_goes_on_at_a_saved_position_and_sees_what_has_moved_meanwhile():
    first = NumberedPages()
    before = read(first, moving("edcba"), most=2)[1]
    saved = json.loads(json.dumps(first.position))
    second = NumberedPages(saved_position(saved))
    asked, after = read(second, moving("fedcba"))
    assert asked[0] == 2
    assert before | after == set("abcdef")


@pytest.mark.parametrize(
    "saved", [None, 7, {}, [], [1], ["a", False, None, None], [1, False, 7, None], [1, True, [], 7]]
)
def test_a_position_that_cannot_be_read_is_the_beginning(saved):
    assert saved_position(saved) is None
    assert saved_position([3, True, ["a"], "b"]) == PagePosition(3, True, ["a"], "b")


@pytest.mark.parametrize(
    ("pages", "cursors", "problem"),
    [
        ([{"sessions": [], "hasMore": False}], [None], False),
        ([{"sessions": [1], "cursor": "a", "hasMore": True}, {"sessions": []}], [None, "a"], False),
        ([{"sessions": [1], "cursor": "a"}, {"sessions": [], "cursor": "b"}], [None, "a"], False),
        ([{"sessions": [], "cursor": "a", "hasMore": True}] * 2, [None, "a"], True),
        ([{"sessions": [], "hasMore": True}], [None], True),
        ([{"sessions": [], "cursor": 7, "hasMore": True}], [None], True),
        (
            [{"sessions": [1], "cursor": name, "hasMore": True} for name in "aba"],
            [None, *"ab"],
            True,
        ),
    ],
)
def test_a_cursor_leads_to_the_end_or_is_a_problem(pages, cursors, problem):
    pager, asked = CursorPages(), []
    for page in pages:
        if pager.is_done or pager.problem:
            break
        asked.append(pager.params().get("Cursor"))
        pager.take(page)
    assert asked == cursors
    assert (pager.is_done, bool(pager.problem)) == (not problem, problem)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["Data", "Pages", "sessions", "cursor", "hasMore"])


@given(st.lists(st.dictionaries(NAMES, VALUES), max_size=6))
def test_whatever_pages_hold_reading_goes_on_or_ends(pages):
    for pager in (NumberedPages(), CursorPages()):
        for page in pages:
            if not pager.is_done and not pager.problem:
                pager.take(page)
                assert saved_position(json.loads(json.dumps(pager.position))) == pager.position


@pytest.mark.parametrize(
    ("body", "is_page"),
    [
        (b'{"Data": []}', True),
        (b'{"sessions": [1]}', True),
        (b'{"Data": {}}', False),
        (b"[]", False),
        (b"<html>", False),
        (b"", False),
        (b'{"Data": [{"Id": "\xfc"}, {"Id": "\\ud800"}, NaN]}', True),
        (b"[" * 3000 + b"]" * 3000, False),
    ],
)
def test_a_page_is_an_object_with_a_list(body, is_page):
    assert (page_problem(body) is None) == is_page
    assert isinstance(read_page(body), dict)
