"""What ChargeCloud's sandbox can be set to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from extract.sandbox.options import VendorOptions


class Options(VendorOptions):
    """`shape`: the year of the answers' form. `recordings`: a folder of recorded answers that are
    served instead of the synthetic network."""

    shape: Literal["2022", "2024"] = "2022"
    recordings: Path | None = None
