"""Zaptec's sessions → typed tables: each session once, as the latest answer of the date tells it.

Windows overlap and pages repeat, so most of what comes has come before: a record whose bytes are
known is only noted as told again. New ones are read (records.py) and put into columns, some
thousand at a time (batches.py). Of several versions of a session that of the latest answer counts;
an answer that cannot be read leaves the one before.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from extract.lake.raw import Answer, Partition
from extract.lake.schemas import SESSION_ENERGY_INTERVALS, SESSIONS, TIME
from extract.vendors.zaptec.flatten import records
from extract.vendors.zaptec.flatten.records import ARCHIVED, HISTORY, Shape
from extract.vendors.zaptec.flatten.session_columns import Batch, Filled, joined
from extract.vendors.zaptec.flatten.telling import Told, start_of
from extract.vendors.zaptec.flatten.values import Issue, UnreadableError

ENDPOINTS = ("archived", "chargehistory")
BATCH = 10_000  # sessions that are put into columns at once
DETAIL = {shape: frozenset(shape.entry) for shape in (HISTORY, ARCHIVED)}


class _Page(msgspec.Struct):
    """A page of either endpoint."""

    history: list[msgspec.Raw] | None = msgspec.field(name="Data", default=None)
    archived: list[msgspec.Raw] | None = msgspec.field(name="sessions", default=None)


class _Versions:
    """The texts that have been seen, by number: which row each gave (-1: it cannot be read), and
    the answers that told it. Lists of plain values: there may be very many."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}  # by the text's digest
        self.rows: list[int] = []
        self.first: list[tuple[int, str]] = []  # query time and file of the first answer
        self.latest: list[tuple[int, int, str]] = []  # query time, time of the request, scope
        self.polls: list[int] = []
        self.issues: dict[int, list[Issue]] = {}

    def add(self, digest: bytes, answer: Answer) -> int:
        """A text that is new; its number."""
        number = self.numbers[digest] = len(self.rows)
        self.rows.append(-1)
        self.first.append((answer.query_time, answer.file))
        self.latest.append((answer.query_time, answer.requested_at, answer.scope))
        self.polls.append(1)
        return number

    def again(self, number: int, answer: Answer) -> None:
        """Another answer told it."""
        told = answer.query_time, answer.requested_at, answer.scope
        self.latest[number] = max(self.latest[number], told)
        self.first[number] = min(self.first[number], (answer.query_time, answer.file))
        self.polls[number] += 1


class Sessions:
    """Takes the answers of a partition in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.told = Told(partition)
        self._page = msgspec.json.Decoder(_Page)
        self._versions = _Versions()
        self._ids: list[str] = []  # by row
        self._numbers: list[int] = []  # of the versions, by row
        self._batch = Batch(0)
        self._filled: list[Filled] = []

    def add(self, answer: Answer) -> None:
        """Take a page; failed requests, and what isn't a page of sessions, are seen in raw."""
        if answer.endpoint not in ENDPOINTS or answer.status_code != 200 or answer.body is None:
            return
        try:
            page = self._page.decode(answer.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._refuse(answer, f"is not a page: {error}")
            return
        shape = HISTORY if page.archived is None else ARCHIVED
        pieces = page.history if page.archived is None else page.archived
        if pieces is None:
            self._refuse(answer, "holds neither Data nor sessions")
            return
        for place, piece in enumerate(pieces):
            self._take(answer, shape, place, piece)

    def _refuse(self, answer: Answer, reason: str) -> None:
        self.told.issue(answer, Issue("answer", None, start_of(answer.body), reason))

    def _take(self, answer: Answer, shape: Shape, place: int, piece: msgspec.Raw) -> None:
        digest = hashlib.blake2b(piece, digest_size=16).digest()
        number = self._versions.numbers.get(digest)
        if number is None:
            self._read(self._versions.add(digest, answer), shape, place, piece)
        else:
            self._versions.again(number, answer)

    def _read(self, number: int, shape: Shape, place: int, piece: msgspec.Raw) -> None:
        """Read a text that is new; what it says goes into the batch."""
        fields = msgspec.json.decode(piece)
        try:
            session = records.read(shape, fields)
            identity = session.id or self._batch.identity(shape, session)
        except UnreadableError as error:
            told = fields.get(shape.identity) if isinstance(fields, dict) else None
            self._versions.issues[number] = [error.issue(f"session {told or place}")]
            return
        self._notice(shape, fields, identity)
        self._versions.rows[number] = len(self._ids)
        self._ids.append(identity)
        self._numbers.append(number)
        self._batch.add(shape, session, f"session {identity}")
        if len(self._batch) >= BATCH:
            self._flush()

    def _notice(self, shape: Shape, fields: dict[str, Any], identity: str) -> None:
        self.told.unknown("session", fields, shape.known, identity)
        entries = fields.get(shape.details)
        if isinstance(entries, list) and {*map(type, entries)} == {dict}:
            if max(map(len, entries)) <= len(shape.entry):
                return
            for place, entry in enumerate(entries):
                self.told.unknown("energy detail", entry, DETAIL[shape], f"{identity} {place}")

    def _flush(self) -> None:
        filled = self._batch.filled()
        for row in filled.unreadable:
            self._versions.rows[self._numbers[row]] = -1
        for row, issues in filled.issues.items():
            self._versions.issues[self._numbers[row]] = issues
        self._filled.append(filled)
        self._batch = Batch(len(self._ids))

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        if len(self._batch) or not self._filled:
            self._flush()
        versions = self._versions
        for number, issues in versions.issues.items():
            (first, file), (last, _, scope) = versions.first[number], versions.latest[number]
            polls = versions.polls[number]
            for issue in issues:
                self.told.issues(scope, issue, first, last, polls=polls, file=file)
        rows = self._latest()
        latest = [versions.latest[self._numbers[row]] for row in rows]
        ids = pa.array([self._ids[row] for row in rows], pa.string())
        scopes = pa.array([scope for _, _, scope in latest], pa.string())
        times = pa.array([at for at, _, _ in latest], TIME)
        sessions, intervals = joined(self._filled, np.array(rows, np.int64))
        owner = intervals.pop("owner")
        return {
            "sessions": self._table(
                SESSIONS,
                len(ids),
                sessions | {"session_id": ids, "scope": scopes, "query_time": times},
            ),
            "session_energy_intervals": self._table(
                SESSION_ENERGY_INTERVALS,
                len(owner),
                intervals | {"session_id": ids.take(owner), "scope": scopes.take(owner)},
            ),
            **self.told.tables(),
        }

    def _latest(self) -> list[int]:
        """The row of each session that counts, in the order of their ids; of two that the same
        answer tells, that whose text has the higher digest."""
        best: dict[str, tuple[int, int, bytes, int]] = {}
        for digest, number in self._versions.numbers.items():
            row = self._versions.rows[number]
            if row >= 0:
                rank = (*self._versions.latest[number][:2], digest, row)
                best[self._ids[row]] = max(best.get(self._ids[row], rank), rank)
        return [best[identity][3] for identity in sorted(best)]

    def _table(self, schema: pa.Schema, rows: int, columns: dict[str, pa.Array]) -> pa.Table:
        where = {
            "source": self.partition.source,
            "stream": self.partition.stream,
            "date": self.partition.day,
        }
        for name, value in where.items():
            columns[name] = pa.repeat(pa.scalar(value, schema.field(name).type), rows)
        return pa.table({name: columns[name] for name in schema.names}, schema=schema)
