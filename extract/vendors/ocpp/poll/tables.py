"""Columns in the training data's form, or charge point, time and frame; Parquet files of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extract.vendors.ocpp.poll.batch import (
    MESSAGES,
    SIZE,
    Batch,
    Collector,
    columns,
    holds_messages,
)


class FormatError(Exception):
    """The file is of no form that is known."""


def read_parquet(content: Any) -> Iterator[Batch]:
    """The messages, batch by batch. ArrowInvalid or OSError where the file is not whole."""
    file = pq.ParquetFile(content)
    names = known_columns(file.schema_arrow.names)
    number = 1
    for part in file.iter_batches(SIZE, columns=list(names), use_threads=False):
        texts = pa.table(
            [_text(part.column(name)) for name in names], names=[names[name] for name in names]
        )
        yield as_batch(texts, range(number, number + part.num_rows))
        number += part.num_rows


def _text(values: pa.Array) -> pa.Array:
    """A column as text; times are UTC where they say nothing else."""
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", "UTC"), safe=False)
    elif not pa.types.is_primitive(values.type) and not _is_text(values.type):
        nested = (
            None if v is None else msgspec.json.encode(v).decode() for v in values.to_pylist()
        )
        return pa.array(nested, pa.string())
    return values.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def known_columns(found: Sequence[str]) -> dict[str, str]:
    names = columns(tuple(found))
    if not holds_messages(list(names.values())):
        raise FormatError(
            f"its first row does not name the columns of a log ({len(found)} columns): needed are "
            "a charge point, a time, and a body (with message_id and message_type) or a frame"
        )
    return names


def as_batch(texts: pa.Table, lines: Sequence[int]) -> Batch:
    """Columns in the training data's form are taken whole; others, and any with a gap, by row."""
    rows = _whole(texts)
    if rows is not None:
        return Batch(rows, lines)
    found = Collector()
    lists = [column.to_pylist() for column in texts.columns]
    for line, values in zip(lines, zip(*lists, strict=True), strict=True):
        found.add(line, dict(zip(texts.column_names, values, strict=True)))
    return found.batch()


def _whole(texts: pa.Table) -> pa.Table | None:
    needed = set(MESSAGES.names) - {"action"}
    if not needed <= set(texts.column_names):
        return None
    if any(texts[n].null_count or pc.any(pc.equal(texts[n], "")).as_py() for n in needed):
        return None
    if pc.any(pc.starts_with(texts["body"], "[")).as_py():
        return None
    if not pc.all(pc.is_in(texts["message_type"], pa.array(["2", "3", "4"]))).as_py():
        return None
    if "action" in texts.column_names:
        action = pc.if_else(pc.equal(texts["action"], ""), None, texts["action"])
    else:
        action = pa.nulls(len(texts), pa.string())
    parts = {name: texts[name] for name in needed} | {"action": action}
    return pa.table([parts[kind.name].cast(kind.type) for kind in MESSAGES], schema=MESSAGES)
