"""Charging sessions → rows of `sessions`.

Who charged (`userId`) and with which tag (`rfid` and its two decimal forms) has landed as
pseudonyms already. A session is told again until it has an end: what was told last counts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from extract.lake.raw import Answer, Partition
from extract.lake.schemas import SESSIONS
from extract.vendors.chargeamps.flatten import values
from extract.vendors.chargeamps.flatten.tables import Gathered, Rows
from extract.vendors.chargeamps.flatten.values import Issue, UnreadableError

KNOWN = frozenset(
    (
        "id chargePointId connectorId userId rfid rfidDec rfidDecReverse organisationId "
        "sessionType totalConsumptionKwh externalTransactionId externalId startTime endTime"
    ).split()
)

Row = tuple[Any, ...]
"""A session's own columns, in the order of the schema, its `query_time` left out."""

_COLUMNS = [name for name in SESSIONS.names[3:-1] if name != "query_time"]


class Told(NamedTuple):
    """Session id → its row; what could not be read; unknown fields as (kind of record, field,
    whose it is)."""

    rows: dict[str, Row]
    issues: dict[Issue, None]
    unknown: set[tuple[str, str, str]]


def read(point_id: str, answer: Any) -> Told:
    """Read a list of sessions. UnreadableError where it is none."""
    if not isinstance(answer, list):
        raise UnreadableError("", answer, "is not a list")
    told = Told({}, {}, set())
    for position, value in enumerate(answer):
        name = str(position)
        try:
            record = values.checked(value)
            name = values.key(record, "id")
            told.rows[name] = _row(point_id, name, record)
        except UnreadableError as error:
            told.issues[error.issue(f"session {name}")] = None
            continue
        told.unknown.update(("session", field, name) for field in record.keys() - KNOWN)
    return told


def _row(point_id: str, name: str, record: dict[str, Any]) -> Row:
    point = values.text(record, "chargePointId") or point_id
    plug = values.text(record, "connectorId")
    row = {
        "session_id": name,
        "charging_point_id": point,
        "connector_id": plug and f"{point}:{plug}",
        "driver": values.text(record, "userId"),
        "token": _first(record, "rfid", "rfidDec", "rfidDecReverse"),
        "started_at": values.instant(record, "startTime"),  # the clients allow for none
        "ended_at": values.instant(record, "endTime"),
        "energy_kwh": values.number(record, "totalConsumptionKwh"),
        "session_type": values.text(record, "sessionType"),
        "external_id": _first(record, "externalId", "externalTransactionId"),
    }
    return tuple(row.get(column) for column in _COLUMNS)


def _first(record: dict[str, Any], *fields: str) -> str | None:
    return next(filter(None, (values.text(record, field) for field in fields)), None)


class SessionsFlattener(Gathered):
    """Takes the answers about sessions in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition)
        self.sessions: dict[str, tuple[int, str, Row]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer; a failed one tells nothing."""
        if answer.status_code != 200:
            return
        try:
            told = read(answer.scope, self.decoded(answer))
        except UnreadableError as error:
            self.quarantine(answer, [error.issue("answer")])
            return
        self.quarantine(answer, told.issues)
        self.unknown |= told.unknown
        for name, row in told.rows.items():
            new, old = (answer.query_time, answer.scope, row), self.sessions.get(name)
            if old is None or (old[0], repr(old)) < (new[0], repr(new)):  # a rule for a tie
                self.sessions[name] = new

    def rows(self) -> Rows:
        """The rows of this stream's tables."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        return {
            "sessions": [
                (source, scope, day, row[0], at, *row[1:], stream)
                for at, scope, row in self.sessions.values()
            ]
        }
