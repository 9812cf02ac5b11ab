"""A message's JSON, and the fields in it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from extract.lake.fields import Field, UnreadableError


def payload(body: str) -> dict[str, Any]:
    """The object with the names of its fields in camel case, in any depth. UnreadableError where
    the text is no JSON object."""
    try:
        value = _camel(msgspec.json.decode(body))
    except (msgspec.MsgspecError, ValueError) as error:
        raise UnreadableError("", None, "is no JSON") from error
    except RecursionError as error:
        raise UnreadableError("", None, "is nested too deep") from error
    if not isinstance(value, dict):
        raise UnreadableError("", None, "is no object")
    return value


def read_fields(
    fields: Iterable[Field], body: dict[str, Any], issues: list[UnreadableError]
) -> dict[str, Any]:
    """The columns that the fields fill. A field that cannot be read is added to `issues`."""
    columns: dict[str, Any] = {}
    for field in fields:
        if columns.get(field.column) is not None:
            continue
        try:
            columns[field.column] = field.read(_value(body, field.name))
        except UnreadableError as error:
            issues.append(error)
    return columns


def _value(body: dict[str, Any], name: str) -> Any:
    """The value of a field; None where an object on the way to it is missing."""
    value: Any = body
    for part in _path(name):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise UnreadableError(name, value, "is not within an object")
        value = value.get(part)
    return value


@cache
def _path(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(inner) for inner in value]
    if isinstance(value, dict):
        return {_camel_name(name): _camel(inner) for name, inner in value.items()}
    return value


def _camel_name(name: str) -> str:
    if "_" not in name:
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
