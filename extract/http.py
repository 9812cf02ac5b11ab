"""One HTTP request with retries, told as one `Exchange`, whatever came of it.

An exchange never raises for what a server did: an error status, a cut-off answer or no answer at
all is a fact that lands beside the good ones. Retried are transport errors, 429, 5xx and answers
that `readable` refuses; `Retry-After` is honoured up to `RETRY_AFTER_MAX` seconds. `Access` is what
a vendor with a login adds: tokens, a rate limit, and no personal data in what is handed back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tenacity

from extract import __version__
from extract.errors import WattstarError

USER_AGENT = f"Wattstar/{__version__} (EV-charging data warehouse)"
TIMEOUT = (5.0, 30.0)  # seconds to connect, and between two bytes
ATTEMPTS = 4
RETRY_AFTER_MAX = 60.0
RETRIED_STATUS = frozenset({408, 429, 500, 502, 503, 504})


@dataclass
class Exchange:
    """A request and what came of it; all times UTC. `query_time` is the time the answer is for:
    its own timestamp where the vendor sends one, else when the request was sent."""

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
        """Whether it brought an answer that can be used."""
        return self.error is None


@dataclass
class Request:
    """A request: `params` land in the lake and so must hold no secret; `json`, what is sent, does
    not land. `query_time` is set where an answer is for another moment than that of the asking."""

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


class AccessError(WattstarError):
    """A vendor does not let us in; the text says which setting to look at, and holds no secret."""


class Access:
    """How a vendor wants to be asked; this one wants nothing special."""

    def headers(self) -> Mapping[str, str]:
        """Headers of the next attempt, such as the token; logs in where there is none yet.
        AccessError where that is refused."""
        return {}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """After a 401 for these headers: make others, and say whether to try again (once)."""
        return False

    def wait(self) -> None:
        """Returns when the rate limit allows another request."""

    def cleaned(self, body: bytes) -> bytes | None:
        """The body without personal data and secrets: what is kept of any answer."""
        return body


def session() -> requests.Session:
    """A session that says who is asking."""
    made = requests.Session()
    made.headers["User-Agent"] = USER_AGENT
    return made


def fetch(
    client: requests.Session,
    request: Request,
    readable: Callable[[bytes], str | None] = lambda body: None,
    access: Access | None = None,
) -> Exchange:
    """Send a request until it is answered or the attempts are used up.

    `readable` looks at the body of a 200 and says what is wrong with it, or None.
    """
    now = datetime.now(UTC)
    exchange = Exchange(
        request.source,
        request.stream,
        request.endpoint,
        request.scope,
        request.url,
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
        response = _send(client, request, exchange, access)
    except AccessError as error:
        exchange.error = str(error)
        return _Outcome(retry=False)
    except requests.RequestException as error:
        exchange.error = _plain(error)
        return _Outcome(retry=True)
    exchange.status_code, exchange.body = response.status_code, access.cleaned(response.content)
    if response.status_code != 200:
        exchange.error = f"HTTP {response.status_code} {response.reason or ''}".strip()
        retry = response.status_code in RETRIED_STATUS
        return _Outcome(retry, _retry_after(response.headers.get("Retry-After")))
    exchange.error = readable(response.content)
    return _Outcome(retry=exchange.error is not None)


def _send(
    client: requests.Session, request: Request, exchange: Exchange, access: Access
) -> requests.Response:
    """The answer; to a 401 a second request with renewed headers, if the vendor's access can."""

    def send(headers: Mapping[str, str]) -> requests.Response:
        access.wait()
        exchange.requested_at = datetime.now(UTC)
        exchange.query_time = request.query_time or exchange.requested_at
        exchange.status_code = exchange.body = None
        return client.request(
            request.method,
            request.url,
            params=request.params,
            json=request.json,
            headers=headers,
            timeout=TIMEOUT,
        )

    headers = access.headers()
    response = send(headers)
    if response.status_code == 401 and access.renew(headers):
        response = send(access.headers())
    return response


def _plain(error: requests.RequestException) -> str:
    """What went wrong, without the object addresses that libraries put into their texts."""
    if isinstance(error, requests.Timeout):
        return f"no answer in time ({type(error).__name__})"
    cause: BaseException = error
    while cause.args and isinstance(cause.args[0], BaseException):
        cause = cause.args[0]
    reason = getattr(cause, "reason", None) or cause
    return f"{type(error).__name__}: {type(reason).__name__}: {reason}"[:300]


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
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
