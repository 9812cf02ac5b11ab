"""The summary page of all checks: one file that needs no network, and summary.json beside it.

summary.json keeps the latest verdict on every partition: a finding of yesterday's load is still on
today's page, until the partition is checked again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from extract.quality.finding import Verdict

VERSION = 1
log = logging.getLogger(__name__)


def write(
    folder: Path, verdicts: Iterable[Verdict], gone: Iterable[tuple[str, str, date]] = ()
) -> Path:
    """Add the verdicts to the known ones, remove the partitions that are gone; returns the path of
    `index.html`."""
    known = {_key(entry): entry for entry in read(folder)}
    for source, stream, day in gone:
        known.pop((source, stream, day.isoformat()), None)
    known |= {_key(entry): entry for entry in (verdict.as_dict() for verdict in verdicts)}
    partitions = sorted(known.values(), key=lambda entry: (entry["source"], entry["stream"]))
    partitions.sort(key=lambda entry: str(entry["date"]), reverse=True)
    content = {
        "version": VERSION,
        "updated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "partitions": partitions,
    }
    _replace(folder / "summary.json", json.dumps(content, indent=1, ensure_ascii=False))
    page = folder / "index.html"
    _replace(page, _render(content, data_docs=(folder / "gx" / "index.html").exists()))
    return page


def read(folder: Path) -> list[dict[str, Any]]:
    """The latest verdict on every partition as `Verdict.as_dict`, newest date first."""
    file = folder / "summary.json"
    if not file.exists():
        return []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        log.warning("%s cannot be read (%s): the page starts empty.", file, error)
        return []
    return list(content["partitions"]) if content.get("version") == VERSION else []


def _key(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["source"], entry["stream"], entry["date"]


def _render(content: dict[str, Any], data_docs: bool) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
    )
    partitions = content["partitions"]
    return templates.get_template("summary.html").render(
        **content,
        quarantined=[entry for entry in partitions if not entry["passed"]],
        warned=[entry for entry in partitions if entry["passed"] and entry["warnings"]],
        data_docs=data_docs,
    )


def _replace(file: Path, text: str) -> None:
    """Replace a file at once: a reader sees the old one or the new one."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
