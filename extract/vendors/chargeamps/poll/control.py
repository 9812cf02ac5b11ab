"""Change a connector's settings: read, put, read back, and tell what came of it.

What is sent is the whole of the settings as they were read, with only the wanted fields changed.
A charger may take its time, so it is read back until it obeys or `PATIENCE` is over. Every change
that was tried lands in stream `assets` as endpoint `settings_put`: who wanted what and why, what
was so before and after, and the outcome:

- `taken`: the charger tells the new settings at once;
- `delayed`: it tells them, but only after a while;
- `ignored`: it tells those of before, or a part of them, and nothing else;
- `altered`: it tells something that nobody wanted;
- `failed`: it refused, or could not be reached or read back, so what is so now is not known.

From the Uppsala thesis: a car took 45 to 55 % of the limit and stopped below about 6 A, so a limit
below `LETS_CHARGE_A` may end its charging.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from extract.errors import WattstarError
from extract.http import Exchange
from extract.lake import raw
from extract.settings import Settings
from extract.vendors.chargeamps.poll.client import Client

LEAST_A, MOST_A = 6.0, 32.0
LETS_CHARGE_A = 12.0  # about 6 A for a car that takes half of it
PATIENCE = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)  # seconds before each look at what the charger tells
MODES = {"on": "On", "off": "Off", "schedule": "Schedule"}
WORDS = {
    "mode": "mode",
    "maxCurrent": "max. current (A)",
    "rfidLock": "RFID lock",
    "cableLock": "cable lock",
}
Outcome = Literal["taken", "delayed", "ignored", "altered", "failed"]
Told = Mapping[str, Any]


class ControlError(WattstarError):
    """A change that was not tried; the text says why."""


@dataclass(frozen=True)
class Wanted:
    """What is to be so; None leaves it as it is. ControlError where it can't be wanted."""

    mode: str | None = None
    max_current: float | None = None  # A per phase
    rfid_lock: bool | None = None
    cable_lock: bool | None = None

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode.lower() not in MODES:
            raise ControlError(f"mode is one of {', '.join(MODES)}, not {self.mode}")
        limit = self.max_current
        if limit is not None and not (limit == 0 or LEAST_A <= limit <= MOST_A):
            raise ControlError(
                f"the limit is 0 A (nothing) or {LEAST_A:g} to {MOST_A:g} A, not {limit:g} A"
            )
        if not self.fields():
            raise ControlError("say what to change: the limit, the mode, a lock")

    def fields(self) -> dict[str, Any]:
        """By the vendor's names, without what is left as it is."""
        named = {
            "mode": self.mode and MODES[self.mode.lower()],
            "maxCurrent": self.max_current,
            "rfidLock": self.rfid_lock,
            "cableLock": self.cable_lock,
        }
        return {name: value for name, value in named.items() if value is not None}

    def warnings(self) -> list[str]:
        """What somebody may not expect of it."""
        if self.max_current is None or self.max_current >= LETS_CHARGE_A:
            return []
        if self.max_current == 0:
            return ["0 A: no car will charge"]
        return [
            f"{self.max_current:g} A may end charging: cars took 45 to 55 % of the limit, and "
            f"stopped below about {LEAST_A:g} A"
        ]


@dataclass(frozen=True)
class Change:
    """A field, what is so and what is to be so."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{WORDS[self.field]}: {_word(self.before)} -> {_word(self.after)}"


@dataclass
class Controlled:
    """What was changed and what came of it; no outcome where nothing was tried."""

    outcome: Outcome | None
    changes: list[Change] = field(default_factory=list)
    text: str = ""
    seconds: float = 0.0  # from the change to the last look
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the connector is as it is to be."""
        return self.outcome in ("taken", "delayed") or not self.changes


def control(
    settings: Settings,
    point: str,
    connector: str,
    wanted: Wanted,
    *,
    by: str,
    reason: str | None,
    agree: Callable[[list[Change]], bool] = lambda changes: True,
    sleep: Callable[[float], None] = time.sleep,
) -> Controlled:
    """Make a connector's settings as wanted, if `agree` says yes to what would change.

    ControlError where its settings cannot be read at first, so that nothing was tried; AccessError
    where the login is refused; PseudonymKeyError where the key is not the lake's.
    """
    client = Client(settings)
    client.log_in()
    seen = _read(client, point, connector)
    changes = _differences(_decoded(seen), wanted)
    if not changes:
        return Controlled(None, text="nothing to change: it is so already")
    if not agree(changes):
        return Controlled(None, changes, text="not changed: nobody agreed")
    if not _same(_decoded(_read(client, point, connector)), _decoded(seen)):
        raise ControlError("somebody has changed the settings in the meantime: look again")
    attempt = _Attempt(client, (point, connector), seen, wanted, sleep)
    try:
        attempt.make()
    finally:  # also where it was broken off: then it has failed, as far as anybody knows
        attempt.land(by, reason)
    return Controlled(attempt.outcome, changes, attempt.text, attempt.seconds, attempt.files)


