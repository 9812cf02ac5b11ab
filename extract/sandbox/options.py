"""The options with which a sandbox starts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Options(BaseModel):
    """`seed` and `scale` (1.0: as large as the real network) make the synthetic fleets. `now`:
    where the clock stands still; None follows the real time.

    Any other name is a vendor's own option, `<source>_<name>`, see `VendorOptions.of`.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    seed: int = 0
    scale: float = Field(default=1.0, gt=0)
    now: AwareDatetime | None = None

    def __init__(self, **values: Any) -> None:  # pydantic's own lets mypy refuse vendors' options
        super().__init__(**values)


class VendorOptions(BaseModel):
    """The base of each vendor's options: its own fields, beside the common ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    scale: float = Field(default=1.0, gt=0)
    now: AwareDatetime | None = None

    @classmethod
    def of(cls, options: Options, source: str) -> Self:
        """A vendor's part of the options. Raises pydantic.ValidationError for an option that it
        does not have."""
        start = f"{source}_"
        own = {
            name.removeprefix(start): value
            for name, value in (options.model_extra or {}).items()
            if name.startswith(start)
        }
        return cls(seed=options.seed, scale=options.scale, now=options.now, **own)


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
