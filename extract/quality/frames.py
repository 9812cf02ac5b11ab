"""Typed Arrow tables → the pandas frames that the suites look at, with only the columns needed.

Strings and floats stay in Arrow buffers, where NULL and NaN are not the same; times become numpy's,
which Great Expectations compares as a whole instead of one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.schemas import TABLES
from extract.quality.checks import SUITES, Suite


def _arrow_type(kind: pa.DataType) -> pd.ArrowDtype | None:
    return pd.ArrowDtype(kind) if kind in (pa.string(), pa.float64()) else None


def with_all(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Every typed table by name; one that is absent is empty."""
    return {name: tables.get(name, schema.empty_table()) for name, schema in TABLES.items()}


def units(spans: pa.Table) -> int:
    """How many distinct units (unit, unit_id) the spans have."""
    return int(spans.group_by(["unit", "unit_id"]).aggregate([]).num_rows)


def frames(
    tables: Mapping[str, pa.Table], usual_units: float | None
) -> Iterator[tuple[Suite, pd.DataFrame]]:
    """The frame of every suite that has rows, one at a time.

    A missing column is left out: Great Expectations then reports which checks could not run for it.
    `volume` has a frame only where enough earlier partitions say what is usual.
    """
    for suite in SUITES:
        frame = _frame(suite, tables, usual_units)
        if len(frame):
            yield suite, frame


def _frame(suite: Suite, tables: Mapping[str, pa.Table], usual_units: float | None) -> pd.DataFrame:
    if suite.name == "answers":
        return answers(tables["polls"], tables["status_spans"])
    if suite.name == "volume":
        usual = [] if usual_units is None else [usual_units]
        return pd.DataFrame(
            {"units": [units(tables["status_spans"])] * len(usual), "median": usual}
        )
    table = _with_derived_columns(tables[suite.name])
    kept = [column for column in suite.columns if column in table.column_names]
    frame: pd.DataFrame = table.select(kept).to_pandas(types_mapper=_arrow_type)
    return frame


def answers(polls: pa.Table, spans: pa.Table) -> pd.DataFrame:
    """Per scope: `answered`, the records of its good answers without unreadable and repeated ones,
    and `observed`, the observations in the spans."""
    counts = ["records", "unreadable_records", "duplicate_records"]
    good = polls.select(["scope", "outcome", *counts]).to_pandas().query("outcome == 'ok'")
    good["answered"] = good["records"] - good["unreadable_records"] - good["duplicate_records"]
    observed = spans.select(["scope", "polls"]).to_pandas()
    both = pd.DataFrame(
        {
            "answered": good.groupby("scope")["answered"].sum(),
            "observed": observed.groupby("scope")["polls"].sum(),
        }
    )
    return both.fillna(0).astype("int64").rename_axis("scope").reset_index()


def _with_derived_columns(table: pa.Table) -> pa.Table:
    """`partition` ("source/stream/date") and, for spans, `status_word` (trimmed, upper case);
    for sessions `energy_reported` and `energy_added` (Wh)."""
    names = set(table.column_names)
    if {"source", "stream", "date"} <= names:
        partition = pc.binary_join_element_wise(
            table["source"],
            table["stream"],
            pc.cast(table["date"], pa.string()),
            "/",
            null_handling="replace",
            null_replacement="NULL",
        )
        table = table.append_column("partition", partition)
    if "parking_sensor" in names:
        word = pc.utf8_upper(pc.utf8_trim_whitespace(table["status"]))
        table = table.append_column("status_word", word)
    if "intervals_energy_kwh" in names:  # as whole watt-hours, to be compared
        for kwh, wh in (
            ("energy_kwh", "energy_reported"),
            ("intervals_energy_kwh", "energy_added"),
        ):
            table = table.append_column(wh, pc.round(pc.multiply(table[kwh], 1000.0)))
    return table
