"""The status words that are known (source, source_status → status)."""

from __future__ import annotations

import csv
from pathlib import Path

from extract.vendors import reference_rows

STATUS_MAP = reference_rows.STATUS_WORDS


def known_words(source: str, path: Path = STATUS_MAP) -> list[str]:
    """The words of a source, trimmed and in upper case, as `frames.py` makes them of a status.

    Raises FileNotFoundError where there is no such file, ValueError where it lacks a column.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: the list of the known status words (columns source, "
            "source_status, status, …). Restore it from the repository."
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"source", "source_status"} - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path} has no column {', '.join(sorted(missing))}.")
        words = {row["source_status"].strip().upper() for row in rows if row["source"] == source}
    return sorted(words - {""})
