"""The bytes of a file: decompressed, as UTF-8, in lines of a bounded length."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa

HEAD = 1 << 20
"""Bytes by which the form of a file is recognised."""

LONGEST = 16 << 20
"""Bytes of the longest line, or record, that is read; a longer one is quarantined."""

_COMPRESSED: list[tuple[bytes, Callable[[Any], Any]]] = [
    (b"\x1f\x8b", lambda content: gzip.GzipFile(fileobj=content, mode="rb")),
    (b"\x28\xb5\x2f\xfd", lambda content: pa.input_stream(_Kept(content), compression="zstd")),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
]


class _Kept(io.RawIOBase):
    """A stream that stays open when Arrow closes this one."""

    def __init__(self, content: IO[bytes]) -> None:
        super().__init__()
        self._content = content

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(size)


_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError, pa.ArrowException)
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Bytes(io.RawIOBase):
    """The bytes of a stream, in pieces as large as asked for. What is compressed and damaged ends
    there, and `cut` says so; `error` is what the stream said."""

    def __init__(self, content: Any, *, is_packed: bool = False) -> None:
        super().__init__()
        self._read = getattr(content, "read1", content.read)  # what comes before an error counts
        self._is_packed = is_packed
        self.cut = False
        self.error = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        filled = 0
        while filled < len(buffer) and not self.cut:
            piece = self._piece(len(buffer) - filled)
            if not piece:
                break
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def _piece(self, size: int) -> bytes:
        if not self._is_packed:
            return self._read(size)
        try:
            return self._read(size)
        except _DAMAGED as error:
            self.cut, self.error = True, str(error)
            return b""


def unpacked(content: IO[bytes]) -> Bytes:
    """The bytes of a file without its compression, if it has one: gzip, zstd, bzip2, xz. `content`
    can be read from any place and stands at its beginning."""
    start = content.read(6)
    content.seek(0)
    for magic, opened in _COMPRESSED:
        if start.startswith(magic):
            return Bytes(opened(content), is_packed=True)
    return Bytes(content)


def is_packed(start: bytes) -> bool:
    """Whether bytes are the beginning of a compressed file."""
    return any(start.startswith(magic) for magic, _ in _COMPRESSED)


def buffered(content: Bytes) -> io.BufferedReader:
    """The same with a buffer of which the first `HEAD` bytes can be seen beforehand; what is UTF-16
    becomes UTF-8."""
    stream: io.BufferedReader = io.BufferedReader(content, HEAD)
    encoding = _UTF16.get(stream.peek(HEAD)[:2])
    if encoding is None:
        return stream
    return io.BufferedReader(Bytes(_AsUtf8(stream, encoding)), HEAD)


class _AsUtf8:
    """UTF-16 read as UTF-8; what is neither becomes a question mark in a diamond."""

    def __init__(self, content: IO[bytes], encoding: str) -> None:
        self._content = content
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._left:
            piece = self._content.read(1 << 16)
            self._left = self._decoder.decode(piece, not piece).encode("utf-8", "replace")
            if not piece:
                break
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def head_of(stream: io.BufferedReader) -> bytes:
    """The first `HEAD` bytes, which are still to be read; without the mark of UTF-8."""
    return stream.peek(HEAD)[:HEAD].removeprefix(codecs.BOM_UTF8)


def lines_of(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every line with its number, from 1; one that is too long ends without a line end."""
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        yield number, line
        while len(line) >= LONGEST and not line.endswith(b"\n"):  # the rest of it
            line = stream.readline(LONGEST)
