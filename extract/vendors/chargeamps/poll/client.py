"""Charge Amps over HTTP: one method per request. The package's docstring lists what lands.

Built after the vendor's own OpenAPI of version 5 and client code in the wild: no recording of the
real API exists. At most `WORKERS` requests are sent at once. A request that fails raises nothing:
it gives a failed `Exchange`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import requests

from extract import http
from extract.http import Exchange, Request, fetch
from extract.lake import payload
from extract.lake.fields import UnreadableError
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.fields import ENDPOINTS
from extract.vendors.chargeamps.poll.login import Access, Login, RefusedError
from extract.vendors.chargeamps.poll.redact import redactor

WORKERS = 4
AGAIN = frozenset({None, 500, 502, 503, 504})  # status codes (None: no answer) to ask again at once
OBJECTS = frozenset({"status", "settings"})  # endpoints that answer one object; others: a list

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_log = logging.getLogger("wattstar")


class Target(NamedTuple):
    """What one request for status covers: an organisation (endpoint `statuses`) with its charge
    points, or one charge point (endpoint `status`). `scope` is the vendor's id."""

    endpoint: str
    scope: str
    points: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The path below the API's version."""
        if self.endpoint == "statuses":
            return f"organisations/{_quoted(self.scope)}/chargepoints/statuses"
        return f"chargepoints/{_quoted(self.scope)}/status"


