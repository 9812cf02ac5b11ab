"""JSON objects that have a field twice.

A parser keeps the last value only; the text still holds the first. A caller that checks the
parsed values and then keeps the text must not keep such a text.
"""

from __future__ import annotations

import json
from typing import Any


class _RepeatedError(Exception):
    pass


def has_repeated_keys(text: str) -> bool:
    """Whether an object in the JSON text, in any depth, has a field twice. ValueError or
    RecursionError where it cannot be parsed."""
    try:
        json.loads(text, object_pairs_hook=_unique)
    except _RepeatedError:
        return True
    return False


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _RepeatedError
