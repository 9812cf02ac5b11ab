"""lake/raw: one row per HTTP exchange, also a failed one, with the body as it came.

`raw/source=…/stream=…/date=YYYY-MM-DD/<first request>-<digest of the file>.parquet`: the date is
the UTC date of query_time, so the folder is the partition. One call of `land` writes one file (two
where its answers lie on both sides of midnight UTC). Only `forget` and compaction replace files. A
file's name holds the digest of its content, so names and sizes make the fingerprint of a partition.
No file holds a pseudonym of a person who was forgotten.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

import numpy as np
import pyarrow as pa

from extract.errors import WattstarError
from extract.http import Exchange
from extract.lake import forgotten
from extract.lake.files import Lake, LakeFile, parquet_bytes
from extract.lake.schemas import SCHEMA_VERSION, TIME
from extract.lake.state import StateFile

RAW = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("stream", pa.string(), nullable=False),
        pa.field("endpoint", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("params", pa.string(), nullable=False),  # JSON, without secrets
        pa.field("requested_at", TIME, nullable=False),
        pa.field("query_time", TIME, nullable=False),
        pa.field("status_code", pa.int32()),
        pa.field("attempts", pa.int32(), nullable=False),
        pa.field("elapsed_ms", pa.float64(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("body", pa.binary()),
        pa.field("body_hash", pa.string()),  # sha256, hex
    ]
)

_FOLDER = re.compile(r"raw/source=([^/]+)/stream=([^/]+)/date=(\d{4}-\d\d-\d\d)/[^/]+$")


@dataclass(frozen=True, order=True)
class Partition:
    """What is loaded, replaced and built as one: a stream of a source, and a UTC date."""

    source: str
    stream: str
    day: date

    def __str__(self) -> str:
        return f"{self.source}/{self.stream} {self.day}"

    @property
    def folder(self) -> str:
        """The part of a path that names the partition."""
        return f"source={self.source}/stream={self.stream}/date={self.day}"


def land(lake: Lake, exchanges: Iterable[Exchange]) -> list[str]:
    """Write a poll's exchanges; returns the paths of the files, one per partition touched."""
    parts: dict[Partition, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        day = exchange.query_time.astimezone(UTC).date()
        parts[Partition(exchange.source, exchange.stream, day)].append(exchange)
    paths = []
    for partition, rows in sorted(parts.items()):
        first = min(row.requested_at for row in rows)
        paths.append(_land(lake, Rows(partition, first, _table(rows))))
    return paths


@dataclass(frozen=True)
class Rows:
    """What a source without HTTP exchanges lands: rows of one partition, in a schema of its own.
    `first_at` (UTC) is their earliest time and begins the file's name."""

    partition: Partition
    first_at: datetime
    table: pa.Table


def land_rows(lake: Lake, rows: Rows) -> str:
    """Write the rows as one raw file; the same rows always make the same file."""
    return _land(lake, rows, level=3)  # many, and small: 9 takes long


def _land(lake: Lake, rows: Rows, level: int = 9) -> str:
    """Write a raw file without those who were forgotten, up to the moment at which it is there:
    `forget` notes them before it lists the files, so it either finds this file, or is found."""
    traces = forgotten.read(lake)
    table = forgotten.without_forgotten(rows.table, traces)
    content = parquet_bytes(table, plain=("body",), level=level)
    path = _write(lake, rows.partition, rows.first_at, content)
    if (now := forgotten.read(lake)) == traces:
        return path
    severed = forgotten.without_forgotten(table, now)
    return path if severed is table else replace(lake, LakeFile(path, content.size), severed)


def _write(lake: Lake, partition: Partition, first: datetime, content: pa.Buffer) -> str:
    digest = hashlib.sha256(content).hexdigest()[:16]
    stamp = first.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = f"raw/{partition.folder}/{stamp}-{digest}.parquet"
    lake.write(path, content)
    return path


def replace(lake: Lake, file: LakeFile, table: pa.Table) -> str:
    """Put another table in place of a raw file, under a name of its own; returns its path."""
    content = parquet_bytes(table, plain=("body",))
    stem, _ = file.path.rsplit("-", 1)
    path = f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    lake.write(path, content)
    if path != file.path:
        lake.delete(file.path)
    return path


def asked_at(path: str) -> datetime | None:
    """When the first request of a file was sent (UTC), from its name; None for a name of another
    form."""
    stamp = path.rsplit("/", 1)[-1].split("-", maxsplit=1)[0]
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _table(rows: list[Exchange]) -> pa.Table:
    records = [
        {
            **{
                name: getattr(row, name)
                for name in RAW.names
                if name not in ("params", "body_hash")
            },
            "params": json.dumps(dict(row.params)),
            "body_hash": None if row.body is None else hashlib.sha256(row.body).hexdigest(),
        }
        for row in rows
    ]
    return pa.Table.from_pylist(records, schema=RAW)


def partitions(lake: Lake, source: str | None = None) -> dict[Partition, list[LakeFile]]:
    """Every partition that has landed, with its files sorted by name, without the files that an
    unfinished compaction has copied."""
    found: dict[Partition, list[LakeFile]] = defaultdict(list)
    for file in lake.files(f"raw/source={source}" if source else "raw"):
        if match := _FOLDER.match(file.path):
            name, stream, day = match.groups()
            found[Partition(name, stream, date.fromisoformat(day))].append(file)
    superseded = _superseded(lake, {file.path for files in found.values() for file in files})
    return {
        partition: sorted(file for file in found[partition] if file.path not in superseded)
        for partition in sorted(found)
    }


JOURNAL = "progress/compaction.json"
"""What a compaction that is under way puts together: {new path: [old paths]}."""


def _superseded(lake: Lake, present: set[str]) -> set[str]:
    """The files that an unfinished compaction has copied, where the new file exists."""
    journal = StateFile(lake, JOURNAL).read()
    return {path for new, old in journal.items() if new in present for path in old}


def fingerprint(files: Iterable[LakeFile]) -> str:
    """Changes when a file comes, goes or is replaced, and with `SCHEMA_VERSION`. It does not change
    by compaction: a compacted file's name holds the sum of its members' marks."""
    total = sum(mark(file) for file in files) % _MARKS
    return hashlib.sha256(f"v{SCHEMA_VERSION} {total:032x}".encode()).hexdigest()[:32]


_MARKS = 1 << 128
_COMPACTED = re.compile(r"-compacted-([0-9a-f]{32})\.parquet$")


def mark(file: LakeFile) -> int:
    """A number for a file's path and size. That of a compacted file is the sum of its members'."""
    if match := _COMPACTED.search(file.path):
        return int(match.group(1), 16)
    digest = hashlib.sha256(f"{file.path} {file.size}".encode())
    return int.from_bytes(digest.digest()[:16])


def compacted_path(files: Iterable[LakeFile]) -> str:
    """Where the file lies that holds all rows of these (of one partition, sorted)."""
    files = list(files)
    total = sum(map(mark, files)) % _MARKS
    folder, name = files[0].path.rsplit("/", 1)
    stamp = name.split("-", maxsplit=1)[0]
    return f"{folder}/{stamp}-compacted-{total:032x}.parquet"


@dataclass(slots=True)
class Answer:
    """One landed exchange as the flattening reads it; times in microseconds since 1970 UTC."""

    scope: str
    query_time: int
    requested_at: int
    status_code: int | None
    error: str | None
    body: pa.Buffer | None  # a view, not a copy
    file: str
    endpoint: str = ""
    params: str = "{}"  # JSON


class RawFileError(WattstarError):
    """A raw file that cannot be read, or that lies in the folder of another partition; `file` is
    its path."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file


_LIGHT = ["scope", "query_time", "requested_at", "status_code", "error", "endpoint", "params"]


def answers(lake: Lake, partition: Partition, files: list[LakeFile]) -> Iterator[Answer]:
    """The partition's answers in the order of their query time, each request's once.

    Where a request was answered twice for the same time, a good answer is preferred to a failed
    one, and the later request to the earlier. Bodies are read file by file: memory holds the files
    whose answers interleave, usually one.
    """
    light = [_read(lake, file, [*_LIGHT, "body_hash"]) for file in files]
    rows = _order(light)
    _check_dates(partition, files, rows)
    left = Counter(number for _, number, _ in rows)
    bodies: dict[int, list[pa.Buffer | None]] = {}
    for _, number, row in rows:
        if number not in bodies:
            bodies[number] = _read(lake, files[number], ["body"])["body"]
        values = {name: light[number][name][row] for name in _LIGHT}
        yield Answer(**values, body=bodies[number][row], file=files[number].path)
        left[number] -= 1
        if not left[number]:
            del bodies[number]


def _read(lake: Lake, file: LakeFile, columns: list[str]) -> dict:
    """Columns of a raw file as lists; bodies stay in Arrow until they are needed."""
    try:
        table = lake.read(file.path, columns)
    except (pa.ArrowException, OSError) as error:
        raise RawFileError(
            f"raw file {lake.absolute(file.path)} cannot be read ({error}); restore it, or move it "
            "out of the lake",
            file.path,
        ) from error
    lists = {}
    for name in columns:
        column = table[name]
        if name in ("query_time", "requested_at"):
            column = column.cast(pa.int64())
        lists[name] = _views(column) if name == "body" else column.to_pylist()
    return lists


def _views(column: pa.ChunkedArray) -> list[pa.Buffer | None]:
    """Each body as a view of the table's memory; a scalar would copy it."""
    views: list[pa.Buffer | None] = []
    for chunk in column.chunks:
        _, offsets, data = chunk.buffers()
        ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        views += [
            data.slice(start, end - start) if valid else None
            for start, end, valid in zip(
                ends[:-1].tolist(), ends[1:].tolist(), chunk.is_valid().to_pylist(), strict=True
            )
        ]
    return views


def _order(light: list[dict[str, list]]) -> list[tuple[int, int, int]]:
    """(query_time, file number, row) of the answers to use, sorted."""
    best: dict[tuple, tuple] = {}
    for number, file in enumerate(light):
        asked_for = zip(*(file[name] for name in ("scope", "endpoint", "params")), strict=True)
        columns = (file[name] for name in ("query_time", "requested_at", "error"))
        for row, (what, (at, asked, error)) in enumerate(
            zip(asked_for, zip(*columns, strict=True), strict=True)
        ):
            rank = (error is None, asked, file["body_hash"][row] or "", -number, -row)
            if best.get((what, at), rank) <= rank:
                best[what, at] = rank
    return sorted((at, -rank[3], -rank[4]) for (_, at), rank in best.items())


def _check_dates(
    partition: Partition, files: list[LakeFile], rows: list[tuple[int, int, int]]
) -> None:
    """Raise RawFileError where an answer is of another date than the partition."""
    start = (partition.day - date(1970, 1, 1)).days * 86_400_000_000
    for at, number, _ in rows[:1] + rows[-1:]:
        if not start <= at < start + 86_400_000_000:
            raise RawFileError(
                f"raw file {files[number].path} holds an answer that is not of {partition.day}; "
                "move it to the folder of its date",
                files[number].path,
            )


class Flattener(Protocol):
    """Takes a partition's answers in order of time, gives its typed tables."""

    def add(self, answer: Answer) -> None:
        """Take the next answer, good or failed."""
        ...

    def tables(self) -> dict[str, pa.Table]:
        """The typed tables, by name; one without rows may be left out."""
        ...


def flatten_answers(
    flattener: Flattener, lake: Lake, partition: Partition, files: list[LakeFile]
) -> dict[str, pa.Table]:
    """The typed tables that a flattener makes of a partition's answers."""
    for answer in answers(lake, partition, files):
        flattener.add(answer)
    return flattener.tables()
