"""Zaptec over HTTP: one login and one rate limit for all workers of a poll.

A poll of the state asks for the list of chargers (100 a page) and once for each charger. With 200
chargers that is 203 requests (1 login, 2 pages, 200 states), 20 seconds at the limit of 10 a
second; in 10 minutes the limit allows 6,012, which is a poll of about 5,950 chargers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from extract.http import Exchange, Request, fetch, session
from extract.lake import payload
from extract.lake.fields import UnreadableError, printable
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.lake.pseudonyms import Pseudonyms
from extract.login import Access
from extract.settings import Settings
from extract.vendors.zaptec.about import Settings as ZaptecSettings
from extract.vendors.zaptec.poll.login import Limit, Login
from extract.vendors.zaptec.poll.pages import NumberedPages, page_problem, read_page, records
from extract.vendors.zaptec.poll.redact import RECORDS, redactor

PAGE_SIZE = 100  # the most that the numbered pages give
_PATHS = {"installations": "installation", "chargers": "chargers"}
_log = logging.getLogger("wattstar")


class Client:
    """Sends requests with one login and one rate limit, from any number of threads.
    PseudonymKeyError where the lake was written with another key: before anything is asked."""

    def __init__(self, settings: Settings) -> None:
        pseudonyms = Pseudonyms(settings, "zaptec")
        self.lake = Lake(settings.lake_url)
        own = ZaptecSettings.of(settings)
        self.sessions_by, self._base = own.sessions, own.url.rstrip("/")
        self._login, limit = Login(settings), Limit()
        self._access = {
            endpoint: Access(self._login, redactor(pseudonyms, endpoint), limit)
            for endpoint in RECORDS
        }
        self._own = threading.local()  # requests' sessions are not for sharing between threads

    def log_in(self) -> None:
        """Log in. AccessError where the login is refused or gives no answer."""
        self._login.headers()

    def ask(
        self,
        what: tuple[str, str, str],
        path: str,
        params: Mapping[str, str] | None = None,
        query_time: datetime | None = None,
    ) -> Exchange:
        """One answer about `what` (stream, endpoint, scope), without personal data."""
        if not hasattr(self._own, "session"):
            self._own.session = session()
        endpoint = what[1]
        readable = {"state": _list_problem, "installation": _object_problem}.get(
            endpoint, _object_problem if endpoint == "hierarchy" else page_problem
        )
        url = f"{self._base}/api/{path}"
        request = Request("zaptec", *what, url, params or {}, query_time=query_time)
        return fetch(self._own.session, request, readable, self._access[endpoint])


class Listing(NamedTuple):
    """The records of a list; `is_whole`: every page of it was read."""

    records: list[dict[str, Any]]
    is_whole: bool

    @property
    def ids(self) -> list[str]:
        """The records' ids, each once."""
        return list(dict.fromkeys(record["Id"] for record in self.records))


def read_list(
    client: Client, land: Landing, stream: str, endpoint: str, query_time: datetime | None = None
) -> Listing:
    """Read and land all pages of `installations` or `chargers`. Records without an id are left
    out: nothing can be asked about them."""
    pages, exchanges, found = NumberedPages(), list[Exchange](), list[Any]()
    while not pages.is_done and not pages.problem:
        params = {"PageSize": str(PAGE_SIZE)} | pages.params()
        exchange = client.ask((stream, endpoint, "*"), _PATHS[endpoint], params, query_time)
        exchanges.append(exchange)
        if not exchange.ok:
            break
        page = read_page(exchange.body)
        pages.take(page)
        found += records(page)
    if pages.problem:
        exchanges.append(failed(exchanges[-1], pages.problem))
    land(exchanges)
    has_id = [one for one in found if isinstance(one, dict) and _is_id(one.get("Id"))]
    return Listing(has_id, pages.is_done)


def name_of(installation: dict[str, Any]) -> str:
    """What an installation is called in messages: its name, else its id."""
    name = installation.get("Name")
    return printable(name)[:100] if isinstance(name, str) and name else str(installation["Id"])


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip("."))


def mark_empty(exchange: Exchange, text: str) -> None:
    """Make a failed answer one without content, which is no failure, and log why."""
    exchange.error = exchange.body = None
    _log.warning("zaptec: %s (HTTP %s)", text, exchange.status_code)


def failed(exchange: Exchange, text: str) -> Exchange:
    """A failed copy of a good answer: both land."""
    return Exchange(**{**vars(exchange), "error": text, "body": None})


def _list_problem(body: bytes) -> str | None:
    return _problem(body, list)


def _object_problem(body: bytes) -> str | None:
    return _problem(body, dict)


def _problem(body: bytes, kind: type) -> str | None:
    try:
        if isinstance(payload.decode(body), kind):
            return None
    except UnreadableError as error:
        return f"the body is not what Zaptec answers: it {error.reason}"
    return f"the body is not what Zaptec answers: not {'a list' if kind is list else 'an object'}"
