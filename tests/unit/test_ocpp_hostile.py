"""No bytes in the inbox stop a poll, whatever form they damage."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import ocpp_feed
from tests.ocpp_feed import as_frames, as_text, call, deliver, typed
from tests.ocpp_fuzz import HOSTILE, fuzz_inbox, mutated
from tests.ocpp_systems import SYSTEMS

QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("system", SYSTEMS)
@QUICK
@given(data=st.data())
def test_a_damaged_log_of_any_form_is_read_or_refused(system, data):
    fuzz_inbox(data.draw(mutated(system)), SYSTEMS[system][0])


@QUICK
@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data):
    fuzz_inbox(data)


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_value_in_any_place_of_a_line_costs_that_line_alone(tmp_path, number):
    value = HOSTILE[number]
    good = as_frames([call("Heartbeat", {}, key="good")])
    line = json.dumps({"cp": "CP-7", "ts": 1672560000, "message": [2, "m", "Heartbeat", {"a": 1}]})
    lines = [
        line.replace(old, "@").encode().replace(b"@", value)
        for old in ('"CP-7"', "1672560000", '"m"', '"Heartbeat"', '{"a": 1}', "1}", '"cp"')
    ]
    lines = [part for one in lines for part in one.split(b"\n")]
    polled = deliver(tmp_path, log=good + b"\n".join(lines) + b"\n" + good)
    assert polled.failed == []
    found = [row["message_id"] for row in typed(tmp_path)["ocpp_messages"]]
    assert "good" in found


def test_a_poisonous_file_does_not_stop_the_next(tmp_path):
    files = {f"f{number}_log": value for number, value in enumerate(HOSTILE)}
    polled = deliver(tmp_path, **files, z_log=as_text(ocpp_feed.transaction()))
    assert polled.exchanges == len(ocpp_feed.transaction())
