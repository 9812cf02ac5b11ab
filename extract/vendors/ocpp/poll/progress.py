"""How far each file of the inbox has been read, and which were refused: a file of the lake."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from extract.lake.files import Lake
from extract.lake.state import StateFile
from extract.vendors.ocpp.poll.arrivals import Arrived, printable

_STATE = "progress/ocpp/files.json"


@dataclass
class Entry:
    """What is known of a file: its size, time of change (ns) and layout file (digest) when it was
    read; what was wrong with it (`reason`, and `remedy` where it was refused; else empty); and the
    size, digest and last line of the content that has landed."""

    size: int
    changed: int
    layout: str = ""
    reason: str = ""
    remedy: str = ""
    read_at: str = ""
    content_size: int = 0
    content_digest: str = ""
    landed_line: int = 0

    def is_of(self, file: Arrived, layout: str) -> bool:
        """Whether the file is as it was when it was read. One that was read without fault is not
        read again for another layout file: its messages have landed."""
        same = (self.size, self.changed) == (file.size, file.changed)
        return same and (not self.reason or self.layout == layout)


@dataclass(frozen=True)
class RefusedFile:
    """A file of the inbox of which nothing has landed (`is_refused`), or not all: it ends in the
    middle. `read_at` (UTC) is when that was seen."""

    file: str
    reason: str
    remedy: str
    size: int
    changed_at: datetime
    read_at: datetime
    is_refused: bool

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.file}: {self.reason}; {self.remedy}"


_WAIT = "it is read again when it has changed"


class Progress:
    """The entries by path below the inbox."""

    def __init__(self, lake: Lake) -> None:
        self._file = StateFile(lake, _STATE)
        self.entries: dict[str, Entry] = {}
        names = {field.name for field in fields(Entry)}
        for path, values in self._file.read().items():
            if isinstance(values, dict) and set(values) == names:
                self.entries[os.fsdecode(path.encode("utf-8", "surrogatepass"))] = Entry(**values)

    def write(self, paths: Iterable[str]) -> None:
        """Keep the entries of the files that are still there."""
        kept: dict[str, Any] = {p: asdict(self.entries[p]) for p in paths if p in self.entries}
        self._file.write(kept)

    def faulty(self) -> list[RefusedFile]:
        """The files that were refused, or have landed in part, by path."""
        return [
            RefusedFile(
                *(printable(path), entry.reason, entry.remedy or _WAIT, entry.size),
                datetime.fromtimestamp(entry.changed / 1e9, UTC),
                datetime.fromisoformat(entry.read_at),
                bool(entry.remedy),
            )
            for path, entry in sorted(self.entries.items())
            if entry.reason
        ]


def refused_files(lake: Lake) -> list[RefusedFile]:
    """The files of OCPP's inbox that could not be taken, or not whole, as of the last poll. Reads
    the lake alone, not the inbox. OSError where the lake cannot be read."""
    return Progress(lake).faulty()
