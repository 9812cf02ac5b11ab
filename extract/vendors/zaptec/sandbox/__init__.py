"""The Zaptec API of the sandbox: `POST /zaptec/oauth/token`, `GET /zaptec/api/…`.

Seen in recordings and clients: the login's form and answers; pages (`Pages`, `Data`, `PageIndex`);
the fields of installations, circuits, chargers, states and constants; of `chargehistory` all
fields, naive UTC times, energy details as amounts per interval with floating-point noise, guests
without user fields, and signed sessions (OCMF in two or three sections, a comma before the
milliseconds, the unit on the first reading alone).

Documented by the vendor, or read in others' clients: 10 requests a second and user with bursts of
15, then 429 with `Retry-After: 1`; a login page that answers HTML 503 when hammered; a state that
is cached for 15 seconds; sizes of pages; all of `/api/sessions/archived` (camelCase, a window on
the session's end, a cursor); the bits of CommitMetadata; a session that is replaced or void; that
a mere user gets objects with fields missing, and 204 for the hierarchy.

Unsure, and how it is here: the archive's energy details are amounts for half of the chargers and a
register for the rest (the meter's own where it is calibrated, else from 0), its firmware is text,
its times are naive, it begins with the oldest. `chargehistory` takes its window as one on the end,
too. A page size that is too big is cut. A removed `chargehistory` answers 410, an `archived` that
is not there yet 404. A replaced session may be void as well or not. Whom OCMF identifies is
as its own document says.

The fleet is invented: every name, number and person. `fleet` gives it without HTTP.
"""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter

from extract.sandbox.faults import Faults
from extract.sandbox.options import Clock
from extract.sandbox.options import Options as SandboxOptions
from extract.vendors.zaptec.sandbox.access import PASSWORD, USERNAME
from extract.vendors.zaptec.sandbox.answers import FOREIGN
from extract.vendors.zaptec.sandbox.api import routes
from extract.vendors.zaptec.sandbox.history import Fleet
from extract.vendors.zaptec.sandbox.options import Options

__all__ = ["FOREIGN", "PASSWORD", "USERNAME", "Fleet", "fleet", "router"]


def router(options: SandboxOptions, clock: Clock, faults: Faults) -> APIRouter:
    """The vendor's API."""
    return routes(Options.of(options, "zaptec"), clock, faults, fleet(options))


def fleet(options: SandboxOptions) -> Fleet:
    """What is served with these options: the truth, to compare with."""
    own = Options.of(options, "zaptec")
    return _fleet(own.seed, own.chargers, own.history_days)


@lru_cache(4)
def _fleet(seed: int, chargers: int, history_days: int) -> Fleet:
    return Fleet(seed, chargers, history_days)
