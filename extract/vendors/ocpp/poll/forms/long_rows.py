"""Tables with rows that are too long for Arrow: read as in `table`, but row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from extract.vendors.ocpp.poll import batch
from extract.vendors.ocpp.poll.batch import Batch, Collector
from extract.vendors.ocpp.poll.forms.dialect import Dialect, rows_of
from extract.vendors.ocpp.poll.forms.table import AS_NUL, copy_value
from extract.vendors.ocpp.poll.sources import lines_of


def read(dialect: Dialect, content: IO[bytes]) -> Iterator[tuple[Batch, bool]]:
    """The messages; a row counts as one line, as in `table`."""
    names = dialect.naming.columns(dialect.header)
    places = [(dialect.header.index(theirs), ours) for theirs, ours in names.items()]
    found, tail = Collector(), [b""]
    number = 0
    for number, row in enumerate(rows_of(_texts(content, tail), dialect), 1):
        if (number == 1 and dialect.has_header) or not "".join(row).strip():
            if not row:
                found.bad.append((number, "is longer than 16 MB, or no row of a table"))
            continue
        if len(row) != len(dialect.header):
            found.bad.append((number, "has more or fewer columns than the header"))
            continue
        record = {ours: row[place] for place, ours in places}
        if dialect.is_copy:
            record = {ours: copy_value(value) or "" for ours, value in record.items()}
        if dialect.naming.charge_point is not None:
            record["charge_point_id"] = dialect.naming.charge_point
        found.add(number, record)
        if len(found) >= batch.SIZE:
            yield found.batch(), False
    is_cut = bool(found.bad) and found.bad[-1][0] == number and not tail[0].endswith(b"\n")
    if is_cut:
        found.bad.pop()
    yield found.batch(), is_cut


def _texts(content: IO[bytes], tail: list[bytes]) -> Iterator[str]:
    for _, line in lines_of(content):
        tail[0] = line[-1:]
        yield line.decode("utf-8", AS_NUL)
