"""One ChargeCloud location, read into rows (its fields: extract/vendors/chargecloud/fields.py).

A record (location, EVSE, connector) that cannot be read is left out alone and becomes an `Issue`;
its children are still read. Of a changed location only the EVSEs with new bytes are parsed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from extract.lake.fields import (
    Issue,
    Record,
    RowReader,
    UnreadableError,
    read_list,
    read_record,
)
from extract.lake.quarantine import start_of
from extract.lake.schemas import CHARGING_POINTS, CONNECTORS, STATIONS
from extract.lake.spans import Block
from extract.vendors.chargecloud.fields import CONNECTOR, EVSE, LOCATION, upright
from extract.vendors.chargecloud.flatten.envelope import decode

Unknown = tuple[str, str, str]
"""A field that is not declared: kind of record, field, path of the record."""

NOT_JSON = (ValueError, RecursionError)
_NOTHING: dict[Any, None] = {}


class Location(NamedTuple):
    """What one location says. `statuses`: (unit, id) → (status, parking sensor); `master`: (table,
    id) → the row's values after its times; `units`: how many charging points and connectors it
    holds, also unreadable and repeated ones; `has_list`: whether it lists its charging points."""

    statuses: Block
    master: Block
    issues: Block
    unknown: tuple[Unknown, ...]
    units: int
    unreadable: int
    has_list: bool = True


@dataclass
class _Part:
    """The rows and issues of a location, an EVSE or a connector."""

    statuses: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)
    master: dict[tuple[str, str], tuple] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    units: int = 0
    unreadable: int = 0

    def add_unknown(self, kind: Record, path: str, record: dict[str, Any]) -> None:
        """Note the fields that are not declared."""
        if not record.keys() <= kind.known:
            self.unknown += [(kind.name, name, path) for name in record.keys() - kind.known]

    def list_of(self, path: str, record: dict[str, Any], name: str) -> list[Any]:
        """The children of a record; none, and an issue, where they are no list."""
        try:
            return read_list(name, record.get(name))
        except UnreadableError as error:
            self.issues.append(error.issue(path))
            return []


class _Shell(msgspec.Struct):
    """A location, for the JSON of its EVSEs."""

    evses: list[msgspec.Raw]


_SHELL = msgspec.json.Decoder(_Shell)


class LocationReader:
    """Reads locations. There is one per partition, so its memory is freed with the partition."""

    def __init__(self) -> None:
        self._evse_row = RowReader(EVSE, CHARGING_POINTS.names[7:-1])
        self._evse_status = RowReader(EVSE, ("status", "parking_sensor"))
        self._connector_row = RowReader(CONNECTOR, CONNECTORS.names[7:-1])
        self._connector_status = RowReader(CONNECTOR, ("status",))
        self._stations: dict[bytes, tuple[str, str | None, _Part]] = {}
        self._evses: dict[tuple[str, int], tuple[bytes, _Part]] = {}

    def read(self, piece: bytes, position: int) -> Location:
        """Read the JSON of a location; `position` names it where it has no id. ValueError or
        RecursionError where it is not JSON."""
        outer, evses = _without_evses(piece)
        if evses is None:
            return self._read_whole(piece, position)
        found = self._stations.get(outer)
        if found is None:
            found = self._station(decode(outer), position)
            if found[1] is not None and not found[2].issues:
                self._stations[outer] = found
        path, key, station = found
        parts = [self._evse_piece(raw, path, number, key) for number, raw in enumerate(evses)]
        return _joined(station, parts)

    def _read_whole(self, piece: bytes, position: int) -> Location:
        """A location whose EVSEs cannot be cut out of its JSON: parsed whole."""
        record = decode(piece)
        path, key, station = self._station(record, position)
        evses: list[Any] = []
        has_list = False
        if isinstance(record, dict):
            evses = station.list_of(path, record, "evses")
            has_list = isinstance(record.get("evses"), list)
        parts = [self._evse(evse, path, number, key) for number, evse in enumerate(evses)]
        return _joined(station, parts)._replace(has_list=has_list)

    def _station(self, record: Any, position: int) -> tuple[str, str | None, _Part]:
        """The location's own fields: its path, its id, None where it has none, and the part."""
        part, path, key = _Part(), f"location {position}", None
        try:
            key = LOCATION.value(read_record(record), "id")
            path = f"location {key}"
            row = LOCATION.read(record)
            row["latitude"], row["longitude"] = upright(row["latitude"], row["longitude"])
            part.master["stations", key] = tuple(map(row.get, STATIONS.names[6:-1]))
        except UnreadableError as error:
            part.issues.append(error.issue(path))
        if isinstance(record, dict):
            part.add_unknown(LOCATION, path, record)
        return path, key, part

    def _evse_piece(self, raw: msgspec.Raw, path: str, number: int, station: str | None) -> _Part:
        """An EVSE from its JSON. If the one read last at this position has the same bytes, its
        result is used."""
        piece = bytes(memoryview(raw))
        before = self._evses.get((path, number))
        if before is not None and before[0] == piece:
            return before[1]
        try:
            part = self._evse(decode(piece), path, number, station)
        except NOT_JSON as error:
            part = unreadable_piece(f"{path} / evse {number}", piece, error)
        self._evses[path, number] = piece, part
        return part

    def _evse(self, record: Any, above: str, number: int, station: str | None) -> _Part:
        """An EVSE with its connectors."""
        part, path, key = _Part(units=1), f"{above} / evse {number}", None
        try:
            fields = read_record(record)
            key = EVSE.value(fields, "id" if fields.get("id") is not None else _id_name(fields))
            path = f"{above} / evse {key}"
            row = (station, *self._evse_row.read(fields))
            part.statuses["chargingpoint", key] = self._evse_status.read(fields)
            part.master["charging_points", key] = row
        except UnreadableError as error:
            part.unreadable += 1
            part.issues.append(error.issue(path))
        if isinstance(record, dict):
            part.add_unknown(EVSE, path, record)
            for place, connector in enumerate(part.list_of(path, record, "connectors")):
                self._connector(part, connector, path, place, key)
        return part

    def _connector(
        self, part: _Part, record: Any, above: str, number: int, charging_point: str | None
    ) -> None:
        """Read a connector into the part of its EVSE. Of two with the same id the first counts."""
        part.units += 1
        path = f"{above} / connector {number}"
        try:
            fields = read_record(record)
            key = CONNECTOR.value(fields, "id")
            path = f"{above} / connector {key}"
            row = (charging_point, *self._connector_row.read(fields))
            status = (*self._connector_status.read(fields), None)
            part.master.setdefault(("connectors", key), row)
            part.statuses.setdefault(("connector", key), status)
        except UnreadableError as error:
            part.unreadable += 1
            part.issues.append(error.issue(path))
        if isinstance(record, dict):
            part.add_unknown(CONNECTOR, path, record)


