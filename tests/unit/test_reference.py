"""What the vendors' descriptions may say, before it is written to the warehouse."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from extract import vendors
from extract.warehouse.reference import DescriptionError, write_reference

SOURCE = {"source": "v", "is_event": False, "name": "V", "public_site": None, "licence": None}
WORD = {
    "source": "v",
    "source_status": "free",
    "status": "AVAILABLE",
    **dict.fromkeys(("is_occupied", "is_charging", "is_operational")),
}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([WORD, WORD | {"source_status": " FREE "}], "v: status word 'FREE' is listed twice"),
        ([WORD | {"status": "Free"}], "v: status word 'FREE' means 'Free', which is not one of"),
        ([WORD | {"source": "w"}], "status word 'FREE': source 'w' has no description"),
    ],
)
def test_a_word_that_contradicts_itself_is_refused(words: list[dict[str, Any]], message: str):
    connection = Mock()
    with pytest.raises(DescriptionError, match=message):
        write_reference(connection, [SOURCE], words)
    assert connection.mock_calls == []


def test_every_source_is_described_and_has_words():
    described = {row["source"] for row in vendors.source_rows()}
    assert described == {row["source"] for row in vendors.status_words()}
    assert [row["source"] for row in vendors.source_rows() if row["is_event"]] == ["ocpp"]
