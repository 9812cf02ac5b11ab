"""Zaptec's two ways of paging, each with its rule to stop. Nothing here asks a server.

A pager says which page to ask for next (`params`) and takes the answer (`take`). Then either there
is another page, or `is_done`, or `problem` says why reading cannot go on. Its `position` is what a
state file keeps: a later pager that is given it goes on there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from extract.lake import payload
from extract.lake.fields import UnreadableError

MAX_PAGES = 10_000  # of one reading; a month of an installation has a few
MAX_TURNS = 5  # readings of pages that move


class PagePosition(NamedTuple):
    """The page to ask for next. `is_read`: all were read, and the first is asked for once more.
    `head`: the ids of the first page, None where pages have moved; `tail`: the last id of the page
    before."""

    page: int = 0
    is_read: bool = False
    head: list[str] | None = None
    tail: str | None = None


Position = PagePosition | str | None
"""A page, or a cursor; None is the beginning."""


def saved_position(saved: Any) -> Position:
    """The position that a state file holds; the beginning where it holds none."""
    if isinstance(saved, str):
        return saved
    if isinstance(saved, list) and len(saved) == 4 and type(saved[0]) is int:
        page, is_read, head, tail = saved
        if (head is None or isinstance(head, list)) and (tail is None or isinstance(tail, str)):
            return PagePosition(page, bool(is_read), head, tail)
    return None


class Pager(Protocol):
    """Reads the pages of one list."""

    is_done: bool
    problem: str | None

    @property
    def position(self) -> Position:
        """Where reading goes on."""
        ...

    def params(self) -> dict[str, str]:
        """The parameters of the next request."""
        ...

    def take(self, page: Mapping[str, Any]) -> None:
        """Take the page that was asked for."""
        ...


class NumberedPages:
    """Pages by number, `{"Pages": n, "Data": […]}`; `Pages` may be missing.

    Read pages until the last; each answer restates the page count. Growth at the end is harmless;
    an insert earlier shifts records onto later pages. So the first page is read again at the end;
    if it has changed, all pages are read again, until nothing moves or nothing new comes. Reading
    fails after `MAX_TURNS`, or after twice as many pages as were first announced and twenty more.
    """

    def __init__(self, position: Position = None) -> None:
        self.position = position if isinstance(position, PagePosition) else PagePosition()
        self.is_done = False
        self.problem: str | None = None
        self._known = set[str]()  # ids of earlier turns
        self._seen = {self.position.tail} if self.position.tail else set[str]()
        self._bound, self._turns = MAX_PAGES, 1

    def params(self) -> dict[str, str]:
        """The number of the next page."""
        return {"PageIndex": str(self.position.page)}

    def take(self, page: Mapping[str, Any]) -> None:
        """Take a page."""
        at, found, pages = self.position, ids(page), _count(page.get("Pages"))
        if at.is_read:
            is_settled = (
                self._turns > 1 and self._known >= self._seen and self._known.issuperset(found)
            )
            if is_settled or at.head == found:
                self.is_done = True
                return
            self._turns, self._known, self._seen = self._turns + 1, self._known | self._seen, set()
            if self._turns > MAX_TURNS:
                self.problem = f"the pages still move after {MAX_TURNS} readings"
                return
        is_new = not self._seen.issuperset(found)
        has_moved = not self._seen.isdisjoint(found) and (is_new or pages is not None)
        self._seen.update(found)
        if pages is None:  # then they end where one brings nothing new
            is_last = not is_new
        else:
            is_last = at.page + 1 >= pages
            self._bound = min(self._bound, MAX_PAGES, 2 * pages + 20)
        if is_last and at.page == 0:
            self.is_done = True
            return
        head = None if has_moved else found if at.page == 0 else at.head
        tail = found[-1] if found else at.tail
        self.position = PagePosition(0 if is_last else at.page + 1, is_last, head, tail)
        if self.position.page >= self._bound:
            self.problem = f"there is no end of pages: {self.position.page} were read"


class CursorPages:
    """Pages by cursor, `{"sessions": […], "cursor": "…", "hasMore": true}`, until an answer says
    that there are no more. A cursor that was used before is a problem: reading would never end."""

    def __init__(self, position: Position = None) -> None:
        self.position = position if isinstance(position, str) else None
        self.is_done = False
        self.problem: str | None = None
        self._seen = {self.position}

    def params(self) -> dict[str, str]:
        """The cursor; none for the first page."""
        return {} if self.position is None else {"Cursor": self.position}

    def take(self, page: Mapping[str, Any]) -> None:
        """Take a page."""
        cursor, has_more = page.get("cursor"), page.get("hasMore")
        if not isinstance(has_more, bool):
            has_more = bool(cursor and page.get("sessions"))
        if not has_more:
            self.is_done = True
        elif isinstance(cursor, str) and cursor not in self._seen and len(self._seen) < MAX_PAGES:
            self._seen.add(cursor)
            self.position = cursor
        else:
            read = len(self._seen)
            self.problem = f"there is more, but the cursor leads nowhere: {read} pages were read"


def _count(pages: Any) -> int | None:
    return pages if isinstance(pages, int) and not isinstance(pages, bool) else None


def ids(page: Mapping[str, Any]) -> list[str]:
    """What distinguishes a page's records: the `Id`, else a digest of the record."""
    return [_identity(record) for record in records(page)]


def _identity(record: Any) -> str:
    found = record.get("Id") if isinstance(record, dict) else None
    if isinstance(found, str) and found:
        return found
    return hashlib.blake2b(json.dumps(record).encode(), digest_size=16).hexdigest()


def records(page: Mapping[str, Any]) -> list[Any]:
    """The records of a page of either kind."""
    found = page.get("Data", page.get("sessions"))
    return found if isinstance(found, list) else []


def read_page(body: bytes | None) -> dict[str, Any]:
    """A body as an object; an empty one where it is none."""
    try:
        found = payload.decode(body)
    except UnreadableError:
        return {}
    return found if isinstance(found, dict) else {}


def page_problem(body: bytes) -> str | None:
    """What is wrong with a page of either kind; None where nothing is."""
    page = read_page(body)
    is_page = isinstance(page.get("Data"), list) or isinstance(page.get("sessions"), list)
    return None if is_page else "the body is not a page of Zaptec's: no list Data or sessions"
