"""Charging sessions → rows of `sessions`.

Who charged (`userId`) and with which tag (`rfid` and its two decimal forms) has landed as
pseudonyms. A session is repeated until it has an end: the last answer of the date counts.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from extract.lake.columns import named_table
from extract.lake.fields import UnreadableError, read_record
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer, Partition
from extract.vendors.chargeamps.fields import SESSION
from extract.vendors.chargeamps.flatten.records import read_list

COLUMNS = (
    *("session_id", "charging_point_id", "connector_id", "driver", "token", "started_at"),
    *("ended_at", "energy_kwh", "session_type", "external_id"),
)


class SessionsFlattener:
    """Takes the answers about sessions in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition, self.quarantine = partition, Quarantine(partition)
        self.sessions: dict[str, tuple[int, str, tuple[Any, ...]]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer; a failed one holds no session."""
        for position, value in enumerate(read_list(answer, self.quarantine)):
            name = f"number {position}"
            try:
                record = read_record(value)
                name = SESSION.value(record, "id")
                row = _row(answer, record)
            except UnreadableError as error:
                self.quarantine.add(answer, error.issue(f"session {name}"))
                continue
            self.quarantine.unknown(SESSION.name, record.keys() - SESSION.known, name)
            new, old = (answer.query_time, answer.scope, row), self.sessions.get(name)
            if old is None or (old[0], repr(old)) < (new[0], repr(new)):  # repr: for equal times
                self.sessions[name] = new

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        columns = ("query_time", "scope", *COLUMNS)
        rows = ((at, scope, *row) for at, scope, row in self.sessions.values())
        table = named_table("sessions", self.partition, columns, rows)
        return {"sessions": table, **self.quarantine.tables()}


def _row(answer: Answer, record: dict[str, Any]) -> tuple[Any, ...]:
    """The row in the order of `COLUMNS`. An answer about one charge point may not repeat its id."""
    session = SESSION.read(record)
    scope = answer.scope if answer.endpoint == "chargingsessions" else None
    point = session["charging_point_id"] or scope
    number = session["connector_id"]
    has_connector = point is not None and number is not None
    session |= {
        "charging_point_id": point,
        "connector_id": f"{point}:{number}" if has_connector else None,
    }
    return tuple(session[column] for column in COLUMNS)
