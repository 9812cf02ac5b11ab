"""One ChargeCloud location, read into rows: the field list of both shapes of the feed.

2022 sends ids, amperes and coordinates as strings, 2024 as numbers, with more fields. A record
(location, EVSE, connector) that cannot be read is left out alone and told as an `Issue`; its
children go on. What stands here is what recordings show; nothing is trimmed or translated: that
is the staging models' work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from extract.lake.schemas import CHARGING_POINTS, CONNECTORS, STATIONS
from extract.lake.spans import Block


class Issue(NamedTuple):
    """A record that could not be read: where it is, which field, its value, and why."""

    record: str
    field: str | None
    value: str | None
    reason: str


class Location(NamedTuple):
    """Everything one location says, keyed so that runs of equal answers can be told.

    `statuses`: (unit, id) → (status, parking sensor); `master`: (table, id) → the row's values;
    `units`: how many charging points and connectors it holds, also unreadable or repeated ones.
    """

    statuses: Block
    master: Block
    issues: Block
    unknown: tuple[tuple[str, str], ...]
    units: int
    unreadable: int


_NO_ISSUES: dict[Issue, None] = {}


class _UnreadableError(Exception):
    def __init__(self, field: str, value: Any, reason: str) -> None:
        self.field, self.value, self.reason = field, value, reason


# --- values: what the feed sends → what the typed column holds -----------------------------------


def _text(field: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise _UnreadableError(field, value, "is not text")


def _key(field: str, value: Any) -> str:
    text = (_text(field, value) or "").strip()
    if not text:
        raise _UnreadableError(field, value, "is missing: a record without it has no key")
    return text


def _number(field: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise _UnreadableError(field, value, "is not a number")


def _flag(field: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise _UnreadableError(field, value, "is neither true nor false")


def _object(field: str, value: Any) -> dict:
    if value is None or isinstance(value, dict):
        return value or {}
    raise _UnreadableError(field, value, "is not an object")


def _list(field: str, value: Any) -> list:
    if value is None or isinstance(value, list):
        return value or []
    raise _UnreadableError(field, value, "is not a list")


def _words(field: str, value: Any) -> str | None:
    return " ".join(sorted({str(word) for word in _list(field, value)})) or None


def _json(field: str, value: Any) -> str | None:
    return json.dumps(_list(field, value), separators=(",", ":")) if value else None


# --- records: typed column ← the feed's field and how it is read ---------------------------------

Columns = dict[str, tuple[str, Callable[[str, Any], Any]]]

_STATION: Columns = {
    **{name: (name, _text) for name in ("name", "address", "city", "postal_code", "country")},
    **{name: (name, _text) for name in ("directions", "owner", "comment")},
    "roaming": ("roaming", _flag),
}
_COORDINATES: Columns = {name: (name, _number) for name in ("latitude", "longitude")}
_OPERATOR: Columns = {
    "operator_name": ("name", _text),
    "operator_hotline": ("hotline", _text),
    "operator_id": ("operatorId", _text),  # 2024; told to stand beside `operator`, too
}
_OPENING: Columns = {
    "open_24_7": ("twentyfourseven", _flag),
    "opening_hours": ("regular_hours", _json),
}
_CHARGING_POINT: Columns = {
    **{name: (name, _text) for name in ("uid", "physical_reference", "floor_level")},
    "vehicle_type": ("vehicle_type", _text),
    "position": ("chargePointPosition", _text),
    "station_position": ("chargingStationPosition", _text),
    "parking_space_numbers": ("chargePointParkingSpaceNumbers", _text),
    "public_comment": ("chargePointPublicComment", _text),
    "roaming": ("roaming", _flag),
    "reservable": ("reservable", _flag),  # 2024
}
_CAPABILITIES: Columns = {"capabilities": ("capabilities", _words)}  # repeats occur
_CONNECTOR: Columns = {
    **{name: (name, _text) for name in ("standard", "format", "power_type", "tariff_id")},
    **{name: (name, _number) for name in ("ampere", "voltage")},  # 2022: "32", 2024: 32
    "max_power_kw": ("max_power", _number),
}
_STATUS: Columns = {
    "status": ("status", _text),
    "parking_sensor": ("parkingsensor_status", _text),  # on one charging point in 27
}

_KNOWN = {
    "location": frozenset(
        (
            "id name address city postal_code country directions coordinates distance_in_m "
            "operator operatorId opening_times owner roaming evses status comment tariffZones"
        ).split()
    ),
    "evse": frozenset(
        (
            "uid id status capabilities physical_reference floor_level vehicle_type connectors "
            "chargePointPosition chargePointPublicComment chargePointParkingSpaceNumbers "
            "chargingStationPosition roaming parkingsensor_status reservable"
        ).split()
    ),
    "connector": frozenset(
        ("id status standard format power_type ampere voltage max_power tariff_id").split()
    ),
}


class _Fields:
    """Reads some columns of a record. Records repeat each other, so what has been read once is
    looked up by the values and their types (1, 1.0 and True are equal, but not the same)."""

    def __init__(self, columns: Columns) -> None:
        self.columns = list(columns)
        self.fields = [field for field, _ in columns.values()]
        self.readers = [read for _, read in columns.values()]
        self.known: dict[tuple, tuple] = {}

    def read(self, record: dict) -> tuple:
        values = tuple(map(record.get, self.fields))
        key = values, tuple(map(type, values))
        try:
            return self.known[key]
        except KeyError:
            row = self.known[key] = self._read(values)
            return row
        except TypeError:  # a list or an object among the values
            return self._read(values)

    def _read(self, values: tuple) -> tuple:
        return tuple(
            read(field, value)
            for read, field, value in zip(self.readers, self.fields, values, strict=True)
        )


def _order(schema: pa.Schema, columns: list[str]) -> Callable[[tuple], tuple]:
    """Puts values into the order of a typed master table (between its times and the stream)."""
    return itemgetter(*(columns.index(name) for name in schema.names[6:-1]))


class Reader:
    """Reads locations; one for a partition, so that what it remembers is freed with it."""

    def __init__(self) -> None:
        self.station = _Fields(_STATION)
        self.coordinates = _Fields(_COORDINATES)
        self.operator = _Fields(_OPERATOR)
        self.opening = _Fields(_OPENING)
        self.point = _Fields(_CHARGING_POINT)
        self.capabilities = _Fields(_CAPABILITIES)
        self.plug = _Fields(_CONNECTOR)
        self.status = _Fields(_STATUS)
        parts = (self.station, self.coordinates, self.operator, self.opening)
        self._station = _order(STATIONS, [name for part in parts for name in part.columns])
        self._point = _order(
            CHARGING_POINTS, ["station_id", *self.point.columns, *self.capabilities.columns]
        )
        self._evses: dict[tuple[str, int], tuple[Any, _Part]] = {}
        self._plug = _order(CONNECTORS, ["charging_point_id", *self.plug.columns])

    def location(self, record: dict) -> tuple:
        """The row of a location's own fields."""
        return self._station(
            self.station.read(record)
            + self.coordinates.read(_object("coordinates", record.get("coordinates")))
            + self.operator.read(_operator(record))
            + self.opening.read(_object("opening_times", record.get("opening_times")))
        )

    def charging_point(self, record: dict, station_id: str | None) -> tuple:
        """The row of an EVSE's own fields."""
        return self._point((station_id, *self.point.read(record), *self.capabilities.read(record)))

    def connector(self, record: dict, charging_point_id: str | None) -> tuple:
        """The row of a connector's own fields."""
        return self._plug((charging_point_id, *self.plug.read(record)))

    def read(self, record: Any, position: int) -> Location:
        """Read one element of an answer's `data`; `position` names it where it has no id."""
        part = _Part()
        path, key = f"location {position}", None
        try:
            key = _key("id", _checked(record).get("id"))
            path = f"location {key}"
            part.master["stations", key] = self.location(record)
        except _UnreadableError as error:
            part.quarantine(path, error)
        for number, evse in part.children(path, "location", record, "evses"):
            part.take(self._evse(evse, path, number, key))
        return part.location()

    def _evse(self, record: Any, path: str, position: int, station_id: str | None) -> _Part:
        """An EVSE with its connectors; the one read last at this place where it is the same."""
        before = self._evses.get((path, position))
        if before is not None and before[0] == record:
            return before[1]
        part = _Part()
        key = self._unit(part, record, f"{path} / evse", position, station_id)
        path_below = f"{path} / evse {key or position} / connector"
        for number, connector in part.children(path_below, "evse", record, "connectors"):
            if self._unit(part, connector, path_below, number, key, plug=True):
                part.notice("connector", connector)
        self._evses[path, position] = record, part
        return part

    def _unit(
        self,
        part: _Part,
        record: Any,
        path: str,
        position: int,
        parent: str | None,
        *,
        plug: bool = False,
    ) -> str | None:
        """Read a charging point or a connector; its id, None where it has none."""
        part.units += 1
        key = None
        try:
            key = _key("id", _checked(record).get("id"))
            row = self.connector(record, parent) if plug else self.charging_point(record, parent)
            status = self.status.read(record)
        except _UnreadableError as error:
            part.unreadable += 1
            part.quarantine(f"{path} {key or position}", error)
            return key
        part.statuses.setdefault(("connector" if plug else "chargingpoint", key), status)
        part.master.setdefault(("connectors" if plug else "charging_points", key), row)
        return key


