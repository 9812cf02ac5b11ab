"""lake/typed: the typed tables as Parquet, one file per table and partition.

Derived from raw alone: the files of a partition may be deleted at any time, and the next load of it
writes them again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from extract.lake.files import Lake, parquet_bytes
from extract.lake.raw import Partition
from extract.lake.schemas import TABLES


def path(table: str, partition: Partition) -> str:
    """Where a table's rows of a partition lie, relative to the lake."""
    return f"typed/{table}/{partition.folder}/part.parquet"


def write(lake: Lake, partition: Partition, tables: Mapping[str, pa.Table]) -> None:
    """Replace the partition's files; a table without rows has no file."""
    for name in TABLES:
        table = tables.get(name)
        if table is not None and table.num_rows:
            lake.write(path(name, partition), parquet_bytes(table))
        else:
            lake.delete(path(name, partition))


def delete_stale(lake: Lake, landed: Collection[Partition]) -> int:
    """Delete files of partitions that have no raw files any more, and of tables that exist no more;
    how many. A load does so only for partitions that its ledger knows."""
    known = {path(name, partition) for partition in landed for name in TABLES}
    stale = [file for file in lake.files("typed", suffix="") if file.path not in known]
    for file in stale:
        lake.delete(file.path)
    return len(stale)
