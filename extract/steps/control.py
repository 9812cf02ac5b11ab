"""`wattstar control`: change a connector's settings, of a source that can be controlled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from extract.settings import Settings
from extract.vendors import controller


def wanted(
    source: str,
    *,
    mode: str | None = None,
    max_current: float | None = None,
    rfid_lock: bool | None = None,
    cable_lock: bool | None = None,
) -> Any:
    """The settings that a connector is to have; None leaves one unchanged.

    `mode`: on, off or schedule. `max_current`: A per phase. The result's `warnings()` are for a
    person. Raises ControlError for a value that is not allowed, UnknownNameError where the source
    cannot be controlled.
    """
    return controller(source).Wanted(mode, max_current, rfid_lock, cable_lock)


def control(
    settings: Settings,
    source: str,
    charge_point: str,
    connector: int,
    wanted: Any,
    *,
    by: str,
    reason: str | None,
    agree: Callable[[list[Any]], bool] = lambda changes: True,
) -> Any:
    """Read a connector's settings, change those that differ from `wanted`, and read them back.

    `by`, `reason`: who asks and why. Both are recorded in the lake, also of a change that failed.
    `agree` gets the list of changes and returns whether to make them. The result has `ok`, `text`,
    `outcome` and `changes`. Raises ControlError where no change was tried, AccessError where the
    login is refused, PseudonymKeyError where the key is not the lake's.
    """
    change = controller(source).control
    return change(settings, charge_point, str(connector), wanted, by=by, reason=reason, agree=agree)