def _operator(record: dict) -> dict:
    """The operator with its id, which clients read in it and documents show beside it."""
    operator = _object("operator", record.get("operator"))
    if "operatorId" in record:
        return {"operatorId": record["operatorId"], **operator}
    return operator


class _Part:
    """Collects what a location, or an EVSE of it, says. Of two units with one id the first
    counts."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        self.master: dict[tuple[str, str], tuple] = {}
        self.issues: list[Issue] = []
        self.unknown: set[tuple[str, str]] = set()
        self.units = self.unreadable = 0

    def take(self, other: _Part) -> None:
        """Add what a child says."""
        self.statuses = {**other.statuses, **self.statuses}
        self.master = {**other.master, **self.master}
        self.issues += other.issues
        self.unknown |= other.unknown
        self.units += other.units
        self.unreadable += other.unreadable

    def children(self, path: str, kind: str, record: Any, field: str) -> Iterable[tuple[int, Any]]:
        """The record's children, numbered; what is not a list is told, not walked."""
        if not isinstance(record, dict):
            return ()
        self.notice(kind, record)
        try:
            return enumerate(_list(field, record.get(field)))
        except _UnreadableError as error:
            self.quarantine(path, error)
            return ()

    def notice(self, kind: str, record: dict) -> None:
        """Note the fields that are not known."""
        if not record.keys() <= _KNOWN[kind]:
            self.unknown.update((kind, name) for name in record.keys() - _KNOWN[kind])

    def quarantine(self, path: str, error: _UnreadableError) -> None:
        """Note a record that cannot be read."""
        value = None if error.value is None else json.dumps(error.value)[:200]
        self.issues.append(Issue(path, error.field, value, error.reason))

    def location(self) -> Location:
        """What was collected, for keeping."""
        return Location(
            self.statuses,
            self.master,
            dict.fromkeys(self.issues) if self.issues else _NO_ISSUES,
            tuple(sorted(self.unknown)),
            self.units,
            self.unreadable,
        )


def _checked(record: Any) -> dict:
    if isinstance(record, dict):
        return record
    raise _UnreadableError("", record, "is not an object")
