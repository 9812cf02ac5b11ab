"""The ChargeCloud feed of the sandbox: `GET /chargecloud/{city}`, synthetic or recorded.

The form of the answers was seen in recordings of January 2022; that of 2024 in clients only
(see `shapes`). Every name, number and person in the synthetic network is invented.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from extract.sandbox.faults import Faults
from extract.sandbox.options import Clock
from extract.sandbox.options import Options as SandboxOptions
from extract.vendors.chargecloud.sandbox import shapes
from extract.vendors.chargecloud.sandbox.cities import CITIES
from extract.vendors.chargecloud.sandbox.feed import Feed
from extract.vendors.chargecloud.sandbox.options import Options
from extract.vendors.chargecloud.sandbox.recorded import Recordings

LAST_CITY_AFTER = 12  # seconds from the first city's answer to the last's in a recorded poll


def router(options: SandboxOptions, clock: Clock, faults: Faults) -> APIRouter:
    """The feed's only endpoint. RecordingError where `recordings` holds no readable recording."""
    own = Options.of(options, "chargecloud")
    recorded = Recordings(own.recordings) if own.recordings else None
    synthetic = None if recorded else Feed(own.seed, own.scale)
    routes = APIRouter()

    def body(city: str, kind: str | None) -> bytes | None:
        in_2024 = own.shape == "2024" or kind == "shape2024"
        made: bytes | None = None
        if recorded is not None:
            made = recorded.answer(city, clock.now())
            if made is not None and in_2024:
                made = shapes.as_2024(made)
        elif synthetic is not None and city in CITIES:
            made = synthetic.answer(city, answered_at(city, clock), in_2024)
        if made is not None and kind == "unreadable":
            made = shapes.unreadable(made)
        return made

    @routes.get("/{city}")
    async def poi(city: str, request: Request) -> Response:
        return await faults.answer(request, city, lambda kind: body(city, kind))

    return routes


_PLACE = {city: place for place, city in enumerate(CITIES)}


def answered_at(city: str, clock: Clock) -> datetime:
    """When a city's answer is made. Where the clock stands still, the cities follow each other
    as if they were asked in turn; the real time needs no help."""
    if not clock.is_set:
        return clock.now()
    after = LAST_CITY_AFTER * _PLACE[city] / (len(CITIES) - 1)
    return clock.now() + timedelta(seconds=round(after))
