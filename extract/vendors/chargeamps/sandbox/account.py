"""Who may ask: the account's login, its tokens, and the faults that an answer may suffer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from extract.sandbox.faults import JSON, Fault, Faults, spoil
from extract.sandbox.options import Clock
from extract.vendors.chargeamps.sandbox import answers
from extract.vendors.chargeamps.sandbox.logins import API_KEY, EMAIL, PASSWORD, Login, Logins
from extract.vendors.chargeamps.sandbox.state import Garage

Make = Callable[[Fault | None], Response]


class Account:
    """One account over one garage."""

    def __init__(self, garage: Garage, logins: Logins, clock: Clock, faults: Faults) -> None:
        self.garage, self.logins, self.clock, self.faults = garage, logins, clock, faults
        self.counted: Counter[str] = Counter()

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()

    async def login(self, request: Request) -> Response:
        form = await json_of(request)
        known = {"email": EMAIL, "password": PASSWORD}
        allowed = key_fits(request) and {name: form.get(name) for name in known} == known

        def make(_fault: Fault | None) -> Response:
            return self._given(self.logins.login()) if allowed else problem(401)

        return await self._answer(request, make, "login")

    async def refresh(self, request: Request) -> Response:
        form = await json_of(request)

        def make(_fault: Fault | None) -> Response:
            old = str(form.get("token")), str(form.get("refreshToken"))
            made = self.logins.refresh(*old) if key_fits(request) else None
            return self._given(made) if made else problem(401)

        return await self._answer(request, make, "refresh")

    def _given(self, login: Login) -> Response:
        who = answers.user(self.garage.plug_ins.people[0], EMAIL)
        return ok({"token": login.token, "refreshToken": login.refresh_token, "user": who})

    async def asked(self, request: Request, make: Make, endpoint: str, *scopes: str) -> Response:
        """The answer to somebody who is let in, if the charger is known. A fault's scope is the
        endpoint, the charger or organisation, or both as `endpoint:charger`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.logins.lets_in(token):
            return problem(401)
        charger = request.path_params.get("charger")
        if charger is not None:
            if charger not in self.garage.chargers:
                return problem(404)
            scopes = (charger, f"{endpoint}:{charger}")
        return await self._answer(request, make, endpoint, *scopes)

    async def _answer(self, request: Request, make: Make, *scopes: str) -> Response:
        fault = self.faults.take(*scopes)
        if fault is None:
            return make(None)
        if fault.kind == "missing":
            return problem(404)
        if fault.kind == "revoked":
            self.logins.kept.clear()
            return problem(401)
        return await spoil(request, fault, lambda: make(fault))


def ok(body: Any) -> Response:
    """The body as JSON, with 200."""
    return Response(json.dumps(body, ensure_ascii=False), media_type=JSON)


def problem(status: int) -> Response:
    """An error as the API answers it."""
    titles = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
    body = json.dumps({"title": titles[status], "status": status})
    return Response(body, status, media_type=JSON)


async def json_of(request: Request) -> dict[str, Any]:
    """The request's object; an empty one where it holds none."""
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def key_fits(request: Request) -> bool:
    """Whether the request has the account's API key."""
    return request.headers.get("apiKey") == API_KEY
