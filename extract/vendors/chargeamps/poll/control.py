"""Change a connector's settings: read them, send them changed, read them back, keep the outcome.

All settings are sent as they were read, but for the wanted fields. A charger may be slow, so its
settings are read back until they are as wanted or `PAUSES` is over. Every
change that was sent lands in stream `assets` as endpoint `settings_put`: who wanted what and why,
the settings before and after, and the outcome:

- `taken`: the first reading shows the wanted settings;
- `delayed`: a later one does, or the first one failed;
- `ignored`: the last reading shows the settings of before, or a part of the wanted ones;
- `altered`: the last reading shows something that nobody wanted;
- `failed`: the charger refused the change, could not be reached or could not be read back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from extract.http import Exchange
from extract.lake import payload, raw
from extract.settings import Settings
from extract.vendors.chargeamps.poll import change
from extract.vendors.chargeamps.poll.change import (
    LABELS,
    Change,
    ControlError,
    Wanted,
    differing,
    in_words,
    is_equal,
)
from extract.vendors.chargeamps.poll.client import Client

PAUSES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)  # seconds before each reading
PATIENCE = 15.0  # seconds for the answer to each reading, which is asked for once
Outcome = Literal["taken", "delayed", "ignored", "altered", "failed"]

__all__ = ["Change", "ControlError", "Controlled", "Wanted", "control"]


@dataclass
class Controlled:
    """The changes and their outcome, which is None where nothing was sent."""

    outcome: Outcome | None
    changes: list[Change] = field(default_factory=list)
    text: str = ""
    seconds: float = 0.0  # from the change to the last reading
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the connector's settings are as wanted."""
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
    """Make a connector's settings as wanted, if `agree` says yes to the changes.

    ControlError where its settings cannot be read at first, so that nothing was sent; AccessError
    where the login is refused; PseudonymKeyError where the key is not the lake's.
    """
    client = Client(settings)
    client.log_in()
    before = _read(client, point, connector)
    found = change.changes(before.shown, wanted)
    if not found:
        return Controlled(None, text="nothing to change: the settings are as wanted already")
    if not agree(found):
        return Controlled(None, found, text="not changed: the change was not confirmed")
    if differing(_read(client, point, connector).shown, before.shown):
        raise ControlError("the settings have changed in the meantime: look again")
    attempt = _Attempt(client, (point, connector), before, wanted, sleep)
    try:
        attempt.send_and_verify()
    finally:  # also when interrupted: then it lands as failed
        files = attempt.land(by, reason)
    return Controlled(attempt.outcome, found, attempt.text, attempt.seconds, files)


class _Reading(NamedTuple):
    """A connector's settings as they came, to be sent back, and as they may be shown and land."""

    url: str
    sent: dict[str, Any]
    shown: change.Settings


class _Attempt:
    """One change that is sent."""

    def __init__(
        self,
        client: Client,
        where: tuple[str, str],
        before: _Reading,
        wanted: Wanted,
        sleep: Callable[[float], None],
    ) -> None:
        self._client, self._where, self._sleep = client, where, sleep
        self._before, self._wanted = before, wanted
        self._goal = {**before.shown, **wanted.fields()}
        self._after: change.Settings | None = None
        self._sent_at = datetime.now(UTC)
        self._readings = 0
        self.outcome: Outcome = "failed"
        self.text = "interrupted: what the charger did is not known"
        self.seconds = 0.0

    def send_and_verify(self) -> None:
        """Send the settings, and read them back."""
        started = time.monotonic()
        answer = self._client.change(*self._where, self._before.sent | self._wanted.fields())
        is_refused = answer.status_code is not None and not 200 <= answer.status_code < 300
        read_error = ""
        for pause in PAUSES[:1] if is_refused else PAUSES:
            self._sleep(pause)
            reading = self._client.settings(*self._where, seconds=PATIENCE)
            self._readings += 1
            self.seconds = time.monotonic() - started
            self._after = payload.decode(reading.body) if reading.ok else None
            read_error = str(reading.error)
            if self._is_reached:
                break
        send_error = answer.error if answer.status_code is None or is_refused else None
        self.outcome, self.text = self._outcome(send_error, read_error)

    @property
    def _is_reached(self) -> bool:
        return self._after is not None and not differing(self._after, self._goal)

    def _outcome(self, send_error: str | None, read_error: str) -> tuple[Outcome, str]:
        """The outcome and its text. `send_error`: why the PUT failed or may have failed;
        `read_error`: why the last reading failed. The last reading counts most."""
        if self._is_reached:
            if self._readings > 1:
                return "delayed", f"taken, but only after {self.seconds:.1f} s"
            return "taken", "taken, and read back at once"
        if send_error is not None:
            return "failed", f"the change was refused: {send_error}"
        if self._after is None:
            text = "the change was sent, but the charger could not be read back"
            return "failed", f"{text}: {read_error}"
        after, before = self._after, self._before.shown
        wrong = differing(after, self._goal)
        shown = "; ".join(
            f"{LABELS[n]} is {in_words(after.get(n))}, not {in_words(self._goal.get(n))}"
            for n in wrong
        )
        if all(is_equal(after.get(name), before.get(name)) for name in wrong):
            text = f"the charger ignored it, even after {self.seconds:.0f} s"
            return "ignored", f"{text}: {shown}"
        return "altered", f"the charger made something else of it: {shown}"

    def land(self, by: str, reason: str | None) -> list[str]:
        """Land who wanted what and why, and the outcome. Returns the raw files."""
        point, connector = self._where
        record = {
            "chargePointId": point,
            "connectorId": connector,
            "wanted": self._wanted.fields(),
            "outcome": self.outcome,
            "text": self.text,
            "requestedBy": by,
            "reason": reason,
            "before": self._before.shown,
            "after": self._after,
        }
        exchange = Exchange(
            "chargeamps",
            "assets",
            "settings_put",
            point,
            self._before.url,
            {"connector": connector},
            requested_at=self._sent_at,
            query_time=self._sent_at,
            status_code=200,
            attempts=1,
            elapsed_ms=self.seconds * 1000,
            body=payload.encode(record),
        )
        return raw.land(self._client.lake, [exchange])


def _read(client: Client, point: str, connector: str) -> _Reading:
    answer = client.settings_unredacted(point, connector)
    redacted = client.redactors["settings"](answer.body or b"") if answer.ok else None
    if redacted is None:
        raise ControlError(
            f"the settings of {point}, connector {connector}, cannot be read ({answer.error}), so "
            "nothing was changed"
        )
    return _Reading(answer.url, payload.decode(answer.body), payload.decode(redacted))
