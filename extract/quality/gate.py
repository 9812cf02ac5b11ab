"""The gate: every typed partition is checked before it is loaded.

A critical finding keeps the whole partition out of the warehouse. A finding of a check `per_row`
keeps out only the rows that fail. A warning is reported. checks.py lists the checks.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from extract.quality import summary
from extract.quality.checks import SUITES
from extract.quality.finding import Finding, Verdict
from extract.quality.frames import frames, units, with_all
from extract.settings import Settings

if TYPE_CHECKING:
    from extract.quality.expectations import Expectations

__all__ = ["Finding", "Gate", "Verdict"]

HISTORY = 3
"""Fewer partitions before than this make no median worth comparing with."""


class Gate:
    """Checks the partitions of one load, then publishes what was found.

    Great Expectations is imported with the first check: a load with nothing to do costs nothing.
    """

    def __init__(self, settings: Settings, words: Iterable[Mapping[str, Any]]) -> None:
        """`words`: the status words that are known, rows with `source` and `source_status`."""
        self._settings = settings
        self._words: dict[str, list[str]] = defaultdict(list)
        for word in words:
            self._words[word["source"]].append(word["source_status"].strip().upper())
        self._verdicts: list[Verdict] = []
        self._gone: list[tuple[str, str, date]] = []

    @cached_property
    def _expectations(self) -> Expectations:
        # Before it is imported: it then makes loggers that report every step.
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        from extract.quality.expectations import Expectations

        return Expectations(SUITES)

    def check(
        self,
        source: str,
        stream: str,
        day: date,
        tables: Mapping[str, pa.Table],
        history: Sequence[int],
    ) -> Verdict:
        """The verdict on the typed tables of partition (source, stream, UTC date `day`).

        `tables`: by name, as in extract.lake.schemas.TABLES; one may be empty or absent.
        `history`: `Verdict.units` of up to seven partitions of the stream before this one.
        """
        now = datetime.now(UTC)
        run = self._expectations.run_of(f"{source}-{stream}-{day}", now)
        usual_units = median(history) if len(history) >= HISTORY else None
        given = self._given(source, stream, day, usual_units or 0)
        complete = with_all(tables)
        checks, findings = 0, list[Finding]()
        for suite, frame in frames(complete, usual_units):
            checks += len(suite.checks)
            findings += self._expectations.check(suite, frame, given, run)
        self._expectations.keep(run, bool(findings))
        verdict = Verdict(
            source,
            stream,
            day,
            checked_at=now,
            checks=checks,
            rows=sum(table.num_rows for table in complete.values()),
            units=units(complete["status_spans"]),
            critical=tuple(each for each in findings if each.critical and not each.rows),
            per_row=tuple(each for each in findings if each.rows),
            warnings=tuple(each for each in findings if not each.critical),
        )
        self._verdicts.append(verdict)
        return verdict

    def forget(self, source: str, stream: str, day: date) -> None:
        """Remove a partition from the summary page: its raw files are gone."""
        self._gone.append((source, stream, day))

    def publish(self, folder: Path) -> Path:
        """Write `index.html`, `summary.json` and GX's data docs (`gx/`); returns the page's path.

        The page has the latest verdict on every partition, of earlier loads too. The data docs show
        this load alone, and stay unchanged when it checked nothing.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if self._verdicts:
            self._expectations.write_docs(folder / "gx")
        return summary.write(folder, self._verdicts, self._gone)

    def _given(self, source: str, stream: str, day: date, usual_units: float) -> dict[str, Any]:
        """The values of the partition that checks.py refers to by `_given(name)`."""
        start = datetime.combine(day, time(), tzinfo=UTC)
        return {
            "partitions": [f"{source}/{stream}/{day.isoformat()}"],
            "day_start": start,
            "day_end": start + timedelta(days=1),
            "words": self._words[source],
            "least": usual_units * 0.5,
            "most": usual_units * 1.5,
        }
