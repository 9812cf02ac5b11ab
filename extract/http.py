"""Send one HTTP request with retries; success and failure both become an `Exchange`.

Nothing that a server does raises: an error status, an answer that is cut off or cannot be read, and
no answer at all are facts, which land beside the good answers. Retried are transport errors,
408, 429, 5xx and bodies that `readable` refuses; `Retry-After` is honoured up to `RETRY_AFTER_MAX`
seconds. One attempt has the limits of extract/transport.py. No error text holds a URL, a header or
a server's own words: these may hold secrets or persons.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
import tenacity

from extract.errors import WattstarError
from extract.transport import Response, TooLongError, is_over, send, session

__all__ = ["ATTEMPTS", "Access", "AccessError", "Exchange", "Request", "fetch", "session"]

ATTEMPTS = 4
RETRY_AFTER_MAX = 60.0
RETRIED_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_log = logging.getLogger("wattstar")


@dataclass
class Exchange:
    """A request and its outcome; all times UTC. `query_time` is the time the answer is for: its own
    timestamp where the vendor sends one, else when the request was sent. `url` holds no
    credentials."""

    source: str
    stream: str
    endpoint: str
    scope: str
    url: str
    params: Mapping[str, str]
    requested_at: datetime
    query_time: datetime
    status_code: int | None = None
    attempts: int = 0
    elapsed_ms: float = 0.0
    error: str | None = None
    body: bytes | None = None

    @property
    def ok(self) -> bool:
        """Whether it has an answer that can be used."""
        return self.error is None


@dataclass
class Request:
    """A request. `params` land in the lake, so they must hold no secret; `json`, the body that is
    sent, does not land. `query_time`: the time the answer is for, where that is not the time of the
    request. `until` (monotonic): when it is given up; None: the limits of extract/transport.py."""

    source: str
    stream: str
    endpoint: str
    scope: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    json: Any = None
    query_time: datetime | None = None
    attempts: int = ATTEMPTS
    until: float | None = None


class AccessError(WattstarError):
    """A vendor's login failed, or a setting is missing or wrong. The text names the setting to look
    at, and holds no secret."""


class Access:
    """A vendor's login, rate limit and redaction. This base has none of the three."""

    def headers(self) -> Mapping[str, str]:
        """Headers of the next attempt, such as the token; logs in where there is no token yet.
        AccessError where the login fails."""
        return {}

    def refresh(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """After a 401 for these headers: get other headers; returns whether to try again (once)."""
        return False

    def on_success(self, headers: Mapping[str, str]) -> None:
        """A request with these headers got a status below 400."""

    def on_too_many(self, seconds: float) -> None:
        """The server answered 429: send nothing for so many seconds."""

    def wait(self) -> None:
        """Returns when the rate limit allows another request."""

    def redact(self, body: bytes) -> bytes | None:
        """The body without personal data and secrets, or None where nothing of it may be kept."""
        return body


def fetch(
    client: requests.Session,
    request: Request,
    readable: Callable[[bytes], str | None] = lambda body: None,
    access: Access | None = None,
) -> Exchange:
    """Send a request until it is answered or the attempts are used up. Never raises.

    `readable` gets the redacted body of a 200 and returns what is wrong with it; None: nothing.
    """
    now = datetime.now(UTC)
    exchange = Exchange(
        request.source,
        request.stream,
        request.endpoint,
        request.scope,
        without_credentials(request.url),
        request.params,
        requested_at=now,
        query_time=request.query_time or now,
    )
    started = time.monotonic()
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(request.attempts),
        wait=_wait,
        retry=tenacity.retry_if_result(lambda outcome: outcome.retry),
        retry_error_callback=lambda state: None,
    )
    retrying(_attempt, client, request, exchange, readable, access or Access())
    exchange.elapsed_ms = (time.monotonic() - started) * 1000
    return exchange


@dataclass
class _Outcome:
    retry: bool
    retry_after: float | None = None


_backoff = tenacity.wait_exponential_jitter(initial=0.5, max=20, jitter=0.5)


