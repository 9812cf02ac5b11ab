"""Zaptec's installations and chargers → stations, charging points and connectors.

Several endpoints describe the same object. For each object exactly one is used, the most detailed
that answered, so that a row of master data does not change with which of them answered first: for
an installation its own answer, else the list; for a charger the hierarchy of its installation,
which knows the network and the circuit, else the list. Where a hierarchy was not answered and may
be later, its connectors are left out: only it knows their power type and current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from extract.lake import payload
from extract.lake.columns import table
from extract.lake.fields import Issue, Record, UnreadableError, read_record
from extract.lake.quarantine import Quarantine, start_of
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import TABLES
from extract.lake.spans import Runs, merged
from extract.vendors.zaptec.fields import CHARGER, CIRCUIT, HIERARCHY, INSTALLATION

STANDARD = "IEC_62196_T2"  # Pro and Go have one socket of type 2
CHARGER_LIMIT = 32.0  # A; no charger of theirs gives more
POWER_TYPES = {1: "AC_1_PHASE", 2: "AC_3_PHASE", 3: "AC_1_PHASE", 4: "AC_3_PHASE"}  # NetworkTypes
SENSORS = frozenset({3, 5, 6, 7, 8})  # DeviceTypes that measure a house: HomeApm, HanApm …
FINAL = frozenset({200, 204, 401, 403, 404})  # of a hierarchy: no better answer will come

Key = tuple[str, str, str]
"""Table, scope and id of a row."""


@dataclass(frozen=True)
class _Network:
    """What a hierarchy says about a charger's supply."""

    installation: str
    power_type: str | None
    ampere: float | None  # limit of the circuit, where the charger is the only one on it


@dataclass
class _Described:
    """The records of one answer. `is_full`: this endpoint is the most detailed one for them."""

    answer: Answer
    is_full: bool
    installations: list[Any] = field(default_factory=list)
    chargers: list[tuple[Any, _Network | None]] = field(default_factory=list)


class Assets:
    """Takes a partition's answers in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.quarantine = Quarantine(partition)
        self._described: list[_Described] = []
        self._waiting: set[str] = set()  # installations whose hierarchy was not answered
        self._answered: set[str] = set()

    def add(self, answer: Answer) -> None:
        """Take an answer; a failed one gives no row."""
        if answer.endpoint == "hierarchy":
            is_final = answer.status_code in FINAL
            (self._answered if is_final else self._waiting).add(answer.scope)
        if answer.status_code != 200 or not answer.body:
            return
        try:
            self._described.append(self._describe(answer, read_record(payload.decode(answer.body))))
        except UnreadableError as error:
            reason = " ".join(filter(None, (f"is not {answer.endpoint}:", error.field)))
            shown = start_of(answer.body)
            self.quarantine.add(answer, Issue("answer", None, shown, f"{reason} {error.reason}"))

    def _describe(self, answer: Answer, sent: dict[str, Any]) -> _Described:
        if answer.endpoint == "installation":
            return _Described(answer, True, [sent])
        if answer.endpoint == "hierarchy":
            return self._hierarchy(answer, sent)
        if not isinstance(sent.get("Data"), list):
            raise UnreadableError("Data", sent.get("Data"), "is not a list")
        if answer.endpoint == "installations":
            return _Described(answer, False, sent["Data"])
        return _Described(answer, False, chargers=[(row, None) for row in sent["Data"]])

    def _hierarchy(self, answer: Answer, sent: dict[str, Any]) -> _Described:
        """The chargers of all circuits; of a circuit that cannot be read none."""
        described = _Described(answer, True)
        self._note_unknown("hierarchy", HIERARCHY, sent, answer.scope)
        network = None
        with self._reading(answer, "hierarchy"):
            network = HIERARCHY.value(sent, "NetworkType")
        for place, circuit in enumerate(HIERARCHY.value(sent, "Circuits")):
            with self._reading(answer, f"circuit {place}"):
                limit = CIRCUIT.value(read_record(circuit), "MaxCurrent")
                chargers = CIRCUIT.value(circuit, "Chargers")
                key = f"{answer.scope} {_id(circuit) or place}"
                self._note_unknown("circuit", CIRCUIT, circuit, key)
                is_own = len(chargers) == 1 and limit is not None and 0 < limit <= CHARGER_LIMIT
                power_type = POWER_TYPES.get(network) if network is not None else None
                one = _Network(answer.scope, power_type, limit if is_own else None)
                described.chargers += [(charger, one) for charger in chargers]
        return described

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        full = {
            _id(row)
            for described in self._described
            if described.is_full
            for row in [*described.installations, *(charger for charger, _ in described.chargers)]
        } - {None}
        runs = Runs()
        for described in self._described:
            runs.answer(described.answer.query_time, [self._rows(described, full)])
        rows: dict[str, list[tuple]] = {"stations": [], "charging_points": [], "connectors": []}
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        for run in merged(runs.finish()):
            name, scope, key = run.key
            seen = runs.times[run.first], runs.times[run.last]
            rows[name].append((source, scope, key, day, *seen, *run.value, stream))
        return {name: table(name, rows[name]) for name in rows} | self.quarantine.tables()

    def _rows(self, described: _Described, full: set[str | None]) -> dict[Key, tuple]:
        """The rows of an answer; of a repeated object the first counts."""
        found: dict[Key, tuple] = {}
        for place, row in enumerate(described.installations):
            if described.is_full or _id(row) not in full:
                with self._reading(described.answer, f"installation {_id(row) or place}"):
                    values = INSTALLATION.read(read_record(row))
                    self._note_unknown("installation", INSTALLATION, row, values["station_id"])
                    key = values["station_id"]
                    found = {("stations", key, key): _ordered("stations", values)} | found
        for place, (row, network) in enumerate(described.chargers):
            if described.is_full or _id(row) not in full:
                with self._reading(described.answer, f"charger {_id(row) or place}"):
                    found = self._charger(row, network, described.answer.scope) | found
        return found

    @contextmanager
    def _reading(self, answer: Answer, record: str) -> Iterator[None]:
        """Quarantine a record that cannot be read."""
        try:
            yield
        except UnreadableError as error:
            self.quarantine.add(answer, error.issue(record))

    def _note_unknown(self, kind: str, record: Record, sent: Mapping[str, Any], key: str) -> None:
        self.quarantine.unknown(kind, sent.keys() - record.known, key)

    def _charger(self, row: Any, network: _Network | None, scope: str) -> dict[Key, tuple]:
        """The rows of a charging point and its connector; none for a device that is no charger."""
        values = CHARGER.read(read_record(row))
        key = values["charging_point_id"]
        self._note_unknown("charger", CHARGER, row, key)
        if values["device_type"] in SENSORS:
            return {}
        if network:
            values["station_id"] = network.installation
        scope = values["station_id"] or scope
        found = {("charging_points", scope, key): _ordered("charging_points", values)}
        if network or values["station_id"] not in self._waiting - self._answered:
            values |= {
                "standard": STANDARD,
                "power_type": network and network.power_type,
                "ampere": network and network.ampere,
            }
            found["connectors", scope, key] = _ordered("connectors", values)
        return found


def _ordered(name: str, values: dict[str, Any]) -> tuple:
    """The values in the order of a master table's columns between its times and the stream."""
    return tuple(values.get(column) for column in TABLES[name].names[6:-1])


def _id(row: Any) -> str | None:
    """A record's id as sent, cut to 100 characters; None where it has none."""
    found = row.get("Id") if isinstance(row, dict) else None
    return found[:100] if isinstance(found, str) else None
