"""Columns by our names → messages; all at once where no value is missing."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from extract.vendors.ocpp.poll.batch import MESSAGES, Batch, Collector
from extract.vendors.ocpp.poll.names import Naming

_NO_BODY = ("[", '"', " ", "\n", "\r", "\t")  # a frame, JSON within JSON, or blanks before them
_NEEDED = set(MESSAGES.names) - {"action"}


def as_batch(texts: pa.Table, lines: Sequence[int], naming: Naming) -> Batch:
    """Columns of message_id, message_type and body are taken whole; others, and any with a gap, row
    by row."""
    if naming.charge_point is not None and "charge_point_id" not in texts.column_names:
        named = pa.repeat(naming.charge_point, len(texts))
        texts = texts.append_column("charge_point_id", named)
    rows = _whole(texts)
    if rows is not None:
        return Batch(rows, lines)
    found = Collector()
    lists = [column.to_pylist() for column in texts.columns]
    for line, values in zip(lines, zip(*lists, strict=True), strict=True):
        found.add(line, dict(zip(texts.column_names, values, strict=True)))
    return found.batch()


def _whole(texts: pa.Table) -> pa.Table | None:
    if not set(texts.column_names) >= _NEEDED:
        return None
    if any(texts[n].null_count or pc.any(pc.equal(texts[n], "")).as_py() for n in _NEEDED):
        return None
    if any(pc.any(pc.starts_with(texts["body"], mark)).as_py() for mark in _NO_BODY):
        return None
    if not pc.all(pc.is_in(texts["message_type"], pa.array(["2", "3", "4"]))).as_py():
        return None
    if "action" in texts.column_names:
        action = pc.if_else(pc.equal(texts["action"], ""), None, texts["action"])
    else:
        action = pa.nulls(len(texts), pa.string())
    parts = {name: texts[name] for name in _NEEDED} | {"action": action}
    return pa.table([parts[kind.name].cast(kind.type) for kind in MESSAGES], schema=MESSAGES)
