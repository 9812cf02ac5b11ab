"""The registry of vendors: everything else asks here and knows no vendor by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from extract.settings import SOURCES

if TYPE_CHECKING:  # DAG files read this, and shall be read fast
    import pyarrow as pa

    from extract.lake.files import Lake, LakeFile
    from extract.lake.landing import Landing
    from extract.lake.pseudonyms import PersonFields
    from extract.lake.raw import Partition
    from extract.settings import Settings

__all__ = ["SOURCES", "STREAMS", "Flattener", "Poller", "flattener", "person_fields", "poller"]

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


class Poller(Protocol):
    """What `extract/vendors/<vendor>/poll` offers."""

    def poll(self, settings: Settings, streams: Collection[str], land: Landing) -> None:
        """Ask for these streams, and land the answers as they come: when `land(exchanges)` returns
        they are in the lake. AccessError where the vendor refuses the login."""
        ...


class Flattener(Protocol):
    """What `extract/vendors/<vendor>/flatten` offers."""

    def flatten(
        self, lake: Lake, partition: Partition, files: list[LakeFile]
    ) -> Mapping[str, pa.Table]:
        """The typed tables of a partition. RawFileError where a file cannot be read."""
        ...


def poller(source: str) -> Poller:
    """The room that polls a source. ValueError where there is no source of that name."""
    return cast(Poller, _room(source, "poll"))


def flattener(source: str) -> Flattener:
    """The room that flattens a source. ValueError where there is no source of that name."""
    return cast(Flattener, _room(source, "flatten"))


def _room(source: str, room: str) -> ModuleType:
    if source not in SOURCES:
        raise ValueError(f"there is no source {source!r}; known are: {', '.join(SOURCES)}")
    return import_module(f"extract.vendors.{source}.{room}")


def person_fields(source: str) -> PersonFields:
    """The personal fields of a source; none where it tells of nobody."""
    from extract.lake.pseudonyms import PersonFields

    found: PersonFields = getattr(poller(source), "PERSON_FIELDS", PersonFields())
    return found
