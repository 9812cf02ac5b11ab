"""Small JSON files of the lake in which a poller notes how far it has come.

Such a file is written after what it speaks of has landed, so that a crash costs at most one answer
that lands twice; and it belongs to the lake, so that an emptied lake is filled anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from extract.lake.files import Lake


class StateFile:
    """One JSON object of the lake; `path` is relative to the lake and ends in `.json`."""

    def __init__(self, lake: Lake, path: str) -> None:
        self.lake, self.path = lake, path

    def read(self) -> dict[str, Any]:
        """What was written last; an empty object where there is no file, or none that is JSON."""
        try:
            with self.lake.filesystem.open_input_stream(self.lake.absolute(self.path)) as stream:
                found = json.loads(stream.readall())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace the file, whole or not at all; times become ISO texts."""
        text = json.dumps(dict(values), sort_keys=True, default=lambda value: value.isoformat())
        self.lake.write(self.path, text.encode())
