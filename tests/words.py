"""Refuse the words that this project has given up, and say which to use instead.

    python -m tests.words            one line per hit: file:line, the word, what to say; exit 1
    python -m tests.words --count    how many hits per file

Each word meant several things, or none that a newcomer could guess. It is refused in code (as a
part of a name), in file names and in prose, whole words only: `told` is found in `is_told` and in
`Told`, not in `untold`. A word that must stay, such as a vendor's own text, is in ALLOWED.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.settings import PROJECT

PLACES = ("extract", "dags", "tests", "dbt_project", "docs", "README.md", "CONTRIBUTING.md")
ENDINGS = {".py", ".sql", ".yml", ".yaml", ".md", ".csv", ".toml"}
NOT_OURS = {"target", "dbt_packages", "logs", "__pycache__"}

REFUSED = {
    r"told": "payload, message, expected, reported …: what it is, or who sent it",
    r"tellings?": "report, answer, record",
    r"tellers?": "endpoint: the one that is used for the object",
    r"homeless": "unassigned",
    r"alike": "equal, the same, similar",
    r"Filled": "ColumnChunk, or what the filled thing is",
    r"forgiv\w*": "mark_empty, allow, accept",
    r"played": "simulated, sandbox_settings",
    r"plugs?(?![_-]?ins?\b)": "connector; plug_in only where a car is connected",
    r"stays(?=\.py)|(?<=import )stays": "plug_ins",
    r"unsent": "send_error",
    r"whoever": "who it is: the process, the caller, the reader",
    r"(?:comes?|came) of it": "the result, success or failure",
    r"nobody agreed": "what was not done, and what to type",
    r"landed as good": "how many answers are usable",
    r"not its turn": "what it waits for",
    r"mend or move": "what is wrong with the file, and what to type",
}
"""Refused word (a regular expression, any case unless it has a capital) → what to say instead."""

ALLOWED: dict[tuple[str, str], str] = {
    ("tests/words.py", ""): "it lists the refused words",
    ("tests/unit/test_words.py", ""): "it plants refused words to see them found",
}
"""(file, word in lower case; "" for any) → why the word stays there."""


def _compiled(word: str) -> re.Pattern[str]:
    """Whole words only, where `_` and a change to a capital end a word as a blank does."""
    flags = 0 if any(letter.isupper() for letter in re.sub(r"\\\w", "", word)) else re.IGNORECASE
    return re.compile(rf"(?<![^\W_])(?:{word})(?![a-z0-9])", flags)


PATTERNS = {_compiled(word): instead for word, instead in REFUSED.items()}


@dataclass(frozen=True)
class Hit:
    """A refused word: the file relative to the project, its line (0: in the file's name)."""

    file: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word!r}: say {self.instead}"


def hits_of(file: str, text: str) -> Iterator[Hit]:
    """Every refused word of a file, in its name and its text, but for the allowed ones."""
    for number, line in enumerate([Path(file).name, *text.splitlines()]):
        for pattern, instead in PATTERNS.items():
            for match in pattern.finditer(line):
                word = match[0]
                if not {(file, ""), (file, word.lower())} & ALLOWED.keys():
                    yield Hit(file, number, word, instead)


def files(root: Path, places: Iterable[str] = PLACES) -> Iterator[Path]:
    """The text files that are checked."""
    for place in places:
        path = root / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path] * path.exists():
            if file.suffix in ENDINGS and not NOT_OURS & {*file.relative_to(root).parts}:
                yield file


def hits(root: Path, places: Iterable[str] = PLACES) -> Iterator[Hit]:
    """Every refused word of the project."""
    for file in files(root, places):
        yield from hits_of(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))


def main(words: Sequence[str] | None = None) -> int:
    """Print what was found; 1 where something was. `words`: of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.words",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", action="store_true", help="hits per file instead of each")
    parser.add_argument("places", nargs="*", default=PLACES, help="files or folders; else all")
    arguments = parser.parse_args(words)
    found = list(hits(PROJECT, arguments.places))
    if arguments.count:
        for file, count in Counter(hit.file for hit in found).most_common():
            print(f"{count:5} {file}")
    else:
        for hit in found:
            print(hit)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
