"""What a date's messages tell beside themselves: charge points, connectors, statuses, problems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from extract.lake.raw import Partition
from extract.lake.schemas import TABLES, TIME
from extract.vendors.ocpp.flatten.payload_fields import PayloadError

_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = 5 * 60_000_000  # µs that a charge point's clock may be ahead of the log's


class Told:
    """Collects rows; times are microseconds since 1970 UTC."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._points: dict[str, list[int]] = {}  # charge point → first and last time
        self._connectors: dict[tuple[str, int], list[int]] = {}
        self._statuses: dict[tuple[str, int, int], tuple[int, str]] = {}
        self._problems: set[tuple] = set()

    def seen(self, point: str, time: int) -> None:
        """A message of the charge point, or to it."""
        _widen(self._points, point, time)

    def connector(self, point: str, number: int, time: int) -> None:
        """A message about a connector; number 0 is the charge point itself."""
        if number > 0:
            _widen(self._connectors, (point, number), time)

    def status(self, point: str, number: int, status: str, told: str | None, time: int) -> None:
        """A StatusNotification; of several for one moment the one that was written last counts."""
        own = _one(told)
        start = (time // _DAY) * _DAY
        usable = own is not None and start <= own < start + _DAY and own <= time + AHEAD
        at = own if usable and own is not None else time
        key = (point, number, at)
        self._statuses[key] = max(self._statuses.get(key, (0, "")), (time, status.upper()))

    def refuse(self, point: str, time: int, message_id: str, error: PayloadError) -> None:
        """A message whose payload, or a sample, cannot be read; the message itself is kept. Which
        of the date's files holds it may depend on how the log was delivered, so none is named."""
        file, record = f"raw/{self.partition.folder}", f"message {message_id} of {point}"
        self._problems.add((point, time, file, record, error.field, error.value, str(error)))

    def unreadable(self, rows: pa.Table) -> None:
        """Lines of a log that are no messages."""
        for row in rows.to_pylist():
            name, _, line = row["place"].rpartition(", ")
            time = (row["message_time"] - _EPOCH) // timedelta(microseconds=1)
            self._problems.add((row["scope"], time, name, line, None, None, row["error"]))

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        points = sorted(self._points.items())
        connectors = sorted(self._connectors.items())
        statuses = sorted(self._statuses.items())
        rows: dict[str, list[dict[str, Any]]] = {
            "stations": [
                _run(point, times, station_id=point, name=point) for point, times in points
            ],
            "charging_points": [
                _run(point, times, charging_point_id=point, station_id=point)
                for point, times in points
            ],
            "connectors": [
                _run(point, times, connector_id=f"{point}:{number}", charging_point_id=point)
                for (point, number), times in connectors
            ],
            "polls": [_poll(*key, written) for key, (written, _) in statuses],
            "status_spans": [_span(*key, status) for key, (_, status) in statuses],
            "quarantine": [_problem(problem) for problem in sorted(self._problems, key=str)],
        }
        own = {"source": source, "stream": stream, "date": day}
        return {name: _table(name, [{**row, **own} for row in many]) for name, many in rows.items()}


def _widen(known: dict, key: Any, time: int) -> None:
    times = known.get(key)
    if times is None:
        known[key] = [time, time]
    elif time < times[0]:
        times[0] = time
    elif time > times[1]:
        times[1] = time


def _run(scope: str, times: list[int], **values: Any) -> dict[str, Any]:
    return {"scope": scope, "first_query_time": times[0], "last_query_time": times[1], **values}


def _poll(point: str, number: int, at: int, written: int) -> dict[str, Any]:
    """The event as an answer about its connector alone: one event ends no other's span."""
    counts = {"records": 1, "unreadable_records": 0, "duplicate_records": 0}
    scope = f"{point}:{number}"
    return {"scope": scope, "query_time": at, "outcome": "ok", "requested_at": written, **counts}


def _span(point: str, number: int, at: int, status: str) -> dict[str, Any]:
    unit = ("connector", f"{point}:{number}") if number else ("chargingpoint", point)
    return {
        **{"scope": f"{point}:{number}", "unit": unit[0], "unit_id": unit[1], "status": status},
        **{"first_query_time": at, "last_query_time": at, "polls": 1},
    }


def _problem(problem: tuple) -> dict[str, Any]:
    names = ("scope", "first_query_time", "file", "record", "field", "value", "reason")
    row = dict(zip(names, problem, strict=True))
    return {**row, "last_query_time": row["first_query_time"], "polls": 1}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name]
    arrays = [pa.array([row.get(kind.name) for row in rows], kind.type) for kind in schema]
    return pa.table(arrays, schema=schema)


def microseconds(texts: list[str | None]) -> list[int | None]:
    """ISO times as microseconds since 1970 UTC, all at once where they are alike; without an offset
    they are UTC. None for what is no time."""
    try:
        times: list[int | None] = (
            pa.array(texts, pa.string()).cast(TIME).cast(pa.int64()).to_pylist()
        )
    except pa.ArrowInvalid:
        return [_one(text) for text in texts]
    return times


def _one(text: str | None) -> int | None:
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - _EPOCH) // timedelta(microseconds=1)
