"""ChargeCloud's public point-of-interest feed: one answer per city, no key."""

from collections.abc import Mapping

import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition, flatten_answers
from extract.vendors.chargecloud.client import poll
from extract.vendors.chargecloud.flatten import Flattener

__all__ = ["flatten", "poll"]


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of one UTC date of the feed."""
    return flatten_answers(Flattener(partition), lake, partition, files)
