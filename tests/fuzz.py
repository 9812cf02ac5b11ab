"""Mutated answers through every flattener, mutated logs through the inbox: `python -m tests.fuzz`.

Bounded by `--seconds`. Whatever bytes a vendor sends, flattening must give tables of the fixed
schemas and never raise; whatever lies in the inbox, a poll must end. The first input that breaks
this is printed with its number, and the exit status is 1. What is tried follows from `--seed`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from extract.lake import raw
from extract.lake.files import Lake, LakeFile, parquet_bytes
from extract.lake.raw import Partition
from extract.lake.schemas import TABLES
from extract.settings import Settings
from extract.steps.load import flatten
from tests.chaos import make_files
from tests.ocpp_fuzz import fuzz_inbox

TOKENS = (
    *(b"null", b"true", b"-1", b"1e999", b"NaN", b'""', b"[]", b"{}", b"0", b"\\u0000"),
    *(b"\\ud800", b"\xff", b"\x00", b"9" * 400, b"[" * 3000, b'{"a":' * 2000, b'"\xe4"'),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b",", b":", b'"', b"}", b"]"),
)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with one to six changes."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 4, 40, 400)))
        change = chance.randrange(4)
        if change == 0:
            data[at:end] = b""
        elif change == 1:
            data[at:at] = chance.choice(TOKENS)
        elif change == 2:
            data[at:end] = chance.choice(TOKENS)
        else:
            data[at:at] = data[at:end]
    return bytes(data)


Attempt = Callable[[random.Random], bytes]


def flattener_of(lake: Lake, partition: Partition, file: LakeFile) -> Attempt:
    """Puts mutated bodies into a raw file and flattens it; gives the first of the bodies."""
    table = lake.read(file.path)
    place = table.schema.get_field_index("body")
    kind, bodies = table.schema.field(place).type, table["body"].to_pylist()

    def attempt(chance: random.Random) -> bytes:
        changed = [body and _mutated(body, chance) for body in bodies]
        column = pa.array(changed, kind)
        body_hash = table.schema.get_field_index("body_hash")
        other = table.set_column(place, table.schema.field(place), column)
        if body_hash >= 0:
            marks = pa.array([str(number) for number in range(len(other))])
            other = other.set_column(body_hash, table.schema.field(body_hash), marks)
        with tempfile.TemporaryDirectory() as folder:
            own = Lake(folder)
            own.write(file.path, parquet_bytes(other, plain=("body",)))
            found = flatten(own, partition, [LakeFile(file.path, 1)])
        for name, made in found.items():
            assert made.schema.equals(TABLES[name]), name
            made.validate(full=True)
        first = next((body for body in changed if body), b"")
        return first if isinstance(first, bytes) else first.encode()

    return attempt


def _mutated(body: bytes | str, chance: random.Random) -> bytes | str:
    if chance.random() < 0.5:
        return body
    if isinstance(body, bytes):
        return mutated(body, chance)
    return mutated(body.encode(), chance).decode(errors="replace")


def targets(settings: Settings) -> dict[str, Attempt]:
    """What is fuzzed, by name: each source and stream, and the inbox."""
    lake = Lake(settings.lake_url)
    found: dict[str, Attempt] = {}
    for partition, files in raw.partitions(lake).items():
        smallest = min(files, key=lambda file: file.size)
        name = f"{partition.source}/{partition.stream}"
        found.setdefault(name, flattener_of(lake, partition, smallest))
    for path in sorted((settings.home / "inbox").rglob("*")):
        if path.is_file():
            content = path.read_bytes()[:20_000]

            def attempt(chance: random.Random, content: bytes = content) -> bytes:
                data = mutated(content, chance)
                fuzz_inbox(data)
                return data

            found[f"inbox/{path.name}"] = attempt
    return found


def main() -> int:
    """Fuzz every target in turn until the time is up; 0 if nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        fuzzed = targets(make_files(Path(scratch)))
        counts = dict.fromkeys(fuzzed, 0)
        end = time.monotonic() + given.seconds
        while time.monotonic() < end:
            for name, attempt in fuzzed.items():
                try:
                    attempt(chance)
                except Exception:
                    traceback.print_exc()
                    print(f"{name} broke at attempt {counts[name]} with seed {given.seed}")
                    return 1
                counts[name] += 1
    for name, count in counts.items():
        print(f"{name}: {count:,} inputs, none broke it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
