"""Status answers → what a charge point said, and the measurements of its connectors.

A charge point that says `Offline` tells what was so before its Wi-Fi went: neither the status of
its connectors nor what was measured is taken from such an answer, so that a gap stays a gap (the
client that looks at it shows the connectors as unavailable, too).
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from extract.lake.spans import Block
from extract.vendors.chargeamps.flatten import status_vocabulary, values
from extract.vendors.chargeamps.flatten.status_vocabulary import Evidence
from extract.vendors.chargeamps.flatten.values import Issue, Json, UnreadableError

PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "1": "L1", "2": "L2", "3": "L3"}

_POINT = frozenset(("id", "status", "connectorStatuses"))
_CONNECTOR = frozenset(
    (
        "chargePointId connectorId totalConsumptionKwh status measurements startTime endTime "
        "sessionId sessionType"
    ).split()
)
_MEASUREMENT = frozenset(("phase", "current", "voltage"))


class Phase(NamedTuple):
    """What is measured on a phase of a connector, as `measurements` has it."""

    connector_id: str
    phase: str
    current_a: float | None
    voltage_v: float | None
    register_kwh: float | None
    session_id: str | None


class Said(NamedTuple):
    """All that an answer says. `words`: the point's own and each connector's status in upper case,
    numbers not yet translated; `units` are the connectors and the point itself."""

    words: tuple[str | None, tuple[tuple[str, str | None], ...]]
    phases: tuple[Phase, ...]
    evidence: Counter[Evidence]
    issues: Block
    unknown: frozenset[tuple[str, str, str]]  # kind of record, field, whose it is
    units: int
    unreadable: int
    duplicates: int


def read(point_id: str, answer: Any) -> Said:
    """Read an answer. UnreadableError where it is none as a whole."""
    record = values.checked(answer)
    reading = _Reading(point_id)
    reading.notice("charge point", record, _POINT, point_id)
    own = _word(record)
    told = [] if own == status_vocabulary.OFFLINE else values.records(record, "connectorStatuses")
    for position, connector in enumerate(told):
        reading.connector(connector, position)
    return reading.said(own, 1 + len(told))


class _Reading:
    """Gathers what stands in an answer."""

    def __init__(self, point_id: str) -> None:
        self.point_id = point_id
        self.connectors: dict[str, str | None] = {}
        self.phases: list[Phase] = []
        self.evidence: Counter[Evidence] = Counter()
        self.issues: dict[Issue, None] = {}
        self.unknown: set[tuple[str, str, str]] = set()
        self.unreadable = self.duplicates = 0

    def said(self, own: str | None, units: int) -> Said:
        return Said(
            (own, tuple(self.connectors.items())),
            tuple(self.phases),
            self.evidence,
            self.issues,
            frozenset(self.unknown),
            units,
            self.unreadable,
            self.duplicates,
        )

    def notice(self, kind: str, record: Json, known: frozenset[str], whose: str) -> None:
        if not record.keys() <= known:
            self.unknown.update((kind, name, whose) for name in record.keys() - known)

    def connector(self, value: Any, position: int) -> None:
        """A connector; one that cannot be read is left out alone, of a repeated one the first
        counts."""
        name = str(position)
        try:
            record = values.checked(value)
            name = f"{self.point_id}:{values.key(record, 'connectorId')}"
            word = _word(record)
            register_kwh = values.number(record, "totalConsumptionKwh")
            session = values.text(record, "sessionId")
            session = None if session == "0" else session
            measured = values.records(record, "measurements")
        except UnreadableError as error:
            self.unreadable += 1
            self.issues[error.issue(f"connector {name}")] = None
            return
        if name in self.connectors:
            self.duplicates += 1
            return
        self.connectors[name] = word
        self.notice("connector", record, _CONNECTOR, name)
        flows = self._measurements(name, measured, register_kwh, session)
        if word is not None and word in status_vocabulary.OCPP:
            self.evidence[word, flows, session is not None] += 1

    def _measurements(
        self, name: str, measured: list[Any], register_kwh: float | None, session: str | None
    ) -> bool | None:
        """The phases of a connector; whether current flows, None where none is told."""
        flows = None
        seen: set[str] = set()
        for position, value in enumerate(measured):
            try:
                record = values.checked(value)
                phase = _phase(record, seen)
                amps, volts = values.number(record, "current"), values.number(record, "voltage")
            except UnreadableError as error:
                self.issues[error.issue(f"connector {name} / measurement {position}")] = None
                continue
            seen.add(phase)
            self.notice("measurement", record, _MEASUREMENT, name)
            self.phases.append(Phase(name, phase, amps, volts, register_kwh, session))
            if amps is not None:
                flows = bool(flows) or amps >= status_vocabulary.FLOWS_A
        return flows


def _word(record: Json) -> str | None:
    word = values.text(record, "status")
    return None if word is None else word.upper()


def _phase(record: Json, seen: set[str]) -> str:
    phase = PHASES.get(values.key(record, "phase").upper())
    if phase is None:
        raise UnreadableError("phase", record["phase"], "is none of L1, L2, L3")
    if phase in seen:
        raise UnreadableError("phase", phase, "stands twice: the first counts")
    return phase
