"""Rows that the warehouse cannot take are moved to `quarantine`; the rest is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.lake.fields import Issue, printable, shown
from extract.lake.quarantine import Quarantine
from extract.lake.raw import Partition
from extract.lake.schemas import KEYS
from extract.quality.finding import Finding

Tables = dict[str, pa.Table]
"""The typed tables of a partition, by name."""


def without_unstorable(partition: Partition, tables: Tables) -> Tables:
    """The tables without the rows that hold a NUL character, which Postgres cannot store."""
    for name in tables.keys() - {"quarantine", "unknown_fields"}:
        for column in tables[name].schema.names:
            values = tables[name][column]
            if values.type != pa.string():
                continue
            has_nul = pc.fill_null(pc.match_substring(values, "\0"), False)
            if pc.any(has_nul).as_py():
                rows = np.flatnonzero(has_nul.to_numpy())
                finding = Finding(
                    *(name, "holds a NUL character", (column,), len(rows), len(values), ()),
                    advice="Have the vendor correct it.",
                    critical=True,
                    rows=tuple(rows.tolist()),
                )
                tables = without_rows(partition, tables, finding)
    return tables


def without_rows(partition: Partition, tables: Tables, finding: Finding) -> Tables:
    """The tables without the rows of a finding (by their numbers in the finding's table)."""
    table, column = tables[finding.table], finding.columns[0]
    rows = np.array(finding.rows, np.int64)
    key = [
        name for name in KEYS.get(finding.table, ()) if name not in ("source", "stream", "scope")
    ]
    refused = []
    for row in table.take(rows).to_pylist():
        record = printable(" ".join([finding.table, *(str(row[name]) for name in key)]))
        issue = Issue(record, column, shown(row[column]), f"{finding.what}. {finding.advice}")
        refused.append((printable(str(row.get("scope", "*"))), "", issue))
    kept = np.setdiff1d(np.arange(table.num_rows), rows)
    return with_quarantined(partition, tables | {finding.table: table.take(kept)}, refused)


def with_quarantined(
    partition: Partition, tables: Tables, refused: Iterable[tuple[str, str, Issue]]
) -> Tables:
    """The tables with these (scope, raw file, issue) added to `quarantine`, at the start of the
    partition's date."""
    start = (partition.day - date(1970, 1, 1)).days * 86_400_000_000
    quarantine = Quarantine(partition)
    for scope, file, issue in refused:
        quarantine.add_span(scope, issue, start, start, polls=1, file=file)
    if not quarantine:
        return tables
    added = quarantine.tables()["quarantine"]
    return tables | {"quarantine": pa.concat_tables([tables["quarantine"], added])}
