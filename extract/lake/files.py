"""Where the lake's files are: a local folder or an object store, behind one small class.

A file appears whole or not at all: locally it is written under `.tmp/`, synced and renamed; an
object store shows an upload when it is complete.
"""

from __future__ import annotations

import fcntl
import os
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs


@dataclass(frozen=True, order=True)
class LakeFile:
    """A file of the lake: `path` is relative to the lake, `size` in bytes, `modified_ns` when it
    was written (ns since 1970 UTC). Files are equal when path and size are."""

    path: str
    size: int
    modified_ns: int = field(default=0, compare=False)


class Lake:
    """Files below one root; every path in and out is relative to it, with `/`."""

    def __init__(self, url: str) -> None:
        self.url = url
        if "://" in url:
            self.filesystem, self.root = fs.FileSystem.from_uri(url)
        else:
            self.filesystem, self.root = fs.LocalFileSystem(), str(Path(url).resolve())
        self.is_local = isinstance(self.filesystem, fs.LocalFileSystem)

    def __repr__(self) -> str:
        return f"Lake({self.url})"

    def absolute(self, path: str) -> str:
        """The path as the file system knows it."""
        return posixpath.join(self.root, path)

    def files(self, below: str, suffix: str = ".parquet") -> Iterator[LakeFile]:
        """Every complete file below a folder, in any depth; none where the folder is missing."""
        selector = fs.FileSelector(self.absolute(below), recursive=True, allow_not_found=True)
        for info in self.filesystem.get_file_info(selector):
            if info.type == fs.FileType.File and info.path.endswith(suffix):
                path = posixpath.relpath(info.path, self.root)
                yield LakeFile(path, info.size, info.mtime_ns or 0)

    def write(self, path: str, content: pa.Buffer | bytes) -> None:
        """Write a whole file, replacing what was there."""
        if self.is_local:
            self._write_local(path, content)
            return
        with self.filesystem.open_output_stream(self.absolute(path)) as stream:
            stream.write(content)

    def _write_local(self, path: str, content: pa.Buffer | bytes) -> None:
        target = Path(self.absolute(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary, descriptor = self._temporary()
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            temporary.rename(target)
        parent = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)

    def _temporary(self) -> tuple[Path, int]:
        """A new file under `.tmp/`, locked for as long as it is open: the kernel frees the lock of
        a writer that dies, which `sweep` then sees."""
        folder = Path(self.absolute(".tmp"))
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / uuid.uuid4().hex
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with suppress(OSError):  # a file system without locks: `sweep` then deletes nothing
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return path, descriptor
            os.close(descriptor)  # swept between the two

    def sweep(self) -> int:
        """Delete what killed writers left under `.tmp/`; how many files. An object store has
        none."""
        if not self.is_local:
            return 0
        files = filter(Path.is_file, Path(self.absolute(".tmp")).glob("*"))
        return sum(map(_delete_abandoned, files))

    def read(self, path: str, columns: list[str] | None = None) -> pa.Table:
        """One Parquet file as a table. ArrowInvalid or OSError where it cannot be read."""
        with self.filesystem.open_input_file(self.absolute(path)) as stream:
            return pq.ParquetFile(stream).read(columns=columns, use_threads=False)

    def schema(self, path: str) -> pa.Schema:
        """The columns of a Parquet file. ArrowInvalid or OSError where it cannot be read."""
        with self.filesystem.open_input_file(self.absolute(path)) as stream:
            return pq.read_schema(stream)

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        info = self.filesystem.get_file_info(self.absolute(path))
        return bool(info.type == fs.FileType.File)

    def delete(self, path: str) -> None:
        """Remove one file; nothing happens where it is gone already."""
        if self.filesystem.get_file_info(self.absolute(path)).type != fs.FileType.NotFound:
            self.filesystem.delete_file(self.absolute(path))


def _delete_abandoned(path: Path) -> bool:
    """Delete a temporary file whose writer is dead; whether it was one."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # it has just become a file of the lake
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:  # its writer lives, or there are no locks to tell
        return False
    finally:
        os.close(descriptor)
    return True


def parquet_bytes(table: pa.Table, *, plain: tuple[str, ...] = (), level: int = 9) -> pa.Buffer:
    """A table as one Parquet file in memory; columns named in `plain` (long bodies) get
    neither a dictionary nor statistics, which would only repeat them. `level` is zstd's: whole
    answers compress 20:1 with 9, and are read no slower for it."""
    columns = [name for name in table.schema.names if name not in plain]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=level,
        use_dictionary=columns,
        write_statistics=columns,
    )
    return sink.getvalue()
