"""Zaptec's two ways of paging, each with its rule to stop.

A pager asks, gives the answer with the place where reading goes on after it, and stops at the
first answer that failed: whoever comes back begins there. The place is what a progress file keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from extract.http import Exchange

MAX_PAGES = 10_000  # of one reading; a month of an installation has a few
Place = int | str | None
"""A page's number, or a cursor; None is the beginning."""


@dataclass(frozen=True)
class Step:
    """An answer, where to go on once it has landed, and whether it was the last."""

    exchange: Exchange
    place: Place
    is_last: bool = False


class Indexed(msgspec.Struct):
    """`{"Pages": n, "Data": […]}`; without Pages a page that isn't full is the last."""

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


def by_index(ask: Callable[[int], Exchange], start: Place, size: int) -> Iterator[Step]:
    """Pages from `start` (0 at first) to the last, which is told anew by each: they may grow while
    they are read, so that a record comes twice, which does no harm. Growth has an end: at twice
    the pages that were told at first and twenty more, reading fails."""
    page = start if isinstance(start, int) else 0
    bound: int | None = None
    while True:
        exchange = ask(page)
        if not exchange.ok or exchange.body is None:
            yield Step(exchange, page)
            return
        told = _indexed.decode(exchange.body)
        if told.pages is None:
            is_last = len(told.data) < size
        else:
            is_last = page + 1 >= told.pages
            bound = bound or min(MAX_PAGES, 2 * told.pages + 20)
        yield Step(exchange, page + 1, is_last)
        if is_last:
            return
        page += 1
        if page >= (bound or MAX_PAGES):
            yield Step(_failed(exchange, f"there is no end of pages: {page} were read"), page)
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
