"""Reference files in the lake: land one, list them, flatten them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from extract.http import Exchange
from extract.lake import raw
from extract.lake.columns import table
from extract.lake.fields import Issue
from extract.lake.files import Lake, LakeFile
from extract.lake.quarantine import Quarantine, start_of
from extract.lake.raw import Answer, Partition, flatten_answers
from extract.reference.kinds import ReferenceFileError, kind_of

SOURCE = "reference"


@dataclass(frozen=True)
class ReferenceFile:
    """One version of a reference file; `given_at` is UTC."""

    kind: str
    name: str
    given_at: datetime
    file: str
    content: str


def add(
    lake: Lake, kind_name: str, path: Path, zone: ZoneInfo, now: datetime | None = None
) -> ReferenceFile:
    """Land a file and those that it names beside it. ReferenceFileError where it is not of the
    kind; then nothing has landed. Local times in it are of `zone`; `now` (UTC) is for tests."""
    kind, at = kind_of(kind_name), now or datetime.now(UTC)
    name, content = path.stem, _text(path)
    try:
        beside = {file: _text(path.parent / file) for file in kind.companions(name, content)}
        kind.check(name, content, beside, zone)
    except ValueError as error:
        raise ReferenceFileError(f"{path} is no file of kind {kind_name}: {error}") from error
    main = _exchange(kind_name, name, path.name, content, at)
    others = [_exchange(kind_name, name, *each, at) for each in beside.items()]
    for other in others:
        other.endpoint = "companion"
    raw.land(lake, [main, *others])
    return ReferenceFile(kind_name, name, at, path.name, content)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReferenceFileError(f"{path} cannot be read: {error}") from error


def _exchange(kind: str, name: str, file: str, content: str, at: datetime) -> Exchange:
    return Exchange(
        *(SOURCE, kind, "file", name),
        url=f"file:{file}",
        params={"file": file},
        requested_at=at,
        query_time=at,
        status_code=200,
        attempts=1,
        body=content.encode(),
    )


def versions(lake: Lake, kind: str | None = None) -> list[ReferenceFile]:
    """Every version of every file that was given, of all kinds or of one, oldest first."""
    found = []
    for partition, files in raw.partitions(lake, SOURCE).items():
        if kind in (None, partition.stream):
            for answer in raw.answers(lake, partition, files):
                if answer.endpoint == "file":
                    found.append(_version(partition.stream, answer))
    return sorted(found, key=lambda version: (version.given_at, version.kind, version.name))


def _version(kind: str, answer: Answer) -> ReferenceFile:
    at = datetime.fromtimestamp(answer.query_time / 1e6, UTC)
    return ReferenceFile(kind, answer.scope, at, _file(answer), _content(answer))


def _file(answer: Answer) -> str:
    params: Mapping[str, str] = json.loads(answer.params)
    return params.get("file", answer.scope)


def _content(answer: Answer) -> str:
    return bytes(answer.body or b"").decode()


class _Flattener:
    """Takes the files of a partition in the order in which they were given."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.quarantine = Quarantine(partition)
        self._files: dict[tuple[str, int], tuple[str, str]] = {}
        self._companions: dict[tuple[str, int], dict[str, str]] = {}

    def add(self, answer: Answer) -> None:
        """Take the next file. One that is no text is quarantined."""
        try:
            content = _content(answer)
        except UnicodeDecodeError as error:
            shown = start_of(answer.body)
            self.quarantine.add(answer, Issue(answer.scope, None, shown, f"is no text: {error}"))
            return
        key = answer.scope, answer.query_time
        if answer.endpoint == "companion":
            self._companions.setdefault(key, {})[_file(answer)] = content
        else:
            self._files[key] = _file(answer), content

    def tables(self) -> dict[str, pa.Table]:
        """`reference_files`, and what could not be read."""
        where = self.partition
        rows = [
            (
                *(where.source, name, where.day, at, file, content),
                *(json.dumps(self._companions.get((name, at), {}), sort_keys=True), where.stream),
            )
            for (name, at), (file, content) in sorted(self._files.items())
        ]
        return {"reference_files": table("reference_files", rows), **self.quarantine.tables()}


def flatten(lake: Lake, partition: Partition, files: list[LakeFile]) -> Mapping[str, pa.Table]:
    """The typed tables of the files given on one UTC date."""
    return flatten_answers(_Flattener(partition), lake, partition, files)
