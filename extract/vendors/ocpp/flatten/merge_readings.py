"""Several messages about one connector, transaction, moment and phase → one row.

Of each quantity the reading with the best rank counts, and of equals the larger (see `samples`). So
the order in which messages were delivered does not matter.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from extract.vendors.ocpp.flatten.samples import QUANTITIES

_KEY = ("connector_id", "session_id", "at", "phase")


def codes(table: pa.Table, name: str) -> np.ndarray:
    """A column as numbers that are equal where the values are (NULL is a value)."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # no rows
        return np.array([], np.int64)
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy())
    return np.asarray(column.dictionary_encode("encode").indices.to_numpy())


def merge(rows: pa.Table) -> pa.Table:
    """The rows with each key once."""
    keys = [codes(rows, name) for name in _KEY]
    order = np.lexsort(keys[::-1])
    begins = np.ones(len(order), bool)
    begins[1:] = False
    for key in keys:
        begins[1:] |= key[order][1:] != key[order][:-1]
    if begins.all():
        return rows
    is_single = begins & np.append(begins[1:], True)
    several = rows.take(pa.array(order[~is_single]))
    merged = _merge_groups(several, np.cumsum(begins[~is_single]) - 1)
    return pa.concat_tables([rows.take(pa.array(order[is_single])), merged])


def _merge_groups(rows: pa.Table, group: np.ndarray) -> pa.Table:
    """One row of each group; `group`: the number of each row's, ascending."""
    first = np.flatnonzero(np.diff(group, prepend=-1))
    merged = rows.take(pa.array(first))
    for name in QUANTITIES:
        merged = _best(rows, merged, group, name)
    merged = with_column(merged, "message_at", _least(rows["message_at"].to_numpy(), group))
    return with_column(merged, "time_correction_s", _least_number(rows, group))


def _best(rows: pa.Table, merged: pa.Table, group: np.ndarray, name: str) -> pa.Table:
    """One quantity of each group, with its rank, and the register's unit."""
    values = rows[name].to_numpy()  # NULL is NaN
    ranks = rows[f"{name}_rank"].to_numpy()
    units = rows["unit"].to_numpy()
    size = -np.where(np.isnan(values), -np.inf, values)
    order = np.lexsort((-units, size, ranks, group))
    begins = np.ones(len(order), bool)
    begins[1:] = group[order][1:] != group[order][:-1]
    best = pa.array(order[begins])
    merged = with_column(merged, name, rows[name].take(best))
    merged = with_column(merged, f"{name}_rank", rows[f"{name}_rank"].take(best))
    return with_column(merged, "unit", rows["unit"].take(best)) if name == "register_wh" else merged


def _least(values: np.ndarray, group: np.ndarray) -> pa.Array:
    least = np.full(group.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, group, values)
    return pa.array(least)


def _least_number(rows: pa.Table, group: np.ndarray) -> pa.Array:
    least = np.full(group.max() + 1, np.nan)
    np.fmin.at(least, group, rows["time_correction_s"].to_numpy())
    return pa.array(least, mask=np.isnan(least))


def with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with other values in a column."""
    return table.set_column(table.column_names.index(name), name, values)
