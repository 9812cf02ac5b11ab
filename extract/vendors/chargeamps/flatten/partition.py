"""Charge Amps answers → typed tables.

| stream     | answer            | scope        | makes                                        |
| ---------- | ----------------- | ------------ | -------------------------------------------- |
| `status`   | a point's status  | charge point | polls, status_spans, measurements            |
| `sessions` | a point's sessions| charge point | sessions: one row per id, as told last       |
| `assets`   | list of points    | `*`          | stations, charging_points, connectors        |
| `assets`   | settings          | charge point | connector_settings `observed`                |
| `assets`   | a control         | charge point | connector_settings `requested`               |

The units of a status answer are its connectors (`<charge point>:<number>`) and the point itself;
see `status` and `words` for how they are read. An answer with the bytes of the one before is not
parsed again. Nothing depends on the order in which the answers of a date came.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition, flatten_answers
from extract.vendors.chargeamps.flatten.assets import AssetsFlattener
from extract.vendors.chargeamps.flatten.sessions import SessionsFlattener
from extract.vendors.chargeamps.flatten.status_spans import StatusFlattener
from extract.vendors.chargeamps.flatten.tables import Gathered

FLATTENERS: dict[str, type[Gathered]] = {
    "status": StatusFlattener,
    "sessions": SessionsFlattener,
    "assets": AssetsFlattener,
}


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of one UTC date of a stream. RawFileError where a file cannot be read."""
    flattener = FLATTENERS[partition.stream](partition)
    return flatten_answers(flattener, lake, partition, files)
