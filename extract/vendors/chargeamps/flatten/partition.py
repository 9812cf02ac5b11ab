"""Charge Amps' answers → typed tables.

| stream     | endpoint                             | makes                                   |
| ---------- | ------------------------------------ | --------------------------------------- |
| `status`   | `status`, `statuses`                 | polls, status_spans, measurements       |
| `status`   | `owned`                              | no row: in which vocabulary a status is |
| `sessions` | `[organisation_]chargingsessions`    | sessions: one row per id, as last sent  |
| `assets`   | `owned`, `organisation_chargepoints` | stations, charging_points, connectors   |
| `assets`   | `settings`                           | connector_settings `observed`           |
| `assets`   | `settings_put`                       | connector_settings `requested`          |

The units of a status answer are the connectors (`<charge point>:<number>`) and the charge points.
Nothing depends on the order in which the answers of a date came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Flattener, Partition, flatten_answers
from extract.vendors.chargeamps.flatten.assets import AssetsFlattener
from extract.vendors.chargeamps.flatten.sessions import SessionsFlattener
from extract.vendors.chargeamps.flatten.status_spans import StatusFlattener

FLATTENERS: dict[str, Callable[[Partition], Flattener]] = {
    "status": StatusFlattener,
    "sessions": SessionsFlattener,
    "assets": AssetsFlattener,
}


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of one UTC date of a stream. RawFileError where a file cannot be read."""
    return flatten_answers(FLATTENERS[partition.stream](partition), lake, partition, files)
