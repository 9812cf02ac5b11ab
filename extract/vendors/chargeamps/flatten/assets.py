"""Answers about charge points and their settings, one after the other → master data and
connector_settings."""

from __future__ import annotations

from typing import Any

from extract.lake.raw import Answer, Partition
from extract.lake.spans import Runs, merged
from extract.vendors.chargeamps.flatten import master
from extract.vendors.chargeamps.flatten.tables import Gathered, Rows
from extract.vendors.chargeamps.flatten.values import UnreadableError


class AssetsFlattener(Gathered):
    """Takes the answers about charge points and their settings in the order of their time."""

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition)
        self.scopes: dict[str, Runs] = {}
        self.observed: dict[str, master.Settings] = {}
        self.settings: dict[tuple[str, int, str], tuple[Any, ...]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer; a failed one tells nothing."""
        if answer.status_code != 200:
            return
        try:
            told = self.decoded(answer)
            if isinstance(told, list):
                self._owned(answer, told)
            elif isinstance(told, dict) and "wanted" in told:
                self._control(answer, told)
            else:
                self._observed(answer, told)
        except UnreadableError as error:
            self.quarantine(answer, [error.issue("answer")])

    def _owned(self, answer: Answer, told: list[Any]) -> None:
        found = master.owned(told)
        self.scopes.setdefault(answer.scope, Runs()).answer(answer.query_time, [found.master])
        self.quarantine(answer, found.issues)
        self.unknown |= found.unknown

    def _observed(self, answer: Answer, told: Any) -> None:
        now, unknown = master.settings(answer.scope, told)
        self.unknown.update(("settings", name, now.connector_id) for name in unknown)
        if self.observed.get(now.connector_id) != now:
            self.observed[now.connector_id] = now
            self._setting(answer, "observed", now)

    def _control(self, answer: Answer, told: dict[str, Any]) -> None:
        asked = master.control(answer.scope, told)
        came_of_it = asked.outcome, asked.requested_by, asked.reason
        self._setting(answer, "requested", asked.wanted, came_of_it)
        if told.get("after") is not None:
            self._observed(answer, told["after"])

    def _setting(
        self,
        answer: Answer,
        kind: str,
        now: master.Settings,
        came_of_it: tuple[str | None, ...] = (None, None, None),
    ) -> None:
        point, plug, *rest = now
        row = (answer.scope, point, plug, answer.query_time, kind, *rest, *came_of_it)
        self.settings[plug, answer.query_time, kind] = row

    def rows(self) -> Rows:
        """The rows of this stream's tables."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        rows: Rows = {
            "connector_settings": [
                (source, scope, day, *row, stream) for scope, *row in self.settings.values()
            ]
        }
        for scope, runs in self.scopes.items():
            for run in merged(runs.finish()):
                (table, name), times = run.key, (runs.times[run.first], runs.times[run.last])
                row = (source, scope, name, day, *times, *run.value, stream)
                rows.setdefault(table, []).append(row)
        return rows
