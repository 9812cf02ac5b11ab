"""The API's endpoints: who may ask, what a fault makes of it, and where the answer comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from extract.sandbox.faults import JSON, Faults, spoil
from extract.sandbox.options import Clock
from extract.vendors.zaptec.sandbox import shapes
from extract.vendors.zaptec.sandbox.access import Gate, unauthorized
from extract.vendors.zaptec.sandbox.answers import UNKNOWN_OBJECT, Answers
from extract.vendors.zaptec.sandbox.constants import constants
from extract.vendors.zaptec.sandbox.history import Fleet
from extract.vendors.zaptec.sandbox.options import Options
from extract.vendors.zaptec.sandbox.query import Query, Refused

Make = Callable[[], Any]


def routes(options: Options, clock: Clock, faults: Faults, fleet: Fleet) -> APIRouter:
    """The vendor's API."""
    router, door, answers = APIRouter(), _Door(options, faults), Answers(options, clock, fleet)

    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        given = await door.gate.login(request)
        return await door.spoilt(request, "token", lambda: given)

    _assets(router, door, answers)
    _sessions(router, door, answers)
    return router


class _Door:
    """Lets in who may ask. A fault's scope is an endpoint (`token`, `installation`, `hierarchy`,
    `chargers`, `state`, `constants`, `chargehistory`, `archived`), one of its pages
    (`chargehistory:2`), or the id of an installation, a charger or a user that is asked about."""

    def __init__(self, options: Options, faults: Faults) -> None:
        self.gate, self.faults = Gate(options), faults

    async def answer(
        self, request: Request, endpoint: str, make: Make, *ids: str | None
    ) -> Response:
        """The answer that `make` gives, to who may have it."""
        refusal = self.gate.refusal(request)
        if refusal is not None:
            return refusal
        return await self.spoilt(request, endpoint, lambda: _response(make), *ids)

    async def spoilt(
        self, request: Request, endpoint: str, make: Callable[[], Response], *ids: str | None
    ) -> Response:
        """The answer, or what the next fault makes of it."""
        page = f"{endpoint}:{_page(request)}"
        fault = self.faults.take(endpoint, page, *filter(None, ids))
        if fault is None:
            return make()
        if fault.kind == "revoked":
            self.gate.revoke()
            return unauthorized()
        return await spoil(request, fault, _missing if fault.kind == "missing" else make)


def _assets(router: APIRouter, door: _Door, answers: Answers) -> None:
    @router.get("/api/constants")
    async def all_constants(request: Request) -> Response:
        return await door.answer(request, "constants", constants)

    @router.get("/api/installation")
    async def installations(request: Request) -> Response:
        return await door.answer(
            request, "installation", lambda: answers.installations(Query(request))
        )

    @router.get("/api/installation/{key}")
    async def installation(request: Request, key: str) -> Response:
        return await door.answer(request, "installation", lambda: answers.installation(key), key)

    @router.get("/api/installation/{key}/hierarchy")
    async def hierarchy(request: Request, key: str) -> Response:
        return await door.answer(request, "hierarchy", lambda: answers.hierarchy(key), key)

    @router.get("/api/chargers")
    async def chargers(request: Request) -> Response:
        return await door.answer(request, "chargers", lambda: answers.chargers(Query(request)))

    @router.get("/api/chargers/{key}/state")
    async def charger_state(request: Request, key: str) -> Response:
        return await door.answer(request, "state", lambda: answers.state(key), key)


def _sessions(router: APIRouter, door: _Door, answers: Answers) -> None:
    @router.get("/api/chargehistory")
    async def chargehistory(request: Request) -> Response:
        query = Query(request)
        ids = map(query.text, ("InstallationId", "ChargerId", "UserId"))
        return await door.answer(
            request, "chargehistory", lambda: answers.chargehistory(query), *ids
        )

    @router.get("/api/sessions/archived")
    async def archived(request: Request) -> Response:
        query = Query(request)
        ids = map(query.text, ("InstallationId", "ChargerId"))
        return await door.answer(request, "archived", lambda: answers.archived(query), *ids)


def _response(make: Make) -> Response:
    """JSON (given as bytes, or to be made of it); 204 of None; the error of what was refused."""
    try:
        made = make()
    except Refused as error:
        return _refusal(error)
    if made is None:
        return Response(status_code=204)
    return Response(made if isinstance(made, bytes) else shapes.dumps(made), media_type=JSON)


def _refusal(error: Refused) -> Response:
    if error.code is None:
        return Response(error.message, error.status, media_type="text/plain")
    body = shapes.dumps({"errorCode": error.code, "message": error.message})
    return Response(body, error.status, media_type=JSON)


def _missing() -> Response:
    return _refusal(Refused(404, "Charger not found.", UNKNOWN_OBJECT))


def _page(request: Request) -> int:
    """The number of the page that is asked for; 0 where that cannot be read."""
    try:
        return Query(request).page_number
    except Refused:
        return 0
