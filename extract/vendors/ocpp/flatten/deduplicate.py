"""Find each message of a partition once, and the action that each response answers.

A log may be delivered twice, in pieces or overlapping: rows that are equal in everything are one
message. Rows that differ in their body alone are copies, numbered by their bodies' digests. All of
it is decided on numbers (times and hashes), so that a day of a million messages needs no objects.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

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
            "out of the lake",
            file.path,
        ) from error


@dataclass
class Messages:
    """Per file: the rows to use, and for each of these its copy number and its action."""

    rows: list[np.ndarray]
    copies: list[np.ndarray]
    actions: list[list[str | None]]


class _Keys(NamedTuple):
    """For every row of all files: its time (µs since 1970 UTC), the hashes of charge point, id and
    body (of the body only where all else equals another row's), its message type, and the number
    of its action."""

    times: np.ndarray
    points: np.ndarray
    ids: np.ndarray
    kinds: np.ndarray
    bodies: np.ndarray
    actions: np.ndarray


def distinct(lake: Lake, partition: Partition, files: list[LakeFile]) -> Messages:
    """The messages of a partition. RawFileError where a row is of another date."""
    names: dict[str | None, int] = {}
    keys = [_keys(read(lake, file, _LIGHT), names) for file in files]
    sizes = [len(key.times) for key in keys]
    if not sum(sizes):
        nothing = [np.array([], np.int64)] * len(files)
        return Messages(nothing, nothing, [[] for _ in files])
    whole = _Keys(*map(np.concatenate, zip(*keys, strict=True)))
    del keys
    _check_dates(partition, files, sizes, whole.times)
    # Of equal rows one that names the action is kept.
    ranks = np.argsort(np.argsort([name or "\uffff" for name in names]))
    order, same = _sorted(whole, ranks)
    if same.any():
        is_equal = same | np.append(same[1:], False)
        _read_bodies(lake, files, sizes, np.sort(order[is_equal]), whole.bodies)
        order, same = _sorted(whole, ranks)
    repeated = same.copy()
    repeated[1:] &= whole.bodies[order][1:] == whole.bodies[order][:-1]
    used = order[~repeated]
    copies = np.zeros(len(order), np.int64)
    conflicts = _groups(used, same[~repeated])
    if conflicts:
        _number(lake, files, sizes, conflicts, copies)
    if None in names:
        _answer(used, whole, names[None])
    return _by_file(np.sort(used), copies, np.array(list(names), object)[whole.actions], sizes)


_LIGHT = ["scope", "message_time", "message_id", "message_type", "action"]


def _keys(table: pa.Table, names: dict[str | None, int]) -> _Keys:
    points, ids = (
        np.fromiter(map(hash, table[name].to_pylist()), np.int64, len(table))
        for name in ("scope", "message_id")
    )
    actions = table["action"].combine_chunks().dictionary_encode("encode")
    numbers = [names.setdefault(name, len(names)) for name in actions.dictionary.to_pylist()]
    return _Keys(
        times=table["message_time"].cast(pa.int64()).to_numpy(),
        points=points,
        ids=ids,
        kinds=table["message_type"].to_numpy().astype(np.int8),
        bodies=np.zeros(len(table), np.int64),
        actions=np.array(numbers, np.int32)[actions.indices.to_numpy()],
    )


def _sorted(keys: _Keys, ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of the rows, and which rows equal the one before in all but body and action."""
    by = (keys.kinds, keys.ids, keys.points, keys.times)
    order = np.lexsort((ranks[keys.actions], keys.bodies, *by))
    same = np.ones(len(order), bool)
    same[0] = False
    for column in by:
        same[1:] &= column[order][1:] == column[order][:-1]
    return order, same


def _read_bodies(
    lake: Lake, files: list[LakeFile], sizes: list[int], rows: np.ndarray, hashes: np.ndarray
) -> None:
    """Hash the bodies of these rows."""
    start = 0
    for file, size in zip(files, sizes, strict=True):
        mine = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + size)]
        if len(mine):
            bodies = read(lake, file, ["body"])["body"].take(pa.array(mine - start))
            hashes[mine] = np.fromiter(map(hash, bodies.to_pylist()), np.int64, len(mine))
        start += size


def _check_dates(
    partition: Partition, files: list[LakeFile], sizes: list[int], times: np.ndarray
) -> None:
    wrong = np.flatnonzero(times // _DAY_US != (partition.day.toordinal() - 719_163))
    if len(wrong):
        file = files[int(np.searchsorted(np.cumsum(sizes), wrong[0], side="right"))]
        raise RawFileError(
            f"raw file {file.path} holds a message that is not of {partition.day}; "
            "move it to the folder of its date",
            file.path,
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
    """Number copies by their bodies' digests, so that the order of files does not matter."""
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


def _answer(used: np.ndarray, keys: _Keys, unknown: int) -> None:
    """Give each response without an action that of the nearest request before it with its id."""
    order = used[
        np.lexsort((keys.kinds[used], keys.times[used], keys.ids[used], keys.points[used]))
    ]
    points, ids, actions = keys.points[order], keys.ids[order], keys.actions[order]
    places = np.arange(len(order))
    begins = np.ones(len(order), bool)
    begins[1:] = (points[1:] != points[:-1]) | (ids[1:] != ids[:-1])
    asks = (keys.kinds[order] == 2) & (actions != unknown)
    last = np.maximum.accumulate(np.where(asks, places, -1))
    known = last >= np.maximum.accumulate(np.where(begins, places, 0))
    answers = known & (keys.kinds[order] > 2) & (actions == unknown)
    keys.actions[order[answers]] = actions[last[answers]]


def _by_file(
    used: np.ndarray, copies: np.ndarray, actions: np.ndarray, sizes: list[int]
) -> Messages:
    rows, numbers, names = [], [], []
    start = 0
    for size in sizes:
        mine = used[np.searchsorted(used, start) : np.searchsorted(used, start + size)]
        rows.append(mine - start)
        numbers.append(copies[mine])
        names.append(actions[mine].tolist())
        start += size
    return Messages(rows, numbers, names)
