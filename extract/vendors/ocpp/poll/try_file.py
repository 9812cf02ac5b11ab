"""`wattstar poll ocpp --try FILE`: the first messages of a file as they would land, or why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from extract.lake.pseudonyms import Pseudonyms
from extract.settings import Settings
from extract.vendors.ocpp.about import Settings as OcppSettings
from extract.vendors.ocpp.messages import UNREADABLE
from extract.vendors.ocpp.poll import layout
from extract.vendors.ocpp.poll.arrivals import printable
from extract.vendors.ocpp.poll.landing import Landing
from extract.vendors.ocpp.poll.layout import LayoutError, Layouts
from extract.vendors.ocpp.poll.look import REMEDY
from extract.vendors.ocpp.poll.readers import FormatError, IncompleteError, read

FIRST = 10
_SHOWN = {
    "message_time": "time",
    "scope": "charge_point_id",
    "message_type": "message_type",
    "message_id": "message_id",
    "action": "action",
    "body": "body",
}


@dataclass
class Trial:
    """How a file would land: its first messages (time in UTC, charge_point_id, message_type,
    message_id, action, and the body without personal data); the lines before them that are not
    messages; and why it would be refused, or is not whole."""

    file: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[dict[str, str]] = field(default_factory=list)
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the file can be read."""
        return bool(self.messages)

    def left(self, lines: Iterable[tuple[str, str]]) -> None:
        """Note lines that could not be read."""
        known = {one["place"] for one in self.unreadable}
        fresh = [(place, why) for place, why in lines if place not in known]
        self.unreadable += [{"place": p, "error": why} for p, why in fresh]
        del self.unreadable[FIRST:]

    def __str__(self) -> str:
        """For a person: a message in each line, then what cannot be read."""
        lines = [
            f"{m['time']:%Y-%m-%d %H:%M:%S.%f}Z {m['charge_point_id']} {m['message_type']} "
            f"{m['message_id']} {m['action'] or ''} {m['body'][:300]}"
            for m in self.messages
        ]
        lines += [f"{one['place']} {one['error']}" for one in self.unreadable]
        lines += [f"{self.file}: {self.reason}"] if self.reason else []
        return "\n".join(lines)


def try_file(settings: Settings, path: Path) -> Trial:
    """Read the beginning of a file as the inbox would, with the layout file that counts for it;
    nothing lands. OSError where the file cannot be read."""
    path = path.expanduser().resolve()
    trial = Trial(printable(str(path)))
    below, layouts = _layouts(settings, path)
    try:
        hints = layouts.hints(below)
        rows = Landing(Pseudonyms(settings, "ocpp"), path.name, hints.clock)
        with path.open("rb") as content:
            for batch in read(content, hints):
                for part in rows.rows(batch):
                    _show(trial, part.table)
                trial.left(rows.unplaced)
                if len(trial.messages) >= FIRST:
                    break
    except IncompleteError as error:
        trial.reason = str(error)
    except (FormatError, LayoutError) as error:
        trial.reason = f"{error}; {REMEDY}"
    if not trial.messages and not trial.reason:
        trial.reason = (
            "none of its lines can be read" if trial.unreadable else "it holds no message"
        )
    return trial


def _layouts(settings: Settings, path: Path) -> tuple[str, Layouts]:
    """The file's path below the inbox, and the layout files from there down to it; of a file that
    is not in the inbox, its own folder's."""
    root = path.parent
    place = OcppSettings.of(settings).inbox
    if place and "://" not in place:
        inbox = Path(place).expanduser().resolve()
        root = inbox if path.is_relative_to(inbox) else root
    below = path.relative_to(root)
    files = {}
    for folder in below.parents:
        found = root / folder / layout.FILE
        if found.is_file():
            files["" if str(folder) == "." else folder.as_posix()] = found.read_bytes()
    return below.as_posix(), Layouts(files)


def _show(trial: Trial, table: pa.Table) -> None:
    for row in table.slice(0, FIRST).to_pylist():
        if row["message_type"] == UNREADABLE:
            trial.left([(row["place"], row["error"])])
        elif len(trial.messages) < FIRST:
            trial.messages.append({shown: row[name] for name, shown in _SHOWN.items()})
