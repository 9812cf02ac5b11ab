"""The status words that are known: the dbt seed `status_map` (source, source_status → status)."""

from __future__ import annotations

import csv
from pathlib import Path

from extract.settings import PROJECT

STATUS_MAP = PROJECT / "dbt_project" / "seeds" / "status_map.csv"


def known_words(source: str, path: Path = STATUS_MAP) -> list[str]:
    """The words of a source, trimmed and in upper case, as `frames.py` makes them of a status.

    Raises FileNotFoundError where there is no seed, ValueError where it lacks a column.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: the dbt seed with the known status words (columns source, "
            "source_status, status, …). Restore it from the repository."
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"source", "source_status"} - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path} has no column {', '.join(sorted(missing))}.")
        words = {row["source_status"].strip().upper() for row in rows if row["source"] == source}
    return sorted(words - {""})
