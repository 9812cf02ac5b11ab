"""What the flattening of every stream ends with: typed tables, what was unreadable or unknown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import pyarrow as pa

from extract.lake.raw import Answer, Partition
from extract.lake.schemas import KEYS, TABLES
from extract.vendors.chargeamps.flatten.values import Issue, UnreadableError

Rows = dict[str, list[tuple[Any, ...]]]


class Gathered(ABC):
    """What the streams have in common: unreadable records, unknown fields, tables. A stream's own
    flattener adds answers and gives the rows of its other tables."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.issues: dict[tuple[str, Issue], tuple[int, int, int, str]] = {}
        self.unknown: set[tuple[str, str, str]] = set()

    def decoded(self, answer: Answer) -> Any:
        """The answer's JSON. UnreadableError where it is none."""
        try:
            return msgspec.json.decode(answer.body or b"")
        except msgspec.DecodeError as error:
            raise UnreadableError("", str(bytes(answer.body or b"")[:100]), str(error)) from None

    def quarantine(self, answer: Answer, issues: Iterable[Issue]) -> None:
        """Remember what could not be read, and in how many answers it stood."""
        for issue in issues:
            key, at = (answer.scope, issue), answer.query_time
            first, _, count, file = self.issues.get(key, (at, at, 0, answer.file))
            self.issues[key] = first, at, count + 1, file

    @abstractmethod
    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed."""

    @abstractmethod
    def rows(self) -> Rows:
        """The rows of the stream's own tables, by table."""

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables of the partition, each with the schema of its name."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        rows = self.rows()
        rows["quarantine"] = [
            (source, scope, day, first, last, polls, file, *issue, stream)
            for (scope, issue), (first, last, polls, file) in sorted(
                self.issues.items(), key=lambda item: (item[1], repr(item[0]))
            )
        ]
        counted = Counter((record, name) for record, name, _ in self.unknown)
        rows["unknown_fields"] = [
            (source, day, record, name, count, stream)
            for (record, name), count in sorted(counted.items())
        ]
        return {name: _table(rows.get(name, []), TABLES[name], KEYS.get(name)) for name in TABLES}


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema, key: tuple[str, ...] | None) -> pa.Table:
    """The rows in the order of the table's key, which answers do not come in."""
    columns = list(zip(*rows, strict=True))
    arrays = [
        pa.array(columns[place], kind.type)
        if place < len(columns)
        else pa.nulls(len(rows), kind.type)
        for place, kind in enumerate(schema)
    ]
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in key[2:]]) if key else table
