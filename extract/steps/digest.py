"""The digest: one page of plain text on how the last run went, for a log, a mail or a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extract.settings import Settings
from extract.steps.status import Status, status


@dataclass
class Digest:
    """`text` is Markdown; `ok` is whether nothing needs a person."""

    ok: bool
    text: str


def digest(settings: Settings, now: datetime | None = None) -> Digest:
    """Write `docs/digest.md` and return it."""
    found = status(settings, now)
    made = Digest(_healthy(found), render(found))
    settings.docs_dir.mkdir(parents=True, exist_ok=True)
    (settings.docs_dir / "digest.md").write_text(made.text)
    return made


def _healthy(found: Status) -> bool:
    steps = all(step["ok"] for step in found.steps.values())
    failed = any(source.failed_scopes for source in found.sources)
    return steps and not failed and not found.quarantined


def render(found: Status) -> str:
    """The digest's text."""
    lines = [f"# Wattstar: {'all is well' if found.ok else 'something needs you'}", ""]
    for source in found.sources:
        name = f"{source.source}/{source.stream}"
        if source.last_landed_at is None:
            lines.append(f"- {name}: nothing has landed yet")
            continue
        newest = source.last_query_time
        at = f"{newest:%Y-%m-%d %H:%M} UTC" if newest else "no readable file"
        lines.append(f"- {name}: last answer for {at}{', LATE' if source.late else ''}")
        lines += [f"  - failed in the newest poll: {failed}" for failed in source.failed_scopes]
    for step, how in found.steps.items():
        took = (how["finished_at"] - how["started_at"]).total_seconds()
        lines.append(
            f"- {step}: {'ok' if how['ok'] else 'FAILED'}, {took:.1f} s, "
            f"{how['finished_at']:%Y-%m-%d %H:%M} UTC{_counts(how['result'])}"
        )
        lines += [f"  - {failure}" for failure in how["result"].get("failures", [])]
        lines += [f"  - warning: {warning}" for warning in how["result"].get("warnings", [])]
    lines += [f"- QUARANTINED {entry.partition}: {entry.reason}" for entry in found.quarantined]
    for entry in found.warned:
        lines += [f"- warning, {entry.partition}: {warning}" for warning in entry.warnings]
    lines += [f"- {len(found.dirty)} partitions are not loaded yet"] if found.dirty else []
    lines += [f"- {len(found.unbuilt)} partitions are not built yet"] if found.unbuilt else []
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
    if result.get("nodes"):
        return ": " + ", ".join(f"{count} {name}" for name, count in result["nodes"].items())
    return ""
