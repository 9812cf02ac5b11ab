"""How synthetic fleets are drawn: random numbers that are the same every time, everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")


def draw(*what: object) -> Random:
    """The random numbers for something: the same ones every time, everywhere."""
    return Random("/".join(map(str, what)))  # noqa: S311  a simulation, no secret


def chance(rng: Random, share: float) -> bool:
    """True as often as `share` says."""
    return rng.random() < share


def pick(rng: Random, shares: Mapping[T, float]) -> T:
    """One of the keys, as often as its share says."""
    return rng.choices(list(shares), list(shares.values()))[0]
