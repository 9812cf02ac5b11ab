"""Choose the registers of a connector's meter, and add up phases where it sends no total.

Decided per connector and date, so that a series does not change from one meter to another:

- Of registers with several locations (Outlet, Inlet, …) those of the best location count.
- Where registers are per phase and never a total, the total is their sum, at moments that have
  every phase which the connector sends on that date. If it sends L1 alone, L1 is the total.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.vendors.ocpp.flatten.merge_readings import codes, with_column
from extract.vendors.ocpp.flatten.samples import TOTAL, WORST_RANK, is_signed_rank, location_rank

_SUMMED = ("register_wh", "begin_register_wh")


class RegisterRules(NamedTuple):
    """By connector: the best location rank of its registers, where several are sent; and the phases
    that together are the total, where no total is sent."""

    locations: dict[str, int]
    phases: dict[str, frozenset[str]]

    def register_wh(self, connector: str, phases: dict[str, float]) -> float | None:
        """The sum of a message's registers per phase (Wh); None where a phase is missing."""
        is_whole = self.phases.get(connector) == frozenset(phases)
        return round(sum(phases.values()), 6) if is_whole else None


def choose(rows: pa.Table) -> tuple[pa.Table, RegisterRules]:
    """The rows with the registers that count and their kind, and the rules that chose them."""
    rows, locations = _best_location(rows)
    phases = _patterns(rows)
    is_signed = is_signed_rank(rows["register_wh_rank"].to_numpy())
    kinds = np.where(is_signed, "signed", "register")
    kind = pc.if_else(rows["register_wh"].is_valid(), pa.array(kinds), None)
    rows = rows.append_column("register_kind", kind)
    if phases:
        rows = _with_sums(rows, phases)
    return rows, RegisterRules(locations, phases)


def _best_location(rows: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    valid = rows["register_wh"].is_valid().to_numpy()
    rank = location_rank(rows["register_wh_rank"].to_numpy())
    if not (rank[valid] > 0).any():
        return rows, {}
    connectors = codes(rows, "connector_id")
    best = np.full(connectors.max() + 1, WORST_RANK)
    np.minimum.at(best, connectors[valid], rank[valid])
    dropped = np.flatnonzero(valid & (rank > best[connectors]))
    keep = np.ones(len(rows), bool)
    keep[dropped] = False
    names = rows["connector_id"].take(pa.array(dropped)).to_pylist()
    found = dict(zip(names, best[connectors[dropped]].tolist(), strict=True))
    kept = pc.if_else(pa.array(keep), rows["register_wh"], None)
    return with_column(rows, "register_wh", kept), found


def _patterns(rows: pa.Table) -> dict[str, frozenset[str]]:
    """The phases of each connector that sends registers per phase and never a total."""
    key = ["connector_id", "phase"]
    sent = rows.filter(rows["register_wh"].is_valid()).select(key)
    found: dict[str, set[str]] = {}
    for row in sent.group_by(key).aggregate([]).to_pylist():
        found.setdefault(row["connector_id"], set()).add(row["phase"])
    return {connector: frozenset(names) for connector, names in found.items() if TOTAL not in names}


def _with_sums(rows: pa.Table, phases: dict[str, frozenset[str]]) -> pa.Table:
    """The rows with a total wherever all phases of the connector are there."""
    keys = [codes(rows, name) for name in ("connector_id", "session_id", "at")]
    _, group = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    is_total = pc.equal(rows["phase"], TOTAL).to_numpy()
    total_of = np.full(group.max() + 1, -1)
    total_of[group[is_total]] = np.flatnonzero(is_total)
    sums = {name: _sums(rows, name, group, is_total, phases) for name in _SUMMED}
    first = np.full(group.max() + 1, len(rows))
    np.minimum.at(first, group, np.arange(len(rows)))
    has_sum = ~np.isnan(sums["register_wh"]) | ~np.isnan(sums["begin_register_wh"])
    return _filled(rows, sums, has_sum, total_of, first)


def _sums(
    rows: pa.Table,
    name: str,
    group: np.ndarray,
    is_total: np.ndarray,
    phases: dict[str, frozenset[str]],
) -> np.ndarray:
    """By group the sum of a register's phases; NaN where one is missing."""
    size = group.max() + 1
    values = rows[name].to_numpy()
    counted = ~np.isnan(values) & ~is_total
    connectors = rows["connector_id"].to_pylist()
    wanted = np.array([len(phases.get(connector, ())) or 99 for connector in connectors])
    needed = np.full(size, 99)
    np.minimum.at(needed, group, wanted)
    count = np.bincount(group[counted], minlength=size)
    total = np.bincount(group[counted], weights=values[counted], minlength=size)
    return np.where(count == needed, np.round(total, 6), np.nan)


def _filled(
    rows: pa.Table,
    sums: dict[str, np.ndarray],
    has_sum: np.ndarray,
    total_of: np.ndarray,
    first: np.ndarray,
) -> pa.Table:
    """The sums in the rows of totals, of which those that are missing are added."""
    added = np.flatnonzero(has_sum & (total_of < 0))
    if len(added):
        total_of[added] = len(rows) + np.arange(len(added))
        rows = pa.concat_tables([rows, _empty(rows.take(pa.array(first[added])))])
    where = np.flatnonzero(has_sum)
    for name, values in sums.items():
        column = rows[name].to_numpy().copy()
        filled = where[~np.isnan(values[where])]
        column[total_of[filled]] = values[filled]
        rows = with_column(rows, name, pa.array(column, mask=np.isnan(column)))
        if name == "register_wh":
            kinds = np.array(rows["register_kind"].to_pylist(), object)
            kinds[total_of[filled]] = "phases"
            rows = with_column(rows, "register_kind", pa.array(kinds, pa.string()))
    return rows


def _empty(rows: pa.Table) -> pa.Table:
    """The rows as totals without a value; the register's unit is that of the phases."""
    for kind in rows.schema:
        if kind.type == pa.float64() and kind.name != "time_correction_s":
            rows = with_column(rows, kind.name, pa.nulls(len(rows), kind.type))
    rows = with_column(rows, "register_kind", pa.nulls(len(rows), pa.string()))
    return with_column(rows, "phase", pa.repeat(TOTAL, len(rows)))
