"""ChargeCloud's answers → typed tables."""

from collections.abc import Mapping

import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition, flatten_answers
from extract.vendors.chargecloud.flatten.flattener import Flattener

__all__ = ["flatten"]


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of one UTC date of the feed."""
    return flatten_answers(Flattener(partition), lake, partition, files)