class _Attempt:
    """One change that is tried."""

    def __init__(
        self,
        client: Client,
        where: tuple[str, str],
        seen: Exchange,
        wanted: Wanted,
        sleep: Callable[[float], None],
    ) -> None:
        self._client, self._where, self._sleep = client, where, sleep
        self._url, self._before, self._wanted = seen.url, _decoded(seen), wanted
        self._goal = {**self._before, **wanted.fields()}
        self._after: Told | None = None
        self._at = datetime.now(UTC)
        self.outcome: Outcome = "failed"
        self.text = "broken off: what the charger did is not known"
        self.seconds = 0.0
        self.looks = 0
        self.files: list[str] = []

    def make(self) -> None:
        """Put, and read back."""
        started = time.monotonic()
        asked = self._client.change(*self._where, self._goal)
        is_refused = asked.status_code is not None and not 200 <= asked.status_code < 300
        why = ""
        for pause in PATIENCE[:1] if is_refused else PATIENCE:
            self._sleep(pause)
            told = self._client.settings_as_told(*self._where)
            self.seconds, self.looks = time.monotonic() - started, self.looks + told.ok
            self._after, why = (_decoded(told), "") if told.ok else (None, str(told.error))
            if self._after and _same(self._after, self._goal):
                break
        sent = None if asked.status_code and not is_refused else asked.error
        self.outcome, self.text = self._judged(sent, why)

    def _judged(self, unsent: str | None, why: str) -> tuple[Outcome, str]:
        """What came of it: `unsent` is why it was not sent, if it is known not to be or may not be,
        and `why` it could not be read back. What the charger tells at last counts most."""
        if self._after and _same(self._after, self._goal):
            if self.looks > 1:
                return "delayed", f"taken, but only after {self.seconds:.1f} s"
            return "taken", "taken, and read back at once"
        if unsent is not None:
            return "failed", f"the change was refused: {unsent}"
        if self._after is None:
            text = "the change was sent, but the charger could not be read back"
            return "failed", f"{text}: {why}"
        known = self._before, self._goal
        if all(
            any(_equal(self._after.get(name), one.get(name)) for one in known) for name in WORDS
        ):
            text = f"the charger ignored it, even after {self.seconds:.0f} s"
            return "ignored", f"{text}: {self._told()}"
        return "altered", "the charger made something else of it: " + self._told()

    def _told(self) -> str:
        after = self._after or {}
        return "; ".join(
            f"{WORDS[name]} is {_word(after.get(name))}, not {_word(self._goal.get(name))}"
            for name in WORDS
            if not _equal(after.get(name), self._goal.get(name))
        )

    def land(self, by: str, reason: str | None) -> None:
        """Keep who wanted what and why, and what came of it."""
        point, connector = self._where
        told = {
            "chargePointId": point,
            "connectorId": connector,
            "wanted": self._wanted.fields(),
            "outcome": self.outcome,
            "text": self.text,
            "requestedBy": by,
            "reason": reason,
            "before": self._clean(self._before),
            "after": self._after and self._clean(self._after),
        }
        kept = Exchange(
            "chargeamps",
            "assets",
            "settings_put",
            point,
            self._url,
            {"connector": connector},
            self._at,
            self._at,
            status_code=200,
            attempts=1,
            elapsed_ms=self.seconds * 1000,
            body=msgspec.json.encode(told),
        )
        self.files = raw.land(self._client.lake, [kept])

    def _clean(self, told: Told) -> Any:
        return msgspec.json.decode(self._client.clean(msgspec.json.encode(told)) or b"null")


def _read(client: Client, point: str, connector: str) -> Exchange:
    told = client.settings_as_told(point, connector)
    if not told.ok:
        raise ControlError(
            f"the settings of {point}, connector {connector}, cannot be read ({told.error}), so "
            "nothing was changed"
        )
    return told


def _decoded(told: Exchange) -> Told:
    decoded: dict[str, Any] = msgspec.json.decode(told.body or b"{}")
    return decoded


def _differences(before: Told, wanted: Wanted) -> list[Change]:
    return [
        Change(name, before.get(name), after)
        for name, after in wanted.fields().items()
        if not _equal(before.get(name), after)
    ]


def _same(told: Told, goal: Told) -> bool:
    return all(_equal(told.get(name), goal.get(name)) for name in WORDS)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values mean the same: `On` and `on`, 10 and 10.0 and "10"."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return str(one).strip().casefold() == str(other).strip().casefold()


def _word(value: Any) -> str:
    words = {True: "on", False: "off"}
    if isinstance(value, bool):
        return words[value]
    return "not set" if value is None else f"{value}"
