"""The inbox: which files have arrived, and their messages as raw rows.

A file is known by its content: the same one delivered again, under whatever name, is not read
twice. Of one that has grown only what is new lands; what any other repeats is recognised when it is
flattened. Of a file that ends in the middle the part before lands, the rest when the whole has
arrived, and every poll says so. Hidden and unfinished ones (`.x`, `x.tmp`, `x.part`,
`x.crdownload`) are left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Collection, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs

from extract.http import AccessError
from extract.lake.files import Lake
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Rows
from extract.settings import Settings
from extract.vendors.ocpp.about import Settings as OcppSettings
from extract.vendors.ocpp.poll.landing import Landing
from extract.vendors.ocpp.poll.readers import FormatError, IncompleteError, read

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
SEEN = "progress/ocpp/files.json"
"""Path in the inbox → size and time of change when it was read, what was wrong with it, and how far
it has landed: the size and digest of the content, and its last line."""


def poll(settings: Settings, streams: Collection[str]) -> Iterator[Rows | str]:
    """The messages of every file that is new. A text tells of a file that could not be taken, or
    not to its end.

    AccessError where no inbox is set or it is not there, PseudonymKeyError before anything lands.
    """
    if "messages" not in streams:
        return
    inbox, lake = _inbox(settings), Lake(settings.lake_url)
    pseudonyms = Pseudonyms(settings, "ocpp")
    seen: dict[str, list[Any]] = _seen(lake)
    found = dict(_arrived(inbox))
    try:
        for path, mark in found.items():
            if seen.get(path, [])[:2] != mark:
                before = seen.get(path, [])[3:]
                wrong, landed = yield from _taken(inbox, lake, path, before, pseudonyms)
                seen[path] = [*mark, wrong, *landed]
            if seen[path][2]:
                yield f"{_text(path)}: {seen[path][2]}; it is read again when it has changed"
    finally:
        known = {path: seen[path] for path in found if path in seen}
        lake.write(SEEN, json.dumps(known).encode())


def has_news(settings: Settings) -> bool:
    """Whether something lies in the inbox that no poll has read. AccessError as in `poll`."""
    seen = _seen(Lake(settings.lake_url))
    return any(seen.get(path, [])[:2] != mark for path, mark in _arrived(_inbox(settings)))


def marker(digest: str) -> str:
    """What in the lake says that a content has landed."""
    return f"progress/ocpp/{digest}.json"


def _inbox(settings: Settings) -> Lake:
    place = OcppSettings.of(settings).inbox
    if not place:
        raise AccessError("no inbox is set: say where the logs arrive in WATTSTAR_OCPP_INBOX")
    inbox = Lake(place)
    # A bucket's folder is there when something lies in it, so an empty one is none.
    folder = inbox.root if inbox.is_local else inbox.root.split("/")[0]
    if inbox.filesystem.get_file_info(folder).type != fs.FileType.Directory:
        raise AccessError(f"the inbox {inbox.root} (WATTSTAR_OCPP_INBOX) is not there")
    lake = Lake(settings.lake_url)
    one, other = f"{inbox.root}/", f"{lake.root}/"
    if inbox.filesystem == lake.filesystem and (one.startswith(other) or other.startswith(one)):
        raise AccessError(
            f"the inbox {inbox.root} (WATTSTAR_OCPP_INBOX) and the lake {lake.root} lie in one "
            "another: what arrives names people, and the lake's files are no logs"
        )
    return inbox


def _arrived(inbox: Lake) -> Iterator[tuple[str, list[int]]]:
    """Path, and size and time of change, of every file that may be read."""
    for path, mark in sorted(_local(inbox.root) if inbox.is_local else _remote(inbox)):
        hidden = any(part.startswith(".") for part in path[len(inbox.root) :].split("/"))
        if mark[0] and not hidden and not path.lower().endswith(UNFINISHED):
            yield path, mark


def _local(root: str) -> Iterator[tuple[str, list[int]]]:
    """Arrow's listing fails at a name that is no UTF-8."""
    for folder, _, names in os.walk(root):
        for path in (f"{folder}/{name}" for name in names):
            with suppress(FileNotFoundError):  # taken away meanwhile
                told = Path(path).stat()
                if stat.S_ISREG(told.st_mode):
                    yield path, [told.st_size, told.st_mtime_ns]


def _remote(inbox: Lake) -> Iterator[tuple[str, list[int]]]:
    selector = fs.FileSelector(inbox.root, recursive=True, allow_not_found=True)
    for info in inbox.filesystem.get_file_info(selector):
        if info.type == fs.FileType.File:
            yield info.path, [info.size, info.mtime_ns or 0]


def _open(inbox: Lake, path: str) -> Any:
    return Path(path).open("rb") if inbox.is_local else inbox.filesystem.open_input_file(path)


def _text(path: str) -> str:
    """A path as text that can be printed, whatever is in it."""
    return os.fsencode(path).decode("utf-8", "replace").replace("\n", "?")


def _seen(lake: Lake) -> dict[str, list[Any]]:
    if not _is_there(lake, SEEN):
        return {}
    with lake.filesystem.open_input_stream(lake.absolute(SEEN)) as stream:
        known: dict[str, list[Any]] = json.loads(stream.readall())
    return known


def _is_there(lake: Lake, path: str) -> bool:
    return bool(lake.filesystem.get_file_info(lake.absolute(path)).type != fs.FileType.NotFound)


def _taken(
    inbox: Lake, lake: Lake, path: str, before: list[Any], pseudonyms: Pseudonyms
) -> Generator[Rows, None, tuple[str | None, list[Any]]]:
    """A file's messages that are new. Returns what is wrong with it, None if nothing, and how far
    it has landed; `before` is that of the last time."""
    name = _text(path.rsplit("/", 1)[-1])
    landing = Landing(pseudonyms, name)
    content: list[Any] = [0, ""]
    try:
        content, has_grown = _digest(inbox, path, before)
        if _is_there(lake, marker(content[1])):
            return None, []
        landing.landed = before[2] if has_grown else 0
        with _open(inbox, path) as stream:
            for batch in read(name, stream):
                yield from landing.rows(batch)
    except (IncompleteError, FormatError) as error:
        return str(error), [*content, landing.landed]
    except (OSError, pa.ArrowException) as error:  # this one; the others go on
        # Arrow's own words may quote the content.
        why = getattr(error, "strerror", None) or type(error).__name__
        return f"it cannot be read ({why})", [*content, landing.landed]
    if landing.unplaced:
        line, why = landing.unplaced[0]
        return f"nothing in it can be read as a message: line {line} {why}", []
    lake.write(marker(content[1]), json.dumps({"file": name}).encode())
    return None, [*content, landing.landed]


def _digest(inbox: Lake, path: str, before: list[Any]) -> tuple[list[Any], bool]:
    """The content's size and digest, and whether it begins with what was there before."""
    size, known = before[:2] or (0, "")
    digest, read_, has_grown = hashlib.sha256(), 0, False
    with _open(inbox, path) as stream:
        while piece := stream.read(min(1 << 20, size - read_) if read_ < size else 1 << 20):
            digest.update(piece)
            read_ += len(piece)
            has_grown |= read_ == size and digest.hexdigest() == known
    return [read_, digest.hexdigest()], has_grown