def _wait(state: tenacity.RetryCallState) -> float:
    outcome = state.outcome.result() if state.outcome else None
    if outcome is not None and outcome.retry_after is not None:
        return min(outcome.retry_after, RETRY_AFTER_MAX)
    return _backoff(state)


def _attempt(
    client: requests.Session,
    request: Request,
    exchange: Exchange,
    readable: Callable[[bytes], str | None],
    access: Access,
) -> _Outcome:
    exchange.attempts += 1
    try:
        response = _answer(client, request, exchange, access)
        return _outcome(response, exchange, readable, access)
    except AccessError as error:
        exchange.error = str(error)
        return _Outcome(retry=False)
    except requests.RequestException as error:
        exchange.error = _plain(error)
        return _Outcome(retry=not is_over())
    except Exception as error:  # one answer that breaks our code must not stop the others
        exchange.error = f"Wattstar failed at this answer ({type(error).__name__}): see the log"
        exchange.body = None
        _log.error("%s/%s %s", exchange.stream, exchange.endpoint, trace(error))
        return _Outcome(retry=False)


def _outcome(
    response: Response,
    exchange: Exchange,
    readable: Callable[[bytes], str | None],
    access: Access,
) -> _Outcome:
    exchange.status_code, exchange.body = response.status_code, access.redact(response.body)
    if response.status_code != 200:
        exchange.error = f"HTTP {response.status_code} {_phrase(response.status_code)}".strip()
        retry = response.status_code in RETRIED_STATUS
        return _Outcome(retry, retry_after(response.headers))
    exchange.error = readable(exchange.body or b"")
    return _Outcome(retry=exchange.error is not None)


def _answer(
    client: requests.Session, request: Request, exchange: Exchange, access: Access
) -> Response:
    """The answer. After a 401 the request is sent again, once, if `access` gets other headers."""
    headers = access.headers()
    response = _once(client, request, exchange, access, headers)
    if response.status_code == 401 and access.refresh(headers):
        headers = access.headers()
        response = _once(client, request, exchange, access, headers)
    if response.status_code == 429:
        access.on_too_many(retry_after(response.headers) or 1.0)
    elif response.status_code < 400:
        access.on_success(headers)
    return response


def _once(
    client: requests.Session,
    request: Request,
    exchange: Exchange,
    access: Access,
    headers: Mapping[str, str],
) -> Response:
    access.wait()
    exchange.requested_at = datetime.now(UTC)
    exchange.query_time = request.query_time or exchange.requested_at
    exchange.status_code = exchange.body = None
    what = {"params": request.params, "json": request.json, "headers": headers}
    return send(client, request.method, request.url, request.until, **what)


# --- texts without secrets --------------------------------------------------------------------


def _phrase(status: int) -> str:
    """The standard's words for a status. The server's own words could hold a secret or a person."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _plain(error: requests.RequestException) -> str:
    """What went wrong: the exceptions' class names and the operating system's text. A library's own
    texts hold URLs, headers and memory addresses."""
    if isinstance(error, TooLongError):
        return str(error)
    if is_over():
        return "no whole answer in time: it was given up"
    if isinstance(error, requests.Timeout):
        return f"no answer in time ({type(error).__name__})"
    cause: BaseException = error
    while (inner := _cause(cause)) is not None:
        cause = inner
    system = getattr(cause, "strerror", None) or ""
    kinds = dict.fromkeys([type(error).__name__, type(cause).__name__])
    return ": ".join(filter(None, [*kinds, system]))[:300]


def _cause(error: BaseException) -> BaseException | None:
    """The exception within an exception; libraries put it in one of three places."""
    places = (*error.args[:2], getattr(error, "reason", None), error.__cause__)
    return next((place for place in places if isinstance(place, BaseException)), None)


def trace(error: BaseException) -> str:
    """The class and the traceback of an exception, without its text, which may hold a value."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def without_credentials(url: str) -> str:
    """The URL without `user:password@`, which must neither land nor be shown."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url, count=1)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by an answer's Retry-After; None where it has none that can be read."""
    return _retry_after(headers.get("Retry-After"))


def _retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or an HTTP date (RFC 9110)."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
