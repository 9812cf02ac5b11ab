"""Rows of other tables seen in messages: charge points, connectors, statuses, what is unreadable.

A StatusNotification is an observation at its own time; at that of its message where its own is of
another date, ahead of the log, or of a clock that was never set.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from extract.lake.columns import table
from extract.lake.fields import EPOCH, Issue, UnreadableError
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Partition
from extract.lake.schemas import TABLES
from extract.vendors.ocpp.flatten.clocks import AHEAD_US, UNSET_US, Corrections
from extract.vendors.ocpp.flatten.unassigned_samples import Origin

_DAY_US = 86_400_000_000
_Times = list[int]
"""The first and the last time, µs since 1970 UTC."""


class _Status(NamedTuple):
    origin: Origin
    connector: int
    status: str
    own: int | None


class SideTables:
    """Collects rows; times are microseconds since 1970 UTC."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._quarantine = Quarantine(partition)
        self._points: dict[str, _Times] = {}
        self._connectors: dict[tuple[str, int], _Times] = {}
        self._statuses: list[_Status] = []

    def see(self, point: str, time: int) -> None:
        """Note a message from or to the charge point."""
        _widen(self._points, point, time)

    def see_connector(self, point: str, connector: int, time: int) -> None:
        """Note a message about a connector; number 0 is the charge point itself."""
        if connector > 0:
            _widen(self._connectors, (point, connector), time)

    def add_status(self, origin: Origin, connector: int, status: str, own: int | None) -> None:
        """Take a StatusNotification; `own`: its time by the charge point's clock."""
        self._statuses.append(_Status(origin, connector, status.upper(), own))

    def refuse(self, origin: Origin, error: UnreadableError) -> None:
        """Quarantine something in a message; the message itself is kept. No file is named, because
        which file holds the message depends on how the log was delivered."""
        issue = error.issue(f"message {origin.message_id} of {origin.point}")
        self._refuse(origin.point, origin.time, issue, f"raw/{self.partition.folder}")

    def refuse_lines(self, rows: pa.Table) -> None:
        """Quarantine lines of a log that are not messages."""
        for row in rows.to_pylist():
            file, _, line = row["place"].rpartition(", ")
            time = (row["message_time"] - EPOCH) // timedelta(microseconds=1)
            self._refuse(row["scope"], time, Issue(line, None, None, row["error"]), file)

    def _refuse(self, scope: str, time: int, issue: Issue, file: str) -> None:
        self._quarantine.add_span(scope, issue, time, time, polls=1, file=file)

    def tables(self, corrections: Corrections) -> dict[str, pa.Table]:
        """The typed tables."""
        statuses = self._last_written(corrections)
        polls = [_poll(*key, written) for key, (written, _) in statuses]
        spans = [_span(*key, status) for key, (_, status) in statuses]
        rows: dict[str, list[dict[str, Any]]] = {
            "stations": [_run(point, *times, name=point) for point, times in self._seen()],
            "charging_points": [_run(point, *times) for point, times in self._seen()],
            "connectors": [
                _run(point, *times, connector_id=f"{point}:{number}")
                for (point, number), times in sorted(self._connectors.items())
            ],
            "polls": polls,
            "status_spans": spans,
        }
        return {name: self._table(name, many) for name, many in rows.items()} | (
            self._quarantine.tables()
        )

    def _seen(self) -> list[tuple[str, _Times]]:
        return sorted(self._points.items())

    def _last_written(
        self, corrections: Corrections
    ) -> list[tuple[tuple[str, int, int], tuple[int, str]]]:
        """(charge point, connector, moment) → when it was written, and the status: of several for
        one moment the one that was written last."""
        found: dict[tuple[str, int, int], tuple[int, str]] = {}
        for status in self._statuses:
            time = status.origin.time
            at = _moment(status.own, time, corrections.of(status.origin.number))
            key = status.origin.point, status.connector, at
            found[key] = max(found.get(key, (0, "")), (time, status.status))
        return sorted(found.items())

    def _table(self, name: str, rows: list[dict[str, Any]]) -> pa.Table:
        own = {
            "source": self.partition.source,
            "stream": self.partition.stream,
            "date": self.partition.day,
        }
        columns = TABLES[name].names
        return table(name, ([{**row, **own}.get(column) for column in columns] for row in rows))


def _moment(own: int | None, time: int, correction: int) -> int:
    """When a status was taken."""
    if own is None or abs(correction) > UNSET_US:
        return time
    start, at = time - time % _DAY_US, own + correction
    return at if start <= at < start + _DAY_US and at <= time + AHEAD_US else time


def _widen(known: dict[Any, _Times], key: Any, time: int) -> None:
    times = known.get(key)
    if times is None:
        known[key] = [time, time]
    elif time < times[0]:
        times[0] = time
    elif time > times[1]:
        times[1] = time


def _run(point: str, first: int, last: int, **values: Any) -> dict[str, Any]:
    ids = {"scope": point, "station_id": point, "charging_point_id": point}
    return {**ids, "first_query_time": first, "last_query_time": last, **values}


def _poll(point: str, connector: int, at: int, written: int) -> dict[str, Any]:
    """The event as an answer about its connector alone: one event ends no other's span."""
    counts = {"records": 1, "unreadable_records": 0, "duplicate_records": 0}
    scope = f"{point}:{connector}"
    return {"scope": scope, "query_time": at, "outcome": "ok", "requested_at": written, **counts}


def _span(point: str, connector: int, at: int, status: str) -> dict[str, Any]:
    scope = f"{point}:{connector}"
    unit = ("connector", scope) if connector else ("chargingpoint", point)
    return {
        **{"scope": scope, "unit": unit[0], "unit_id": unit[1], "status": status},
        **{"first_query_time": at, "last_query_time": at, "polls": 1},
    }
