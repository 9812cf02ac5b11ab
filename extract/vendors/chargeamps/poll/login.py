"""How Charge Amps lets us in: one login for all threads, all processes and all polls.

An account keeps ten logins and drops the oldest, so that whoever logs in at every poll locks out
the account's other users. A login is therefore kept in a file under `WATTSTAR_HOME` (mode 0600,
never in the lake), shared under a file lock, and renewed with its refresh token shortly before it
ends; only where that is refused there is another login. What is refused with a 401 is asked for
once more with a renewed token. No text here holds a secret.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

import msgspec
import requests
from pydantic import SecretStr

from extract import http
from extract.http import AccessError
from extract.settings import Settings
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.poll import tokens
from extract.vendors.chargeamps.poll.tokens import Kept

TIMEOUT = (5.0, 10.0)
UNAVAILABLE_FOR, REFUSED_FOR = 10.0, 120.0  # seconds after a failed login before another is tried
MOST_LOGINS, WITHIN = 5, 600.0  # of one process: a server that takes no token is left alone
LOOK_AT = (
    "look at WATTSTAR_CHARGEAMPS_EMAIL, WATTSTAR_CHARGEAMPS_PASSWORD and "
    "WATTSTAR_CHARGEAMPS_API_KEY"
)


class RefusedError(AccessError):
    """They know us, or rather do not: asking again would change nothing."""


class Login:
    """The token. AccessError where there is none to be had."""

    def __init__(self, settings: Settings) -> None:
        own = ChargeAmpsSettings.of(settings)
        self._base = f"{own.url.rstrip('/')}/api/{own.version}/auth"
        self._email = own.email
        self._secrets = own.password, own.api_key
        self._file = settings.home / "chargeamps" / f"login-{account(settings)}.json"
        self._client = http.session()
        self._lock = threading.Lock()
        self._kept = Kept()
        self._unproved = ""  # the token of a refresh that nothing has been got with yet
        self._failure: tuple[float, AccessError] | None = None
        self._logins: deque[float] = deque(maxlen=MOST_LOGINS)

    def headers(self) -> dict[str, str]:
        """The token as a header, renewed where its end is near."""
        with self._lock:
            if time.time() >= self._kept.until:
                try:
                    self._renew()
                except AccessError:
                    if time.time() >= self._kept.ends:  # until then it does without
                        raise
            return self._header()

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Another token than the refused one. AccessError where none is to be had."""
        with self._lock:
            if dict(refused) == self._header():
                self._renew(self._kept.token)
            return True

    def worked(self, header: str | None) -> None:
        """Remember that something was got with this token."""
        if self._unproved and header == f"Bearer {self._unproved}":
            self._unproved = ""

    def _header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._kept.token}"}

    def _renew(self, refused: str = "") -> None:
        """The login that another process has renewed; else renew it, for all of them."""
        if self._failure and time.monotonic() < self._failure[0]:
            raise AccessError(str(self._failure[1]))
        try:
            with tokens.locked(self._file):
                kept = tokens.read(self._file)
                if kept.token in ("", refused) or time.time() >= kept.until:
                    kept = self._refreshed(kept, refused) or self._logged_in()
                    tokens.write(self._file, kept)
                self._kept = kept
        except AccessError as error:
            again = REFUSED_FOR if isinstance(error, RefusedError) else UNAVAILABLE_FOR
            self._failure = (time.monotonic() + again, error)
            raise

    def _refreshed(self, kept: Kept, refused: str) -> Kept | None:
        """The login with a fresh token; None where they want a login, or where the last fresh token
        was good for nothing."""
        if not kept.refresh_token or (refused and refused == self._unproved):
            return None
        told = {"token": kept.token, "refreshToken": kept.refresh_token}
        answer = self._post("refreshToken", told)
        if answer.status_code in http.RETRIED_STATUS and not refused and time.time() < kept.ends:
            raise AccessError(f"Charge Amps does not renew the login now ({_status(answer)})")
        fresh = tokens.granted(answer) if answer.ok else None
        if fresh is not None:
            self._unproved = fresh.token
            if not fresh.refresh_token:
                fresh = msgspec.structs.replace(fresh, refresh_token=kept.refresh_token)
        return fresh

    def _logged_in(self) -> Kept:
        password, _ = self._secrets
        if not self._email or password is None:
            raise RefusedError(f"Charge Amps needs a login: {LOOK_AT}")
        now = time.monotonic()
        if len(self._logins) == MOST_LOGINS and now - self._logins[0] < WITHIN:
            raise AccessError("Charge Amps takes none of its own tokens: too many logins")
        told = {"email": self._email, "password": password.get_secret_value()}
        answer = self._post("login", told)
        if answer.status_code not in http.RETRIED_STATUS:
            self._logins.append(now)
        if answer.status_code in (400, 401, 403):
            raise RefusedError(f"Charge Amps refuses the login ({_status(answer)}): {LOOK_AT}")
        kept = tokens.granted(answer) if answer.ok else None
        if kept is None:
            raise AccessError(
                f"Charge Amps' login gave no token ({_status(answer)}): "
                "look at WATTSTAR_CHARGEAMPS_URL and WATTSTAR_CHARGEAMPS_VERSION"
            )
        return kept

    def _post(self, what: str, told: Mapping[str, str]) -> requests.Response:
        _, key = self._secrets
        if key is None:
            raise RefusedError(f"Charge Amps needs an API key: {LOOK_AT}")
        headers = {"apiKey": _text(key)}
        try:
            return self._client.post(
                f"{self._base}/{what}", json=told, headers=headers, timeout=TIMEOUT
            )
        except requests.RequestException as error:  # its text may hold the request
            name = type(error).__name__
            raise AccessError(f"Charge Amps' login gave no answer: {name}") from None


def account(settings: Settings) -> str:
    """What tells the files of one account of one server from another's."""
    own = ChargeAmpsSettings.of(settings)
    text = f"{own.url.rstrip('/')}\0{own.email.casefold()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _text(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _status(answer: requests.Response) -> str:
    return f"HTTP {answer.status_code}"


class Access(http.Access):
    """The shared login, and how answers are kept."""

    def __init__(self, login: Login, clean: Callable[[bytes], bytes | None]) -> None:
        self._login, self._clean = login, clean

    def headers(self) -> Mapping[str, str]:
        """The token."""
        return self._login.headers()

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Another token, once."""
        return self._login.renew(refused)

    def cleaned(self, body: bytes) -> bytes | None:
        """The body without personal data and secrets."""
        return self._clean(body)
