"""Energy intervals of Zaptec's sessions: amounts, registers, signed readings, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.lake.raw import Answer, Partition
from extract.vendors.zaptec.flatten.sessions import Sessions

START = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 17, 9, tzinfo=UTC)
Points = Sequence[tuple[float, float]]
"""Minutes after the start, and kWh."""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def stamp(minutes: float) -> str:
    return at(minutes).isoformat(timespec="milliseconds")


def session(points: Points | None, energy: float | None, **more: Any) -> dict[str, Any]:
    """A session of `/api/chargehistory`, two hours long."""
    record: dict[str, Any] = {
        "Id": "e2e4b400-2569-4323-ad7c-569eab7d6403",
        "ChargerId": "93d603a7-ff53-4ed8-8dd6-f79c94819458",
        "StartDateTime": stamp(0).removesuffix("+00:00"),
        "EndDateTime": stamp(120).removesuffix("+00:00"),
        "Energy": energy,
        "CommitMetadata": 5,
    }
    if points is not None:
        record["EnergyDetails"] = [
            {"Timestamp": stamp(minutes), "Energy": kwh} for minutes, kwh in points
        ]
    return record | more


def ocmf(readings: Points, **last: Any) -> str:
    """Signed readings; `last` goes into the last one."""
    rows: list[dict[str, Any]] = [
        {
            "TM": at(minutes).strftime("%Y-%m-%dT%H:%M:%S,%f")[:-3] + "+00:00 R",
            "TX": "T",
            "RV": kwh,
            "RI": "1-0:1.8.0",
            "ST": "G",
        }
        for minutes, kwh in readings
    ]
    rows[0] |= {"TX": "B", "RU": "kWh"}
    rows[-1] |= {"TX": "E", **last}
    return f'OCMF|{json.dumps({"FV": "1.0", "GI": "a}|b", "RD": rows})}|{{"SA": "ECDSA"}}'


def flattened(*records: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The typed rows of one page."""
    taking = Sessions(Partition("zaptec", "sessions", SENT_AT.date()))
    sent = (SENT_AT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    body = pa.py_buffer(json.dumps({"Pages": 1, "Data": records}).encode())
    taking.add(Answer("site", sent, sent, 200, None, body, "file", "chargehistory"))
    return {name: table.to_pylist() for name, table in taking.tables().items()}


def intervals(*records: dict[str, Any]) -> list[tuple[float, float, float, str]]:
    """(minutes at which it begins, and ends, kWh, method) of each interval."""
    return [
        (
            (row["interval_start_at"] - START) / timedelta(minutes=1),
            (row["interval_end_at"] - START) / timedelta(minutes=1),
            row["energy_kwh"],
            row["method"],
        )
        for row in flattened(*records)["session_energy_intervals"]
    ]


AMOUNTS: Points = [(0, 0.0), (15, 0.5), (30, 0.9), (120, 0.0)]
REGISTER: Points = [(0, 0.0), (15, 0.5), (30, 1.4), (120, 1.4)]
RUNS = [(0, 15, 0.5), (15, 30, 0.9), (30, 120, 0.0)]


@pytest.mark.parametrize(
    ("points", "method"),
    [
        (AMOUNTS, "amounts"),
        (AMOUNTS[::-1], "amounts"),
        (REGISTER, "register"),
        ([(minutes, 842.1 + kwh) for minutes, kwh in REGISTER], "register"),
    ],
)
def test_amounts_and_registers_give_the_same_intervals(points, method):
    assert intervals(session(points, 1.4)) == [(*run, method) for run in RUNS]


def test_a_register_that_begins_at_the_meters_own_figure_is_kept():
    rows = flattened(session([(m, 842.1 + kwh) for m, kwh in REGISTER], 1.4))
    ends = [row["register_end_kwh"] for row in rows["session_energy_intervals"]]
    assert ends == [842.6, 843.5, 843.5]


def test_the_first_interval_begins_at_the_sessions_start():
    late = [(20, 0.3), (35, 0.4)]
    assert intervals(session(late, 0.7)) == [(0, 20, 0.3, "amounts"), (20, 35, 0.4, "amounts")]
    assert intervals(session([(20, 0.3), (35, 0.7)], 0.7)) == [
        (0, 20, 0.3, "register"),
        (20, 35, 0.4, "register"),
    ]


def test_energy_reported_at_the_start_belongs_to_the_interval_after_it():
    assert intervals(session([(0, 0.1), (15, 0.4)], 0.5)) == [(0, 15, 0.5, "amounts")]
    assert intervals(session([(0, 0.5)], 0.5)) == [(0, 120, 0.5, "amounts")]


def test_energy_without_any_time_is_quarantined_and_the_session_loads():
    record = session([(0, 0.5)], 0.5, EndDateTime=None)
    rows = flattened(record)
    assert rows["session_energy_intervals"] == []
    assert rows["sessions"][0]["intervals_energy_kwh"] is None
    (row,) = rows["quarantine"]
    assert (row["record"], row["field"]) == (f"session {record['Id']}", "EnergyDetails")


def test_entries_of_one_moment_are_one_interval_and_a_gap_is_another():
    points = [(0, 0.0), (15, 0.2), (15, 0.3), (90, 1.0)]
    assert intervals(session(points, 1.5)) == [(0, 15, 0.5, "amounts"), (15, 90, 1.0, "amounts")]


def test_what_adds_up_to_nothing_is_taken_for_what_comes_closer():
    assert intervals(session(AMOUNTS, 1.5)) == [(*run, "amounts") for run in RUNS]
    assert intervals(session(REGISTER, 1.5)) == [(*run, "register") for run in RUNS]
    assert intervals(session(AMOUNTS, None)) == [(*run, "amounts") for run in RUNS]


def test_a_session_without_details_has_no_intervals():
    for points in (None, list[tuple[float, float]]()):
        rows = flattened(session(points, 1.4))
        assert rows["sessions"][0]["intervals_energy_kwh"] is None
        assert rows["session_energy_intervals"] == rows["quarantine"] == []


# --- Signed readings ----------------------------------------------------------------------------

METER: Points = [(minutes, 100 + kwh) for minutes, kwh in REGISTER]


def test_signed_readings_go_before_the_details_and_are_compared_with_them():
    record = session(AMOUNTS, 1.4, SignedSession=ocmf(METER))
    assert intervals(record) == [(*run, "signed") for run in RUNS]
    (row,) = flattened(record)["sessions"]
    assert (row["meter_start_kwh"], row["meter_stop_kwh"]) == (100, 101.4)
    assert row["signed_difference_kwh"] == 0


def test_the_largest_difference_from_the_signed_readings_is_reported():
    points = [(0, 0.0), (15, 0.48), (30, 0.93), (120, 0.0)]
    record = session(points, 1.41, SignedSession=ocmf(METER))
    (row,) = flattened(record)["sessions"]
    assert row["signed_difference_kwh"] == pytest.approx(0.02)
    assert row["intervals_energy_kwh"] == pytest.approx(1.4)


def test_readings_in_watt_hours_and_of_other_registers_are_understood():
    watt_hours = [(minutes, kwh * 1000) for minutes, kwh in METER]
    text = ocmf(watt_hours).replace('"kWh"', '"Wh"')
    assert intervals(session(None, 1.4, SignedSession=text)) == [(*run, "signed") for run in RUNS]
    exported = json.dumps({"TM": None, "RV": 7.0, "RI": "1-0:2.8.0", "ST": "G"})
    text = ocmf(METER).replace('"RD": [', f'"RD": [{exported}, ')
    assert intervals(session(None, 1.4, SignedSession=text)) == [(*run, "signed") for run in RUNS]


def test_a_signature_may_be_missing_or_a_third_section_follow():
    whole = ocmf(METER)
    for text in (whole.rsplit("|", 1)[0], f"{whole}|3059301306072A"):
        assert len(intervals(session(None, 1.4, SignedSession=text))) == 3


@pytest.mark.parametrize(
    ("signed", "field"),
    [
        ("OCMF|{", "SignedSession"),
        ("p_0123456789abcdef0123456789abcdef", "SignedSession"),
        (17, "SignedSession"),
        (ocmf(METER, RV=99.0), "SignedSession.RD"),
        (ocmf(METER, RV="much"), "SignedSession.RD[3].RV"),
        (ocmf(METER, RU="MJ"), "SignedSession.RD[3].RU"),
        (ocmf(METER, ST="E"), "SignedSession.RD[3].ST"),
        (ocmf(METER, TM="yesterday"), "SignedSession"),
    ],
)
def test_signed_readings_that_cannot_be_used_are_quarantined_alone(signed, field):
    record = session(AMOUNTS, 1.4, SignedSession=signed)
    assert intervals(record) == [(*run, "amounts") for run in RUNS]
    rows = flattened(record)
    (row,) = rows["quarantine"]
    assert (row["record"], row["field"]) == (f"session {record['Id']}", field)
    assert rows["sessions"][0]["meter_start_kwh"] is None


def test_a_reading_in_between_that_the_meter_calls_bad_is_left_out_and_quarantined():
    text = ocmf(METER)
    head, bad, tail = text.partition('"RV": 100.5, "RI": "1-0:1.8.0", "ST": "G"')
    record = session(None, 1.4, SignedSession=head + bad.replace('"G"', '"E"') + tail)
    assert intervals(record) == [(0, 30, 1.4, "signed"), (30, 120, 0.0, "signed")]
    (row,) = flattened(record)["quarantine"]
    assert (row["field"], row["value"]) == ("SignedSession.RD[1].ST", '"E"')


@pytest.mark.parametrize(
    "entry",
    [
        "nonsense",
        {"Timestamp": stamp(15)},
        {"Timestamp": "noon", "Energy": 0.1},
        {"Timestamp": stamp(15), "Energy": "much"},
        {"Timestamp": None, "Energy": 0.1},
    ],
)
def test_details_that_cannot_be_read_are_quarantined_alone(entry):
    record = session(AMOUNTS, 1.4)
    broken = record | {"EnergyDetails": [*record["EnergyDetails"], entry]}
    rows = flattened(broken, record | {"Id": "other"})
    by_id = {row["session_id"]: row["intervals_energy_kwh"] for row in rows["sessions"]}
    assert by_id == {record["Id"]: None, "other": 1.4}
    (row,) = rows["quarantine"]
    assert row["record"] == f"session {record['Id']}"
    assert row["field"].startswith("EnergyDetails")


# --- Whatever is sent ---------------------------------------------------------------------------

DETAILS = st.lists(
    st.tuples(st.integers(-60, 120 * 60_000), st.integers(0, 2_500)), min_size=2, max_size=15
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(DETAILS, st.sampled_from((0, 5_012_345))), min_size=1, max_size=8))
def test_no_energy_is_lost_or_invented_however_it_is_reported(cases):
    """Amounts (milliseconds after the start, Wh), also as registers: nothing, or a meter's."""
    records, expected = [], {}
    for number, (details, meter) in enumerate(cases):
        times = sorted(time for time, _ in details)
        steps = [0, *(wh for _, wh in details[1:])]
        heights = list(accumulate(steps))
        sent = {
            "amounts": [wh / 1000 for wh in steps],
            "noisy": [
                0.0,
                *((meter + b) / 1000 - (meter + a) / 1000 for a, b in pairwise(heights)),
            ],
            "register": [(meter + wh) / 1000 for wh in heights],
        }
        for kind, values in sent.items():
            points = [(time / 60_000, kwh) for time, kwh in zip(times, values, strict=True)]
            key = f"{number} {kind}"
            records.append(session(points, heights[-1] / 1000, Id=key))
            expected[key] = heights[-1] / 1000
    rows = flattened(*records)
    lost = {row["record"].removeprefix("session ") for row in rows["quarantine"]}
    found = dict.fromkeys(expected, 0.0)
    ends: dict[str, datetime] = {}
    for row in rows["session_energy_intervals"]:
        key = row["session_id"]
        found[key] += row["energy_kwh"]
        assert ends.get(key, row["interval_start_at"]) == row["interval_start_at"]
        assert row["interval_start_at"] < row["interval_end_at"]
        ends[key] = row["interval_end_at"]
    assert found == pytest.approx(expected, abs=1e-8)
    assert not lost
    for row in rows["sessions"]:
        assert (row["intervals_energy_kwh"] or 0.0) == pytest.approx(expected[row["session_id"]])
