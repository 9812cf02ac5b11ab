"""Charge Amps' API of the sandbox, the same at `/chargeamps/api/v5/…` and `/chargeamps/api/v4/…`.

No recording of the real API exists: everything here is from the vendor's own OpenAPI of version 5,
from client code in the wild and from the Uppsala thesis, and where those leave a choice, different
chargers make different ones. The garage, its cars and the people in it are invented.

`remotestart`, `remotestop` and `reboot` answer 200 and are counted: `/chargeamps/counts` has how
often each endpoint that matters was asked for, so that a test can say what never was.
"""

from __future__ import annotations

from fastapi import APIRouter

from extract.sandbox.faults import Faults
from extract.sandbox.options import Clock
from extract.sandbox.options import Options as SandboxOptions
from extract.vendors.chargeamps.sandbox.api import Api
from extract.vendors.chargeamps.sandbox.logins import API_KEY, EMAIL, PASSWORD, Logins
from extract.vendors.chargeamps.sandbox.options import Options
from extract.vendors.chargeamps.sandbox.state import Garage

__all__ = ["API_KEY", "EMAIL", "PASSWORD", "garage_of", "router"]


def garage_of(options: SandboxOptions) -> Garage:
    """The garage that a sandbox with these options serves, before anybody changed anything."""
    own = Options.of(options, "chargeamps")
    dialect = None if own.dialect == "mixed" else own.dialect
    return Garage(own.seed, own.chargers, dialect, own.organisations)


def router(options: SandboxOptions, clock: Clock, faults: Faults) -> APIRouter:
    """The vendor's API."""
    lasts = Options.of(options, "chargeamps").token_seconds
    api = Api(garage_of(options), Logins(lasts), clock, faults)
    routes = APIRouter()
    for version in ("v5", "v4"):
        routes.include_router(api.routes(), prefix=f"/api/{version}")

    @routes.get("/counts")
    async def counts() -> dict[str, int]:
        logins = {"logins": api.logins.logins, "refreshes": api.logins.refreshes}
        return logins | dict.fromkeys(("settings", "commands", "statuses"), 0) | api.counted

    return routes
