"""`layout.toml` beside the logs: how to read a form that is not known, or what a known one leaves
unsaid.

    [[log]]
    files = "kiosk-*.log"              # which files, below the folder of this file; all by default
    timezone = "Europe/Berlin"         # of times that name no zone; UTC by default
    time_format = "%d/%m/%Y %H:%M:%S"  # for strptime; known forms need none
    charge_point = '([^/]+)/[^/]+$'    # the charge point by the path: the pattern's first group
    pattern = '(?P<time>\\S+) (?P<charge_point>\\S+) (?P<frame>\\[.*\\])'

The pattern is searched for in each line of a text log; its groups are time, charge_point, and frame
or message_id, message_type, action, payload (direction may be there, and is not used). Lines that
do not match are left out. A table names its columns instead, one without a header all of them:

    [[log]]
    columns = { time = "When", charge_point = "Kiosk", frame = "Text" }
    header = ["No", "When", "Kiosk", "Text"]
    delimiter = ";"

The first `[[log]]` whose `files` fits is used, of the nearest folder that has a `layout.toml`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from extract.vendors.ocpp.poll.forms import Hints
from extract.vendors.ocpp.poll.names import ALIASES, Naming
from extract.vendors.ocpp.poll.times import Clock

FILE = "layout.toml"
_OURS = {"charge_point": "charge_point_id", "payload": "body"}
_GROUPS = frozenset([*ALIASES, *_OURS, "direction"])


class LayoutError(Exception):
    """A layout file that cannot be used; the text says which entry, and why."""


class Log(BaseModel):
    """One `[[log]]` of a layout file."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    files: str = "*"
    timezone: ZoneInfo | None = None
    time_format: str | None = None
    charge_point: re.Pattern[str] | None = None
    pattern: re.Pattern[str] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    header: list[str] = Field(default_factory=list)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)

    @field_validator("timezone", mode="before")
    @classmethod
    def _zone(cls, name: Any) -> ZoneInfo:
        try:
            return ZoneInfo(str(name))
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is no IANA time zone, such as Europe/Berlin") from error

    @field_validator("pattern", "charge_point", mode="before")
    @classmethod
    def _pattern(cls, text: Any) -> re.Pattern[str]:
        try:
            return re.compile(str(text))
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from error

    @field_validator("pattern")
    @classmethod
    def _has_known_groups(cls, pattern: re.Pattern[str] | None) -> re.Pattern[str] | None:
        groups = set(pattern.groupindex if pattern is not None else ("time", "frame"))
        if unknown := groups - _GROUPS:
            raise ValueError(f"has groups that are not known: {', '.join(sorted(unknown))}")
        if "time" not in groups or not groups & {"frame", "payload", "body"}:
            raise ValueError("needs the groups time, and frame or payload")
        return pattern

    @field_validator("charge_point")
    @classmethod
    def _has_group(cls, pattern: re.Pattern[str] | None) -> re.Pattern[str] | None:
        if pattern is not None and not pattern.groups:
            raise ValueError("needs a group in parentheses, which is the charge point")
        return pattern

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := set(columns) - _GROUPS:
            raise ValueError(f"names fields that are not known: {', '.join(sorted(unknown))}")
        return columns

    def hints(self, name: str, path: str, charge_point: str) -> Hints:
        """What is known of a file. LayoutError where its path does not match `charge_point`."""
        own = tuple((theirs, _OURS.get(ours, ours)) for ours, theirs in self.columns.items())
        naming = Naming(own=own)
        if self.charge_point is not None:
            found = self.charge_point.search(path)
            if found is None or not found[1]:
                raise LayoutError("its path does not match charge_point in layout.toml")
            charge_point = found[1]
            if "charge_point_id" not in dict(own).values():
                naming = Naming(charge_point=charge_point, own=own)
        clock = Clock(self.timezone, self.time_format)
        return Hints(
            *(name, charge_point, clock, naming),
            *(self.pattern, self.delimiter, tuple(self.header), self.charge_point is not None),
        )


class _Layout(BaseModel):
    model_config = ConfigDict(extra="forbid")

    log: list[Log]


class Layouts:
    """The layout files of an inbox: folder (below the inbox, "" is the inbox itself) → content."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self._read: dict[str, list[Log]] = {}

    def of(self, path: str) -> tuple[str, bytes] | None:
        """The folder and the content of the layout file that counts for a path below the inbox."""
        for folder in PurePosixPath(path).parents:
            name = "" if str(folder) == "." else str(folder)
            if name in self._files:
                return name, self._files[name]
        return None

    def digest(self, path: str) -> str:
        """Of the layout file that counts for a path; empty where there is none."""
        found = self.of(path)
        return "" if found is None else hashlib.sha256(found[1]).hexdigest()[:16]

    def hints(self, path: str) -> Hints:
        """What is known of a file by its path. LayoutError where the layout file is wrong."""
        name, point = PurePosixPath(path).name, charge_point_of(path)
        found = self.of(path)
        if found is None:
            return Hints(name, point)
        folder, content = found
        if folder not in self._read:
            self._read[folder] = _parse(content)
        below = path.removeprefix(folder).lstrip("/")
        for log in self._read[folder]:
            if fnmatchcase(below, log.files) or fnmatchcase(name, log.files):
                return log.hints(name, path, point)
        return Hints(name, point)


def _parse(content: bytes) -> list[Log]:
    try:
        return _Layout.model_validate(tomllib.loads(content.decode())).log
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LayoutError(f"layout.toml is no TOML ({error})") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc']))} {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise LayoutError(f"layout.toml: {problems}") from error


_SUFFIXES = re.compile(
    r"(\.(gz|zst|zip|tar|tgz|bz2|xz|log|txt|csv|tsv|json|jsonl|ndjson|parquet|out|\d+))+$", re.I
)
_DATES = re.compile(
    r"(?<![A-Za-z0-9])(?:19|20)\d\d[-_.]?(?:0\d|1[0-2])(?:[-_.]?[0-3]\d)?"
    r"(?:[-_.T ]?[0-2]\d[-_.:]?[0-5]\d(?:[-_.:]?[0-5]\d)?)?Z?(?![A-Za-z0-9])"
)
_WORD = (
    r"(?:(?:lib)?ocpp(?:[._-]?[12][._]?\d(?:[._]?\d)?j?)?|logs?|messages?|trace|debug|export|dump|data"
    r"|frames?|raw|output|console|file|current|csms|server|central|system|everest|steve|evcc|history"
    r"|backup|all|\d{1,4})"
)
_SAYS_NOTHING = re.compile(rf"{_WORD}(?:[-_. ]+{_WORD})*", re.I)
_AROUND = re.compile(rf"^(?:{_WORD}[-_. ]+)+|(?:[-_. ]+(?!\d){_WORD})+$", re.I)


def charge_point_of(path: str) -> str:
    """The charge point that a path names, for logs that name none: the file's name without dates,
    suffixes and words such as log; the folder's where nothing is left (`CP-7/messages.log`); else
    the file's name without dates and suffixes."""
    parts = [_DATES.sub("", _SUFFIXES.sub("", part)).strip("-_. ") for part in path.split("/")]
    for part in reversed(parts):
        if part and _SAYS_NOTHING.fullmatch(part) is None:
            return _AROUND.sub("", part) or part
    return parts[-1] or _SUFFIXES.sub("", path.rsplit("/", 1)[-1])
