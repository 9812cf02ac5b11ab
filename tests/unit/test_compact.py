"""Compaction: fewer files, the same rows, the same fingerprint, whenever it is killed."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from extract.lake import raw
from extract.lake.compact import compact
from extract.lake.files import Lake
from extract.lake.raw import Partition
from extract.lake.state import StateFile
from tests.feed import body, exchange, location

DAY = datetime(2026, 3, 1, tzinfo=UTC)
PARTITION = Partition("chargecloud", "poi", DAY.date())
NEXT = date(2026, 3, 2)


@pytest.fixture
def lake(tmp_path) -> Lake:
    """A lake with twelve polls of one date, and one of the date after."""
    made = Lake(str(tmp_path))
    for number in range(12):
        at = DAY + timedelta(minutes=10 * number)
        word = "CHARGING" if number % 2 else "AVAILABLE"
        raw.land(made, [exchange(body(location("1", name=word), at=at), at, "koeln")])
    late = DAY + timedelta(days=1)
    raw.land(made, [exchange(body(location("1"), at=late), late, "koeln")])
    return made


def rows(lake: Lake) -> list[dict]:
    files = raw.partitions(lake)[PARTITION]
    table = pa.concat_tables([lake.read(file.path) for file in files])
    return sorted(table.to_pylist(), key=lambda row: row["query_time"])


def fingerprints(lake: Lake) -> dict[Partition, str]:
    return {where: raw.fingerprint(files) for where, files in raw.partitions(lake).items()}


def test_a_closed_date_has_fewer_files_with_the_same_rows_and_fingerprint(lake: Lake) -> None:
    before, marks = rows(lake), fingerprints(lake)

    done = compact(lake, NEXT)

    assert (done.before, done.after, done.skipped) == (12, 1, [])
    assert [len(files) for files in raw.partitions(lake).values()] == [1, 1]
    assert rows(lake) == before
    assert fingerprints(lake) == marks
    assert compact(lake, NEXT).before == 0, "nothing is left to do"


def test_a_late_file_makes_a_compacted_date_dirty_and_is_compacted_with_it(lake: Lake) -> None:
    compact(lake, NEXT)
    marks = fingerprints(lake)
    for number in range(4):
        at = DAY + timedelta(hours=20, minutes=number)
        raw.land(lake, [exchange(body(location("2"), at=at), at, "bonn")])

    changed = fingerprints(lake)
    assert changed[PARTITION] != marks[PARTITION]
    assert compact(lake, NEXT).after == 1
    assert fingerprints(lake) == changed


def test_an_open_date_is_left_alone(lake: Lake) -> None:
    assert compact(lake, DAY.date()).before == 0


@pytest.mark.parametrize("written", range(1, 20))
def test_killed_at_any_write_it_loses_nothing_and_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    before, marks = rows(lake), fingerprints(lake)
    changes = iter(range(1, 100))

    def dies(method: str) -> None:
        whole = getattr(Lake, method)

        def change(*arguments: object) -> None:
            if next(changes) == written:
                raise KeyboardInterrupt
            whole(*arguments)

        monkeypatch.setattr(Lake, method, change)

    with monkeypatch.context():
        dies("write")
        dies("delete")
        with suppress(KeyboardInterrupt):
            compact(lake, NEXT)
        monkeypatch.undo()
    assert (rows(lake), fingerprints(lake)) == (before, marks)

    compact(lake, NEXT)
    assert (rows(lake), fingerprints(lake)) == (before, marks)
    assert len(raw.partitions(lake)[PARTITION]) == 1
    assert StateFile(lake, raw.JOURNAL).read() == {}


def test_a_file_that_is_broken_is_skipped_and_named(lake: Lake, tmp_path) -> None:
    first = raw.partitions(lake)[PARTITION][0]
    path = tmp_path / first.path
    path.write_bytes(path.read_bytes()[:-9])

    (text,) = compact(lake, NEXT).skipped

    assert first.path in text
    assert len(raw.partitions(lake)[PARTITION]) == 12


def test_the_file_of_a_killed_writer_is_swept_and_that_of_a_living_one_is_not(lake: Lake) -> None:
    dead, descriptor = lake._temporary()
    os.close(descriptor)  # as the kernel does with a process that is killed
    alive, descriptor = lake._temporary()

    assert lake.sweep() == 1
    assert (dead.exists(), alive.exists()) == (False, True)

    os.close(descriptor)
    assert lake.sweep() == 1
