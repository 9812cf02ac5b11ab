"""A session is the same, whichever system has written the log."""

from __future__ import annotations

import io
import json

import pytest

from extract.vendors.ocpp.poll.layout import Layouts
from extract.vendors.ocpp.poll.readers import read
from extract.vendors.ocpp.poll.times import Clock
from tests.ocpp_systems import MESSAGES, SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_log_as_the_system_writes_it_gives_its_messages(system):
    path, content = SYSTEMS[system]
    found, bad = [], []
    for batch in read(io.BytesIO(content()), Layouts({}).hints(path)):
        found += batch.rows.to_pylist()
        bad += batch.bad
    assert bad == []
    clock = Clock()
    read_rows = [
        (row["charge_point_id"], clock.utc(row["time"]), row["message_type"], row["body"])
        for row in found
    ]
    wanted = [(m.point, m.at, m.kind) for m in MESSAGES]
    assert [row[:3] for row in read_rows] == wanted
    assert [json.loads(row[3]) for row in read_rows] == [m.body for m in MESSAGES]
    assert [row["action"] for row in found if row["message_type"] == 2] == [
        m.action for m in MESSAGES if m.kind == 2
    ]
    keys = [row["message_id"] for row in found]
    assert [keys[number] == keys[number + 1] for number in range(0, len(keys), 2)] == [True] * 7
