"""What goes beside the typed rows of a partition: what could not be read, and unknown fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from extract.lake.columns import table
from extract.lake.raw import Answer, Partition
from extract.vendors.zaptec.flatten.values import Issue


class Told:
    """Collects issues by scope, with the answers that held them, and fields that nobody knows."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self._issues: dict[tuple[str, Issue], list[Any]] = {}
        self._unknown: set[tuple[str, str, str]] = set()

    def issue(self, answer: Answer, issue: Issue) -> None:
        """An answer held this; answers come in the order of their query time."""
        at = answer.query_time
        self.issues(answer.scope, issue, at, at, polls=1, file=answer.file)

    def issues(
        self, scope: str, issue: Issue, first: int, last: int, *, polls: int, file: str
    ) -> None:
        """So many answers held this, from `first` to `last`; `file` is the first one's."""
        before = self._issues.get((scope, issue))
        if before is not None:
            first, file = min((before[0], before[3]), (first, file))
            last, polls = max(before[1], last), before[2] + polls
        self._issues[scope, issue] = [first, last, polls, file]

    def unknown(
        self, kind: str, record: Mapping[str, Any], known: frozenset[str], whose: str
    ) -> None:
        """Note the fields of a record that are not known; `whose` tells the records apart."""
        if not record.keys() <= known:
            self._unknown.update((kind, name, whose) for name in record.keys() - known)

    def tables(self) -> dict[str, pa.Table]:
        """`quarantine` and `unknown_fields`."""
        source, stream, day = self.partition.source, self.partition.stream, self.partition.day
        quarantined = [
            (source, scope, day, *seen, *issue, stream)
            for (scope, issue), seen in sorted(
                self._issues.items(), key=lambda item: (item[0][0], *map(str, item[0][1]))
            )
        ]
        counted = Counter((kind, name) for kind, name, _ in self._unknown)
        unknown = [
            (source, day, kind, name, count, stream)
            for (kind, name), count in sorted(counted.items())
        ]
        return {
            "quarantine": table("quarantine", quarantined),
            "unknown_fields": table("unknown_fields", unknown),
        }


def start_of(body: pa.Buffer | None) -> str:
    """The beginning of a body that cannot be read, to be shown."""
    return bytes(body or b"")[:100].decode(errors="replace")
