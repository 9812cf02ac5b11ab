"""The registry of vendors: everything else asks here and knows no vendor by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:  # DAG files read SOURCES, and shall be read fast
    import pyarrow as pa

    from extract.http import Exchange
    from extract.lake.raw import Answer, Partition
    from extract.settings import Settings

SOURCES = ("chargecloud",)


class Flattener(Protocol):
    """Takes a partition's answers in order of time, gives its typed tables."""

    def add(self, answer: Answer) -> None: ...

    def tables(self) -> dict[str, pa.Table]: ...


class Vendor(Protocol):
    """What a vendor's folder offers, as the functions of its `__init__`."""

    def poll(self, settings: Settings) -> list[Exchange]: ...

    def flattener(self, partition: Partition) -> Flattener: ...


def vendor(source: str) -> Vendor:
    """The vendor's package. ValueError where there is none of that name."""
    if source not in SOURCES:
        raise ValueError(f"there is no source {source!r}; known are: {', '.join(SOURCES)}")
    return cast(Vendor, import_module(f"extract.vendors.{source}"))
