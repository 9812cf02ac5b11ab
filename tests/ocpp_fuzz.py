"""Any bytes as a file of OCPP's inbox: a target for fuzzers, and mutations of real forms for it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import strategies as st

from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Rows
from extract.settings import Settings
from extract.vendors.ocpp.messages import RAW_MESSAGES, UNREADABLE
from extract.vendors.ocpp.poll.landing import Landing
from extract.vendors.ocpp.poll.layout import Layouts
from extract.vendors.ocpp.poll.readers import FormatError, IncompleteError, read
from tests.ocpp_systems import SYSTEMS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = [
    *(b"\0", b"\xfc", b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"\xef\xbb\xbf", b"\r", b"\n\n"),
    *(b"9" * 400, b"9" * 5000, b"NaN", b"Infinity", b"-1e999", b"1e400", b"null", b"true", b'""'),
    *(b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"[" * 3000 + b"]" * 3000, b'"', b"'", b"\\"),
    *(b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"20230101080129", b"x" * 70_000, b","),
    *(b'[2,"', b'[2,"m","Heartbeat",{}]', b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"(\xb5/\xfd"),
    *(b"BZh", b"{}", b"[]"),
]  # fmt: skip


@lru_cache(1)
def _pseudonyms() -> Pseudonyms:
    home = Path(mkdtemp())  # not the checkout's own: its lake keeps the mark of its key
    return Pseudonyms(Settings(_env_file=None, home=home, pseudonym_key="a key for tests"), "ocpp")


def fuzz_inbox(data: bytes, path: str = "CP-7/x.log") -> list[Rows]:
    """Read a file of any content as the inbox does. What it raises is a fault: a file is read, or
    refused, or cut off; and what lands is as a raw row has to be."""
    landing, landed = Landing(_pseudonyms(), "x.log", Layouts({}).hints(path).clock, NOW), []
    try:
        for batch in read(io.BytesIO(data), Layouts({}).hints(path)):
            for rows in landing.rows(batch):
                landed.append(rows)
    except (FormatError, IncompleteError) as error:
        assert str(error).isprintable()
    for rows in landed:
        _check(rows)
    return landed


def _check(rows: Rows) -> None:
    rows.table.validate(full=True)
    assert rows.table.schema == RAW_MESSAGES
    for row in rows.table.to_pylist():
        assert row["message_time"].date() == rows.partition.day
        assert 2000 <= row["message_time"].year <= NOW.year + 1
        assert row["scope"]
        assert "\0" not in row["body"] + row["scope"] + row["message_id"]
        assert (row["error"] is not None) == (row["message_type"] == UNREADABLE)


@st.composite
def mutated(draw: st.DrawFn, system: str) -> bytes:
    """The log of a system, damaged in up to four places."""
    data = SYSTEMS[system][1]()
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.sampled_from([0, 0, 1, 1, 7, 500, 1 << 30])))
        piece = draw(st.sampled_from(HOSTILE) | st.binary(max_size=20))
        data = data[:begin] + piece + data[end:]
    return data
