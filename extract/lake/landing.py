"""What a poller lands its answers with, and the counts of what has landed.

A poller calls `land(exchanges)` as answers come. When the call returns they are in the lake, and
the poller may note its progress. Nothing else of a poll is kept in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Rows


@dataclass
class Landing:
    """Lands the answers of one source and counts them. `failed` has a line for each request, file
    or scope that gave nothing usable."""

    lake: Lake
    answers: int = 0  # exchanges, or messages of a log
    files: list[str] = field(default_factory=list)  # raw files written, relative to the lake
    failed: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)  # of these, those without an exchange
    summary: str = ""  # what has landed in the source's own words, where it has no answers

    def __call__(self, exchanges: Sequence[Exchange]) -> None:
        """Land answers, good and failed ones. OSError where the lake cannot be written."""
        self.files += raw.land(self.lake, exchanges)
        self.answers += len(exchanges)
        self.failed += [
            f"{exchange.scope}: {exchange.error} after {exchange.attempts} attempts"
            for exchange in exchanges
            if not exchange.ok
        ]

    def rows(self, rows: Rows) -> None:
        """Land rows of a source that has no HTTP exchanges."""
        self.files.append(raw.land_rows(self.lake, rows))
        self.answers += rows.table.num_rows

    def missing(self, text: str) -> None:
        """Note something that could not be fetched and of which nothing lands. The text says what,
        why and what to do, without personal data."""
        self.failed.append(text)
        self.not_asked.append(text)