class Client:
    """Sends requests with one login, from any number of threads. PseudonymKeyError where the lake
    was written with another key: before anything is asked."""

    def __init__(self, settings: Settings) -> None:
        pseudonyms = Pseudonyms(settings, "chargeamps")
        self.lake, self.home = Lake(settings.lake_url), settings.home / "chargeamps"
        own = ChargeAmpsSettings.of(settings)
        self.account = pseudonyms.any_of(f"{own.url} {own.email}")
        self.redactors = {name: redactor(pseudonyms, record) for name, record in ENDPOINTS.items()}
        self._base = f"{own.url.rstrip('/')}/api/{own.version}"
        self._login = Login(settings)
        self._own = threading.local()  # requests' sessions are not for sharing between threads

    def log_in(self) -> None:
        """Log in. AccessError where the login is refused. Where the server gives no answer nothing
        is raised: each request then fails by itself."""
        try:
            self._login.headers()
        except RefusedError:
            raise
        except http.AccessError:
            return

    # --- charge points and organisations ----------------------------------------------------------

    def owned(self, seconds: float | None = None) -> Exchange:
        """The charge points of the account, within some seconds."""
        return self.ask("assets", "owned", "*", "chargepoints/owned", seconds=seconds)

    def organisations(self, seconds: float | None = None) -> Exchange:
        """The organisations of an Enterprise account; 403 for a Private one."""
        return self.ask("assets", "organisations", "*", "organisations", seconds=seconds)

    def organisation_points(self, organisation: str, seconds: float | None = None) -> Exchange:
        """The charge points of an organisation."""
        path = f"organisations/{_quoted(organisation)}/chargepoints"
        what = ("assets", "organisation_chargepoints", organisation)
        return self.ask(*what, path, seconds=seconds)

    def settings(self, point: str, connector: str, seconds: float | None = None) -> Exchange:
        """The settings of a connector."""
        return self.ask("assets", "settings", point, _settings(point, connector), seconds=seconds)

    # --- status and sessions ----------------------------------------------------------------------

    def status(self, target: Target, at: datetime, seconds: float) -> Exchange:
        """The status of a target at the instant `at`, within some seconds. Asked once more where
        the connection or the server fails."""
        until = time.monotonic() + seconds
        what = ("status", target.endpoint, target.scope, target.path)
        first = self.ask(*what, query_time=at, seconds=seconds)
        left = until - time.monotonic()
        if first.ok or first.status_code not in AGAIN or left <= 0:
            return first
        second = self.ask(*what, query_time=at, seconds=left)
        spent = first.elapsed_ms + second.elapsed_ms
        return replace(second, attempts=2, elapsed_ms=spent)

    def missed(self, target: Target, at: datetime, now: datetime, why: str) -> Exchange:
        """What lands for a tick at which a target was not asked."""
        request = self._request("status", target.endpoint, target.scope, target.path)
        return _unasked(request, now, at, f"missed: {why}")

    def point_sessions(self, point: str, params: Mapping[str, str]) -> Exchange:
        """The sessions of a charge point within a window."""
        path = f"chargepoints/{_quoted(point)}/chargingsessions"
        return self.ask("sessions", "chargingsessions", point, path, params=params)

    def organisation_sessions(self, organisation: str, params: Mapping[str, str]) -> Exchange:
        """The sessions of an organisation within a window."""
        path = f"organisations/{_quoted(organisation)}/chargingsessions"
        what = ("sessions", "organisation_chargingsessions", organisation)
        return self.ask(*what, path, params=params)

    # --- control ----------------------------------------------------------------------------------

    def change(self, point: str, connector: str, settings: Any) -> Exchange:
        """Put a connector's settings. The body of the answer is not used."""
        request = self._request("assets", "settings_put", point, _settings(point, connector))
        request.method, request.json = "PUT", settings
        return self._fetch(request, Access(self._login, self.redactors["settings_put"]))

    def settings_unredacted(self, point: str, connector: str) -> Exchange:
        """The settings as they came, to be sent back: this exchange must not land."""
        request = self._request("assets", "settings", point, _settings(point, connector))
        return self._fetch(request, Access(self._login, lambda body: body))

    # --- sending requests -------------------------------------------------------------------------

    def ask(
        self,
        stream: str,
        endpoint: str,
        scope: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        query_time: datetime | None = None,
        seconds: float | None = None,
    ) -> Exchange:
        """One redacted answer. With `seconds` the request is sent once, and given up after them."""
        request = self._request(stream, endpoint, scope, path)
        request.params, request.query_time = params or {}, query_time
        request.attempts = http.ATTEMPTS if seconds is None else 1
        exchange = self._fetch(request, Access(self._login, self.redactors[endpoint]), seconds)
        if exchange.ok and exchange.body is None:
            exchange.error = "the answer cannot be redacted: it is nested too deep"
        return exchange

    def _request(self, stream: str, endpoint: str, scope: str, path: str) -> Request:
        return Request("chargeamps", stream, endpoint, scope, f"{self._base}/{path}")

    def _fetch(self, request: Request, access: Access, seconds: float | None = None) -> Exchange:
        request.until = None if seconds is None else time.monotonic() + seconds
        readable = _accept_any if request.method == "PUT" else _reader(request.endpoint)
        return fetch(self._session(), request, readable, access)

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = http.session()
        made: requests.Session = self._own.session
        return made


def at_once(ask: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """The answers for all items, in their order, `WORKERS` at a time."""
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(ask, items))


def _unasked(request: Request, now: datetime, at: datetime, error: str) -> Exchange:
    what = (request.source, request.stream, request.endpoint, request.scope, request.url)
    return Exchange(*what, request.params, requested_at=now, query_time=at, error=error)


def _settings(point: str, connector: str) -> str:
    return f"chargepoints/{_quoted(point)}/connectors/{_quoted(connector)}/settings"


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _reader(endpoint: str) -> Callable[[bytes], str | None]:
    """Says what is wrong with the body of a 200, or None."""
    wanted, name = (dict, "an object") if endpoint in OBJECTS else (list, "a list")

    def readable(body: bytes) -> str | None:
        try:
            found = payload.decode(body)
        except UnreadableError as error:
            return f"the body {error.reason}"
        return None if isinstance(found, wanted) else f"the body is not {name}"

    return readable


def _accept_any(_body: bytes) -> str | None:
    return None
