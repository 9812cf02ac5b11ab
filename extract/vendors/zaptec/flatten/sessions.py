"""Zaptec's sessions → typed tables: each session once, as the latest answer of the date has it.

Windows overlap and pages repeat, so most records have come before: one whose bytes are known is
only counted. New ones are read (records.py) and put into columns, some thousand at a time
(session_columns.py). Of several versions of a session the one of the latest answer counts; a
version that cannot be read does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from extract.lake import payload
from extract.lake.fields import Issue, UnreadableError, read_list, read_record
from extract.lake.quarantine import Quarantine, start_of
from extract.lake.raw import Answer, Partition
from extract.lake.schemas import SESSION_ENERGY_INTERVALS, SESSIONS, TIME
from extract.vendors.zaptec.flatten import records
from extract.vendors.zaptec.flatten.records import ARCHIVED, HISTORY, Shape
from extract.vendors.zaptec.flatten.session_columns import (
    ChunkBuilder,
    ColumnChunk,
    concat,
    identity,
)

ENDPOINTS = ("archived", "chargehistory")
CHUNK = 10_000  # sessions that are put into columns at once


class _Page(msgspec.Struct):
    """A page of either endpoint."""

    history: list[msgspec.Raw] | None = msgspec.field(name="Data", default=None)
    archived: list[msgspec.Raw] | None = msgspec.field(name="sessions", default=None)


_page = msgspec.json.Decoder(_Page)


class _Versions:
    """The records that have been seen, by number: which row each gave (-1: it cannot be read), and
    the answers that held it. Lists of plain values: there may be very many."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}  # by the record's digest
        self.rows: list[int] = []
        self.first: list[tuple[int, str]] = []  # query time and file of the first answer
        self.latest: list[tuple[int, int, str]] = []  # query time, time of the request, scope
        self.polls: list[int] = []
        self.issues: dict[int, list[Issue]] = {}

    def add(self, digest: bytes, answer: Answer) -> int:
        """Take a record that is new; returns its number."""
        number = self.numbers[digest] = len(self.rows)
        self.rows.append(-1)
        self.first.append((answer.query_time, answer.file))
        self.latest.append((answer.query_time, answer.requested_at, answer.scope))
        self.polls.append(1)
        return number

    def again(self, number: int, answer: Answer) -> None:
        """Note that another answer held the record."""
        seen = answer.query_time, answer.requested_at, answer.scope
        self.latest[number] = max(self.latest[number], seen)
        self.first[number] = min(self.first[number], (answer.query_time, answer.file))
        self.polls[number] += 1


