"""Answers about status → polls, status_spans, measurements.

An answer covers one charge point (`status`) or all of an organisation (`statuses`). `owned` states
the vocabulary of each charge point; the words are translated at the end of the date, because a
charge point that states none has its vocabulary guessed from all of its answers.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa

from extract.lake import payload
from extract.lake.columns import named_table
from extract.lake.fields import UnreadableError, read_record
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Answer, Partition
from extract.lake.spans import Block, Runs
from extract.vendors.chargeamps.fields import POINT, stated_version
from extract.vendors.chargeamps.flatten import status_answer, status_vocabulary
from extract.vendors.chargeamps.flatten.status_answer import Measured, Status, Words
from extract.vendors.chargeamps.flatten.status_vocabulary import Evidence, Vocabulary

POLL_COLUMNS = (
    *("scope", "query_time", "requested_at", "outcome", "error"),
    *("records", "unreadable_records", "duplicate_records"),
)
SPAN_COLUMNS = (
    *("scope", "unit", "unit_id", "status", "parking_sensor"),
    *("first_query_time", "last_query_time", "polls"),
)
MEASURED_COLUMNS = ("scope", "measured_at", *Measured._fields)
SHOWN = 5  # charge points that a message names
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_log = logging.getLogger("wattstar")


class StatusFlattener:
    """Takes the answers about status in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition, self.quarantine = partition, Quarantine(partition)
        self.polls: list[tuple[Any, ...]] = []
        self.answers: dict[str, list[tuple[int, tuple[Words, ...] | None]]] = {}
        self.measured: list[tuple[str, int, tuple[Measured, ...]]] = []
        self.vocabularies = _Vocabularies()
        self._measured: set[tuple[str, int]] = set()
        self._previous: dict[tuple[str, int], tuple[bytes, Status]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed, or a tick that was missed."""
        if answer.endpoint == "owned":
            self._state(answer)
            return
        outcome, error = _failure(answer), answer.error
        counts, words = (0, 0, 0), None
        if outcome is None:
            try:
                statuses = self._statuses(answer)
            except UnreadableError as unreadable:
                outcome, error = "unreadable", unreadable.reason
                self.quarantine.add(answer, unreadable.issue("answer"))
            else:
                outcome, error = "ok", None
                words, counts = self._take(answer, statuses)
        self.answers.setdefault(answer.scope, []).append((answer.query_time, words))
        times = answer.query_time, answer.requested_at
        self.polls.append((answer.scope, *times, outcome, error, *counts))

    def _state(self, answer: Answer) -> None:
        """Note the protocol that each charge point states."""
        try:
            records = payload.decode(answer.body)
        except UnreadableError as error:
            self.quarantine.add(answer, error.issue("answer"))
            return
        for value in records if isinstance(records, list) else ():
            try:
                record = read_record(value)
                point_id = POINT.value(record, "id")
            except UnreadableError as error:
                self.quarantine.add(answer, error.issue("charge point"))
                continue
            is_stated, version = stated_version(record)
            if is_stated:
                self.vocabularies.state(point_id, answer.query_time, version)

    def _statuses(self, answer: Answer) -> list[Status]:
        """The status of each charge point; one with the same bytes as in the answer before is not
        read again. UnreadableError where the answer as a whole cannot be read."""
        if answer.endpoint != "statuses":
            return [self._status(answer, 0, bytes(answer.body or b""), answer.scope)]
        try:
            parts = _PARTS.decode(answer.body or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            values = payload.decode(answer.body)
            if not isinstance(values, list):
                raise UnreadableError("", values, "is not a list") from None
            return [status_answer.read(value, None, place) for place, value in enumerate(values)]
        return [self._status(answer, place, bytes(part), None) for place, part in enumerate(parts)]

    def _status(self, answer: Answer, place: int, body: bytes, point_id: str | None) -> Status:
        before = self._previous.get((answer.scope, place))
        if before is not None and before[0] == body:
            return before[1]
        status = status_answer.read(payload.decode(body), point_id, place)
        for kind, field, record in status.unknown:
            self.quarantine.unknown(kind, (field,), record)
        self._previous[answer.scope, place] = body, status
        return status

    def _take(
        self, answer: Answer, statuses: list[Status]
    ) -> tuple[tuple[Words, ...], tuple[int, int, int]]:
        """The words of the answer, and how many units it has, unreadable ones, repeated ones."""
        words: dict[str, Words] = {}
        units = unreadable = duplicates = 0
        for status in statuses:
            units, unreadable = units + status.units, unreadable + status.unreadable
            if status.issues:
                self.quarantine.add(answer, *status.issues)
            if status.words is None:
                continue
            if words.setdefault(status.words.point_id, status.words) is not status.words:
                duplicates += status.units - status.unreadable
                continue
            duplicates += status.duplicates
            self._take_status(answer, status, status.words.point_id)
        return tuple(words.values()), (units, unreadable, duplicates)

    def _take_status(self, answer: Answer, status: Status, point_id: str) -> None:
        for evidence in status.evidence:
            self.vocabularies.evidence[point_id][evidence] += 1
        if status.measured and (point_id, answer.query_time) not in self._measured:
            self._measured.add((point_id, answer.query_time))  # two organisations may name it
            self.measured.append((answer.scope, answer.query_time, status.measured))

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        self.vocabularies.say_guesses(self.partition)
        measured = ((scope, at, *phase) for scope, at, phases in self.measured for phase in phases)
        return {
            "polls": named_table("polls", self.partition, POLL_COLUMNS, self.polls),
            "status_spans": named_table(
                "status_spans", self.partition, SPAN_COLUMNS, self._spans()
            ),
            "measurements": named_table("measurements", self.partition, MEASURED_COLUMNS, measured),
            **self.quarantine.tables(),
        }

    def _spans(self) -> Iterator[tuple[Any, ...]]:
        for scope, answers in self.answers.items():
            runs, blocks = Runs(), list[Block]()
            for at, words in answers:
                if words is None:
                    runs.interrupt()
                    continue
                made = [self.vocabularies.block(said, at) for said in words]
                blocks = blocks if made == blocks else made
                runs.answer(at, blocks)
            for run in runs.finish():
                times = runs.times[run.first], runs.times[run.last]
                yield (scope, *run.key, *run.value, *times, run.last - run.first + 1)


class _Vocabularies:
    """The vocabulary of each charge point: as it states it, else guessed from the evidence."""

    def __init__(self) -> None:
        self.evidence: dict[str, Counter[Evidence]] = defaultdict(Counter)
        self._stated: dict[str, list[tuple[int, Vocabulary]]] = {}
        self._guessed: dict[str, Vocabulary] = {}
        self._blocks: dict[tuple[Words, bool], Block] = {}

    def state(self, point_id: str, at: int, version: str | None) -> None:
        """Note what a charge point states at a time (µs since 1970 UTC), times ascending."""
        stated = self._stated.setdefault(point_id, [])
        vocabulary = status_vocabulary.stated(version)
        if not stated or stated[-1][1] is not vocabulary:
            stated.append((at, vocabulary))

    def of(self, point_id: str, at: int) -> Vocabulary:
        """The vocabulary that a charge point had stated by a time, or states first after it; a
        guess where it states none."""
        stated = self._stated.get(point_id)
        if stated is None:
            if point_id not in self._guessed:
                self._guessed[point_id] = status_vocabulary.guessed(self.evidence[point_id])
            return self._guessed[point_id]
        if len(stated) == 1:
            return stated[0][1]
        return next((found for since, found in reversed(stated) if since <= at), stated[0][1])

    def block(self, words: Words, at: int) -> Block:
        """(unit, id) → (status, parking sensor) of a charge point in an answer: the same object
        for the same words."""
        vocabulary = self.of(words.point_id, at)
        key = words, vocabulary is status_vocabulary.CAPI
        made = self._blocks.get(key)
        if made is None:
            made = self._blocks[key] = _block(words, vocabulary)
        return made

    def say_guesses(self, partition: Partition) -> None:
        """Log which charge points state no vocabulary although their numbers need one."""
        guessed = sorted(
            point_id
            for point_id, seen in self.evidence.items()
            if point_id not in self._stated and status_vocabulary.is_ambiguous(seen)
        )
        if guessed:
            _log.warning(
                "%s: %d charge points (%s …) state no ocppVersion: the numbers of their status are "
                "read by a guess, see extract/vendors/chargeamps/flatten/status_vocabulary.py",
                *(partition, len(guessed), ", ".join(guessed[:SHOWN])),
            )


def _failure(answer: Answer) -> str | None:
    """The outcome of a poll without a good answer; None for one with a good answer."""
    if answer.status_code is None:
        missed = (answer.error or "").startswith("missed")
        return "missed" if missed else "no_answer"
    return None if answer.status_code == 200 else "http_error"


def _block(words: Words, numbers: Mapping[str, str]) -> Block:
    statuses = {name: word and numbers.get(word, word) for name, word in words.connectors}
    own = status_vocabulary.of_point(words.own, statuses.values())
    return {
        ("chargingpoint", words.point_id): (own, None),
        **{("connector", name): (status, None) for name, status in statuses.items()},
    }
