"""ChargeCloud over HTTP: `GET {base}/{city}`, without a key; further pages only where an answer
names a next one.

Rate limits are not documented, so two requests run at a time, with a User-Agent that names us. A
failure of one city does not stop the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import requests

from extract.http import Exchange, Request, fetch, session
from extract.lake.landing import Landing
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.chargecloud.about import Settings as FeedSettings
from extract.vendors.chargecloud.answer_time import answer_time
from extract.vendors.chargecloud.poll.readable import content, cut_off
from extract.vendors.chargecloud.poll.redact import redact

AT_ONCE = 2
MOST_PAGES = 200  # of one city; the largest city known has 4

_LOG = logging.getLogger("wattstar")
_own = threading.local()  # requests' sessions are not for sharing between threads


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Request every city and land its exchanges (one, or one per page) in the order of the cities,
    failures included. Raises PseudonymKeyError where the key has changed, OSError where the lake
    cannot be written."""
    if "poi" in streams:
        feed, pseudonyms = FeedSettings.of(settings), Pseudonyms(settings, "chargecloud")
        with ThreadPoolExecutor(AT_ONCE) as workers:
            answers = workers.map(lambda city: _city(feed.url, city, pseudonyms), feed.city_keys)
            land([exchange for pages in answers for exchange in pages])


def _city(base: str, city: str, pseudonyms: Pseudonyms) -> list[Exchange]:
    """The exchanges of a city's pages. Any error in here is a failed exchange of this city
    alone."""
    url = f"{base.rstrip('/')}/{quote(city, safe='')}"
    pages: list[Exchange] = []
    try:
        _ask(city, url, pages)
    except Exception as error:
        _LOG.exception("the poll of ChargeCloud %s failed", city)
        reason = f"the poll failed: {type(error).__name__}, see the log"
        if pages:
            pages[-1].error = reason
        else:
            pages.append(_exchange(city, url, 1, datetime.now(UTC), reason))
    for page in pages:
        page.body = _redacted(pseudonyms, page)
    return pages


def _redacted(pseudonyms: Pseudonyms, page: Exchange) -> bytes | None:
    """What of a page may land; nothing where redacting it failed."""
    try:
        return redact(pseudonyms, page.body)
    except Exception as error:
        _LOG.exception("an answer of ChargeCloud %s cannot be redacted", page.scope)
        page.error = f"the answer cannot be redacted: {type(error).__name__}, see the log"
        return None


def _ask(city: str, url: str, pages: list[Exchange]) -> None:
    """Request a city page by page until the last; each exchange is added to `pages` at once."""
    params: Mapping[str, str] = {}
    asked: set[str] = set()
    while True:
        at = pages[0].query_time if pages else None
        endpoint = f"poi page {len(pages) + 1}" if pages else "poi"
        request = Request("chargecloud", "poi", endpoint, city, url, params, query_time=at)
        exchange = fetch(_session(), request, cut_off)
        pages.append(exchange)
        following = _check(exchange, first=at is None)
        if following is None:
            return
        stop = _reason_to_stop(url, following, asked, len(pages))
        if stop is not None:
            pages.append(_exchange(city, url, len(pages) + 1, pages[0].query_time, stop))
            return
        asked.add(following)
        params = _params(url, following)


def _check(exchange: Exchange, *, first: bool) -> str | None:
    """Set the exchange's query time, and its error where the body is no answer. Returns the address
    or cursor of the next page, None on the last."""
    if not exchange.ok:
        return None
    found = content(exchange.body or b"")
    exchange.error = found.problem
    if first and exchange.ok:
        exchange.query_time, wrong = answer_time(found.timestamp, exchange.requested_at)
        if wrong is not None:
            _LOG.warning("ChargeCloud %s: the answer's timestamp %s", exchange.scope, wrong)
    return found.next_page if exchange.ok else None


def _reason_to_stop(url: str, following: str, asked: set[str], count: int) -> str | None:
    """Why the next page is not requested; None where it is."""
    if following in asked:
        return "the pages do not end: the answer names a next page that was read before"
    if count >= MOST_PAGES:
        return f"the pages do not end: {MOST_PAGES} were read"
    if urlsplit(urljoin(url, _address(following)))[:3] != urlsplit(url)[:3]:
        return "the answer names a next page at another address, which is not asked"
    return None


def _params(url: str, following: str) -> dict[str, str]:
    """The parameters of the next page, which is named by its address or by a cursor."""
    address = _address(following)
    if not address:
        return {"cursor": following}
    return dict(parse_qsl(urlsplit(urljoin(url, address)).query))


def _address(following: str) -> str:
    """The address that a text is, "" where it is a cursor."""
    return following if following.startswith(("http://", "https://", "/", "?")) else ""


def _exchange(city: str, url: str, number: int, at: datetime, error: str) -> Exchange:
    """A failed exchange, without an answer."""
    endpoint = "poi" if number == 1 else f"poi page {number}"
    now = datetime.now(UTC)
    return Exchange("chargecloud", "poi", endpoint, city, url, {}, now, at, error=error)


def _session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = session()
    made: requests.Session = _own.session
    return made