class Sessions:
    """Takes the answers of a partition in the order of their query time."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.quarantine = Quarantine(partition)
        self._versions = _Versions()
        self._ids: list[str] = []  # by row
        self._numbers: list[int] = []  # of the versions, by row
        self._builder = ChunkBuilder(0)
        self._chunks: list[ColumnChunk] = []

    def add(self, answer: Answer) -> None:
        """Take a page; a failed request gives no row."""
        if answer.endpoint not in ENDPOINTS or answer.status_code != 200 or answer.body is None:
            return
        try:
            shape, pieces = _pieces(answer.body)
        except UnreadableError as error:
            reason = f"is not a page: {error.field} {error.reason}".replace("  ", " ")
            self.quarantine.add(answer, Issue("answer", None, start_of(answer.body), reason))
            return
        for place, piece in enumerate(pieces):
            digest = hashlib.blake2b(piece, digest_size=16).digest()
            number = self._versions.numbers.get(digest)
            if number is None:
                self._read(self._versions.add(digest, answer), shape, place, piece)
            else:
                self._versions.again(number, answer)

    def _read(self, number: int, shape: Shape, place: int, piece: msgspec.Raw) -> None:
        """Read a record that is new, and put it into the chunk."""
        sent = None
        try:
            sent = payload.decode(piece)
            session = records.read(shape, sent)
        except UnreadableError as error:
            key = sent.get(shape.identity) if isinstance(sent, dict) else None
            name = key[:100] if isinstance(key, str) and key else place
            self._versions.issues[number] = [error.issue(f"session {name}")]
            return
        key = session.id or identity(shape, session)
        self._note_unknown(shape, sent, key)
        self._versions.rows[number] = len(self._ids)
        self._ids.append(key)
        self._numbers.append(number)
        self._builder.add(shape, session, f"session {key}")
        if len(self._builder) >= CHUNK:
            self._flush()

    def _note_unknown(self, shape: Shape, sent: dict[str, Any], key: str) -> None:
        if not sent.keys() <= shape.record.known:
            self.quarantine.unknown("session", sent.keys() - shape.record.known, key)
        known, entries = shape.detail.known, sent.get(shape.details)
        if isinstance(entries, list) and {*map(type, entries)} == {dict}:
            if max(map(len, entries)) <= len(known):
                return
            for place, entry in enumerate(entries):
                self.quarantine.unknown("energy detail", entry.keys() - known, f"{key} {place}")

    def _flush(self) -> None:
        chunk = self._builder.chunk()
        for row, issues in chunk.issues.items():
            self._versions.issues[self._numbers[row]] = issues
        self._chunks.append(chunk)
        self._builder = ChunkBuilder(len(self._ids))

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition."""
        if len(self._builder) or not self._chunks:
            self._flush()
        versions = self._versions
        for number, issues in versions.issues.items():
            (first, file), (last, _, scope) = versions.first[number], versions.latest[number]
            polls = versions.polls[number]
            for issue in issues:
                self.quarantine.add_span(scope, issue, first, last, polls=polls, file=file)
        rows = self._latest()
        latest = [versions.latest[self._numbers[row]] for row in rows]
        ids = pa.array([self._ids[row] for row in rows], pa.string())
        scopes = pa.array([scope for _, _, scope in latest], pa.string())
        times = pa.array([at for at, _, _ in latest], TIME)
        sessions, intervals = concat(self._chunks, np.array(rows, np.int64))
        index = intervals.pop("session_index")
        sessions |= {"session_id": ids, "scope": scopes, "query_time": times}
        intervals |= {"session_id": ids.take(index), "scope": scopes.take(index)}
        return {
            "sessions": self._table(SESSIONS, len(ids), sessions),
            "session_energy_intervals": self._table(
                SESSION_ENERGY_INTERVALS, len(index), intervals
            ),
            **self.quarantine.tables(),
        }

    def _latest(self) -> list[int]:
        """The row that counts of each session, ordered by the sessions' ids. Of two in the same
        answer the one whose record has the higher digest counts."""
        best: dict[str, tuple[int, int, bytes, int]] = {}
        for digest, number in self._versions.numbers.items():
            row = self._versions.rows[number]
            if row >= 0:
                rank = (*self._versions.latest[number][:2], digest, row)
                best[self._ids[row]] = max(best.get(self._ids[row], rank), rank)
        return [best[key][3] for key in sorted(best)]

    def _table(self, schema: pa.Schema, rows: int, columns: dict[str, pa.Array]) -> pa.Table:
        where = {
            "source": self.partition.source,
            "stream": self.partition.stream,
            "date": self.partition.day,
        }
        for name, value in where.items():
            columns[name] = pa.repeat(pa.scalar(value, schema.field(name).type), rows)
        return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _pieces(body: pa.Buffer) -> tuple[Shape, Sequence[msgspec.Raw]]:
    """A page's records, each as JSON. UnreadableError where it is no page."""
    try:
        page = _page.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        page = _leniently(body)
    if page.archived is not None:
        return ARCHIVED, page.archived
    if page.history is None:
        raise UnreadableError("", None, "it holds neither Data nor sessions")
    return HISTORY, page.history


def _leniently(body: pa.Buffer) -> _Page:
    """A page that is not quite JSON, read leniently, so that one bad record costs no other."""
    page = read_record(payload.decode(body))
    history, archived = (
        None
        if page.get(name) is None
        else [msgspec.Raw(payload.encode(record)) for record in read_list(name, page[name])]
        for name in ("Data", "sessions")
    )
    return _Page(history, archived)
