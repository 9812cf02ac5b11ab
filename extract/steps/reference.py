"""`wattstar reference`: land, list and show files that a person gives."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from extract.lake.files import Lake
from extract.reference import files
from extract.reference.files import ReferenceFile
from extract.reference.kinds import ReferenceFileError, kind_of
from extract.settings import Settings


def add(settings: Settings, kind: str, path: Path) -> ReferenceFile:
    """Land a file of a kind; the next load and build use it. Needs the lake alone. Raises
    ReferenceFileError where the file is not of the kind; then nothing has landed."""
    return files.add(Lake(settings.lake_url), kind, path, ZoneInfo(settings.timezone))


def versions(settings: Settings, kind: str | None = None) -> list[ReferenceFile]:
    """Every version of every file, oldest first. ReferenceFileError where there is no such kind."""
    if kind is not None:
        kind_of(kind)
    return files.versions(Lake(settings.lake_url), kind)


def show(settings: Settings, kind: str, name: str) -> ReferenceFile:
    """The newest version of a file. ReferenceFileError where none was given."""
    found = [version for version in versions(settings, kind) if version.name == name]
    if not found:
        names = sorted({version.name for version in versions(settings, kind)})
        raise ReferenceFileError(
            f"no file {name!r} of kind {kind} was given; there are: {', '.join(names) or 'none'}"
        )
    return found[-1]
