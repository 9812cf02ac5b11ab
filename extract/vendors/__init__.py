"""The vendors: every folder here with an `about.py` is one. No other module lists them.

A vendor has up to three rooms beside its `about.py`: `poll` (a `Poller`), `flatten` (a `Flattener`)
and `sandbox` (its API on loopback, see `extract.vendors.sandboxes`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from extract.about import About
from extract.errors import UnknownNameError

if TYPE_CHECKING:  # DAG files read this, and shall be read fast
    import pyarrow as pa

    from extract.lake.files import Lake, LakeFile
    from extract.lake.landing import Landing
    from extract.lake.pseudonyms import PersonFields
    from extract.lake.raw import Partition
    from extract.settings import Settings, VendorSettings

_FOLDER = Path(__file__).parent
SOURCES = tuple(sorted(file.parent.name for file in _FOLDER.glob("*/about.py")))
"""Every source by name, in the order of the alphabet."""


@cache
def about(source: str) -> About:
    """A source's description. Raises UnknownNameError where there is no source of that name."""
    found: About = _module(source, "about").ABOUT
    if found.name != source or not found.name.isalnum():
        raise ValueError(f"extract/vendors/{source}/about.py: its name is {found.name!r}")
    return found


def all_about() -> list[About]:
    """The description of each source, in the order of `SOURCES`."""
    return [about(source) for source in SOURCES]


def streams(source: str) -> dict[str, timedelta]:
    """The streams of a source, and how often its DAG polls each."""
    return {stream.name: stream.every for stream in about(source).streams}


# --- settings ----------------------------------------------------------------------------------


def settings_class(source: str) -> type[VendorSettings]:
    """The class of a source's settings."""
    found: type[VendorSettings] = _module(source, "about").Settings
    return found


def settings_of(settings: Settings, source: str) -> VendorSettings:
    """A source's own settings. Raises pydantic.ValidationError where a value is wrong."""
    return settings_class(source).of(settings)


def in_use(settings: Settings) -> list[str]:
    """The sources that are set up. Where there is none, `run` and `up` use the sandbox."""
    return [
        source
        for source in SOURCES
        if settings_of(settings, source).model_fields_set & set(about(source).in_use_by)
    ]


# --- rows of reference -------------------------------------------------------------------------


def source_rows() -> list[dict[str, Any]]:
    """One row per source: source, is_event, name, public_site, licence (None: not known)."""
    return [
        {
            "source": each.name,
            "is_event": each.is_event,
            "name": each.title,
            "public_site": each.site,
            "licence": each.licence,
        }
        for each in all_about()
    ]


def status_words() -> list[dict[str, Any]]:
    """One row per source and status word: source, source_status (the vendor's word in upper case),
    status (OCPI's word), is_occupied, is_charging, is_operational (None: the word does not say)."""
    return [{"source": each.name, **vars(word)} for each in all_about() for word in each.statuses]


def readme_table() -> str:
    """The README's table of sources, in Markdown; the README holds it between two comments."""
    head = [
        "| source | what | real time | credentials | state |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows = [
        f"| {each.title} | {each.what} | {each.real_time} | {each.credentials} | {each.state} |"
        for each in all_about()
    ]
    return "\n".join([*head, *rows])


# --- rooms -------------------------------------------------------------------------------------


class Poller(Protocol):
    """What `extract/vendors/<vendor>/poll` offers.

    It may also offer `backfill(settings, start, end, land)`, which fetches the history between two
    UTC dates, and `PERSON_FIELDS`, the fields that name people.
    """

    def poll(
        self, settings: Settings, streams: Collection[str], land: Landing, **options: bool
    ) -> None:
        """Ask for these streams, and land the answers as they come: when `land(exchanges)` returns
        they are in the lake. `once=True` is given where a stream samples a window of time and a
        single sample is wanted. AccessError where the vendor refuses the login."""
        ...


class Flattener(Protocol):
    """What `extract/vendors/<vendor>/flatten` offers."""

    def flatten(
        self, lake: Lake, partition: Partition, files: list[LakeFile]
    ) -> Mapping[str, pa.Table]:
        """The typed tables of a partition. RawFileError where a file cannot be read."""
        ...


class Controller(Protocol):
    """What `extract/vendors/<vendor>/poll/control` offers, where connectors can be controlled."""

    Wanted: Callable[..., Any]
    """The wanted settings: mode, max_current (A per phase), rfid_lock, cable_lock; None leaves one
    as it is. ControlError (a WattstarError) where they cannot be. `warnings()` are for a person."""

    control: Callable[..., Any]
    """`control(settings, point, connector, wanted, *, by, reason, agree)`: see
    `extract.steps.control`."""


def poller(source: str) -> Poller:
    """The room that polls a source. UnknownNameError where there is no source of that name."""
    return cast(Poller, _module(source, "poll"))


def backfiller(source: str) -> Any:
    """`backfill(settings, start, end, land)` of a source; None where it keeps no history."""
    return getattr(poller(source), "backfill", None)


class RefusedFile(Protocol):
    """A file of an inbox that could not be taken: its name, why, and what to do."""

    file: str
    reason: str
    remedy: str


def refused_files(source: str, lake: Lake) -> list[RefusedFile]:
    """The files that a source's poller has refused; none where it reads no files."""
    found = getattr(poller(source), "refused_files", None)
    return [] if found is None else list(found(lake))


def inboxes(settings: Settings, source: str | None = None) -> list[Path]:
    """The local folders in which files arrive for the pollers of all sources, or of one."""
    rooms = [poller(name) for name in ([source] if source else SOURCES)]
    folders = [room.inbox_folder(settings) for room in rooms if hasattr(room, "inbox_folder")]
    return [folder for folder in folders if folder is not None]


def flattener(source: str) -> Flattener:
    """The room that flattens a source. UnknownNameError where there is no source of that name."""
    return cast(Flattener, _module(source, "flatten"))


def controllable() -> list[str]:
    """The sources whose connectors can be controlled."""
    return [name for name in SOURCES if (_FOLDER / name / "poll" / "control.py").exists()]


def controller(source: str) -> Controller:
    """How a source's connectors are controlled. UnknownNameError where they cannot be."""
    if source not in controllable():
        raise UnknownNameError(
            f"connectors of {source} cannot be controlled; of these they can: "
            + ", ".join(controllable())
        )
    return cast(Controller, _module(source, "poll.control"))


def person_fields(source: str) -> PersonFields:
    """The personal fields of a source; none where its answers name nobody."""
    from extract.lake.pseudonyms import PersonFields

    found: PersonFields = getattr(poller(source), "PERSON_FIELDS", PersonFields())
    return found


def _module(source: str, room: str) -> ModuleType:
    if source not in SOURCES:
        raise UnknownNameError(f"there is no source {source!r}; known are: {', '.join(SOURCES)}")
    return import_module(f"{__name__}.{source}.{room}")
