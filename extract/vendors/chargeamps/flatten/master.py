"""Owned charge points, settings and controls → rows of master data and of `connector_settings`.

A charge point is a station and a charging point in one. Its `password` is a secret and never
read; where it stands, which power it has and whose it is, the API does not tell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from extract.lake.schemas import CHARGING_POINTS, CONNECTORS, STATIONS
from extract.vendors.chargeamps.flatten import values
from extract.vendors.chargeamps.flatten.values import Issue, Json, UnreadableError

STANDARDS = {"charger": "IEC_62196_T2", "schuko": "DOMESTIC_F"}

_POINT = frozenset(
    (
        "id name password type isLoadbalanced firmwareVersion hardwareVersion ocppVersion "
        "connectors"
    ).split()
)
_CONNECTOR = frozenset(("chargePointId", "connectorId", "type"))
_SETTINGS = frozenset("chargePointId connectorId mode rfidLock cableLock maxCurrent".split())


def _row(schema: Any, **told: Any) -> tuple[Any, ...]:
    """A master row's own columns; what is not told is NULL."""
    return tuple(told.get(name) for name in schema.names[6:-1])


class Owned(NamedTuple):
    """(table, id) → the row's own columns; what could not be read; unknown fields as (kind of
    record, field, whose it is)."""

    master: dict[tuple[str, str], tuple[Any, ...]]
    issues: dict[Issue, None]
    unknown: set[tuple[str, str, str]]


def owned(answer: Any) -> Owned:
    """Read the list of owned charge points. UnreadableError where it is none."""
    if not isinstance(answer, list):
        raise UnreadableError("", answer, "is not a list")
    found = Owned({}, {}, set())
    for position, value in enumerate(answer):
        name = str(position)
        try:
            record = values.checked(value)
            name = values.key(record, "id")
            station = _row(STATIONS, name=values.text(record, "name"))
            plugs = values.records(record, "connectors")
        except UnreadableError as error:
            found.issues[error.issue(f"charge point {name}")] = None
            continue
        _notice(found, "charge point", record, _POINT, name)
        found.master.setdefault(("stations", name), station)
        point = _row(CHARGING_POINTS, station_id=name)
        found.master.setdefault(("charging_points", name), point)
        for number, plug in enumerate(plugs):
            _plug(found, name, number, plug)
    return found


def _plug(found: Owned, point: str, position: int, value: Any) -> None:
    name = f"{point}:{position}"
    try:
        record = values.checked(value)
        name = f"{point}:{values.key(record, 'connectorId')}"
        kind = values.text(record, "type") or ""
    except UnreadableError as error:
        found.issues[error.issue(f"connector {name}")] = None
        return
    _notice(found, "connector", record, _CONNECTOR, name)
    row = _row(CONNECTORS, charging_point_id=point, standard=STANDARDS.get(kind.lower()))
    found.master.setdefault(("connectors", name), row)


def _notice(found: Owned, kind: str, record: Json, known: frozenset[str], whose: str) -> None:
    found.unknown.update((kind, name, whose) for name in record.keys() - known)


class Settings(NamedTuple):
    """A connector's settings, as `connector_settings` has them."""

    charging_point_id: str
    connector_id: str
    mode: str | None
    max_current_a: float | None
    rfid_lock: bool | None
    cable_lock: bool | None


def settings(point_id: str, answer: Any) -> tuple[Settings, frozenset[str]]:
    """Read an answer of a connector's settings, or a part of them: those, and the names of
    unknown fields. UnreadableError where it cannot be read."""
    record = values.checked(answer)
    point = values.text(record, "chargePointId") or point_id
    read = Settings(
        point,
        f"{point}:{values.key(record, 'connectorId')}",
        values.text(record, "mode"),
        values.number(record, "maxCurrent"),
        values.flag(record, "rfidLock"),
        values.flag(record, "cableLock"),
    )
    return read, frozenset(record.keys() - _SETTINGS)


class Control(NamedTuple):
    """What somebody wanted of a connector, and what came of it."""

    wanted: Settings
    outcome: str | None
    requested_by: str | None
    reason: str | None


def control(point_id: str, answer: Any) -> Control:
    """Read a landed control: `{chargePointId, connectorId, wanted: {mode?, maxCurrent?, rfidLock?,
    cableLock?}, outcome, requestedBy, reason, before, after}`; `before` and `after` are answers of
    settings, `after` null where none came. UnreadableError where it cannot be read."""
    record = values.checked(answer)
    name = {field: record.get(field) for field in ("chargePointId", "connectorId")}
    wanted, _ = settings(point_id, {**values.checked(record.get("wanted")), **name})
    return Control(
        wanted,
        values.text(record, "outcome"),
        values.text(record, "requestedBy"),
        values.text(record, "reason"),
    )
