"""Archives: the logs in a ZIP or tar file, compressed or not, up to three within one another."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from extract.vendors.ocpp.poll.batch import FormatError, IncompleteError
from extract.vendors.ocpp.poll.layout import FILE as LAYOUT
from extract.vendors.ocpp.poll.sources import Bytes, is_packed, unpacked

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TAR = slice(257, 262)
_CUT = "the archive is cut off or damaged; nothing of it is taken"
_DEEPEST = 3
_IN_MEMORY = 32 << 20


def is_archive(content: IO[bytes]) -> bool:
    """Whether a file holds files. `content` stands at its beginning, before and after."""
    return _kind(content) != ""


def members(content: IO[bytes], depth: int = 1) -> Iterator[tuple[str, IO[bytes]]]:
    """(path in the archive, content that can be read from any place) of every log in a file; the
    content is good until the next is asked for. A file that is no archive is its only member, ""
    by name. IncompleteError where the archive ends in the middle, FormatError where it cannot be
    opened."""
    kind = _kind(content)
    if kind == "":
        yield "", content
        return
    if depth > _DEEPEST:
        raise FormatError("it holds archives within archives, more than three deep")
    for path, inner in _files(kind, content):
        with _seekable(inner) as whole:
            for name, log in members(whole, depth + 1):
                yield "/".join(part for part in (path, name) if part), log


def _kind(content: IO[bytes]) -> str:
    """zip, tar, packed (an archive or another compressed file, compressed); empty for a log."""
    start = content.read(512)
    content.seek(0)
    if start.startswith(_ZIP):
        return "zip"
    if start[_TAR] == b"ustar":
        return "tar"
    if not is_packed(start):
        return ""
    within = io.BufferedReader(unpacked(content), 1024).read(512)
    content.seek(0)
    if within[_TAR] == b"ustar":
        return "tar"
    return "packed" if within.startswith(_ZIP) or is_packed(within) else ""


def _files(kind: str, content: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    if kind == "packed":
        yield "", io.BufferedReader(unpacked(content))
    elif kind == "zip":
        yield from _of_zip(content)
    else:
        yield from _of_tar(content)


@contextmanager
def _opening() -> Iterator[None]:
    """Raise the errors of an archive's reader as FormatError or IncompleteError."""
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:  # a password, an unknown compression
        raise FormatError(
            "it is an archive that is encrypted or packed in an unusual way"
        ) from error
    except Exception as error:  # these readers raise whatever damaged bytes make them raise
        raise IncompleteError(_CUT) from error


def _of_zip(content: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with _opening():
        archive = zipfile.ZipFile(content)
    with archive:
        if "[Content_Types].xml" in archive.namelist():
            raise FormatError("it is an Office document; save its table as CSV")
        for info in archive.infolist():
            if not info.is_dir() and info.file_size and _is_log(info.filename):
                with _opening():
                    inner = archive.open(info)
                with inner:
                    yield info.filename, inner


def _of_tar(content: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    source = unpacked(content)
    tail = _Tail(source)
    with _opening():
        archive = tarfile.open(fileobj=tail, mode="r|")  # noqa: SIM115  closed below
    with archive:
        while (info := _next(archive)) is not None:
            if info.isfile() and info.size and _is_log(info.name):
                inner = archive.extractfile(info)
                assert inner is not None
                yield info.name, inner
    while tail.read(1 << 16):
        pass
    if source.cut or tail.last.strip(b"\0"):  # an archive ends in blocks of zeros
        raise IncompleteError(_CUT)


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _opening():
        return archive.next()


class _Tail(io.RawIOBase):
    """Bytes as they come; `last` are the last 512 of them."""

    def __init__(self, content: IO[bytes] | Bytes) -> None:
        super().__init__()
        self._content = io.BufferedReader(content)  # type: ignore[type-var]
        self.last = b"\1"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = self._content.read(size)
        self.last = (self.last + piece)[-512:]
        return piece


def _is_log(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return not any(part.startswith((".", "__MACOSX")) and part != "." for part in parts) and (
        parts[-1] != LAYOUT
    )


@contextmanager
def _seekable(content: IO[bytes]) -> Iterator[IO[bytes]]:
    """A copy in memory, or in a temporary file without a name."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        with _opening():
            shutil.copyfileobj(content, copy, 1 << 20)
        copy.seek(0)
        yield copy
