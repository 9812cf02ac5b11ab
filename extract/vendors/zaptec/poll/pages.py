"""Zaptec's two ways of paging, each with its rule to stop.

A pager asks, gives the answer with the place where reading goes on after it, and stops at the
first answer that failed: whoever comes back begins there. The place is what a progress file keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from extract.http import Exchange

MAX_PAGES = 10_000  # of one reading; a month of an installation has a few
MAX_TURNS = 5  # readings of pages that move


class Numbered(NamedTuple):
    """The page to ask for next. `is_read`: all were read, and the first is asked for once more.
    `head`: the ids of the first page, None where pages have moved; `tail`: the last id of the page
    before."""

    page: int = 0
    is_read: bool = False
    head: list[str] | None = None
    tail: str | None = None


Place = Numbered | str | None
"""Of a page, or a cursor; None is the beginning."""


def kept(saved: Any) -> Place:
    """A place that a progress file has kept."""
    if isinstance(saved, list):
        return Numbered(*saved)
    return saved if isinstance(saved, str) else None


@dataclass(frozen=True)
class Step:
    """An answer, where to go on once it has landed, and whether it was the last."""

    exchange: Exchange
    place: Place
    is_last: bool = False


class Indexed(msgspec.Struct):
    """`{"Pages": n, "Data": […]}`; Pages may be missing."""

    data: list[msgspec.Raw] = msgspec.field(name="Data")
    pages: int | None = msgspec.field(name="Pages", default=None)


class Cursored(msgspec.Struct):
    """`{"sessions": […], "cursor": "…", "hasMore": true}`."""

    sessions: list[msgspec.Raw]
    cursor: str | None = None
    has_more: bool | None = msgspec.field(name="hasMore", default=None)


class _Identified(msgspec.Struct):
    id: str = msgspec.field(name="Id", default="")


_indexed = msgspec.json.Decoder(Indexed)
_identified = msgspec.json.Decoder(_Identified)
_cursored = msgspec.json.Decoder(Cursored)


def by_index(ask: Callable[[int], Exchange], start: Place) -> Iterator[Step]:
    """Pages to the last, which is told anew by each: they may grow while they are read.

    At their end that does no harm. A record that comes on a page that was read already pushes
    others on, so that one comes twice, or the first page is another one afterwards: then all are
    read again, until nothing moves or nothing new comes. Reading fails after `MAX_TURNS`, and where
    there is no end of pages: at twice those that were told at first and twenty more.
    """
    at = start if isinstance(start, Numbered) else Numbered()
    known, seen = set[str](), {at.tail} if at.tail else set[str]()
    bound, turns = MAX_PAGES, 1
    while True:
        exchange = ask(at.page)
        if not exchange.ok or exchange.body is None:
            yield Step(exchange, at)
            return
        told, found = _indexed.decode(exchange.body), ids(exchange)
        if at.is_read:
            is_settled = turns > 1 and known.issuperset(seen) and known.issuperset(found)
            if is_settled or at.head == found:
                yield Step(exchange, None, is_last=True)
                return
            turns, known, seen = turns + 1, known | seen, set()
        if turns > MAX_TURNS:
            yield Step(_failed(exchange, f"the pages still move after {MAX_TURNS} readings"), at)
            return
        is_new = not seen.issuperset(found)
        has_moved = not seen.isdisjoint(found) and (is_new or told.pages is not None)
        seen.update(found)
        if told.pages is None:  # then they end where one brings nothing new
            is_last = not is_new
        else:
            is_last = at.page + 1 >= told.pages
            bound = min(bound, MAX_PAGES, 2 * told.pages + 20)
        if is_last and at.page == 0:
            yield Step(exchange, None, is_last=True)
            return
        head = None if has_moved else found if at.page == 0 else at.head
        at = Numbered(0 if is_last else at.page + 1, is_last, head, found[-1] if found else at.tail)
        yield Step(exchange, at)
        if at.page >= bound:
            text = f"there is no end of pages: {at.page} were read"
            yield Step(_failed(exchange, text), at)
            return


def by_cursor(ask: Callable[[str | None], Exchange], start: Place) -> Iterator[Step]:
    """Pages from the cursor `start` until an answer says that there are no more. A cursor that
    does not move, or comes back, is a failure: it would lead round for ever."""
    cursor = start if isinstance(start, str) else None
    seen = {cursor}
    while True:
        exchange = ask(cursor)
        if not exchange.ok or exchange.body is None:
            yield Step(exchange, cursor)
            return
        told = _cursored.decode(exchange.body)
        more = told.has_more if told.has_more is not None else bool(told.cursor and told.sessions)
        if not more:
            yield Step(exchange, cursor, is_last=True)
            return
        stuck = not told.cursor or told.cursor in seen or len(seen) >= MAX_PAGES
        yield Step(exchange, cursor if stuck else told.cursor)
        if stuck:
            text = f"there is more, but the cursor leads nowhere: {len(seen)} pages were read"
            yield Step(_failed(exchange, text), cursor)
            return
        cursor = told.cursor
        seen.add(cursor)


def _failed(exchange: Exchange, text: str) -> Exchange:
    """A failure to tell beside the good answer that led to it."""
    return replace(exchange, error=text, body=None)


def indexed(body: bytes) -> str | None:
    """What is wrong with a page that is asked for by its number."""
    return _wrong(_indexed, body)


def cursored(body: bytes) -> str | None:
    """What is wrong with a page that is asked for by a cursor."""
    return _wrong(_cursored, body)


def _wrong(decoder: msgspec.json.Decoder[Any], body: bytes) -> str | None:
    try:
        decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return f"the body is not a page of Zaptec's: {error}"
    return None


def ids(exchange: Exchange) -> list[str]:
    """The ids of a page's records; `Id` is the one field that every record has."""
    if not exchange.ok or exchange.body is None:
        return []
    records = (_identified.decode(raw) for raw in _indexed.decode(exchange.body).data)
    return [record.id for record in records if record.id]
