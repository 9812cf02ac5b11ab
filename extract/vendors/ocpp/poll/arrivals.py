"""The inbox: a folder or a bucket in which logs arrive, and its layout files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import fs

from extract.http import AccessError
from extract.lake.files import Lake
from extract.settings import Settings
from extract.vendors.ocpp.about import Settings as OcppSettings
from extract.vendors.ocpp.poll import layout
from extract.vendors.ocpp.poll.layout import Layouts

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")


class Arrived(NamedTuple):
    """A file: its path as the file system knows it, its size, and when it was changed (ns)."""

    path: str
    size: int
    changed: int


def inbox_folder(settings: Settings) -> Path | None:
    """The inbox where it is a local folder; None for a bucket, and where none is set."""
    place = OcppSettings.of(settings).inbox
    return Path(place).resolve() if place and "://" not in place else None


class Inbox:
    """The files below one folder. AccessError where none is set, or it is not there."""

    def __init__(self, settings: Settings) -> None:
        place = OcppSettings.of(settings).inbox
        if not place:
            raise AccessError("no inbox is set: say where the logs arrive in WATTSTAR_OCPP_INBOX")
        self._place = Lake(place)
        self.root = self._place.root
        # A bucket's folder is there when something lies in it, so an empty one is none.
        top = self.root if self._place.is_local else self.root.split("/")[0]
        if self._place.filesystem.get_file_info(top).type != fs.FileType.Directory:
            raise AccessError(f"the inbox {self.root} (WATTSTAR_OCPP_INBOX) is not there")
        self._refuse_lake(Lake(settings.lake_url))

    def _refuse_lake(self, lake: Lake) -> None:
        one, other = f"{self.root}/", f"{lake.root}/"
        is_within = one.startswith(other) or other.startswith(one)
        if self._place.filesystem == lake.filesystem and is_within:
            raise AccessError(
                f"the inbox {self.root} (WATTSTAR_OCPP_INBOX) and the lake {lake.root} lie in one "
                "another: what arrives names people, and the lake's files are no logs"
            )

    def logs(self) -> tuple[list[Arrived], Layouts]:
        """Every file that may be read, by path, and the layout files. Hidden and unfinished ones
        (`.x`, `x.tmp`, `x.part`, `x.crdownload`) are left alone."""
        found, layouts = [], dict[str, bytes]()
        for file in sorted(self._local() if self._place.is_local else self._remote()):
            below = self.below(file.path)
            if any(part.startswith(".") for part in below.split("/")):
                continue
            if below.rsplit("/", 1)[-1] == layout.FILE:
                with self.open(file.path) as stream:
                    layouts[below[: -len(layout.FILE)].rstrip("/")] = bytes(stream.read())
            elif file.size and not below.lower().endswith(UNFINISHED):
                found.append(file)
        return found, Layouts(layouts)

    def below(self, path: str) -> str:
        """A path as it is below the inbox."""
        return path[len(self.root) :].lstrip("/")

    def open(self, path: str) -> Any:
        """A file's content, which can be read from any place. OSError where it cannot be had."""
        if self._place.is_local:
            return Path(path).open("rb")
        return self._place.filesystem.open_input_file(path)

    def _local(self) -> Iterator[Arrived]:
        """The files of a local inbox. Arrow's own listing fails at a name that is not UTF-8."""
        for folder, _, names in os.walk(self.root):
            for path in (f"{folder}/{name}" for name in names):
                with suppress(FileNotFoundError):  # taken away meanwhile
                    info = Path(path).stat()
                    if stat.S_ISREG(info.st_mode):
                        yield Arrived(path, info.st_size, info.st_mtime_ns)

    def _remote(self) -> Iterator[Arrived]:
        selector = fs.FileSelector(self.root, recursive=True, allow_not_found=True)
        for info in self._place.filesystem.get_file_info(selector):
            if info.type == fs.FileType.File:
                yield Arrived(info.path, info.size, info.mtime_ns or 0)


def printable(path: str) -> str:
    """A path as text that can be printed, whatever is in it."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)
