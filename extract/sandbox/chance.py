"""Random numbers of the synthetic fleets: the same for the same seed, on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")


def draw(*what: object) -> Random:
    """The random numbers for an object, which its parts name; the same on every call."""
    return Random("/".join(map(str, what)))  # noqa: S311  a simulation, no secret


def chance(rng: Random, share: float) -> bool:
    """True with the probability `share`."""
    return rng.random() < share


def pick(rng: Random, shares: Mapping[T, float]) -> T:
    """One of the keys, with the probability of its share."""
    return rng.choices(list(shares), list(shares.values()))[0]
