"""Zaptec over HTTP: installations, hierarchies, chargers and their state.

A cycle of the state asks for the list of chargers (100 a page) and once for each charger. With 200
chargers that is 203 requests (1 login, 2 pages, 200 states), 20 seconds at the limit of 10 a
second; in 10 minutes the limit allows 6,012, which is a cycle of about 5,950 chargers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import msgspec

from extract.http import Exchange, Request, fetch
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.zaptec.about import Settings as ZaptecSettings
from extract.vendors.zaptec.poll.login import Access, Limit, Login, listening
from extract.vendors.zaptec.poll.pages import by_index, ids, indexed
from extract.vendors.zaptec.poll.redact import Kind, cleaner

PAGE_SIZE = 100  # the most that the indexed endpoints give
WORKERS = 16  # enough for 10 answers a second of an API that takes 1.6 s for each
BATCH = 500  # answers about state that land as one file

Answer = TypeVar("Answer")
_list = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_told = logging.getLogger("wattstar")


class Client:
    """Asks with one login and within one limit, from as many threads as want to.
    PseudonymKeyError where the lake was written with another key: before anything is asked."""

    def __init__(self, settings: Settings) -> None:
        pseudonyms = Pseudonyms(settings, "zaptec")
        self.lake = Lake(settings.lake_url)
        account = ZaptecSettings.of(settings)
        self.sessions_by = account.sessions  # auto until a server has shown what it has
        self._base = account.url.rstrip("/")
        self._login, self._limit = Login(settings), Limit()
        kinds: tuple[Kind, ...] = ("installation", "charger", "state", "session")
        self._access = {
            kind: Access(self._login, self._limit, cleaner(pseudonyms, kind)) for kind in kinds
        }
        self._own = threading.local()  # requests' sessions are not for sharing between threads

    def log_in(self) -> None:
        """AccessError where we are not let in: nothing need be asked then."""
        self._login.headers()

    def ask(
        self,
        kind: Kind,
        what: tuple[str, str, str],
        path: str,
        *,
        readable: Callable[[bytes], str | None],
        params: dict[str, str] | None = None,
        query_time: datetime | None = None,
    ) -> Exchange:
        """One answer about `what` (stream, endpoint, scope), without personal data."""
        if not hasattr(self._own, "session"):
            self._own.session = listening(self._login, self._limit)
        url = f"{self._base}/api/{path}"
        request = Request("zaptec", *what, url, params or {}, query_time=query_time)
        return fetch(self._own.session, request, readable, self._access[kind])


def listing(
    client: Client, stream: str, of: str, query_time: datetime | None = None
) -> Iterator[Exchange]:
    """All pages of `installation` or `chargers`."""
    endpoint, kind = _LISTS[of]

    def page(number: int) -> Exchange:
        params = {"PageSize": str(PAGE_SIZE), "PageIndex": str(number)}
        what = (stream, endpoint, "*")
        return client.ask(kind, what, of, readable=indexed, params=params, query_time=query_time)

    return (step.exchange for step in by_index(page, None))


_LISTS: dict[str, tuple[str, Kind]] = {
    "installation": ("installations", "installation"),
    "chargers": ("chargers", "charger"),
}
"""What an endpoint of lists is called in the lake, and what it tells of."""


def assets(client: Client) -> Iterator[list[Exchange]]:
    """Installations, each one's detail and hierarchy, chargers."""
    found: list[str] = []
    for exchange in listing(client, "assets", "installation"):
        found += ids(exchange)
        yield [exchange]

    def both(installation: str) -> list[Exchange]:
        return [
            _asset(client, "installation", installation, f"installation/{installation}"),
            _asset(client, "hierarchy", installation, f"installation/{installation}/hierarchy"),
        ]

    for answers in _at_once(both, dict.fromkeys(found), BATCH // 2):
        yield [exchange for pair in answers for exchange in pair]
    yield list(listing(client, "assets", "chargers"))


def _asset(client: Client, endpoint: str, installation: str, path: str) -> Exchange:
    what = ("assets", endpoint, installation)
    exchange = client.ask("installation", what, path, readable=_is_object)
    if endpoint == "hierarchy" and exchange.status_code == 204:
        forgive(exchange, f"this account has no access to the hierarchy of {installation}")
    return exchange


def forgive(exchange: Exchange, text: str) -> None:
    """An answer without content that is no failure: it lands as such, and is told."""
    exchange.error = exchange.body = None
    _told.warning("zaptec: %s (HTTP %s)", text, exchange.status_code)


def state(client: Client) -> Iterator[list[Exchange]]:
    """The state of every charger; all of the cycle has the cycle's start as its query_time."""
    start = datetime.now(UTC)
    pages = list(listing(client, "state", "chargers", start))
    chargers = dict.fromkeys(charger for page in pages for charger in ids(page))

    def one(charger: str) -> Exchange:
        what, path = ("state", "state", charger), f"chargers/{charger}/state"
        return client.ask("state", what, path, readable=_is_list, query_time=start)

    yield pages
    yield from _at_once(one, chargers, BATCH)


def _at_once(
    ask: Callable[[str], Answer], scopes: Iterable[str], size: int
) -> Iterator[list[Answer]]:
    """The answers for all scopes, asked for by all workers, in batches."""
    waiting = iter(scopes)
    with ThreadPoolExecutor(WORKERS) as workers:
        while batch := list(islice(waiting, size)):
            yield list(workers.map(ask, batch))


def _is_list(body: bytes) -> str | None:
    return _wrong(_list, body)


def _is_object(body: bytes) -> str | None:
    return _wrong(_object, body)


def _wrong(decoder: msgspec.json.Decoder, body: bytes) -> str | None:
    try:
        decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return f"the body is not what Zaptec answers: {error}"
    return None
