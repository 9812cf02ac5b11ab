"""Log in at Zaptec: one login and one rate limit for all workers of a poll.

The login is a password grant. Its token is used until shortly before `expires_in`; there is no
refresh token, so a 401 means one fresh login, however many workers see it at once. The auth
endpoint allows about one request a second. More often it answers an HTML 503 without Retry-After;
it is then asked again, at growing intervals. No text here holds a secret.
"""

from __future__ import annotations

import json
import math
import threading
import time

import tenacity
from pyrate_limiter import Duration, Limiter, Rate, SingleBucketFactory, StateBucket

from extract import http, login
from extract.http import AccessError, retry_after
from extract.login import RefusedError, Token
from extract.settings import Settings
from extract.transport import Response
from extract.vendors.zaptec.about import Settings as ZaptecSettings

RATE = 10  # requests a second, the vendor's limit per user
BURST = 12  # of the 15 allowed: three are left for requests that the network squeezes together
LOGIN_SPACING = 1.1  # seconds between two requests to the auth endpoint
LOGIN_ATTEMPTS = 6
LIFETIME = 3600.0  # seconds; of a token without `expires_in`
SETTINGS = "WATTSTAR_ZAPTEC_USERNAME and WATTSTAR_ZAPTEC_PASSWORD"


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
            _pause(self._not_before - time.monotonic())
            self._limiter.try_acquire("zaptec")

    def hold(self, seconds: float) -> None:
        """Make all threads wait for so many seconds."""
        until = time.monotonic() + min(seconds, http.RETRY_AFTER_MAX)
        self._not_before = max(self._not_before, until)


class Login(login.Login):
    """The token, shared by all workers. AccessError where Zaptec gives none."""

    vendor, unavailable_for, refused_for = "Zaptec", 60.0, float("inf")

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        own = ZaptecSettings.of(settings)
        self._url = f"{own.url.rstrip('/')}/oauth/token"
        self._username, self._password = own.username, own.password
        self._login_after = 0.0  # monotonic

    def _may_replace(self, refused: str) -> bool:
        """Not where the refused token is itself a fresh replacement: another would not help."""
        return refused != self._unproved

    def _obtain(self, refused: str) -> Token:  # noqa: ARG002
        answer = self._answer()
        if answer.status_code in (400, 401, 403):
            status = f"HTTP {answer.status_code}"
            raise RefusedError(f"Zaptec refuses the login ({status}): look at {SETTINGS}")
        try:
            grant = json.loads(answer.body)
            lifetime = float(grant.get("expires_in") or LIFETIME)
            is_known = math.isfinite(lifetime) and lifetime > 0
            return Token.living(grant["access_token"], lifetime if is_known else LIFETIME)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise AccessError(
                f"Zaptec's login gave no token (HTTP {answer.status_code}): "
                "look at WATTSTAR_ZAPTEC_URL"
            ) from None

    def _answer(self) -> Response:
        """The auth endpoint's answer; asked again while it is overloaded (408, 429, 5xx)."""
        if not self._username or self._password is None:
            raise RefusedError(f"Zaptec needs a login: set {SETTINGS}")
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(LOGIN_ATTEMPTS),
            wait=tenacity.wait_exponential_jitter(initial=1, max=30, jitter=0.5),
            retry=tenacity.retry_if_exception_type(AccessError),
            reraise=True,
        )
        return retrying(self._ask)

    def _ask(self) -> Response:
        """Send one request. AccessError where there is no answer, or the endpoint is overloaded."""
        _pause(self._login_after - time.monotonic())
        assert self._password is not None
        form = {
            "grant_type": "password",
            "username": self._username,
            "password": self._password.get_secret_value(),
        }
        try:
            answer = self._post(self._url, data=form)
        finally:
            self._login_after = time.monotonic() + LOGIN_SPACING
        if answer.status_code in http.RETRIED_STATUS:
            self._login_after += min(retry_after(answer.headers) or 0.0, http.RETRY_AFTER_MAX)
            raise AccessError(f"Zaptec's login gave no answer: HTTP {answer.status_code}")
        return answer


def _pause(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
