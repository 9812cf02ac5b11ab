"""Who may ask, and how often: tokens and limits, on the time that really passes.

The limit is a bucket of tokens: 10 requests a second and bursts of 15 (documented), then
429. The login page takes about one request a second and then answers a page of HTML, without
saying when to come again.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from urllib.parse import parse_qs

from fastapi import Request, Response

from extract.vendors.zaptec.about import ABOUT
from extract.vendors.zaptec.sandbox.options import Options
from extract.vendors.zaptec.sandbox.shapes import dumps

USERNAME, PASSWORD = (dict(ABOUT.demo.settings)[name] for name in ("username", "password"))
JSON = "application/json"
BURST = 1.5  # times the requests per second
LOGINS_BURST = 2
TOKEN_BYTES = 96


class Bucket:
    """Fills with `rate` a second up to `size`; a rate of 0 is no limit."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self.size = rate, size
        self.level, self.seen = size, time.monotonic()

    def take(self) -> bool:
        """Whether there is one left."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.seen) * self.rate)
        self.seen = now
        if not self.rate:
            return True
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Gate:
    """Gives tokens out and lets in who has one."""

    def __init__(self, options: Options) -> None:
        self.lasts, rate = options.token_seconds, options.rate
        self.tokens: dict[str, float] = {}  # and when it ends
        self.logins = Bucket(1.0 if rate else 0.0, LOGINS_BURST)
        self.users: dict[str, Bucket] = defaultdict(lambda: Bucket(rate, rate * BURST))

    def revoke(self) -> None:
        """All tokens given out so far end now."""
        self.tokens.clear()

    async def login(self, request: Request) -> Response:
        """`POST /oauth/token` with a form."""
        if not self.logins.take():
            page = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
            return Response(page, 503, media_type="text/html")
        form = {
            name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()
        }
        if form.get("grant_type") != "password":
            return Response(dumps({"error": "unsupported_grant_type"}), 400, media_type=JSON)
        if (form.get("username"), form.get("password")) != (USERNAME, PASSWORD):
            why = {"error": "invalid_grant", "error_description": "Username or password is wrong."}
            return Response(dumps(why), 400, media_type=JSON)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.tokens[token] = time.monotonic() + self.lasts
        grant = {"access_token": token, "token_type": "Bearer", "expires_in": int(self.lasts)}
        return Response(dumps(grant), media_type=JSON)

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request without a valid token or User-Agent, or one too many."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or self.tokens.get(token, 0.0) <= time.monotonic():
            return unauthorized()
        if not request.headers.get("user-agent"):
            return unauthorized()
        if not self.users[USERNAME].take():
            return Response(status_code=429, headers={"Retry-After": "1"})
        return None


def unauthorized() -> Response:
    """401."""
    return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