def _id_name(evse: dict[str, Any]) -> str:
    return "evse_id" if evse.get("evse_id") is not None else "id"


def unreadable_location(number: int, piece: bytes, error: Exception) -> Location:
    """A location of which nothing can be read; it counts as one unit."""
    return _joined(unreadable_piece(f"location {number}", piece, error), [])


def unreadable_piece(path: str, piece: bytes, error: Exception) -> _Part:
    """The part of a record of which nothing can be read."""
    reason = "is nested too deep" if isinstance(error, RecursionError) else f"is not JSON: {error}"
    return _Part(issues=[Issue(path, None, start_of(piece), reason[:300])], units=1, unreadable=1)


def _without_evses(piece: bytes) -> tuple[bytes, list[msgspec.Raw] | None]:
    """The JSON of a location without its EVSEs, and the JSON of each; None where it has no list of
    them, or is broken."""
    try:
        evses = _SHELL.decode(piece).evses
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return piece, None
    if not evses:
        return piece, evses
    first, last, whole = (pa.py_buffer(one) for one in (evses[0], evses[-1], piece))
    start = first.address - whole.address
    end = last.address + last.size - whole.address
    return piece[:start] + piece[end:], evses


def _joined(station: _Part, parts: Iterable[_Part]) -> Location:
    """A station with its EVSEs. Of two units with one id the first counts."""
    parts = [station, *parts]
    statuses: dict[tuple[str, str], tuple[str | None, str | None]] = {}
    master: dict[tuple[str, str], tuple] = {}
    for part in reversed(parts):
        statuses.update(part.statuses)
        master.update(part.master)
    units = unreadable = 0
    issues: list[Issue] = []
    unknown: list[Unknown] = []
    for part in parts:
        units += part.units
        unreadable += part.unreadable
        issues += part.issues
        unknown += part.unknown
    kept = dict.fromkeys(issues) if issues else _NOTHING
    return Location(statuses, master, kept, tuple(unknown), units, unreadable)
