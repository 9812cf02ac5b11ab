"""What a charger's state says: its status, and what it measures.

A state is a list of observations, each with the time of its last change. A charger that says that
it is offline (-2 = 0) tells what was so before: it is OFFLINE, and nothing is measured. Of an
observation that stands twice the later one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from extract.lake.spans import Block
from extract.vendors.zaptec.flatten.telling import Told
from extract.vendors.zaptec.flatten.values import Issue, UnreadableError, flag, number, record, text

MODES = {
    0: "UNKNOWN",
    1: "DISCONNECTED",
    2: "CONNECTED_REQUESTING",
    3: "CONNECTED_CHARGING",
    5: "CONNECTED_FINISHED",
}
"""ChargerOperationModes of `/api/constants`; another number n is MODE_n."""

OFFLINE = "OFFLINE"
IS_ONLINE, POWER_W, SESSION_KWH, MODE, SESSION = -2, 513, 553, 710, 721
PHASES = {"L1": (507, 501), "L2": (508, 502), "L3": (509, 503)}  # current, voltage
KNOWN = frozenset(("ChargerId", "StateId", "Timestamp", "ValueAsString"))


class Row(NamedTuple):
    """What is measured on a phase, or in total; the own times of its two values as they came."""

    phase: str
    current_a: float | None
    voltage_v: float | None
    power_w: float | None
    register_kwh: float | None
    session_id: str | None
    times: tuple[str | None, str | None]


class Said(NamedTuple):
    """What a state says; `statuses` is empty where its status cannot be read."""

    statuses: list[Block]
    rows: list[Row]
    issues: list[Issue]


class Reading:
    """Reads one state of a charger."""

    def __init__(self, charger: str, told: Told) -> None:
        self._charger, self._told = charger, told
        self._observed: dict[int, Mapping[str, Any]] = {}
        self._issues: list[Issue] = []

    def said(self, entries: list[Any]) -> Said:
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
        return Said(statuses, [] if word == OFFLINE else self._rows(), self._issues)

    def _take(self, entry: Any) -> None:
        fields = record(entry)
        key = number("StateId", fields.get("StateId"))
        if key is None or not key.is_integer():
            raise UnreadableError("StateId", fields.get("StateId"), "is no observation's number")
        place = int(key)
        self._told.unknown("observation", fields, KNOWN, f"{self._charger} {place}")
        before = self._observed.get(place)
        if before is None or str(before.get("Timestamp")) <= str(fields.get("Timestamp")):
            self._observed[place] = fields

    def _value(self, key: int) -> Any:
        return self._observed.get(key, {}).get("ValueAsString")

    def _word(self) -> str | None:
        """The status. UnreadableError where it is not what it should be."""
        online = self._value(IS_ONLINE)
        if online in ("0", 0) or (online not in ("1", 1) and flag(str(IS_ONLINE), online) is False):
            return OFFLINE
        mode = number(str(MODE), self._value(MODE))
        if mode is None:
            return None
        if not mode.is_integer():
            raise UnreadableError(str(MODE), mode, "is not an operation mode")
        return MODES.get(int(mode), f"MODE_{int(mode)}")

    def _rows(self) -> list[Row]:
        """A row for each phase, and one in total, where anything is told of it."""
        session, rows = self._session(), []
        for phase, keys in PHASES.items():
            (amps, volts), told_at = self._numbers(*keys)
            rows.append(Row(phase, amps, volts, None, None, session, told_at))
        (watts, kwh), told_at = self._numbers(POWER_W, SESSION_KWH)
        rows.append(Row("total", None, None, watts, kwh, session, told_at))
        return [row for row in rows if row[1:5] != (None,) * 4]

    def _numbers(
        self, one: int, other: int
    ) -> tuple[tuple[float | None, float | None], tuple[str | None, str | None]]:
        """Two values, and their own times."""
        (first, first_at), (second, second_at) = self._number(one), self._number(other)
        return (first, second), (first_at, second_at)

    def _number(self, key: int) -> tuple[float | None, str | None]:
        """A value and its own time; none where there is no number."""
        try:
            found = number("ValueAsString", self._value(key))
            if found is not None:
                return found, text("Timestamp", self._observed[key].get("Timestamp"))
        except UnreadableError as error:
            self._issues.append(error.issue(f"observation {key}"))
        return None, None

    def _session(self) -> str | None:
        try:
            return text("ValueAsString", self._value(SESSION))
        except UnreadableError as error:
            self._issues.append(error.issue(f"observation {SESSION}"))
            return None
