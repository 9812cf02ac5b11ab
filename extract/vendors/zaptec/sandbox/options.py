"""What Zaptec's sandbox can be set to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from extract.sandbox.options import VendorOptions


class Options(VendorOptions):
    """`sessions`: the endpoints that it still offers. `rate`: requests per second and user, 0 for
    no limits. `history_days`: days of sessions before the clock's now."""

    chargers: int = Field(default=40, ge=1)
    history_days: int = Field(default=120, ge=1)
    sessions: Literal["both", "archived", "chargehistory"] = "both"
    rate: float = Field(default=10, ge=0)
    token_seconds: float = Field(default=86399, gt=0)
