"""Run-length encoding of answers: a year of polls fits on one machine.

An answer says a value (a status, a row of master data) for every unit that it covers. `Runs` keeps,
per unit, the runs of equal values in consecutive answers. An answer equal to the one before costs
almost nothing. With the times of the answers the runs give back every observation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Block = Mapping[Any, Hashable]
"""Part of an answer (a location): key of the unit → value."""


class Run(NamedTuple):
    """`value` held for `key` in the answers number `first` to `last`, both included."""

    key: Any
    value: Any
    first: int
    last: int


@dataclass
class Runs:
    """The runs of one scope. `times`: the answers' query times, ascending. `order`: gives the sort
    key of a unit's key, where keys cannot be compared."""

    times: list[int] = field(default_factory=list)
    order: Callable[[Any], Any] = field(default=lambda key: key)
    _done: list[Run] = field(default_factory=list)
    _open: dict[Any, tuple[Any, int]] = field(default_factory=dict)  # key → value, since
    _blocks: Sequence[Block] = ()
    _repeats: bool = False  # whether a key stands in more than one block

    def answer(self, time: int, blocks: Sequence[Block]) -> None:
        """Take the next answer. For speed, pass an unchanged block as the same object, and an
        unchanged answer as the same sequence. Of a repeated key the first counts."""
        self.times.append(time)
        if blocks is self._blocks:
            return
        changed = [
            pair for pair in zip(self._blocks, blocks, strict=False) if pair[0] is not pair[1]
        ]
        is_comparable = len(blocks) == len(self._blocks) and not self._repeats
        if is_comparable and all(old.keys() == new.keys() for old, new in changed):
            for old, new in changed:
                self._turn(new.items() - old.items())
        else:
            self._compare(blocks)
        self._blocks = blocks

    @property
    def units(self) -> int:
        """How many different units the last answer covered."""
        return len(self._open)

    def _turn(self, items: Any) -> None:
        """Note units that both answers have, with another value than before."""
        number = len(self.times) - 1
        for key, value in items:
            before, since = self._open[key]
            self._done.append(Run(key, before, since, number - 1))
            self._open[key] = value, number

    def _compare(self, blocks: Sequence[Block]) -> None:
        """Compare the whole answer with the whole answer before."""
        seen: dict[Any, Any] = {}
        for block in reversed(blocks):
            seen.update(block)
        self._repeats = len(seen) < sum(map(len, blocks))
        number = len(self.times) - 1
        for key in self._open.keys() - seen.keys():
            before, since = self._open.pop(key)
            self._done.append(Run(key, before, since, number - 1))
        new = seen.keys() - self._open.keys()
        self._open.update((key, (seen[key], number)) for key in new)
        self._turn([(key, value) for key, value in seen.items() if self._open[key][0] != value])

    def interrupt(self) -> None:
        """A poll failed: values until the next answer are not known, so every run ends here."""
        last = len(self.times) - 1
        self._done.extend(
            Run(key, value, since, last) for key, (value, since) in self._open.items()
        )
        self._open, self._blocks, self._repeats = {}, (), False

    def finish(self) -> list[Run]:
        """Every run, ordered by key and time."""
        self.interrupt()
        return sorted(self._done, key=lambda run: (self.order(run.key), run.first))


def merged(runs: list[Run]) -> list[Run]:
    """Join runs of one key with equal values, also across answers that lacked the key. For master
    data, where a missing record says nothing. Takes and gives runs ordered by key and time."""
    joined: list[Run] = []
    for run in runs:
        if joined and joined[-1].key == run.key and joined[-1].value == run.value:
            joined[-1] = joined[-1]._replace(last=run.last)
        else:
            joined.append(run)
    return joined
