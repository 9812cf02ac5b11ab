"""The digest: one page of Markdown on what needs a person and how the last run went."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from extract.settings import Settings
from extract.steps import alert
from extract.steps.health import Problem
from extract.steps.status import Status, status
from extract.warehouse import ledger
from extract.warehouse.database import WarehouseError, open_warehouse, prepare


@dataclass
class Digest:
    """`text` is Markdown; `ok` is whether nothing needs a person."""

    ok: bool
    text: str


def digest(settings: Settings, now: datetime | None = None, *, daily: bool = False) -> Digest:
    """Write `docs/digest.md`, return it, and send an alert when health has changed.

    `daily`: a scheduler runs this every day, and from now on a missing run is a problem. `now`
    (UTC) is for tests. Raises WarehouseError where the server cannot be reached; that sends an
    alert, too."""
    started = datetime.now(UTC)
    try:
        if daily:
            _note(settings, started)
        found = status(settings, now)
    except WarehouseError as error:
        alert.tell(settings, [Problem("warehouse", "warehouse", str(error), "start the server")])
        raise
    made = Digest(found.ok, render(found))
    settings.docs_dir.mkdir(parents=True, exist_ok=True)
    (settings.docs_dir / "digest.md").write_text(made.text)
    alert.tell(settings, found.problems)
    return made


def _note(settings: Settings, started: datetime) -> None:
    """Record in ops.steps that the daily run has reached the digest."""
    with open_warehouse(settings) as warehouse, closing(warehouse.connect()) as connection:
        prepare(connection)
        ledger.record_step(connection, "daily", started, True, {})


def render(found: Status) -> str:
    """The digest's text, in Markdown."""
    lines = [f"# Wattstar: {'all is well' if found.ok else 'something needs you'}", ""]
    lines += [f"- {problem.where}: {problem.text}" for problem in found.problems]
    lines += [""] if found.problems else []
    for stream in found.sources:
        newest = stream.last_query_time
        at = f"last answer for {newest:%Y-%m-%d %H:%M} UTC" if newest else "nothing has landed yet"
        lines.append(f"- {stream.name}: {at}{', LATE' if stream.late else ''}")
    for step, how in found.steps.items():
        took = (how["finished_at"] - how["started_at"]).total_seconds()
        lines.append(
            f"- {step}: {'ok' if how['ok'] else 'FAILED'}, {took:.1f} s, "
            f"{how['finished_at']:%Y-%m-%d %H:%M} UTC{_counts(how['result'])}"
        )
        lines += [f"  - warning: {warning}" for warning in how["result"].get("warnings", [])]
    for entry in found.warned:
        lines += [f"- warning, {entry.partition}: {warning}" for warning in entry.warnings]
    lines += [f"- {len(found.dirty)} partitions wait to be loaded"] if found.dirty else []
    lines += [f"- {len(found.unbuilt)} partitions wait to be built"] if found.unbuilt else []
    lines += ["", "Next:", *(f"    {step}" for step in found.next)] if found.next else []
    return "\n".join(lines) + "\n"


def _counts(result: dict) -> str:
    if (
        "partitions" in result
        and result["partitions"]
        and isinstance(result["partitions"][0], dict)
    ):
        observations = sum(part["observations"] for part in result["partitions"])
        return f": {len(result['partitions'])} partitions, {observations:,} observations"
    if result.get("bytes"):
        return ": " + ", ".join(f"{name} {size:,} bytes" for name, size in result["bytes"].items())
    if result.get("nodes"):
        return ": " + ", ".join(f"{count} {name}" for name, count in result["nodes"].items())
    return ""
