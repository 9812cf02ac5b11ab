"""Zaptec answers → typed tables; each stream has its own flattening."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Flattener, Partition, flatten_answers
from extract.vendors.zaptec.flatten.assets import Assets
from extract.vendors.zaptec.flatten.sessions import Sessions
from extract.vendors.zaptec.flatten.state import State


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> dict[str, pa.Table]:
    """The typed tables of a partition. RawFileError where a file cannot be read."""
    return flatten_answers(flattener(partition), lake, partition, files)


def flattener(partition: Partition) -> Flattener:
    """What takes the answers of a partition's stream."""
    streams: dict[str, Callable[[Partition], Flattener]] = {
        "assets": Assets,
        "state": State,
        "sessions": Sessions,
    }
    return streams[partition.stream](partition)
