"""Samples of a window that have not landed yet, in a file that survives `kill -9`.

`<home>/chargeamps/spool/<start of the window>.open` grows by one synced frame per tick; a torn last
frame is left out. The sampling process locks the file; if it dies, the lock is released and the
next process resumes the window, or lands the file. Before it lands, the file is renamed to `.done`;
after that it is deleted. After a crash in between the same rows land again, as the same raw file.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from extract.http import Exchange
from extract.vendors.chargeamps.poll.fleet import Fleet
from extract.vendors.chargeamps.poll.ticks import Window, first_tick

_log = logging.getLogger("wattstar")
_LENGTH = struct.Struct("<I")


class Head(msgspec.Struct):
    """The first frame: what is to be sampled."""

    start: datetime
    end: datetime
    interval: timedelta
    begin: datetime  # the first tick of this window that counts: those before were never due
    fleet: Fleet

    def ticks(self, after: datetime | None) -> Iterator[datetime]:
        """The ticks after one of them; None: from the beginning."""
        at = first_tick(self.begin, self.interval) if after is None else after + self.interval
        while at < self.end:
            yield at
            at += self.interval


class Spool:
    """One file of samples, locked for as long as it is open."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self._file = path, os.fdopen(descriptor, "r+b")
        whole = self._whole()
        self._file.truncate(whole)
        self._file.seek(whole)

    @property
    def is_done(self) -> bool:
        """Whether it is complete, so that it may have landed."""
        return self.path.suffix == ".done"

    def add(self, exchanges: list[Exchange]) -> None:
        """Write the samples of a tick to the disk."""
        self._add(msgspec.msgpack.encode(exchanges))

    def begin(self, head: Head) -> None:
        """Write the first frame."""
        self._add(msgspec.msgpack.encode(head))

    def _add(self, content: bytes) -> None:
        self._file.write(_LENGTH.pack(len(content)) + content)
        self._file.flush()
        os.fsync(self._file.fileno())

    def head(self) -> Head | None:
        """The first frame; None where it was not written."""
        first = next(self._frames(), None)
        return None if first is None else msgspec.msgpack.decode(first, type=Head)

    def last(self) -> datetime | None:
        """The last tick in it."""
        found = None
        for exchanges in self._ticks():
            found = exchanges[0].query_time if exchanges else found
        return found

    def exchanges(self) -> list[Exchange]:
        """All samples, tick by tick."""
        return [exchange for exchanges in self._ticks() for exchange in exchanges]

    def _ticks(self) -> Iterator[list[Exchange]]:
        decoder = msgspec.msgpack.Decoder(list[Exchange])
        frames = self._frames()
        next(frames, None)
        return (decoder.decode(frame) for frame in frames)

    def _frames(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while len(head := file.read(_LENGTH.size)) == _LENGTH.size:
                (length,) = _LENGTH.unpack(head)
                if len(content := file.read(length)) < length:
                    return
                yield content

    def _whole(self) -> int:
        return sum(_LENGTH.size + len(frame) for frame in self._frames())

    def done(self) -> None:
        """Mark the file as complete: from now on it can only land."""
        if not self.is_done:
            self.path = self.path.rename(self.path.with_suffix(f".{uuid.uuid4().hex[:8]}.done"))

    def is_readable(self) -> bool:
        """Whether each frame is as this version of the code writes it."""
        try:
            self.last()
            self.head()
        except msgspec.MsgspecError:
            return False
        return True

    def set_aside(self) -> None:
        """Rename a file that cannot be read, so that no process stops at it, and log so."""
        broken = self.path.rename(self.path.with_suffix(f".{uuid.uuid4().hex[:8]}.broken"))
        _log.error("chargeamps: samples that have not landed cannot be read: see %s", broken)
        self.close()

    def delete(self) -> None:
        """Delete the file, which has landed, and give up the lock."""
        self.path.unlink()
        self.close()

    def close(self) -> None:
        """Give up the lock."""
        self._file.close()


def take(folder: Path, window: Window) -> Spool | None:
    """The window's file, made where there is none; None where another process samples the window
    now."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _taken(folder / f"{window.start:%Y%m%dT%H%M%S%f}.open", os.O_CREAT)


def left_behind(folder: Path, but: Window) -> Iterator[Spool]:
    """Files of processes that died; not the file of the window that is to be sampled now."""
    own = f"{but.start:%Y%m%dT%H%M%S%f}.open"
    paths: Iterable[Path] = sorted(folder.glob("*.open")) + sorted(folder.glob("*.done"))
    for path in paths:
        if path.name != own and (spool := _taken(path)):
            yield spool


def _taken(path: Path, flags: int = 0) -> Spool | None:
    """The file, locked. None where another process has locked it, and where it is gone and `flags`
    do not create it."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | flags, 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if not _is(path, descriptor):
            os.close(descriptor)  # it was landed, or renamed, between the two: look again
            continue
        spool = Spool(path, descriptor)
        if spool.is_readable():
            return spool
        spool.set_aside()


def _is(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
