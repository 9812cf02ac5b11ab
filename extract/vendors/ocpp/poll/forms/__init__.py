"""The forms in which logs arrive: one file for each (`readers.FORMS` lists them).

A form is a module: `sniff(head, hints)` says whether the beginning of a file looks like it, and
gives the function that reads such a file, or None. That function yields batches, and with each of
them whether the file ends in the middle of what comes after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Protocol

from extract.vendors.ocpp.poll.batch import Batch
from extract.vendors.ocpp.poll.names import Naming
from extract.vendors.ocpp.poll.times import Clock

Reader = Callable[[IO[bytes]], Iterator[tuple[Batch, bool]]]


@dataclass(frozen=True)
class Hints:
    """What is known of a file beside its content: its `name`, the charge point that its path names
    (used where the content names none), how its times are written, the fields' names, and what else
    a layout file says."""

    name: str
    charge_point: str
    clock: Clock = field(default_factory=Clock)
    naming: Naming = field(default_factory=Naming)
    pattern: re.Pattern[str] | None = None  # of the lines of a text log, by the layout file
    delimiter: str | None = None  # of a table, by the layout file
    header: tuple[str, ...] = ()  # the columns of a table without a header, by the layout file
    is_point_given: bool = False  # the charge point, by the layout file


class Form(Protocol):
    """A module of this folder."""

    def sniff(self, head: bytes, hints: Hints) -> Reader | None:
        """The reader for a file that begins like this; None where it is of another form."""
        ...
