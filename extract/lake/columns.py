"""Rows → the typed table of a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from extract.lake.raw import Partition
from extract.lake.schemas import KEYS, TABLES


def table(name: str, rows: Iterable[Sequence[Any]], *, ordered: bool = True) -> pa.Table:
    """Rows (values in the order of the schema) as the typed table; sorted by the table's key
    unless they are `ordered` already. The last columns may be left out: they are NULL. ArrowInvalid
    where a value does not fit its column."""
    schema = TABLES[name]
    columns = list(zip(*rows, strict=True))
    size = len(columns[0]) if columns else 0
    arrays = [
        pa.array(columns[place], field.type) if place < len(columns) else pa.nulls(size, field.type)
        for place, field in enumerate(schema)
    ]
    made = pa.Table.from_arrays(arrays, schema=schema)
    if ordered or name not in KEYS:
        return made
    return made.sort_by([(column, "ascending") for column in KEYS[name]])


def named_table(
    name: str, partition: Partition, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> pa.Table:
    """Rows of the named columns as the typed table, sorted by its key. Source, stream and date are
    the partition's; columns that are not named are NULL. ArrowInvalid where a value does not fit.
    """
    schema = TABLES[name]
    values = dict(zip(columns, zip(*rows, strict=True), strict=False))
    count = len(next(iter(values.values()), ()))
    same = {"source": partition.source, "stream": partition.stream, "date": partition.day}
    arrays = [
        pa.repeat(pa.scalar(same[field.name], field.type), count)
        if field.name in same
        else pa.array(values[field.name], field.type)
        if field.name in values
        else pa.nulls(count, field.type)
        for field in schema
    ]
    made = pa.Table.from_arrays(arrays, schema=schema)
    return made.sort_by([(column, "ascending") for column in KEYS[name] if column not in same])
