"""The gate's verdict on a partition, made of findings that a person can act on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One check that failed. `str(finding)` reads like a sentence."""

    table: str
    what: str  # what is wrong, without numbers: "the same key more than once"
    columns: tuple[str, ...]
    failed: int  # rows that fail, out of `of`; 0 of 0 when the check itself could not run
    of: int
    examples: tuple[str, ...]  # up to five: key and value, so that the record can be found
    advice: str
    critical: bool
    rows: tuple[int, ...] = ()  # of a check that quarantines rows alone: their numbers

    def __str__(self) -> str:
        count = f" ({self.failed:,} of {self.of:,})" if self.of else ""
        example = f", e.g. {self.examples[0]}" if self.examples else ""
        return f"{self.where}: {self.what}{count}{example}. {self.advice}"

    @property
    def where(self) -> str:
        """The table and the columns: `stations.latitude`, `polls (scope, query_time)`."""
        if len(self.columns) == 1:
            return f"{self.table}.{self.columns[0]}"
        return f"{self.table} ({', '.join(self.columns)})" if self.columns else self.table

    def as_dict(self) -> dict[str, Any]:
        plain = {name: value for name, value in asdict(self).items() if name != "rows"}
        return {**plain, "where": self.where, "sentence": str(self)}


@dataclass(frozen=True)
class Verdict:
    """The result of the checks of one partition (source, stream, UTC date)."""

    source: str
    stream: str
    day: date
    checked_at: datetime  # UTC
    checks: int  # checks that ran
    rows: int  # of all tables
    units: int  # distinct (unit, unit_id) seen: what later partitions are compared with
    critical: tuple[Finding, ...] = ()  # for these the whole partition stays out
    per_row: tuple[Finding, ...] = ()  # for these some rows stay out
    warnings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """True when the partition may be loaded: no critical finding."""
        return not self.critical

    @property
    def reason(self) -> str:
        """One line for the ledger: why the partition is quarantined; "" if it is not."""
        if self.passed:
            return ""
        more = len(self.critical) - 1
        return " ".join(str(self.critical[0]).split()) + (f" And {more} more." if more else "")

    def as_dict(self) -> dict[str, Any]:
        """For summary.json and JSON output; times are ISO 8601 in UTC."""
        failed = len(self.critical) + len(self.per_row) + len(self.warnings)
        return {
            "source": self.source,
            "stream": self.stream,
            "date": self.day.isoformat(),
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            "passed": self.passed,
            "checks": self.checks,
            "checks_passed": self.checks - failed,
            "checks_failed": failed,
            "rows": self.rows,
            "units": self.units,
            "critical": [finding.as_dict() for finding in self.critical],
            "warnings": [finding.as_dict() for finding in (*self.per_row, *self.warnings)],
        }
