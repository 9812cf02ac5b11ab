"""The kinds of reference files, and what makes a file one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from extract.errors import WattstarError
from extract.reference.tariff import parse_tariff

Companions = Mapping[str, str]
"""The files that a reference file names: file name → content."""


class ReferenceFileError(WattstarError):
    """A file that is not what its kind asks for. The text names the file, the field, what is wrong
    and what to do; nothing has landed."""


@dataclass(frozen=True)
class Kind:
    """`check(name, content, companions, zone)` raises ValueError where the content is not of the
    kind; `companions(name, content)` are the names of the files beside it that belong to it."""

    name: str
    meaning: str
    check: Callable[[str, str, Companions, ZoneInfo], object]
    companions: Callable[[str, str], list[str]]


def _tariff_companions(name: str, content: str) -> list[str]:
    spot = parse_tariff(name, content).spot
    return [spot.file] if spot else []


KINDS: Mapping[str, Kind] = {
    "tariffs": Kind(
        "tariffs",
        "what a kilowatt-hour costs in each hour (TOML, see extract/reference/tariff.py)",
        lambda name, content, companions, zone: parse_tariff(name, content, companions).check(zone),
        _tariff_companions,
    ),
}


def kind_of(name: str) -> Kind:
    """The kind of that name. ReferenceFileError, with the names there are, where there is none."""
    if name not in KINDS:
        raise ReferenceFileError(f"there is no kind {name!r}; known are: {', '.join(KINDS)}")
    return KINDS[name]
