"""Compaction: puts the small raw files of a closed date together into fewer, larger ones.

A poll every ten minutes leaves 144 files a day and stream, and every load lists them. Compaction
changes no row and no byte of a body. The partition does not become dirty, because the new file's
name holds the sum of its members' marks (see `raw.fingerprint`).

It may be killed at any moment. A journal says which files a new one replaces; once the new file
exists, `raw.partitions` leaves its members out. The next compaction first finishes what the journal
says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from extract.errors import WattstarError
from extract.lake import raw
from extract.lake.files import Lake, LakeFile, parquet_bytes
from extract.lake.raw import JOURNAL, Partition
from extract.lake.state import StateFile

LARGEST = 1 << 20
"""Bytes, compressed, of a compacted file: whole answers are 20 times that in memory."""

FEWEST = 4
"""So many files are worth putting together."""


class CompactionError(WattstarError):
    """A compacted file does not hold the rows of its members; nothing was deleted."""


@dataclass
class Compacted:
    """What one compaction did."""

    before: int = 0  # files
    after: int = 0
    skipped: list[str] = field(default_factory=list)  # files that cannot be read, and why


def compact(lake: Lake, until: date) -> Compacted:
    """Put the small raw files of all dates before `until` (UTC) together. Nobody may load
    meanwhile: a loader that has listed the members would miss them. CompactionError where a new
    file does not hold its members' rows; OSError where the lake cannot be written."""
    finish(lake)
    done = Compacted()
    for partition, files in raw.partitions(lake).items():
        if partition.day >= until:
            continue
        for group in _groups(files):
            try:
                _put_together(lake, partition, group)
            except pa.ArrowException as error:  # a file is broken, or of another schema
                done.skipped.append(f"{group[0].path} and {len(group) - 1} more: {error}")
                continue
            done.before += len(group)
            done.after += 1
    return done


def _groups(files: list[LakeFile]) -> Iterator[list[LakeFile]]:
    """Neighbouring files that make one of at most `LARGEST` bytes."""
    group: list[LakeFile] = []
    for file in files:
        if sum(each.size for each in group) + file.size > LARGEST:
            if len(group) >= FEWEST:
                yield group
            group = []
        group.append(file)
    if len(group) >= FEWEST:
        yield group


def _put_together(lake: Lake, partition: Partition, group: list[LakeFile]) -> None:
    """One new file in place of a group of old ones."""
    parts = [lake.read(file.path) for file in group]
    table = pa.concat_tables(parts)
    new = raw.compacted_path(group)
    journal = StateFile(lake, JOURNAL)
    journal.write({new: [file.path for file in group]})
    lake.write(new, parquet_bytes(table, plain=("body",)))
    if _digest(lake.read(new)) != _digest(table):
        lake.delete(new)
        journal.write({})
        raise CompactionError(f"{partition}: {new} was not written as it should be; it is deleted")
    finish(lake)


def _digest(table: pa.Table) -> str:
    """The content of a table, whatever its chunks are."""
    digest = hashlib.sha256(str(table.schema).encode())
    for name in table.column_names:
        column = table[name].combine_chunks()
        column = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, pa.schema([(name, column.type)])) as stream:
            stream.write_batch(pa.record_batch([column], names=[name]))
        digest.update(sink.getvalue())
    return digest.hexdigest()


def finish(lake: Lake) -> None:
    """Finish a compaction that was killed: delete the members of new files that exist, and forget
    the new files that do not. No load may run meanwhile."""
    journal = StateFile(lake, JOURNAL)
    for new, old in journal.read().items():
        if lake.exists(new) and _is_whole(lake, new):
            for path in old:
                lake.delete(path)
    if journal.read():
        journal.write({})


def _is_whole(lake: Lake, path: str) -> bool:
    """Whether a Parquet file can be opened."""
    try:
        with lake.filesystem.open_input_file(lake.absolute(path)) as stream:
            pq.read_metadata(stream)
    except (pa.ArrowException, OSError):
        return False
    return True
