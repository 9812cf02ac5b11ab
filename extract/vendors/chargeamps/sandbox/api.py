"""The endpoints over one garage and one account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from extract.sandbox.faults import Fault
from extract.vendors.chargeamps.sandbox import answers
from extract.vendors.chargeamps.sandbox.account import Account, ok, problem
from extract.vendors.chargeamps.sandbox.garage import Charger, Connector
from extract.vendors.chargeamps.sandbox.state import Settings

FORTNIGHT = 14 * 86_400.0  # seconds of sessions where no window is asked for


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


class Api(Account):
    """The endpoints over one garage and one account."""

    def routes(self) -> APIRouter:
        """The endpoints, as they stand under a version's prefix."""
        point, organisation = "/chargepoints/{charger}", "/organisations/{organisation}"
        connector = f"{point}/connectors/{{number}}"
        routes = APIRouter()
        routes.post("/auth/login")(self.login)
        for path in ("/auth/refreshToken", "/auth/refreshtoken"):  # clients; the vendor's OpenAPI
            routes.post(path)(self.refresh)
        routes.get("/chargepoints/owned")(self.owned)
        routes.get(f"{point}/status")(self.status)
        routes.get(f"{point}/chargingsessions")(self.sessions)
        routes.get("/organisations")(self.organisations)
        routes.get(f"{organisation}/chargepoints")(self.organisation_points)
        routes.get(f"{organisation}/chargepoints/statuses")(self.statuses)
        routes.get(f"{organisation}/chargingsessions")(self.organisation_sessions)
        routes.get(f"{connector}/settings")(self.settings)
        routes.put(f"{connector}/settings")(self.change)
        for path in (f"{connector}/remotestart", f"{connector}/remotestop", f"{point}/reboot"):
            routes.put(path)(self.command)
        return routes

    # --- what is answered -----------------------------------------------------------------------

    async def owned(self, request: Request) -> Response:
        chargers = self.garage.chargers.values()
        return await self.asked(request, lambda fault: ok(answers.owned(chargers)), "owned")

    async def status(self, request: Request, charger: str) -> Response:
        def make(fault: Fault | None) -> Response:
            return ok(self._status(self.garage.chargers[charger], fault))

        return await self.asked(request, make, "status")

    async def sessions(
        self,
        request: Request,
        charger: str,
        startTime: datetime | None = None,
        endTime: datetime | None = None,
        maxCount: int | None = None,
    ) -> Response:
        def make(fault: Fault | None) -> Response:
            own = [self.garage.chargers[charger]]
            return ok(self._sessions(own, startTime, endTime, fault)[:maxCount])

        return await self.asked(request, make, "sessions")

    def _status(self, charger: Charger, fault: Fault | None) -> answers.Json:
        at = self.now - (fault.seconds if fault and fault.kind == "stale" else 0.0)
        unreadable = fault is not None and fault.kind == "unreadable"
        return answers.status(self.garage, charger, at, unreadable)

    def _sessions(
        self,
        chargers: list[Charger],
        start: datetime | None,
        end: datetime | None,
        fault: Fault | None,
    ) -> list[answers.Json]:
        first = _seconds(start, self.now - FORTNIGHT)
        last = _seconds(end, self.now)
        made = [
            answers.session(charger, one)
            for charger in chargers
            for one in self.garage.sessions(charger, first, last, self.now)
        ]
        if made and fault and fault.kind == "unreadable":
            made[0]["startTime"] = "yesterday"
        return made

    # --- of an organisation ---------------------------------------------------------------------

    async def organisations(self, request: Request) -> Response:
        found = self.garage.organisations

        def make(_fault: Fault | None) -> Response:
            return ok(answers.organisations(found)) if found else problem(403)

        return await self.asked(request, make, "organisations")

    async def organisation_points(self, request: Request, organisation: str) -> Response:
        def make(_fault: Fault | None, chargers: list[Charger]) -> Response:
            return ok(answers.owned(chargers))

        return await self._of_organisation(request, make, "organisation", organisation)

    async def statuses(self, request: Request, organisation: str) -> Response:
        def make(fault: Fault | None, chargers: list[Charger]) -> Response:
            return ok([self._status(charger, fault) for charger in chargers])

        return await self._of_organisation(request, make, "statuses", organisation)

    async def organisation_sessions(
        self,
        request: Request,
        organisation: str,
        startTime: datetime | None = None,
        endTime: datetime | None = None,
    ) -> Response:
        def make(fault: Fault | None, chargers: list[Charger]) -> Response:
            return ok(self._sessions(chargers, startTime, endTime, fault))

        return await self._of_organisation(request, make, "sessions", organisation)

    async def _of_organisation(
        self,
        request: Request,
        make: Callable[[Fault | None, list[Charger]], Response],
        endpoint: str,
        organisation: str,
    ) -> Response:
        """The answer about an organisation's chargers; 403 where it is not the account's."""
        chargers = self.garage.of_organisation(organisation)
        self.counted[endpoint] += 1

        def made(fault: Fault | None) -> Response:
            return make(fault, chargers) if chargers else problem(403)

        scopes = (endpoint, organisation, f"{endpoint}:{organisation}")
        return await self.asked(request, made, *scopes)

    # --- settings -------------------------------------------------------------------------------

    async def settings(self, request: Request, charger: str, number: int) -> Response:
        def make(_fault: Fault | None) -> Response:
            connector = _connector(self.garage.chargers[charger], number)
            if connector is None:
                return problem(404)
            return ok(answers.settings(connector, self.garage.settings(connector, self.now)))

        return await self.asked(request, make, "settings")

    # --- what is done ---------------------------------------------------------------------------

    async def change(self, request: Request, charger: str, number: int) -> Response:
        try:
            wanted = Wanted.model_validate_json(await request.body())
        except ValidationError:
            return problem(400)

        def make(_fault: Fault | None) -> Response:
            connector = _connector(self.garage.chargers[charger], number)
            if connector is None:
                return problem(404)
            if (wanted.charge_point_id, wanted.connector_id) != (charger, number):
                return problem(400)
            self.counted["settings"] += 1
            fault = self.faults.take_change(charger, connector.id)
            self._set(connector, wanted.settings(), fault)
            return Response(status_code=200)

        return await self.asked(request, make, "change")

    def _set(self, connector: Connector, wanted: Settings, fault: Fault | None) -> None:
        """Obey, or do as the fault says: nothing, something else, or later."""
        if fault is None:
            self.garage.change(connector, self.now, wanted)
        elif fault.kind == "altered":
            limit = 16.0 if wanted.max_current is None else wanted.max_current
            other = limit - 2 if limit > 8 else limit + 2
            self.garage.change(connector, self.now, replace(wanted, max_current=other))
        elif fault.kind == "delayed":
            self.garage.change(connector, self.now + fault.seconds, wanted)

    async def command(self, request: Request) -> Response:
        self.counted["commands"] += 1
        return await self.asked(request, lambda fault: Response(status_code=200), "")


def _connector(charger: Charger, number: int) -> Connector | None:
    return next((one for one in charger.connectors if one.number == number), None)


def _seconds(at: datetime | None, otherwise: float) -> float:
    """Seconds since 1970 of a time; a naive one is UTC."""
    if at is None:
        return otherwise
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
