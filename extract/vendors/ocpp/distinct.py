"""Which rows of a partition's raw files are messages of their own, and what responses answer.

A log may be delivered twice, in pieces or overlapping: rows that are equal in everything are one
message. Rows that differ in their body alone are copies, numbered by their bodies' digests. All of
it is decided on numbers (times and hashes), so that a day of a million messages needs no objects.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from extract.lake.files import Lake, LakeFile
from extract.lake.raw import Partition, RawFileError
from extract.vendors.ocpp.messages import RAW_MESSAGES

_DAY_US = 86_400_000_000


def read(lake: Lake, file: LakeFile, columns: list[str] | None = None) -> pa.Table:
    """Columns of a raw file. RawFileError where it cannot be read."""
    try:
        return lake.read(file.path, columns or RAW_MESSAGES.names)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise RawFileError(
            f"raw file {lake.absolute(file.path)} cannot be read ({error}); restore it, or move it "
            "out of the lake to load the rest of its date without it"
        ) from error


@dataclass
class Messages:
    """Per file: the rows to use, and for each of these its copy number and its action."""

    rows: list[np.ndarray]
    copies: list[np.ndarray]
    actions: list[list[str | None]]


def distinct(lake: Lake, partition: Partition, files: list[LakeFile]) -> Messages:
    """The messages of a partition. RawFileError where a row is of another date."""
    keys, actions = [], list[str | None]()
    for file in files:
        table = read(lake, file)
        keys.append(_keys(table))
        actions += table["action"].to_pylist()
    sizes = [len(times) for times, *_ in keys]
    times, points, ids, kinds, bodies = (
        (np.concatenate(column) for column in zip(*keys, strict=True))
        if keys
        else [np.array([])] * 5
    )
    _check_dates(partition, files, sizes, times)
    order = np.lexsort((bodies, kinds, ids, points, times))
    columns = [column[order] for column in (times, points, ids, kinds)]
    same = np.ones(len(order), bool)
    for column in columns:
        same[1:] &= column[1:] == column[:-1]
    same[:1] = False
    repeated = same.copy()
    repeated[1:] &= bodies[order][1:] == bodies[order][:-1]
    used = order[~repeated]
    copies = np.zeros(len(times), np.int64)
    conflicts = _groups(used, same[~repeated])
    if conflicts:
        _number(lake, files, sizes, conflicts, copies)
    if None in actions:
        _answer(used, points, ids, kinds, actions)
    return _by_file(np.sort(used), copies, actions, sizes)


def _keys(table: pa.Table) -> tuple[np.ndarray, ...]:
    """Time, and hashes of charge point, id and body: equal in this process where they are equal."""
    hashes = [
        np.fromiter(map(hash, table[name].to_pylist()), np.int64, len(table))
        for name in ("scope", "message_id", "body")
    ]
    times = table["message_time"].cast(pa.int64()).to_numpy()
    kinds = table["message_type"].to_numpy()
    return times, hashes[0], hashes[1], kinds, hashes[2]


def _check_dates(
    partition: Partition, files: list[LakeFile], sizes: list[int], times: np.ndarray
) -> None:
    wrong = np.flatnonzero(times // _DAY_US != (partition.day.toordinal() - 719_163))
    if len(wrong):
        file = files[int(np.searchsorted(np.cumsum(sizes), wrong[0], side="right"))]
        raise RawFileError(
            f"raw file {file.path} holds a message that is not of {partition.day}; "
            "move it to the folder of its date"
        )


def _groups(used: np.ndarray, same: np.ndarray) -> list[np.ndarray]:
    """Rows that are equal but for their bodies, together."""
    starts = np.flatnonzero(~same)
    ends = np.append(starts[1:], len(used))
    return [used[a:b] for a, b in zip(starts, ends, strict=True) if b - a > 1] if same.any() else []


def _number(
    lake: Lake,
    files: list[LakeFile],
    sizes: list[int],
    groups: list[np.ndarray],
    copies: np.ndarray,
) -> None:
    """Number copies by their bodies' digests, the same whatever the order of files."""
    starts = np.cumsum([0, *sizes])
    wanted = sorted(int(row) for group in groups for row in group)
    digests: dict[int, bytes] = {}
    for number, file in enumerate(files):
        mine = [row for row in wanted if starts[number] <= row < starts[number + 1]]
        if mine:
            bodies = read(lake, file, ["body"])["body"]
            for row in mine:
                body = bodies[row - int(starts[number])].as_py()
                digests[row] = hashlib.sha256(body.encode()).digest()
    for group in groups:
        for copy, row in enumerate(sorted(group.tolist(), key=digests.__getitem__)):
            copies[row] = copy


def _answer(
    used: np.ndarray,
    points: np.ndarray,
    ids: np.ndarray,
    kinds: np.ndarray,
    actions: list[str | None],
) -> None:
    """Give responses without an action that of the nearest request before them with their id."""
    asked: dict[tuple[int, int], str | None] = {}
    rows, keys = used.tolist(), zip(points[used].tolist(), ids[used].tolist(), strict=True)
    for row, key, kind in zip(rows, keys, kinds[used].tolist(), strict=True):
        if kind == 2:
            asked[key] = actions[row]
        elif actions[row] is None:
            actions[row] = asked.get(key)


def _by_file(
    used: np.ndarray, copies: np.ndarray, actions: list[str | None], sizes: list[int]
) -> Messages:
    rows, numbers, names = [], [], []
    start = 0
    for size in sizes:
        mine = used[np.searchsorted(used, start) : np.searchsorted(used, start + size)]
        rows.append(mine - start)
        numbers.append(copies[mine])
        names.append([actions[row] for row in mine.tolist()])
        start += size
    return Messages(rows, numbers, names)
