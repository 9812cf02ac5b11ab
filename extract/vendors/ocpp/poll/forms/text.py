"""Text logs: a time, a charge point and a frame in each line that is a message.

Lines without a frame are no messages and are left out. A frame may go on in the lines that follow,
and its time may stand in the line before (EVerest). Known is also `[time] [charge point] [message
id] [Action] [Call] {payload}` of apostoldevel's ocpp-cs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import IO

from extract.vendors.ocpp.poll import batch
from extract.vendors.ocpp.poll.batch import Batch, Collector
from extract.vendors.ocpp.poll.forms import Hints, Reader
from extract.vendors.ocpp.poll.forms.prefix import Default, LineError, has_time, message_in
from extract.vendors.ocpp.poll.forms.records import NotJsonError, Records
from extract.vendors.ocpp.poll.frames import frame_start
from extract.vendors.ocpp.poll.sources import LONGEST, lines_of

_PARTS = re.compile(
    r"\[(?P<time>[^\]]+)\]\s*\[(?P<charge_point_id>[^\]]+)\]\s*\[(?P<message_id>[^\]]+)\]"
    r"\s*\[(?P<action>\w+)\]\s*\[(?P<message_type>Call\w*)\]\s*(?P<body>\{.*\})"
)
_LONGEST_FRAME = 5_000  # lines


def sniff(head: bytes, hints: Hints) -> Reader | None:
    is_json = re.match(rb"\s*(?:\{|\[\s*[{\[])", head) is not None
    if is_json or head.count(b"\0") > len(head) // 50:
        return None
    return partial(_read, hints)


def _read(hints: Hints, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    lines = _Lines(hints)
    ends_open = False
    for number, line in lines_of(content):
        ends_open = not line.endswith(b"\n")
        lines.add(number, line)
        if len(lines.found) >= batch.SIZE:
            yield lines.found.batch(), False
    is_cut = lines.end(ends_open)
    yield lines.found.batch(), is_cut


class _Lines:
    """Takes lines one by one; `_before` is the last, if it has a time and no frame;
    `_open` is the first number of a frame that goes on, the line before it, and its lines."""

    def __init__(self, hints: Hints) -> None:
        self.found = Collector()
        self._default = Default(hints.charge_point, hints.is_point_given)
        self._records = Records(hints.naming)
        self._before = ""
        self._open: tuple[int, str, list[str]] | None = None
        self._last = 0

    def add(self, number: int, line: bytes) -> None:
        self._last = number
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            self._close()
            if frame_start(line.decode("utf-8", "replace")) >= 0:
                self.found.bad.append((number, "is not UTF-8"))
            return
        if not text:
            return
        if self._open is not None and self._goes_on(text):
            return
        if text[0] == "{":  # a line of JSON between lines of text
            self._record(number, line)
        elif (start := frame_start(text)) >= 0:
            self._frame(number, text, start, is_too_long=len(line) >= LONGEST)
            self._before = ""
            return
        elif text.endswith("[") and has_time(text):  # a frame that begins in the next line
            self._open = (number, "", [text])
            return
        elif "[Call" in text and (parts := _PARTS.search(text)) is not None:
            self.found.add(number, parts.groupdict())
        self._before = text if has_time(text) else ""

    def end(self, ends_open: bool) -> bool:
        """Whether the file ends in the middle of a frame, which is then left out."""
        if self._open is not None and (ends_open or len(self._open[2]) > 1):
            return True
        self._close()
        bad = self.found.bad
        if ends_open and bad and bad[-1][0] == self._last:
            bad.pop()
            return True
        return False

    def _frame(self, number: int, text: str, start: int, *, is_too_long: bool = False) -> None:
        if is_too_long:
            self.found.bad.append((number, "is longer than 16 MB"))
            return
        try:
            found = message_in(text, start, self._default, self._before)
        except LineError as error:
            if str(error) == CUT_OFF and self._open is None:
                self._open = (number, self._before, [text])
            else:
                self.found.bad.append((number, str(error)))
            return
        if found.time is None:
            self.found.bad.append((number, "has no time"))
            return
        self.found.add_frame(number, found.charge_point, found.time, found.frame)

    def _record(self, number: int, line: bytes) -> None:
        try:
            if record := self._records.read(line.strip()):
                self.found.add(number, record)
        except NotJsonError:
            self.found.bad.append((number, "is no JSON"))

    def _goes_on(self, text: str) -> bool:
        """Whether a line belongs to the frame that is open."""
        assert self._open is not None
        number, before, parts = self._open
        if has_time(text) or len(parts) > _LONGEST_FRAME:
            self._close()
            return False
        parts.append(text)
        if text.endswith("]"):
            try:
                whole = " ".join(parts)
                found = message_in(whole, frame_start(whole), self._default, before)
            except LineError:
                return True
            self._open = None
            if found.time is None:
                self.found.bad.append((number, "has no time"))
            else:
                self.found.add_frame(number, found.charge_point, found.time, found.frame)
        return True

    def _close(self) -> None:
        if self._open is not None:
            if frame_start(" ".join(self._open[2])) >= 0:
                self.found.bad.append((self._open[0], CUT_OFF))
            self._open = None


CUT_OFF = "has a frame that is cut off or no JSON"
