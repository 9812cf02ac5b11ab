"""How Zaptec lets us in: one login and one rate limit for all workers of a run.

The login is a password grant. Its token is used until shortly before `expires_in`; there is no
refresh token, so a 401 means one fresh login, however many workers see it at once. The auth
endpoint bears about one request a second and answers an HTML 503 without Retry-After when it is
asked more often; it is then asked again, ever more slowly. No text here holds a secret.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import tenacity
from pyrate_limiter import Duration, Limiter, Rate, SingleBucketFactory, StateBucket

from extract import http
from extract.http import AccessError
from extract.settings import Settings
from extract.vendors.zaptec.about import Settings as ZaptecSettings

RATE = 10  # requests a second, the vendor's limit per user
BURST = 12  # of the 15 allowed: three are left for requests that the network squeezes together
LOGIN_SPACING = 1.1  # seconds between two requests to the auth endpoint
LOGIN_ATTEMPTS = 6
MARGIN = 60.0  # seconds before its end at which a token is no longer used
UNAVAILABLE_FOR = 60.0  # seconds after a login that failed before another is tried
LOOK_AT = "look at WATTSTAR_ZAPTEC_USERNAME and WATTSTAR_ZAPTEC_PASSWORD"


class Limit:
    """The rate limit; a 429 seen by one worker makes all of them pause."""

    def __init__(self) -> None:
        bucket = StateBucket([Rate(RATE, Duration.SECOND, burst=BURST)])
        self._limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=1)
        self._turn = threading.Lock()
        self._not_before = 0.0

    def wait(self) -> None:
        """Returns when another request may be sent."""
        with self._turn:  # one waits for the bucket, the others for their turn: none starves
            pause(self._not_before - time.monotonic())
            self._limiter.try_acquire("zaptec")

    def hold(self, seconds: float) -> None:
        """Let nobody send for a while."""
        until = time.monotonic() + min(seconds, http.RETRY_AFTER_MAX)
        self._not_before = max(self._not_before, until)


class Login:
    """The token, shared by all workers. AccessError where there is none to be had."""

    def __init__(self, settings: Settings) -> None:
        account = ZaptecSettings.of(settings)
        self._url = f"{account.url.rstrip('/')}/oauth/token"
        self._username, self._password = account.username, account.password
        self._client = http.session()
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0  # monotonic, as all times here
        self._login_after = 0.0
        self._is_again = False  # whether the token replaces a refused one and has not worked yet
        self._failure: tuple[float, AccessError] | None = None

    def headers(self) -> dict[str, str]:
        """The token as a header."""
        with self._lock:
            if not self._token or time.monotonic() >= self._until:
                self._log_in()
            return self._header()

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Another token than the refused one. False where that was already the second in a row:
        it isn't the token's age, then, and more logins would not help."""
        with self._lock:
            if dict(refused) == self._header():
                if self._is_again:
                    return False
                self._is_again = True
                self._log_in()
            return True

    def worked(self, header: str | None) -> None:
        """Remember that an answer came with this token."""
        if self._is_again and header == self._header()["Authorization"]:
            self._is_again = False

    def _header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _log_in(self) -> None:
        if self._failure and time.monotonic() < self._failure[0]:
            raise AccessError(str(self._failure[1]))
        self._token = ""
        try:
            self._token, lifetime = self._granted(self._answer())
        except AccessError as error:
            refused = isinstance(error, _RefusedError)
            again = float("inf") if refused else time.monotonic() + UNAVAILABLE_FOR
            self._failure = (again, error)
            raise
        self._until = time.monotonic() + lifetime - min(MARGIN, lifetime / 10)

    def _answer(self) -> requests.Response:
        """What the auth endpoint says, once it says anything but "not now"."""
        if not self._username or self._password is None:
            raise _RefusedError("Zaptec needs a login: set " + LOOK_AT.removeprefix("look at "))
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(LOGIN_ATTEMPTS),
            wait=tenacity.wait_exponential_jitter(initial=1, max=30, jitter=0.5),
            retry=tenacity.retry_if_exception_type(_NotNowError),
            reraise=True,
        )
        try:
            return retrying(self._ask)
        except _NotNowError as error:
            raise AccessError(f"Zaptec's login gave no answer: {error}") from None

    def _ask(self) -> requests.Response:
        pause(self._login_after - time.monotonic())
        assert self._password is not None
        form = {
            "grant_type": "password",
            "username": self._username,
            "password": self._password.get_secret_value(),
        }
        try:
            answer = self._client.post(self._url, data=form, timeout=http.TIMEOUT)
        except requests.RequestException as error:
            raise _NotNowError(type(error).__name__) from None  # its text may hold the request
        finally:
            self._login_after = time.monotonic() + LOGIN_SPACING
        if answer.status_code in http.RETRIED_STATUS:
            self._login_after += retry_after(answer) or 0.0
            raise _NotNowError(f"HTTP {answer.status_code}")
        return answer

    def _granted(self, answer: requests.Response) -> tuple[str, float]:
        """The token and how many seconds it lives."""
        if answer.status_code in (400, 401, 403):
            raise _RefusedError(f"Zaptec refuses the login (HTTP {answer.status_code}): {LOOK_AT}")
        try:
            grant: dict[str, Any] = json.loads(answer.content)
            return str(grant["access_token"]), float(grant.get("expires_in") or 3600)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise AccessError(
                f"Zaptec's login gave no token (HTTP {answer.status_code}): "
                "look at WATTSTAR_ZAPTEC_URL"
            ) from None


class _NotNowError(Exception):
    """The auth endpoint is not there, or wants to be left alone."""


class _RefusedError(AccessError):
    """The auth endpoint knows us, or rather does not: asking again would change nothing."""


class Access(http.Access):
    """What one kind of request needs: the shared login and limit, and how its answers are kept."""

    def __init__(self, login: Login, limit: Limit, clean: Callable[[bytes], bytes | None]) -> None:
        self._login, self._limit, self._clean = login, limit, clean

    def headers(self) -> Mapping[str, str]:
        """The token."""
        return self._login.headers()

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Another token, once."""
        return self._login.renew(refused)

    def wait(self) -> None:
        """Wait for the rate limit."""
        self._limit.wait()

    def cleaned(self, body: bytes) -> bytes | None:
        """The body without personal data and secrets."""
        return self._clean(body)


def listening(login: Login, limit: Limit) -> requests.Session:
    """A session, for one thread, that tells the login and the limit what it is answered."""

    def heard(response: requests.Response, **_more: Any) -> None:
        if response.status_code == 429:
            limit.hold(retry_after(response) or 1.0)
        elif response.ok:
            login.worked(response.request.headers.get("Authorization"))

    client = http.session()
    client.hooks["response"].append(heard)
    return client


def retry_after(response: requests.Response) -> float | None:
    """Seconds, where the server says so in seconds."""
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


def pause(seconds: float) -> None:
    """Sleep, unless it is time already."""
    if seconds > 0:
        time.sleep(seconds)
