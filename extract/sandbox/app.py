"""The sandbox's FastAPI app: one router per vendor, and the controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict

from extract.sandbox.faults import Fault, Faults
from extract.sandbox.options import Clock, Options

Router = Callable[[Options, Clock, Faults], APIRouter]
"""What a vendor's sandbox offers: makes the routes of its API."""


class ClockSetting(BaseModel):
    """`now`: the time, with an offset, at which the clock stands still; null: it follows the real
    time."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None


def create_app(options: Options, routers: Mapping[str, Router]) -> FastAPI:
    """The app: each vendor's routes below `/<source>`. Raises ValueError for an option of a vendor
    that is not served, or that the vendor refuses."""
    for name in options.model_extra or ():
        if name.split("_")[0] not in routers:
            raise ValueError(f"the sandbox has no option {name}: it serves {', '.join(routers)}")
    clock, faults = Clock(options.now), Faults()
    app = FastAPI(title="Wattstar sandbox", openapi_url=None)
    app.include_router(_controls(clock, faults))
    for source, router in routers.items():
        app.include_router(router(options, clock, faults), prefix=f"/{source}")
    return app


def _controls(clock: Clock, faults: Faults) -> APIRouter:
    router = APIRouter(prefix="/sandbox")

    @router.get("/clock")
    async def read_clock() -> dict[str, Any]:
        return {"now": clock.now().isoformat(), "is_set": clock.is_set}

    @router.put("/clock")
    async def set_clock(setting: ClockSetting) -> dict[str, Any]:
        clock.at = setting.now
        return await read_clock()

    @router.get("/faults")
    async def list_faults() -> list[Fault]:
        return faults.waiting

    @router.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> list[Fault]:
        faults.waiting.append(fault)
        return faults.waiting

    @router.delete("/faults")
    async def clear_faults() -> list[Fault]:
        faults.waiting.clear()
        return faults.waiting

    return router
