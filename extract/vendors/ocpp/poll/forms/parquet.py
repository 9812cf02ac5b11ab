"""Parquet files of messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from extract.vendors.ocpp.poll.batch import SIZE, Batch, FormatError, IncompleteError
from extract.vendors.ocpp.poll.forms import Hints
from extract.vendors.ocpp.poll.forms.columns import as_batch
from extract.vendors.ocpp.poll.forms.records import namings
from extract.vendors.ocpp.poll.names import Naming, missing

MAGIC = b"PAR1"


def read(content: IO[bytes], hints: Hints) -> Iterator[Batch]:
    """The messages, batch by batch; `content` can be read from any place. IncompleteError where the
    file is not whole, FormatError where columns are missing."""
    try:
        file = pq.ParquetFile(content)
        naming = _naming(file, hints)
        names = naming.columns(tuple(file.schema_arrow.names))
        number = 1
        for part in file.iter_batches(SIZE, columns=list(names), use_threads=False):
            texts = pa.table(
                [_text(part.column(name)) for name in names], names=[names[n] for n in names]
            )
            yield as_batch(texts, range(number, number + part.num_rows), naming)
            number += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise IncompleteError("the Parquet file is not whole") from error


def _naming(file: pq.ParquetFile, hints: Hints) -> Naming:
    names = file.schema_arrow.names
    ids = list[str]()
    if "id" in [name.lower() for name in names]:
        column = next(name for name in names if name.lower() == "id")
        first = next(file.iter_batches(200, columns=[column], use_threads=False), None)
        ids = [] if first is None else [str(value) for value in first.column(0).to_pylist()]
    for naming in namings((names, ids), hints):
        if naming.is_enough(names):
            return naming
    raise FormatError(f"it is a Parquet file; {missing(names, hints.naming)}")


def _text(values: pa.Array) -> pa.Array:
    """A column as text; times without a zone are UTC."""
    if pa.types.is_timestamp(values.type):
        if values.type.tz is not None:
            values = values.cast(pa.timestamp("us", "UTC"), safe=False)
        else:
            values = values.cast(pa.timestamp("us"), safe=False)
    elif pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return pa.array([v and v.decode("utf-8", "replace") for v in values.to_pylist()])
    elif not pa.types.is_primitive(values.type) and not _is_text(values.type):
        nested = (
            None if v is None else msgspec.json.encode(v).decode() for v in values.to_pylist()
        )
        return pa.array(nested, pa.string())
    return values.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def sniff(head: bytes, hints: Hints) -> partial[Iterator[Batch]] | None:
    """A Parquet file is read from its end, so it has a reader of its own kind."""
    return partial(read, hints=hints) if head.startswith(MAGIC) else None
