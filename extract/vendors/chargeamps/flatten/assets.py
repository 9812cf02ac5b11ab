"""Charge points, settings and our own controls → master data and `connector_settings`.

A charge point is a station and a charging point in one. Its `password` is a secret and never read;
the API has neither its place nor its power nor its owner. The lists of charge points of all
organisations are one scope, `*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from extract.lake.columns import named_table
from extract.lake.fields import Record, UnreadableError, read_record
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer, Partition
from extract.lake.spans import Runs, merged
from extract.vendors.chargeamps.fields import CONNECTOR, CONNECTOR_SETTINGS, CONTROL, POINT
from extract.vendors.chargeamps.flatten.records import read_json, read_list

STANDARDS = {"charger": "IEC_62196_T2", "schuko": "DOMESTIC_F"}
LISTS = ("owned", "organisation_chargepoints")
ALL = "*"  # the scope of master data
MASTER = {
    "stations": ("station_id", "name"),
    "charging_points": ("charging_point_id", "station_id"),
    "connectors": ("connector_id", "charging_point_id", "standard"),
}
"""Table → the columns that Charge Amps fills, the key first."""


class Setting(NamedTuple):
    """Columns of `connector_settings`: as observed, or as requested by `control`."""

    charging_point_id: str
    connector_id: str
    mode: str | None
    max_current_a: float | None
    rfid_lock: bool | None
    cable_lock: bool | None
    outcome: str | None = None
    requested_by: str | None = None
    reason: str | None = None


class AssetsFlattener:
    """Takes the answers about charge points and their settings in the order of their time."""

    def __init__(self, partition: Partition) -> None:
        self.partition, self.quarantine = partition, Quarantine(partition)
        self.master = Runs()
        self.observed: dict[str, Setting] = {}
        self.settings: dict[tuple[str, int, str], tuple[str, Setting]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer; a failed one says nothing."""
        if answer.endpoint in LISTS:
            points = read_list(answer, self.quarantine)
            found: dict[tuple[str, str], tuple[Any, ...]] = {}
            for position, value in enumerate(points):
                self._point(answer, value, position, found)
            self.master.answer(answer.query_time, [found])
        elif answer.endpoint in ("settings", "settings_put"):
            record = read_json(answer, self.quarantine)
            try:
                if answer.endpoint == "settings_put":
                    self._control(answer, read_record(record))
                elif record is not None:
                    self._observe(answer, record)
            except UnreadableError as error:
                self.quarantine.add(answer, error.issue("answer"))

    def _point(
        self,
        answer: Answer,
        value: Any,
        position: int,
        found: dict[tuple[str, str], tuple[Any, ...]],
    ) -> None:
        name = f"number {position}"
        try:
            record = read_record(value)
            name = POINT.value(record, "id")
            label, connectors = POINT.value(record, "name"), POINT.value(record, "connectors")
        except UnreadableError as error:
            self.quarantine.add(answer, error.issue(f"charge point {name}"))
            return
        self._note_unknown(POINT, record, name)
        found.setdefault(("stations", name), (label,))
        found.setdefault(("charging_points", name), (name,))
        for place, connector in enumerate(connectors):
            self._connector(answer, name, connector, place, found)

    def _connector(
        self,
        answer: Answer,
        point: str,
        value: Any,
        position: int,
        found: dict[tuple[str, str], tuple[Any, ...]],
    ) -> None:
        name = f"{point} number {position}"
        try:
            record = read_record(value)
            name = f"{point}:{CONNECTOR.value(record, 'connectorId')}"
            standard = STANDARDS.get((CONNECTOR.value(record, "type") or "").lower())
        except UnreadableError as error:
            self.quarantine.add(answer, error.issue(f"connector {name}"))
            return
        self._note_unknown(CONNECTOR, record, name)
        found.setdefault(("connectors", name), (point, standard))

    def _observe(self, answer: Answer, value: Any) -> None:
        record = read_record(value)
        setting = _setting(answer.scope, record)
        self._note_unknown(CONNECTOR_SETTINGS, record, setting.connector_id)
        if self.observed.get(setting.connector_id) != setting:
            self.observed[setting.connector_id] = setting
            self._keep(answer, "observed", setting)

    def _control(self, answer: Answer, record: dict[str, Any]) -> None:
        where = {name: record.get(name) for name in ("chargePointId", "connectorId")}
        wanted = _setting(answer.scope, CONTROL.value(record, "wanted") | where)
        requested = wanted._replace(
            outcome=CONTROL.value(record, "outcome"),
            requested_by=CONTROL.value(record, "requestedBy"),
            reason=CONTROL.value(record, "reason"),
        )
        self._keep(answer, "requested", requested)
        if record.get("after") is not None:
            self._observe(answer, record["after"])

    def _keep(self, answer: Answer, kind: str, setting: Setting) -> None:
        key = setting.connector_id, answer.query_time, kind
        self.settings[key] = answer.scope, setting

    def _note_unknown(self, kind: Record, record: dict[str, Any], name: str) -> None:
        self.quarantine.unknown(kind.name, record.keys() - kind.known, name)

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        settings = (
            (scope, at, kind, *setting) for (_, at, kind), (scope, setting) in self.settings.items()
        )
        columns = ("scope", "changed_at", "kind", *Setting._fields)
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in MASTER}
        for table, row in self._master_rows():
            rows[table].append(row)
        spans = ("scope", "first_query_time", "last_query_time")
        return {
            "connector_settings": named_table(
                "connector_settings", self.partition, columns, settings
            ),
            **{
                name: named_table(name, self.partition, (*spans, *MASTER[name]), found)
                for name, found in rows.items()
            },
            **self.quarantine.tables(),
        }

    def _master_rows(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """(table, row) of each run of equal master data, absence between answers ignored."""
        times = self.master.times
        for run in merged(self.master.finish()):
            table, name = run.key
            yield table, (ALL, times[run.first], times[run.last], name, *run.value)


def _setting(scope: str, record: dict[str, Any]) -> Setting:
    """A connector's settings, all or some of them. UnreadableError where they cannot be read."""
    read = CONNECTOR_SETTINGS.read(record)
    point = read.pop("charging_point_id") or scope
    return Setting(point, f"{point}:{read.pop('connector_id')}", **read)
