"""Small JSON files in the lake, in which a poller notes its progress.

A poller writes one after its answers have landed: a crash then costs at most one answer that lands
twice. They are in the lake, so deleting the lake makes polling start from the beginning.
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
        """The object that was written last; empty where the file is missing or is no JSON
        object."""
        try:
            with self.lake.filesystem.open_input_stream(self.lake.absolute(self.path)) as stream:
                found = json.loads(stream.readall())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace the file, whole or not at all. Times are written in ISO 8601."""
        text = json.dumps(dict(values), sort_keys=True, default=lambda value: value.isoformat())
        self.lake.write(self.path, text.encode())
