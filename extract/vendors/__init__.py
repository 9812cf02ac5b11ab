"""The registry of vendors: everything else asks here and knows no vendor by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from extract.settings import SOURCES

if TYPE_CHECKING:  # DAG files read this, and shall be read fast
    import pyarrow as pa

    from extract.http import Exchange
    from extract.lake.files import Lake, LakeFile
    from extract.lake.pseudonyms import PersonFields
    from extract.lake.raw import Partition, Rows
    from extract.settings import Settings

__all__ = ["SOURCES", "STREAMS", "Vendor", "person_fields", "vendor"]

STREAMS: Mapping[str, Mapping[str, timedelta]] = {
    "chargecloud": {"poi": timedelta(minutes=10)},
    "zaptec": {
        "assets": timedelta(days=1),
        "state": timedelta(minutes=15),
        "sessions": timedelta(hours=1),
    },
    "chargeamps": {
        "assets": timedelta(days=1),
        "status": timedelta(minutes=10),
        "sessions": timedelta(hours=1),
    },
    "ocpp": {"messages": timedelta(hours=1)},
}
"""What each source is polled for, and how often its DAG does so."""


class Vendor(Protocol):
    """What a vendor's folder offers, as the functions of its `__init__`."""

    def poll(
        self, settings: Settings, streams: Collection[str]
    ) -> Iterator[list[Exchange] | Rows | str]:
        """Ask for these streams. What is yielded has landed when the generator is resumed, so a
        long poll loses nothing when it is stopped, and may then note how far it has come. A text
        tells of something that could not be had and of which nothing lands."""
        ...

    def flatten(
        self, lake: Lake, partition: Partition, files: list[LakeFile]
    ) -> Mapping[str, pa.Table]:
        """The typed tables of a partition. RawFileError where a file cannot be read."""
        ...


class WithHistory(Protocol):
    """What a vendor that keeps a history offers beside that."""

    def backfill(
        self, settings: Settings, start: date, end: date
    ) -> Iterator[list[Exchange] | Rows | str]:
        """Ask for what was between two UTC dates, both included; told again, it goes on where it
        was stopped."""
        ...


def vendor(source: str) -> Vendor:
    """The vendor's package. ValueError where there is none of that name."""
    if source not in SOURCES:
        raise ValueError(f"there is no source {source!r}; known are: {', '.join(SOURCES)}")
    return cast(Vendor, import_module(f"extract.vendors.{source}"))


def person_fields(source: str) -> PersonFields:
    """The personal fields of a source; none where it tells of nobody."""
    from extract.lake.pseudonyms import PersonFields

    found: PersonFields = getattr(vendor(source), "PERSON_FIELDS", PersonFields())
    return found
