"""Acme's answers → typed tables. Each outlet is a charging point with one connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa
from extract.vendors.acme.records import OUTLET, STATION

from extract.lake.fields import UnreadableError, read_list, read_record
from extract.lake.files import Lake, LakeFile
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer, Partition, flatten_answers
from extract.lake.schemas import TABLES
from extract.lake.spans import Run, Runs, merged

KEYS = {
    "stations": "station_id",
    "charging_points": "charging_point_id",
    "connectors": "connector_id",
}


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of one UTC date."""
    return flatten_answers(_Flattener(partition), lake, partition, files)


def _outlets(answer: Answer) -> Iterator[tuple[Any, Any]]:
    """Each outlet of an answer with its station."""
    assert answer.body is not None
    for station in read_list("stations", msgspec.json.decode(answer.body).get("stations")):
        for outlet in read_list("outlets", read_record(station).get("outlets")):
            yield station, outlet


def _row(columns: dict[str, Any]) -> tuple:
    """Columns as a value that can be compared with the one of the answer before."""
    return tuple(columns.items())


class _Flattener:
    def __init__(self, partition: Partition) -> None:
        where = {"source": partition.source, "scope": "*", "stream": partition.stream}
        self.origin = where | {"date": partition.day}
        self.quarantine = Quarantine(partition)
        self.polls: list[dict[str, Any]] = []
        self.status, self.master = Runs(), {name: Runs() for name in KEYS}

    def add(self, answer: Answer) -> None:
        """Take the next answer in the order of time."""
        outcome, records = "ok", 0
        before = len(self.quarantine)
        if answer.error or answer.body is None:
            outcome = "http_error" if answer.status_code else "no_answer"
            self.status.interrupt()
        else:
            records = self._answer(answer)
        self.polls.append(
            {
                **self.origin,
                "query_time": answer.query_time,
                "requested_at": answer.requested_at,
                "outcome": outcome,
                "error": answer.error,
                "records": records,
                "unreadable_records": len(self.quarantine) - before,
                "duplicate_records": 0,
            }
        )

    def _answer(self, answer: Answer) -> int:
        """Read every outlet that can be read, and quarantine the others; how many there are."""
        states: dict[str, str | None] = {}
        rows: dict[str, dict[str, tuple]] = {name: {} for name in KEYS}
        outlets = list(_outlets(answer))
        for number, (station, outlet) in enumerate(outlets):
            try:
                place, one = STATION.read(read_record(station)), OUTLET.read(read_record(outlet))
                state = OUTLET.value(outlet, "state")
            except UnreadableError as error:
                self.quarantine.add(answer, error.issue(f"outlet {number}"))
                continue
            key, station_id = one["connector_id"], place["station_id"]
            states[key] = state
            rows["stations"][station_id] = _row(place)
            point = {"charging_point_id": key, "station_id": station_id}
            rows["charging_points"][key] = _row(point)
            rows["connectors"][key] = _row(one | {"charging_point_id": key})
        self.status.answer(answer.query_time, [states])
        for name, runs in self.master.items():
            runs.answer(answer.query_time, [rows[name]])
        return len(outlets)

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables, by name."""
        spans = [
            {
                **self._times(run, self.status),
                "unit": "connector",
                "unit_id": run.key,
                "status": run.value,
                "polls": run.last - run.first + 1,
            }
            for run in self.status.finish()
        ]
        found = {"polls": self.polls, "status_spans": spans}
        for name, runs in self.master.items():
            found[name] = [
                self._times(run, runs) | dict(run.value) for run in merged(runs.finish())
            ]
        made = {name: pa.Table.from_pylist(rows, TABLES[name]) for name, rows in found.items()}
        return made | self.quarantine.tables()

    def _times(self, run: Run, runs: Runs) -> dict[str, Any]:
        times = runs.times[run.first], runs.times[run.last]
        return self.origin | dict(zip(("first_query_time", "last_query_time"), times, strict=True))
