"""Records of a partition that could not be read, and fields that are not declared.

Every flattener collects into one `Quarantine`. Its tables `quarantine` and `unknown_fields` are
loaded beside the rows that could be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from extract.lake.columns import table
from extract.lake.fields import SHOWN, Issue, printable
from extract.lake.raw import Answer, Partition


@dataclass
class _Seen:
    """How many answers had an issue, the first and last of their times (µs since 1970 UTC), and the
    raw file of the first."""

    first: int
    last: int
    polls: int
    file: str

    def widen(self, other: _Seen) -> None:
        self.first, self.file = min((self.first, self.file), (other.first, other.file))
        self.last = max(self.last, other.last)
        self.polls += other.polls


class Quarantine:
    """Collects issues by scope, and unknown fields by kind of record."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._issues: dict[tuple[str, Issue], _Seen] = {}
        self._unknown: set[tuple[str, str, str]] = set()

    def __len__(self) -> int:
        return len(self._issues)

    def add(self, answer: Answer, *issues: Issue) -> None:
        """Note issues of an answer."""
        at = answer.query_time
        for issue in issues:
            self.add_span(answer.scope, issue, at, at, polls=1, file=answer.file)

    def add_span(
        self, scope: str, issue: Issue, first: int, last: int, *, polls: int, file: str
    ) -> None:
        """Note an issue that `polls` answers had, from `first` to `last` (µs since 1970 UTC).
        `file` is the raw file of the first."""
        seen = _Seen(first, last, polls, file)
        known = self._issues.setdefault((scope, issue), seen)
        if known is not seen:
            known.widen(seen)

    def unknown(self, kind: str, names: Iterable[str], record: str) -> None:
        """Note fields that are not declared. `record` identifies the record, so that each counts
        once. Names are cut to `SHOWN` characters."""
        self._unknown.update((kind, printable(name)[:SHOWN], record) for name in names)

    def tables(self) -> dict[str, pa.Table]:
        """`quarantine` and `unknown_fields`, see extract/lake/schemas.py."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        issues = sorted(self._issues.items(), key=lambda item: (item[0][0], *map(str, item[0][1])))
        counted = Counter((kind, name) for kind, name, _ in self._unknown)
        quarantined = []
        for (scope, issue), seen in issues:
            texts = [None if text is None else printable(text) for text in issue]
            times = seen.first, seen.last, seen.polls, seen.file
            quarantined.append((source, scope, day, *times, *texts, stream))
        unknown = [
            (source, day, kind, name, count, stream)
            for (kind, name), count in sorted(counted.items())
        ]
        return {
            "quarantine": table("quarantine", quarantined),
            "unknown_fields": table("unknown_fields", unknown),
        }


def start_of(body: pa.Buffer | bytes | None) -> str:
    """The first 100 bytes of a body that cannot be read, printable."""
    return printable(bytes(memoryview(body or b"")[:100]).decode(errors="replace"))
