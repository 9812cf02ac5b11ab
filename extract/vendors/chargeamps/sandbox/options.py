"""What Charge Amps' sandbox can be set to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from extract.sandbox.options import VendorOptions


class Options(VendorOptions):
    """`dialect`: how the chargers write their status, see `garage.Dialect`; mixed: each in turn.
    `organisations`: how many the account belongs to; 0 is a Private account."""

    chargers: int = Field(default=30, ge=1)
    dialect: Literal["mixed", "words", "ocpp", "numeric", "numeric_old"] = "mixed"
    organisations: int = Field(default=0, ge=0)
    token_seconds: float = Field(default=7200, gt=0)
