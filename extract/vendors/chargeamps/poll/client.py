"""Charge Amps over HTTP: charge points, their status, sessions and settings.

No recording of the real API exists: all of this is built from client code in the wild and from the
Uppsala thesis, and takes whatever those allow. At most `WORKERS` requests are under way at once.
What lands is listed in the package's docstring.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
import requests

from extract import http
from extract.http import Exchange, Request, fetch
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.poll.login import Access, Login, RefusedError, account
from extract.vendors.chargeamps.poll.redact import cleaner

WORKERS = 4
AGAIN = frozenset({None, 500, 502, 503, 504})  # asked once more at once: a connection was stale …

Answer = TypeVar("Answer")


class Point(NamedTuple):
    """A charge point and the numbers of its connectors."""

    id: str
    connectors: tuple[str, ...]


class Client:
    """Asks with one login, from as many threads as want to. PseudonymKeyError where the lake was
    written with another key: before anything is asked."""

    def __init__(self, settings: Settings) -> None:
        pseudonyms = Pseudonyms(settings, "chargeamps")
        self.lake, self.home = Lake(settings.lake_url), settings.home / "chargeamps"
        self.clean = cleaner(pseudonyms)
        own = ChargeAmpsSettings.of(settings)
        self._base = f"{own.url.rstrip('/')}/api/{own.version}"
        self._login = Login(settings)
        self._access = Access(self._login, self.clean)
        self._as_told = Access(self._login, lambda body: body)
        self._points = self.home / f"points-{account(settings)}.json"
        self._own = threading.local()  # requests' sessions are not for sharing between threads

    def log_in(self) -> None:
        """AccessError where the login is refused: nothing need be asked then. A server that gives
        no answer is another matter: each request says so by itself."""
        try:
            self._login.headers()
        except RefusedError:
            raise
        except http.AccessError:
            return

    # --- What is asked ---------------------------------------------------------------------------

    def owned(self, seconds: float | None = None) -> Exchange:
        """The charge points of the account, if told within some seconds; they are remembered."""
        until = None if seconds is None else time.monotonic() + seconds
        what = ("assets", "owned", "*")
        exchange = self.ask(what, "chargepoints/owned", is_list, until=until)
        if exchange.ok:
            self._remember(points(exchange))
        return exchange

    def settings(self, point: str, connector: str, seconds: float | None = None) -> Exchange:
        """The settings of a connector, if they are told within some seconds."""
        what = ("assets", "settings", point)
        until = None if seconds is None else time.monotonic() + seconds
        return self.ask(what, settings_path(point, connector), is_object, until=until)

    def status(self, point: str, at: datetime, seconds: float) -> Exchange:
        """What a charge point says at the instant `at`, if it says so within some seconds. Where
        the connection fails or the server does it is asked once more."""
        what, path = ("status", "status", point), _status_path(point)
        until = time.monotonic() + seconds
        first = self.ask(what, path, is_object, query_time=at, until=until)
        if first.ok or first.status_code not in AGAIN or time.monotonic() >= until:
            return first
        second = self.ask(what, path, is_object, query_time=at, until=until)
        spent = first.elapsed_ms + second.elapsed_ms
        return replace(second, attempts=2, elapsed_ms=spent)

    @staticmethod
    def sessions_path(point: str) -> str:
        """Where a charge point's sessions are."""
        return f"chargepoints/{_quoted(point)}/chargingsessions"

    def missed(self, point: str, at: datetime, now: datetime, why: str) -> Exchange:
        """What lands for a tick at which a charge point was not asked."""
        url = f"{self._base}/{_status_path(point)}"
        what = ("chargeamps", "status", "status", point, url)
        return Exchange(*what, {}, requested_at=now, query_time=at, error=f"missed: {why}")

    def ask(
        self,
        what: tuple[str, str, str],
        path: str,
        readable: Callable[[bytes], str | None],
        *,
        params: dict[str, str] | None = None,
        query_time: datetime | None = None,
        until: float | None = None,
    ) -> Exchange:
        """One answer about `what` (stream, endpoint, scope), without personal data. With a deadline
        `until` (monotonic) it is asked for once and not waited for longer."""
        request = Request(
            "chargeamps",
            *what,
            f"{self._base}/{path}",
            params or {},
            query_time=query_time,
            attempts=http.ATTEMPTS if until is None else 1,
            until=until,
        )
        return fetch(self._session(), request, readable, self._access)

    def change(self, point: str, connector: str, told: Any) -> Exchange:
        """Put a connector's settings; what is answered to that tells nothing."""
        url = f"{self._base}/{settings_path(point, connector)}"
        what = ("assets", "settings_put", point)
        request = Request("chargeamps", *what, url, method="PUT", json=told)
        return fetch(self._session(), request, access=self._access)

    def settings_as_told(self, point: str, connector: str) -> Exchange:
        """The settings as they came, to be sent back: nothing is taken out, so it must not land."""
        url = f"{self._base}/{settings_path(point, connector)}"
        request = Request("chargeamps", "assets", "settings", point, url)
        return fetch(self._session(), request, is_object, self._as_told)

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = http.session()
        made: requests.Session = self._own.session
        return made

    # --- Charge points that are known ------------------------------------------------------------

    def known(self) -> list[Point]:
        """The charge points of the last good answer: a server that is away when a window begins
        shall not cost its later samples."""
        try:
            return msgspec.json.decode(self._points.read_bytes(), type=list[Point])
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            return []

    def _remember(self, found: list[Point]) -> None:
        self._points.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._points.with_name(f".{threading.get_ident()}-{self._points.name}")
        Path(part).write_bytes(msgspec.json.encode(found))
        part.replace(self._points)


def at_once(ask: Callable[[Any], Answer], of: Iterable[Any]) -> list[Answer]:
    """The answers about all of these, in their order, `WORKERS` at a time."""
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(ask, of))


def points(owned: Exchange) -> list[Point]:
    """The charge points of an answer of `owned`, each once; an unreadable one is left out."""
    found: dict[str, Point] = {}
    told = msgspec.json.decode(owned.body or b"[]") if owned.ok else []
    for record in told if isinstance(told, list) else []:
        if isinstance(record, dict) and (name := _name(record.get("id"))):
            plugs = record.get("connectors")
            numbers = (
                _name(plug.get("connectorId"))
                for plug in (plugs if isinstance(plugs, list) else [])
                if isinstance(plug, dict)
            )
            found.setdefault(name, Point(name, tuple(dict.fromkeys(filter(None, numbers)))))
    return list(found.values())


def _name(value: Any) -> str:
    """An id, which is a number or a text; an empty one where it is neither."""
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_id else ""


def _status_path(point: str) -> str:
    return f"chargepoints/{_quoted(point)}/status"


def settings_path(point: str, connector: str) -> str:
    """Where a connector's settings are."""
    return f"chargepoints/{_quoted(point)}/connectors/{_quoted(connector)}/settings"


def _quoted(name: str) -> str:
    return quote(name, safe="")


def is_list(body: bytes) -> str | None:
    """What is wrong with a list."""
    return _wrong(_list, body)


def is_object(body: bytes) -> str | None:
    """What is wrong with an object."""
    return _wrong(_object, body)


_list = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _wrong(decoder: msgspec.json.Decoder, body: bytes) -> str | None:
    try:
        decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return f"the body is not what Charge Amps answers: {error}"
    return None
