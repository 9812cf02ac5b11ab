"""The JSON form of a step's result."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any


def as_dict(result: Any) -> dict[str, Any]:
    """A step's result (a dataclass with `ok`) for JSON: `ok` and its fields, floats rounded to two
    digits. A result with another form has its own `as_dict`."""
    if hasattr(result, "as_dict"):
        found: dict[str, Any] = result.as_dict()
        return found
    return {"ok": result.ok} | {
        each.name: _plain(getattr(result, each.name)) for each in fields(result)
    }


def _plain(value: Any) -> Any:
    """Dataclasses become objects, at any depth."""
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return round(value, 2) if isinstance(value, float) else value
