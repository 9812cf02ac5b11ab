"""One charge point's status → its words, and the measurements of its connectors.

Of a charge point that is `Offline` the API repeats the last known values: neither the status of its
connectors nor their measurements are read then, so that a gap stays a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from extract.lake.fields import Field, Issue, Record, RowReader, UnreadableError, read_record
from extract.lake.pseudonyms import is_pseudonym
from extract.vendors.chargeamps.fields import (
    CONNECTOR_STATUS,
    LARGEST,
    MEASUREMENT,
    POINT_STATUS,
)
from extract.vendors.chargeamps.flatten.status_vocabulary import FLOWS_A, OCPP, OFFLINE, Evidence

PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "1": "L1", "2": "L2", "3": "L3"}
TOTAL = "total"


class Measured(NamedTuple):
    """Columns of `measurements` that one phase of a connector fills, or the total of its phases."""

    connector_id: str
    phase: str
    current_a: float | None
    voltage_v: float | None
    power_w: float | None
    register_kwh: float | None
    session_id: str | None


class Words(NamedTuple):
    """What a charge point says in an answer: its own status and each connector's, in upper case,
    numbers not yet translated."""

    point_id: str
    own: str | None
    connectors: tuple[tuple[str, str | None], ...]


class Status(NamedTuple):
    """All that an answer says of a charge point; `words` is None where it cannot be read. `units`
    are the connectors and the charge point itself; of these some are unreadable or repeated.
    `unknown` has (kind of record, field, record)."""

    words: Words | None
    measured: tuple[Measured, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    issues: tuple[Issue, ...] = ()
    unknown: tuple[tuple[str, str, str], ...] = ()
    units: int = 1
    unreadable: int = 0
    duplicates: int = 0


def read(value: Any, point_id: str | None, position: int = 0) -> Status:
    """Read the status of a charge point. Where `point_id` is None the record names the charge
    point, and a record that cannot be read is an issue of the result; else it raises
    UnreadableError."""
    name = point_id or f"number {position}"
    try:
        record = read_record(value)
        name = point_id or POINT_STATUS.value(record, "id")
        own = _word(POINT_STATUS.value(record, "status"))
        connectors = POINT_STATUS.value(record, "connectorStatuses")
    except UnreadableError as error:
        if point_id is not None:
            raise
        return Status(None, issues=(error.issue(f"charge point {name}"),), unreadable=1)
    reading = _Reading(name)
    reading.note_unknown(POINT_STATUS, record, name)
    connectors = [] if own == OFFLINE else connectors
    for place, connector in enumerate(connectors):
        reading.connector(connector, place)
    return reading.status(own, 1 + len(connectors))


class _Reading:
    """Collects the content of one charge point's status."""

    def __init__(self, point_id: str) -> None:
        self.point_id = point_id
        self.connectors: dict[str, str | None] = {}
        self.measured: list[Measured] = []
        self.evidence: list[Evidence] = []
        self.issues: list[Issue] = []
        self.unknown: list[tuple[str, str, str]] = []
        self.unreadable = self.duplicates = 0

    def status(self, own: str | None, units: int) -> Status:
        return Status(
            Words(self.point_id, own, tuple(self.connectors.items())),
            tuple(self.measured),
            tuple(self.evidence),
            tuple(dict.fromkeys(self.issues)),
            tuple(self.unknown),
            units,
            self.unreadable,
            self.duplicates,
        )

    def note_unknown(self, kind: Record, record: Mapping[str, Any], name: str) -> None:
        if not record.keys() <= kind.known:
            self.unknown += [(kind.name, field, name) for field in record.keys() - kind.known]

    def connector(self, value: Any, position: int) -> None:
        """Read a connector. One that cannot be read is left out alone; of a repeated one the first
        counts."""
        try:
            record = read_record(value)
            number, word, session = _rows.read(record)
            word = _word(word)
            energy = _energy(record.get("totalConsumptionKwh"))
            power = _power(record.get("chargingPowerKw"))
            phases = _measurements(record.get("measurements"))
        except UnreadableError as error:
            self.unreadable += 1
            self.issues.append(error.issue(f"connector {self._name(value, position)}"))
            return
        name = f"{self.point_id}:{number}"
        if name in self.connectors:
            self.duplicates += 1
            return
        self.connectors[name] = word
        self.note_unknown(CONNECTOR_STATUS, record, name)
        session = None if session == "0" else session
        flows = self.phases(name, phases, energy, session) if phases else None
        if flows is None and power is not None and (power or session):
            self.measured.append(Measured(name, TOTAL, None, None, 1000 * power, energy, session))
        if word is not None and word in OCPP:
            self.evidence.append((word, flows, session is not None))

    def _name(self, value: Any, position: int) -> str:
        """The name of a connector that cannot be read: by its number, else by its position."""
        try:
            number = CONNECTOR_STATUS.value(read_record(value), "connectorId")
        except UnreadableError:
            return f"{self.point_id} number {position}"
        return f"{self.point_id}:{number}"

    def phases(
        self, name: str, phases: list[Any], energy: float | None, session: str | None
    ) -> bool | None:
        """Read the phases of a connector. Whether current flows; None where none is readable."""
        flows = None
        seen: set[str] = set()
        for position, value in enumerate(phases):
            try:
                record = read_record(value)
                phase = _phase(record, seen)
                amps, volts = _current(record.get("current")), _voltage(record.get("voltage"))
            except UnreadableError as error:
                self.issues.append(error.issue(f"connector {name} / measurement {position}"))
                continue
            seen.add(phase)
            self.note_unknown(MEASUREMENT, record, name)
            self.measured.append(Measured(name, phase, amps, volts, None, energy, session))
            if amps is not None:
                flows = bool(flows) or amps >= FLOWS_A
        return flows


def _number_reader(field: Field) -> Callable[[Any], float | None]:
    """The field's reader, faster for a number within its bounds: most of a day's values."""
    read, low, high = field.read, field.least or -LARGEST, field.most or LARGEST

    def read_fast(value: Any) -> float | None:
        if type(value) is float and low <= value <= high:
            return value
        found: float | None = read(value)
        return found

    return read_fast


_rows = RowReader(CONNECTOR_STATUS, ("connector_id", "status", "session_id"))
_energy = _number_reader(CONNECTOR_STATUS.by_name["totalConsumptionKwh"])
_power = _number_reader(CONNECTOR_STATUS.by_name["chargingPowerKw"])
_current = _number_reader(MEASUREMENT.by_name["current"])
_voltage = _number_reader(MEASUREMENT.by_name["voltage"])
_measurements = CONNECTOR_STATUS.by_name["measurements"].read


def _word(word: str | None) -> str | None:
    if word is not None and is_pseudonym(word):
        raise UnreadableError("status", word, "is not a word: it landed as a pseudonym")
    return word and word.upper()


def _phase(record: Mapping[str, Any], seen: set[str]) -> str:
    phase = PHASES.get(str(record.get("phase")).strip().upper())
    if phase is None:
        raise UnreadableError("phase", record.get("phase"), "is none of L1, L2, L3")
    if phase in seen:
        raise UnreadableError("phase", phase, "stands twice: the first counts")
    return phase
