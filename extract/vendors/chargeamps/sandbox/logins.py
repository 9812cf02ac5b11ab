"""The account's logins: tokens in the form of a JWT, and no more than ten of them.

Tokens live in real time, whatever the sandbox's clock says: a client counts theirs so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass

from extract.vendors.chargeamps.about import ABOUT

EMAIL, PASSWORD, API_KEY = (
    dict(ABOUT.demo.settings)[name] for name in ("email", "password", "api_key")
)
MOST_LOGINS = 10


@dataclass
class Login:
    """What was given out; `expires` is in seconds since 1970."""

    token: str
    refresh_token: str
    expires: float


class Logins:
    """The logins that the account keeps, the oldest first. `logins` and `refreshes` are counted."""

    def __init__(self, token_seconds: float) -> None:
        self.token_seconds = token_seconds
        self.kept: list[Login] = []
        self.logins = self.refreshes = 0
        self._secret = secrets.token_bytes(16)

    def login(self) -> Login:
        """Another login; the eleventh drops the oldest."""
        self.logins += 1
        self.kept = [*self.kept, self._made()][-MOST_LOGINS:]
        return self.kept[-1]

    def refresh(self, token: str, refresh_token: str) -> Login | None:
        """A fresh token in the place of one that was given out, expired or not; the old one and
        its refresh token are void then. None where the login is not kept any more."""
        for number, login in enumerate(self.kept):
            if (login.token, login.refresh_token) == (token, refresh_token):
                self.refreshes += 1
                self.kept[number] = self._made()
                return self.kept[number]
        return None

    def lets_in(self, token: str) -> bool:
        """Whether a token is good now."""
        return any(kept.token == token and kept.expires > time.time() for kept in self.kept)

    def _made(self) -> Login:
        now = time.time()
        expires = now + self.token_seconds
        claims = {"sub": EMAIL, "iat": int(now), "exp": int(expires), "jti": secrets.token_hex(8)}
        head = ".".join(_base64(json.dumps(part).encode()) for part in (_HEADER, claims))
        mark = hmac.new(self._secret, head.encode(), hashlib.sha256).digest()
        return Login(f"{head}.{_base64(mark)}", secrets.token_urlsafe(32), expires)


_HEADER = {"alg": "HS256", "typ": "JWT"}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
