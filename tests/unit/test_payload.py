"""JSON bodies as vendors send them: read as far as they can be, and written back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.lake import payload
from extract.lake.fields import UnreadableError
from tests.hostile import ANYTHING


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (b"\xef\xbb\xbf[]", []),
        (b'"M\xfcnster"', "M\udcfcnster"),
        (b'"\\ud800"', "\ud800"),
        (b'"a\\u0000b"', "a\0b"),
        (b"9" * 400, int("9" * 400)),
        (b"9" * 401, int("9" * 401)),
        (b"9" * 5_000, "9" * 5_000),
        (b"[1e400, NaN, -Infinity]", ["1e400", "NaN", "-Infinity"]),
    ],
)
def test_a_value_that_the_standard_forbids_costs_itself_alone(body: bytes, value: Any) -> None:
    assert payload.decode(body) == value
    assert payload.decode(payload.encode(value)) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "is not JSON"),
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b'{"a":1', "is not JSON"),
        (b"{}{}", "is not JSON"),
        (b'"\0"', "is not JSON"),
        (b"[" * 3_000, "is nested too deep"),
        (b'{"a":' * 100_000, "is nested too deep"),
    ],
)
def test_a_body_that_is_no_json_is_unreadable(body: bytes | None, reason: str) -> None:
    with pytest.raises(UnreadableError) as error:
        payload.decode(body)
    assert error.value.reason.startswith(reason)


def test_the_reason_holds_nothing_of_the_body() -> None:
    with pytest.raises(UnreadableError) as error:
        payload.decode(b"Linnea")
    assert "Linnea" not in error.value.reason


@given(ANYTHING)
def test_whatever_json_says_is_read_as_it_was_written(value: Any) -> None:
    written = json.dumps(value).encode()
    assert payload.decode(payload.encode(payload.decode(written))) == payload.decode(written)


@given(st.binary())
def test_whatever_bytes_come_are_read_or_refused(body: bytes) -> None:
    try:
        payload.decode(body)
    except UnreadableError as error:
        assert error.reason
