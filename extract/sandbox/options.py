"""What a sandbox can be told when it starts."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Options(BaseModel):
    """`seed` and `scale` (1.0: as big as the real network) make the synthetic fleet; `shape` is
    the year of the ChargeCloud answers' form; `recordings` is a folder of recorded answers that
    are served instead; `now` is where the clock starts, None follows the real time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    scale: float = Field(default=1.0, gt=0)
    shape: Literal["2022", "2024"] = "2022"
    recordings: Path | None = None
    now: AwareDatetime | None = None
    zaptec_chargers: int = Field(default=40, ge=1)
    zaptec_history_days: int = Field(default=120, ge=1)  # before the clock's now
    zaptec_sessions: Literal["both", "archived", "chargehistory"] = "both"  # what it still offers
    zaptec_rate: float = Field(default=10, ge=0)  # requests per second and user; 0: no limits
    zaptec_token_seconds: float = Field(default=86399, gt=0)
    chargeamps_chargers: int = Field(default=30, ge=1)
    # how Charge Amps' chargers tell status, see `garage.Dialect`; mixed: each in turn
    chargeamps_dialect: Literal["mixed", "words", "ocpp", "numeric", "numeric_old"] = "mixed"
    chargeamps_token_seconds: float = Field(default=7200, gt=0)


class Clock:
    """The sandbox's time: it stands still at the instant it was set to, or follows the real one."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at

    @property
    def is_set(self) -> bool:
        """Whether it stands still."""
        return self.at is not None

    def now(self) -> datetime:
        """The sandbox's present, with a time zone."""
        return self.at or datetime.now().astimezone()
