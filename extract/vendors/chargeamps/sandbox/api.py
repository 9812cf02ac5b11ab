"""The endpoints over one garage and one account: who may ask, what is told, what is done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from extract.sandbox.faults import JSON, Fault, Faults, spoil
from extract.sandbox.options import Clock
from extract.vendors.chargeamps.sandbox import answers
from extract.vendors.chargeamps.sandbox.garage import Charger, Connector
from extract.vendors.chargeamps.sandbox.logins import API_KEY, EMAIL, PASSWORD, Login, Logins
from extract.vendors.chargeamps.sandbox.state import Garage, Settings

Make = Callable[[Fault | None], Response]


class Wanted(BaseModel):
    """The body of a change of settings; all of it is required."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    charge_point_id: str
    connector_id: int
    mode: Literal["On", "Off", "Schedule"]
    rfid_lock: bool
    cable_lock: bool
    max_current: float | None = Field(ge=0, le=32)

    def settings(self) -> Settings:
        """What it asks for."""
        return Settings(self.mode, self.max_current, self.rfid_lock, self.cable_lock)


class Api:
    """The endpoints over one garage and one account."""

    def __init__(self, garage: Garage, logins: Logins, clock: Clock, faults: Faults) -> None:
        self.garage, self.logins, self.clock, self.faults = garage, logins, clock, faults
        self.counted: Counter[str] = Counter()

    @property
    def now(self) -> float:
        return self.clock.now().timestamp()

    def routes(self) -> APIRouter:
        """The endpoints, as they stand under a version's prefix."""
        point, plug = "/chargepoints/{charger}", "/chargepoints/{charger}/connectors/{number}"
        routes = APIRouter()
        routes.post("/auth/login")(self.login)
        routes.post("/auth/refreshToken")(self.refresh)
        routes.get("/chargepoints/owned")(self.owned)
        routes.get(f"{point}/status")(self.status)
        routes.get(f"{point}/chargingsessions")(self.sessions)
        routes.get(f"{plug}/settings")(self.settings)
        routes.put(f"{plug}/settings")(self.change)
        for path in (f"{plug}/remotestart", f"{plug}/remotestop", f"{point}/reboot"):
            routes.put(path)(self.command)
        return routes

    # --- who may ask ----------------------------------------------------------------------------

    async def login(self, request: Request) -> Response:
        told = await _json(request)
        known = {"email": EMAIL, "password": PASSWORD}
        allowed = _key_fits(request) and {name: told.get(name) for name in known} == known

        def make(_fault: Fault | None) -> Response:
            return self._given(self.logins.login()) if allowed else _problem(401)

        return await self._told(request, make, "login")

    async def refresh(self, request: Request) -> Response:
        told = await _json(request)

        def make(_fault: Fault | None) -> Response:
            old = str(told.get("token")), str(told.get("refreshToken"))
            made = self.logins.refresh(*old) if _key_fits(request) else None
            return self._given(made) if made else _problem(401)

        return await self._told(request, make, "refresh")

    def _given(self, login: Login) -> Response:
        who = answers.user(self.garage.stays.people[0], EMAIL)
        return _ok({"token": login.token, "refreshToken": login.refresh_token, "user": who})

    # --- what is told ---------------------------------------------------------------------------

    async def owned(self, request: Request) -> Response:
        return await self._asked(request, lambda fault: _ok(answers.owned(self.garage)), "owned")

    async def status(self, request: Request, charger: str) -> Response:
        def make(fault: Fault | None) -> Response:
            at = self.now - (fault.seconds if fault and fault.kind == "stale" else 0.0)
            unreadable = fault is not None and fault.kind == "unreadable"
            return _ok(answers.status(self.garage, self.garage.chargers[charger], at, unreadable))

        return await self._asked(request, make, "status", charger)

    async def sessions(
        self, request: Request, charger: str, startTime: str, endTime: str
    ) -> Response:
        try:
            first, last = _instant(startTime), _instant(endTime)
        except ValueError:
            return _problem(400)

        def make(fault: Fault | None) -> Response:
            own = self.garage.chargers[charger]
            found = self.garage.sessions(own, first, last, self.now)
            told = [answers.session(own.dialect, one) for one in found]
            if told and fault and fault.kind == "unreadable":
                told[0]["startTime"] = "yesterday"
            return _ok(told)

        return await self._asked(request, make, "sessions", charger)

    async def settings(self, request: Request, charger: str, number: int) -> Response:
        def make(_fault: Fault | None) -> Response:
            plug = _plug(self.garage.chargers[charger], number)
            if plug is None:
                return _problem(404)
            return _ok(answers.settings(plug, self.garage.settings(plug, self.now)))

        return await self._asked(request, make, "settings", charger)

    # --- what is done ---------------------------------------------------------------------------

    async def change(self, request: Request, charger: str, number: int) -> Response:
        try:
            wanted = Wanted.model_validate_json(await request.body())
        except ValidationError:
            return _problem(400)

        def make(_fault: Fault | None) -> Response:
            plug = _plug(self.garage.chargers[charger], number)
            if plug is None:
                return _problem(404)
            if (wanted.charge_point_id, wanted.connector_id) != (charger, number):
                return _problem(400)
            self.counted["settings"] += 1
            self._set(plug, wanted.settings(), self.faults.take_change(charger, plug.id))
            return Response(status_code=200)

        return await self._asked(request, make, "change", charger)

    def _set(self, plug: Connector, wanted: Settings, fault: Fault | None) -> None:
        """Obey, or do as the fault says: nothing, something else, or later."""
        if fault is None:
            self.garage.change(plug, self.now, wanted)
        elif fault.kind == "altered":
            limit = 16.0 if wanted.max_current is None else wanted.max_current
            other = limit - 2 if limit > 8 else limit + 2
            self.garage.change(plug, self.now, replace(wanted, max_current=other))
        elif fault.kind == "delayed":
            self.garage.change(plug, self.now + fault.seconds, wanted)

    async def command(self, request: Request, charger: str) -> Response:
        self.counted["commands"] += 1
        return await self._asked(request, lambda fault: Response(status_code=200), "", charger)

    # --- with faults ----------------------------------------------------------------------------

    async def _asked(
        self, request: Request, make: Make, endpoint: str, charger: str | None = None
    ) -> Response:
        """The answer to somebody who is let in, if the charger is known. A fault's scope is the
        endpoint, the charger, or both as `endpoint:charger`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.logins.lets_in(token):
            return _problem(401)
        if charger is not None and charger not in self.garage.chargers:
            return _problem(404)
        scopes = (endpoint, charger, f"{endpoint}:{charger}") if charger else (endpoint,)
        return await self._told(request, make, *scopes)

    async def _told(self, request: Request, make: Make, *scopes: str) -> Response:
        fault = self.faults.take(*scopes)
        if fault is None:
            return make(None)
        if fault.kind == "missing":
            return _problem(404)
        if fault.kind == "revoked":
            self.logins.kept.clear()
            return _problem(401)
        return await spoil(request, fault, lambda: make(fault))


def _ok(told: Any) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), media_type=JSON)


def _problem(status: int) -> Response:
    titles = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
    told = json.dumps({"title": titles[status], "status": status})
    return Response(told, status, media_type=JSON)


async def _json(request: Request) -> dict[str, Any]:
    """The request's object; an empty one where it holds none."""
    try:
        told = json.loads(await request.body())
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _key_fits(request: Request) -> bool:
    return request.headers.get("apiKey") == API_KEY


def _plug(charger: Charger, number: int) -> Connector | None:
    return next((one for one in charger.connectors if one.number == number), None)


def _instant(text: str) -> float:
    """Seconds since 1970 of an ISO time; a naive one is UTC. ValueError where it is none."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
