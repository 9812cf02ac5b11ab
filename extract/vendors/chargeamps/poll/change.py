"""A change of a connector's settings: what can be set, what differs, and what counts as equal.

From the Uppsala thesis: a car took 45 to 55 % of the limit and stopped below about 6 A, so a limit
below `LETS_CHARGE_A` may end its charging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract.errors import WattstarError

LEAST_A, MOST_A = 6.0, 32.0
LETS_CHARGE_A = 12.0  # about 6 A for a car that takes half of it
MODES = {"on": "On", "off": "Off", "schedule": "Schedule"}
LABELS = {
    "mode": "mode",
    "maxCurrent": "max. current (A)",
    "rfidLock": "RFID lock",
    "cableLock": "cable lock",
}
"""What can be changed, by the vendor's names."""

Settings = Mapping[str, Any]
"""A connector's settings as the vendor sends them."""


class ControlError(WattstarError):
    """A change that was not tried; the text says why."""


@dataclass(frozen=True)
class Wanted:
    """The settings to reach; None leaves one as it is. ControlError where one cannot be set."""

    mode: str | None = None
    max_current: float | None = None  # A per phase
    rfid_lock: bool | None = None
    cable_lock: bool | None = None

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode.lower() not in MODES:
            raise ControlError(f"mode is one of {', '.join(MODES)}, not {self.mode}")
        limit = self.max_current
        if limit is not None and not (limit == 0 or LEAST_A <= limit <= MOST_A):
            raise ControlError(
                f"the limit is 0 A (nothing) or {LEAST_A:g} to {MOST_A:g} A, not {limit:g} A"
            )
        if not self.fields():
            raise ControlError("say what to change: the limit, the mode, a lock")

    def fields(self) -> dict[str, Any]:
        """By the vendor's names, without what is left as it is."""
        named = {
            "mode": self.mode and MODES[self.mode.lower()],
            "maxCurrent": self.max_current,
            "rfidLock": self.rfid_lock,
            "cableLock": self.cable_lock,
        }
        return {name: value for name, value in named.items() if value is not None}

    def warnings(self) -> list[str]:
        """Consequences that one may not expect."""
        if self.max_current is None or self.max_current >= LETS_CHARGE_A:
            return []
        if self.max_current == 0:
            return ["0 A: no car will charge"]
        return [
            f"{self.max_current:g} A may end charging: cars took 45 to 55 % of the limit, and "
            f"stopped below about {LEAST_A:g} A"
        ]


@dataclass(frozen=True)
class Change:
    """A field, its value now and the value to reach."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{LABELS[self.field]}: {in_words(self.before)} -> {in_words(self.after)}"


def changes(before: Settings, wanted: Wanted) -> list[Change]:
    """The fields that differ from the wanted ones."""
    return [
        Change(name, before.get(name), after)
        for name, after in wanted.fields().items()
        if not is_equal(before.get(name), after)
    ]


def differing(one: Settings, other: Settings) -> list[str]:
    """The names of the fields of `LABELS` in which two settings differ."""
    return [name for name in LABELS if not is_equal(one.get(name), other.get(name))]


def is_equal(one: Any, other: Any) -> bool:
    """Whether two values mean the same: `On` and `on`, 10 and 10.0 and "10"."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    try:
        return float(one) == float(other)
    except (TypeError, ValueError, OverflowError):
        return str(one).strip().casefold() == str(other).strip().casefold()


def in_words(value: Any) -> str:
    """A value for a person to read."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None else f"{value}"
