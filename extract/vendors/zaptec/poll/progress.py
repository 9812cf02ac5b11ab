"""How far reading has come: one small JSON file of the lake per thing that is read page by page.

It is written after a page has landed, so a crash costs at most one page that lands twice; and it
belongs to the lake, so an emptied lake is filled anew.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from extract.lake.files import Lake

FOLDER = "progress/zaptec"


class Progress:
    """One progress file: `name` is made of parts such as an installation's id and a month."""

    def __init__(self, lake: Lake, *name: str) -> None:
        self._lake = lake
        self._path = "/".join([FOLDER, *(quote(part, safe="") for part in name)]) + ".json"

    def read(self) -> dict[str, Any]:
        """What was written last; nothing where there is no file."""
        try:
            with self._lake.filesystem.open_input_stream(self._lake.absolute(self._path)) as stream:
                saved: dict[str, Any] = json.loads(stream.readall())
        except FileNotFoundError:
            return {}
        return saved

    def write(self, **values: Any) -> None:
        """Replace it; times (UTC) become ISO texts."""
        plain = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        self._lake.write(self._path, json.dumps(plain).encode())


def moment(saved: dict[str, Any], name: str) -> datetime | None:
    """A time that was written, in UTC."""
    text = saved.get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
