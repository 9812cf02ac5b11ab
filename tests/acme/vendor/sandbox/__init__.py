"""Acme's API of the sandbox: `GET /acme/stations`, with a key. The network is invented."""

from __future__ import annotations

import json

from extract.vendors.acme.about import ABOUT
from fastapi import APIRouter, Request, Response
from pydantic import Field

from extract.sandbox.chance import draw, pick
from extract.sandbox.faults import Faults
from extract.sandbox.options import Clock, Options, VendorOptions

STATES = {"FREE": 0.6, "BUSY": 0.3, "BROKEN": 0.1}


class AcmeOptions(VendorOptions):
    """What the sandbox can be set to."""

    stations: int = Field(default=5, ge=1)


def router(options: Options, clock: Clock, faults: Faults) -> APIRouter:
    """The vendor's API."""
    own = AcmeOptions.of(options, "acme")
    key = dict(ABOUT.demo.settings)["api_key"]
    routes = APIRouter()

    def body(_kind: str | None) -> bytes:
        now = clock.now()
        stations = [
            {
                "id": f"S{number}",
                "name": f"Acme {number}",
                "city": "Entenhausen",
                "lat": 50 + number / 100,
                "lon": 7.0,
                "outlets": [_outlet(own.seed, f"{number}-{outlet}", now.hour) for outlet in (1, 2)],
            }
            for number in range(own.stations)
        ]
        return json.dumps({"at": now.isoformat(), "stations": stations}).encode()

    @routes.get("/stations")
    async def read(request: Request) -> Response:
        if request.headers.get("x-api-key") != key:
            return Response(b'{"error": "unknown key"}', 401, media_type="application/json")
        return await faults.answer(request, "*", body)

    return routes


def _outlet(seed: int, name: str, hour: int) -> dict[str, object]:
    state = pick(draw(seed, "acme", name, hour), STATES)
    return {"id": name, "state": state, "standard": "IEC_62196_T2", "kw": 22}
