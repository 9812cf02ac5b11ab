"""Take what has arrived in the inbox: each file's messages as raw rows.

A file is known by its content: one that is delivered again, also under another name, is not read
twice. Of a file that has grown only the new part lands. Other messages that are in several files
land several times, and are deduplicated when they are flattened. Of a file that ends in the middle
the part before lands, and the rest when the whole has arrived; every poll says so. A file that
cannot be read is refused whole, and read again when it or its layout file has changed. A file with
a fault does not stop the others.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from datetime import UTC, datetime

from pyarrow import fs

from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Rows
from extract.lake.state import StateFile
from extract.settings import Settings
from extract.vendors.ocpp.poll.arrivals import Arrived, Inbox, printable
from extract.vendors.ocpp.poll.landing import Landing as RawRows
from extract.vendors.ocpp.poll.layout import LayoutError, Layouts
from extract.vendors.ocpp.poll.look import REMEDY
from extract.vendors.ocpp.poll.progress import Entry, Progress
from extract.vendors.ocpp.poll.readers import FormatError, IncompleteError, read

_log = logging.getLogger(__name__)


def poll(settings: Settings, streams: Collection[str], land: Landing) -> None:
    """Land the messages of every file that is new, and name each that could not be taken, or not to
    its end. AccessError where no inbox is set or it is not there, PseudonymKeyError before anything
    lands, OSError where the lake cannot be written."""
    if "messages" not in streams:
        return
    inbox = Inbox(settings)
    taking = _Taking(inbox, land, Pseudonyms(settings, "ocpp"))
    files, layouts = inbox.logs()
    paths = [inbox.below(file.path) for file in files]
    try:
        for file in files:
            taking.take(file, layouts)
    finally:
        taking.progress.write(paths)
    known = [entry for entry in taking.progress.faulty() if entry.file in map(printable, paths)]
    # Not `land.missing`: health asks `refused_files` for them, and would name each twice.
    land.failed += [str(faulty) for faulty in known]
    land.summary = _summary(taking, sum(one.is_refused for one in known), len(known))


def has_news(settings: Settings) -> bool:
    """Whether something lies in the inbox that no poll has read. AccessError as in `poll`."""
    inbox, progress = Inbox(settings), Progress(Lake(settings.lake_url))
    files, layouts = inbox.logs()
    return any(not _is_read(progress, inbox.below(file.path), file, layouts) for file in files)


def marker(digest: str) -> str:
    """The path of the state file that is written when a content has landed."""
    return f"progress/ocpp/{digest}.json"


def _is_read(progress: Progress, path: str, file: Arrived, layouts: Layouts) -> bool:
    entry = progress.entries.get(path)
    return entry is not None and entry.is_of(file, layouts.digest(path))


def _summary(taking: _Taking, refused: int, faulty: int) -> str:
    parts = [f"{_count(taking.messages, 'message')} of {_count(taking.files, 'file')} landed"]
    if taking.quarantined:
        parts.append(f"{_count(taking.quarantined, 'line')} quarantined")
    if refused:
        parts.append(f"{_count(refused, 'file')} refused")
    if faulty > refused:
        parts.append(f"{_count(faulty - refused, 'file')} cut off")
    return "; ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


class _Taking:
    """One poll: counts what has landed."""

    def __init__(self, inbox: Inbox, land: Landing, pseudonyms: Pseudonyms) -> None:
        self.progress = Progress(land.lake)
        self.messages = self.files = self.quarantined = 0
        self._inbox, self._land, self._pseudonyms = inbox, land, pseudonyms

    def take(self, file: Arrived, layouts: Layouts) -> None:
        """Land what is new in a file, and note what is wrong with it."""
        path = self._inbox.below(file.path)
        if _is_read(self.progress, path, file, layouts):
            return
        before = self.progress.entries.get(path)
        entry = Entry(file.size, file.changed, layouts.digest(path))
        entry.read_at = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            self._messages(file.path, path, layouts, before, entry)
        except IncompleteError as error:
            entry.reason = str(error)
        except (FormatError, LayoutError) as error:
            entry.reason, entry.remedy = str(error), REMEDY
        except _LakeError as error:
            raise error.reason from None
        except OSError as error:  # asked for again by the next poll
            entry.reason = f"it cannot be read ({error.strerror or type(error).__name__})"
            entry.remedy, entry.changed = "see to it that it can be read from here", -1
        except Exception as error:  # whatever is in this file, the others are read
            _log.exception("a file of OCPP's inbox cannot be read: %s", printable(path))
            entry.reason = f"it cannot be read ({type(error).__name__}, see the log)"
            entry.remedy = REMEDY
        self.progress.entries[path] = entry

    def _messages(
        self, place: str, path: str, layouts: Layouts, before: Entry | None, entry: Entry
    ) -> None:
        name = printable(path.rsplit("/", 1)[-1])
        has_grown = self._digest(place, before, entry)
        if _is_there(self._land.lake, marker(entry.content_digest)):
            return
        hints = layouts.hints(path)
        rows = RawRows(self._pseudonyms, name, hints.clock)
        if before is not None and has_grown:
            rows.skip_to(before.landed_line)
        try:
            with self._inbox.open(place) as stream:
                for batch in read(stream, hints):
                    for part in rows.rows(batch):
                        self._write(part)
        finally:
            entry.landed_line = 0 if rows.is_archive else rows.landed
            self.messages += rows.messages
            self.quarantined += rows.quarantined
            self.files += bool(rows.messages)
        if rows.unplaced:
            where, why = rows.unplaced[0]
            raise FormatError(
                f"none of its {len(rows.unplaced)} messages can be read: {where} {why}"
            )
        self._write_marker(entry, name)

    def _write(self, rows: Rows) -> None:
        try:
            self._land.rows(rows)
        except Exception as error:
            raise _LakeError(error) from error

    def _write_marker(self, entry: Entry, name: str) -> None:
        try:
            StateFile(self._land.lake, marker(entry.content_digest)).write({"file": name})
        except Exception as error:
            raise _LakeError(error) from error

    def _digest(self, place: str, before: Entry | None, entry: Entry) -> bool:
        """Note the content's size and digest. Returns whether it begins with the content of
        before."""
        size, known = (before.content_size, before.content_digest) if before else (0, "")
        digest, so_far, has_grown = hashlib.sha256(), 0, False
        with self._inbox.open(place) as stream:
            while piece := stream.read(min(1 << 20, size - so_far) if so_far < size else 1 << 20):
                digest.update(piece)
                so_far += len(piece)
                has_grown |= so_far == size and digest.hexdigest() == known
        entry.content_size, entry.content_digest = so_far, digest.hexdigest()
        return has_grown


class _LakeError(Exception):
    """The lake cannot be written: not a fault of the file that is being read."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _is_there(lake: Lake, path: str) -> bool:
    return bool(lake.filesystem.get_file_info(lake.absolute(path)).type != fs.FileType.NotFound)
