"""One login for all threads of a process: the base of every vendor that gives out tokens.

A vendor defines how to get a token (`Login._obtain`); the base does the rest. One thread logs in
for all. A token is replaced shortly before its end, and once after a 401. After a failed login
there is no other for a while. No text here holds a secret.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import msgspec
import requests

from extract import http
from extract.http import AccessError
from extract.transport import Response, send, session

MARGIN = 600.0  # seconds before its end at which a token is replaced, at most a tenth of its life


class RefusedError(AccessError):
    """The vendor rejects the credentials; retrying is pointless."""


class Token(msgspec.Struct, rename="camel", frozen=True):
    """A token: from `until` (seconds since 1970) on it is replaced, and at `ends` it is void."""

    token: str = ""
    refresh_token: str = ""
    until: float = 0.0
    ends: float = 0.0

    @classmethod
    def living(cls, token: Any, seconds: float, refresh_token: str = "") -> Token:
        """A token that is valid for so many seconds from now. ValueError where it is not text that
        a header can hold."""
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.isprintable()
            or not token
        ):
            raise ValueError("is not a token")
        ends = time.time() + seconds
        return cls(token, refresh_token, ends - min(MARGIN, seconds / 10), ends)

    @property
    def header(self) -> dict[str, str]:
        """The request header with the token."""
        return {"Authorization": f"Bearer {self.token}"}


class Login(ABC):
    """The token of one account. Its methods raise AccessError where the vendor gives none."""

    vendor: ClassVar[str]  # for messages
    unavailable_for: ClassVar[float]  # seconds to the next login after one without an answer
    refused_for: ClassVar[float]  # the same after one that was refused

    def __init__(self) -> None:
        self._client = session()
        self._lock = threading.Lock()
        self._token = Token()
        self._unproved = ""  # the token that replaced a refused one and has not worked yet
        self._failure: tuple[float, AccessError] | None = None

    def headers(self) -> dict[str, str]:
        """The token as a header, replaced where its end is near."""
        with self._lock:
            if time.time() >= self._token.until:
                try:
                    self._replace("")
                except AccessError:
                    if time.time() >= self._token.ends:  # until then the old one is valid
                        raise
            return self._token.header

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Replace the refused token, unless another thread has done so; returns whether to send the
        request again. AccessError where the vendor gives no other token."""
        with self._lock:
            if dict(refused) == self._token.header:
                old = self._token.token
                if not self._may_replace(old):
                    return False
                self._replace(old)
                self._unproved = self._token.token
            return True

    def on_success(self, headers: Mapping[str, str]) -> None:
        """Remember that the token of these headers works."""
        if self._unproved and headers.get("Authorization") == f"Bearer {self._unproved}":
            self._unproved = ""

    def _replace(self, refused: str) -> None:
        if self._failure and time.monotonic() < self._failure[0]:
            raise type(self._failure[1])(str(self._failure[1]))
        try:
            self._token = self._obtain(refused)
        except AccessError as error:
            again = self.refused_for if isinstance(error, RefusedError) else self.unavailable_for
            self._failure = (time.monotonic() + again, error)
            raise

    def _may_replace(self, refused: str) -> bool:  # noqa: ARG002
        """Whether a login may help after this token was refused."""
        return True

    @abstractmethod
    def _obtain(self, refused: str) -> Token:
        """Another token than the refused one, from the vendor. AccessError where it gives none."""

    def _post(self, url: str, **what: Any) -> Response:
        """Ask the vendor's login. AccessError where it gives no answer."""
        try:
            return send(self._client, "POST", url, **what)
        except requests.RequestException as error:  # its text may hold the request
            name = type(error).__name__
            raise AccessError(f"{self.vendor}'s login gave no answer: {name}") from None


class Limit(Protocol):
    """A rate limit that all threads share."""

    def wait(self) -> None:
        """Returns when another request may be sent."""
        ...

    def hold(self, seconds: float) -> None:
        """Make all threads wait for so many seconds."""
        ...


class Access(http.Access):
    """A login, the redaction of answers, and a rate limit where the vendor has one."""

    def __init__(
        self, login: Login, redact: Callable[[bytes], bytes | None], limit: Limit | None = None
    ) -> None:
        self._login, self._redact, self._limit = login, redact, limit

    def headers(self) -> Mapping[str, str]:
        """The token."""
        return self._login.headers()

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """Get another token, once; returns whether to send the request again."""
        return self._login.refresh(refused)

    def on_success(self, headers: Mapping[str, str]) -> None:
        """Note that the login's token works."""
        self._login.on_success(headers)

    def on_too_many(self, seconds: float) -> None:
        """Let all threads pause."""
        if self._limit is not None:
            self._limit.hold(seconds)

    def wait(self) -> None:
        """Wait for the rate limit."""
        if self._limit is not None:
            self._limit.wait()

    def redact(self, body: bytes) -> bytes | None:
        """The body without personal data and secrets."""
        return self._redact(body)
