"""What a charger's state says: its status, and what it measures.

A state is a list of observations, each with the time of its last change. Of a charger that is not
online (observation -2 is 0) Zaptec repeats the last values: its status is OFFLINE, and no value is
read as a measurement. Of an observation that stands twice the later one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from extract.lake.fields import Issue, UnreadableError, read_record, read_text
from extract.lake.quarantine import Quarantine
from extract.lake.spans import Block
from extract.vendors.zaptec.fields import OBSERVATION, OBSERVED

MODES = {
    0: "UNKNOWN",
    1: "DISCONNECTED",
    2: "CONNECTED_REQUESTING",
    3: "CONNECTED_CHARGING",
    5: "CONNECTED_FINISHED",
}
"""ChargerOperationModes of `/api/constants`; another number n is MODE_n."""

OFFLINE = "OFFLINE"
IS_ONLINE, POWER_W, SESSION_KWH, MODE, SESSION = "-2", "513", "553", "710", "721"
PHASES = {"L1": ("507", "501"), "L2": ("508", "502"), "L3": ("509", "503")}  # current, voltage


class Row(NamedTuple):
    """What is measured on a phase, or in total. `times`: of its two values, as they were sent."""

    phase: str
    current_a: float | None
    voltage_v: float | None
    power_w: float | None
    register_kwh: float | None
    session_id: str | None
    times: tuple[str | None, str | None]


class ChargerState(NamedTuple):
    """What a state says; `statuses` is empty where its status cannot be read."""

    statuses: list[Block]
    rows: list[Row]
    issues: list[Issue]


class StateReader:
    """Reads one state of a charger."""

    def __init__(self, charger: str, quarantine: Quarantine) -> None:
        self._charger, self._quarantine = charger, quarantine
        self._observed: dict[str, Mapping[str, Any]] = {}  # by StateId
        self._issues: list[Issue] = []

    def read(self, entries: list[Any]) -> ChargerState:
        """What a list of observations says."""
        for place, entry in enumerate(entries):
            try:
                self._take(entry)
            except UnreadableError as error:
                self._issues.append(error.issue(f"observation {place}"))
        statuses: list[Block] = []
        word = None
        try:
            word = self._word()
            units = (("chargingpoint", self._charger), ("connector", self._charger))
            statuses.append(dict.fromkeys(units, (word, None)))
        except UnreadableError as error:
            self._issues.append(error.issue("state"))
        return ChargerState(statuses, [] if word == OFFLINE else self._rows(), self._issues)

    def _take(self, entry: Any) -> None:
        sent = read_record(entry)
        number = OBSERVATION.value(sent, "StateId")
        if number is None:
            raise UnreadableError("StateId", sent.get("StateId"), "is missing")
        key = str(number)
        if not sent.keys() <= OBSERVATION.known:
            unknown = sent.keys() - OBSERVATION.known
            self._quarantine.unknown("observation", unknown, f"{self._charger} {key}")
        before = self._observed.get(key)
        if before is None or str(before.get("Timestamp")) <= str(sent.get("Timestamp")):
            self._observed[key] = sent

    def _value(self, key: str) -> Any:
        """The value of an observation, read. UnreadableError where it cannot be."""
        return OBSERVED.value({key: self._observed.get(key, {}).get("ValueAsString")}, key)

    def _word(self) -> str | None:
        """The status. UnreadableError where it cannot be read."""
        if self._value(IS_ONLINE) is False:
            return OFFLINE
        mode = self._value(MODE)
        return None if mode is None else MODES.get(mode, f"MODE_{mode}")

    def _rows(self) -> list[Row]:
        """A row for each phase, and one for the total; rows without any value are left out."""
        session, rows = self._or_none(SESSION), []
        for phase, (current, voltage) in PHASES.items():
            (amps, at), (volts, other) = self._measured(current), self._measured(voltage)
            rows.append(Row(phase, amps, volts, None, None, session, (at, other)))
        (watts, at), (kwh, other) = self._measured(POWER_W), self._measured(SESSION_KWH)
        rows.append(Row("total", None, None, watts, kwh, session, (at, other)))
        return [row for row in rows if row[1:5] != (None,) * 4]

    def _measured(self, key: str) -> tuple[float | None, str | None]:
        """A value and its own time; (None, None) where there is no value."""
        found = self._or_none(key)
        if found is None:
            return None, None
        try:
            return found, read_text("Timestamp", self._observed[key].get("Timestamp"))
        except UnreadableError as error:
            self._issues.append(error.issue(f"observation {key}"))
            return found, None

    def _or_none(self, key: str) -> Any:
        try:
            return self._value(key)
        except UnreadableError as error:
            self._issues.append(error.issue(f"observation {key}"))
            return None
