"""The locations of a city's page. Only what changed since the answer before is read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from extract.lake.spans import Block
from extract.vendors.chargecloud.flatten.envelope import RefusedError, looks_like
from extract.vendors.chargecloud.flatten.location import (
    NOT_JSON,
    Location,
    LocationReader,
    Unknown,
    unreadable_location,
)
from extract.vendors.chargecloud.flatten.split_answer import Splitter

_Before = list[tuple[bytes, Location]]
"""The last body's slices, each with what it says."""

_LOG = logging.getLogger("wattstar")


class Locations:
    """Reads the JSON of locations, each version once per partition. `unknown`: the undeclared
    fields of all versions."""

    def __init__(self) -> None:
        self.unknown: set[Unknown] = set()
        self._reader = LocationReader()
        self._versions: dict[bytes, Location] = {}
        self._masters: dict[tuple, Block] = {}  # equal master data of all versions, once

    def read(self, piece: bytes, number: int) -> Location:
        """The location. ValueError or RecursionError where it is not JSON."""
        known = self._versions.get(piece)
        if known is None:
            known = self._reader.read(piece, number)
            master = self._masters.setdefault(tuple(known.master.items()), known.master)
            known = self._versions[piece] = known._replace(master=master)
            self.unknown.update(known.unknown)
        return known

    def read_or_quarantine(self, piece: bytes, number: int) -> Location:
        """The location; one that cannot be read at all is an issue and costs nothing else."""
        try:
            return self.read(piece, number)
        except NOT_JSON as error:
            return unreadable_location(number, piece, error)
        except Exception as error:
            _LOG.exception("location %s of a ChargeCloud answer cannot be read", number)
            return unreadable_location(number, piece, error)


@dataclass
class Page:
    """A city's answer, or one page of it."""

    reader: Locations
    locations: list[Location] = field(default_factory=list)
    splitter: Splitter = field(default_factory=Splitter)

    @property
    def timestamp(self) -> Any:
        """The answer's own time, as it was sent."""
        return self.splitter.timestamp

    @property
    def next_page(self) -> str | None:
        """What to ask for the page after this one; None on the last."""
        return self.splitter.next_page

    def read(self, body: pa.Buffer) -> bool:
        """Read a body; False where its locations are those of the body before. RefusedError where
        it is no answer."""
        if self.splitter.same_locations(body):
            return False
        before = list(zip_longest(self.splitter.slices, self.locations))
        self.locations = self._read_like_previous(before, body) or self._locations(
            before, self.splitter.split(body), self.reader.read_or_quarantine
        )
        return True

    def _read_like_previous(self, before: _Before, body: pa.Buffer) -> list[Location] | None:
        """The locations of a body, cut at the same places as the one before; None where that
        fails."""
        slices = self.splitter.split_like_previous(body)
        if slices is None:
            return None
        try:
            return self._locations(before, slices, self.reader.read)
        except NOT_JSON:  # a slice is broken: the body is cut by its own JSON
            return None

    @staticmethod
    def _locations(
        before: _Before, slices: list[bytes], read: Callable[[bytes, int], Location]
    ) -> list[Location]:
        """The locations of an answer. Where position and bytes are as before, the objects are,
        too."""
        return [
            old[1] if old and old[0] is piece else read(piece, number)
            for number, (piece, old) in enumerate(zip_longest(slices, before[: len(slices)]))
        ]


def refusal(locations: list[Location], start: bytes = b"") -> RefusedError | None:
    """The error where locations came but no charging point could be read: the feed has a form that
    is not known. `start` is the first location's JSON."""
    units = sum(location.units for location in locations)
    unreadable = sum(location.unreadable for location in locations)
    lost = units == unreadable if units else not any(place.has_list for place in locations)
    if not locations or not lost:
        return None
    return RefusedError(
        "unreadable",
        f"nothing could be read of its {len(locations)} locations; "
        f"the first is {looks_like(start)}",
    )
