"""Log in at Charge Amps: one login for all threads, all processes and all polls.

An account keeps ten logins and drops the oldest, so a client that logs in at every poll locks out
the account's other users. The token is therefore kept in a file under `WATTSTAR_HOME` (mode 0600,
never in the lake), shared under a file lock, and replaced with its refresh token shortly before it
ends. Only where that is refused is there another login. No text here holds a secret.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Mapping

import msgspec

from extract import http, login
from extract.http import AccessError
from extract.login import Access, RefusedError, Token
from extract.settings import Settings
from extract.transport import Response
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargeamps.poll import tokens

__all__ = ["Access", "Login", "RefusedError", "account"]

MOST_SECONDS = 20.0  # of a request to the login
MOST_LOGINS, WITHIN = 5, 600.0  # logins of one process in so many seconds, then no more
LOOK_AT = (
    "look at WATTSTAR_CHARGEAMPS_EMAIL, WATTSTAR_CHARGEAMPS_PASSWORD and "
    "WATTSTAR_CHARGEAMPS_API_KEY"
)


class Login(login.Login):
    """The token of the account. AccessError where Charge Amps gives none."""

    vendor, unavailable_for, refused_for = "Charge Amps", 10.0, 120.0

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        own = ChargeAmpsSettings.of(settings)
        self._base = f"{own.url.rstrip('/')}/api/{own.version}/auth"
        self._email, self._password, self._key = own.email, own.password, own.api_key
        self._file = settings.home / "chargeamps" / f"login-{account(settings)}.json"
        self._logins: deque[float] = deque(maxlen=MOST_LOGINS)

    def _obtain(self, refused: str) -> Token:
        """The token in the file, where another process has replaced it; else replace it for all."""
        with tokens.locked(self._file):
            kept = tokens.read(self._file)
            if kept.token in ("", refused) or time.time() >= kept.until:
                kept = self._refreshed(kept, refused) or self._logged_in()
                tokens.write(self._file, kept)
            return kept

    def _refreshed(self, kept: Token, refused: str) -> Token | None:
        """A token for the refresh token. None where the server refuses that, or has refused the
        last token that came so: then a login is needed. AccessError where to ask again later."""
        if not kept.refresh_token or (refused and refused == self._unproved):
            return None
        form = {"token": kept.token, "refreshToken": kept.refresh_token}
        answer = self._ask("refreshToken", form)
        if answer.status_code in http.RETRIED_STATUS and not refused and time.time() < kept.ends:
            raise AccessError(f"Charge Amps does not refresh the token now ({_status(answer)})")
        fresh = tokens.granted(answer.body) if answer.status_code < 400 else None
        if fresh is not None:
            self._unproved = fresh.token
            if not fresh.refresh_token:
                fresh = msgspec.structs.replace(fresh, refresh_token=kept.refresh_token)
        return fresh

    def _logged_in(self) -> Token:
        if not self._email or self._password is None:
            raise RefusedError(f"Charge Amps needs a login: {LOOK_AT}")
        now = time.monotonic()
        if len(self._logins) == MOST_LOGINS and now - self._logins[0] < WITHIN:
            raise AccessError("Charge Amps takes none of its own tokens: too many logins")
        form = {"email": self._email, "password": self._password.get_secret_value()}
        answer = self._ask("login", form)
        if answer.status_code not in http.RETRIED_STATUS:
            self._logins.append(now)
        if answer.status_code in (400, 401, 403):
            raise RefusedError(f"Charge Amps refuses the login ({_status(answer)}): {LOOK_AT}")
        token = tokens.granted(answer.body) if answer.status_code < 400 else None
        if token is None:
            raise AccessError(
                f"Charge Amps' login gave no token ({_status(answer)}): "
                "look at WATTSTAR_CHARGEAMPS_URL and WATTSTAR_CHARGEAMPS_VERSION"
            )
        return token

    def _ask(self, what: str, form: Mapping[str, str]) -> Response:
        if self._key is None:
            raise RefusedError(f"Charge Amps needs an API key: {LOOK_AT}")
        headers = {"apiKey": self._key.get_secret_value()}
        until = time.monotonic() + MOST_SECONDS
        return self._post(f"{self._base}/{what}", json=form, headers=headers, until=until)


def account(settings: Settings) -> str:
    """A name for the files of one account of one server."""
    own = ChargeAmpsSettings.of(settings)
    text = f"{own.url.rstrip('/')}\0{own.email.casefold()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _status(answer: Response) -> str:
    return f"HTTP {answer.status_code}"
