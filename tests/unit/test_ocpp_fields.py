"""Which fields of a payload are read into columns, and what becomes of those that cannot be."""

from __future__ import annotations

import pytest

from extract.lake.pseudonyms import is_pseudonym
from tests.ocpp_feed import TAG, call, later, meter, result, sample, typed_of

POWER = "Power.Active.Import"


def metered(*values: dict) -> dict:
    return {"connectorId": 2, "transactionId": 1, "meterValue": list(values)}


def values(row: dict) -> tuple:
    return row["current_a"], row["voltage_v"], row["power_w"], row["register_kwh"]


@pytest.mark.parametrize(
    ("message", "field", "value", "reason"),
    [
        (
            call("StopTransaction", {"transactionId": 1, "meterStop": "n/a"}),
            "meterStop",
            "a pseudonym",
            "is not a number",
        ),
        (
            call("StartTransaction", {"connectorId": 10**30}),
            "connectorId",
            str(10**30),
            "is not a number",
        ),
        (
            call("StopTransaction", {"transactionId": 1, "meterStop": 900_000_000_000_000}),
            "meterStop",
            "900000000000000",
            "is outside",
        ),
        (
            call("TransactionEvent", {"seqNo": -4, "transactionInfo": {"transactionId": "a"}}),
            "seqNo",
            "-4",
            "is outside",
        ),
        (
            call("StatusNotification", {"connectorId": 1.5}),
            "connectorId",
            "1.5",
            "is not a whole number",
        ),
        (call("Authorize", []), None, None, "is no object"),
        (
            call("MeterValues", metered(meter(sample("NaN", POWER), sample(1000)))),
            POWER,
            '"NaN"',
            "is not a number",
        ),
        (call("MeterValues", {"meterValue": 17}), "meterValue", "a pseudonym", "is not an object"),
    ],
)
def test_what_cannot_be_read_is_quarantined_and_the_message_is_kept(
    tmp_path, message, field, value, reason
):
    found = typed_of(tmp_path, message)
    (problem,), (row,) = found["quarantine"], found["ocpp_messages"]
    value_ = (problem["value"] or "").strip('"')
    shown = "a pseudonym" if is_pseudonym(value_) else problem["value"]
    assert (problem["field"], shown) == (field, value)
    assert reason in problem["reason"]
    assert problem["record"] == "message m1 of CP-7"
    assert row["action"] == message.action


def test_of_samples_only_the_one_that_is_no_number_is_left_out(tmp_path):
    samples = [
        sample("x", "Voltage", phase="L1"),
        sample(1000),
        sample("00ff", format="SignedData"),
    ]
    found = typed_of(tmp_path, call("MeterValues", metered(meter(*samples))))
    assert [values(row) for row in found["measurements"] if row["phase"] == "total"] == [
        (None,) * 3 + (1.0,)
    ]
    assert [problem["field"] for problem in found["quarantine"]] == ["Voltage"]


def test_what_the_warehouse_needs_of_2_0_1_and_of_remote_starts_stands_in_columns(tmp_path):
    event = {
        "eventType": "Updated",
        "timestamp": later(60).isoformat(),
        "triggerReason": "ChargingStateChanged",
        "seqNo": 3,
        "offline": True,
        "reservationId": 12,
        "transactionInfo": {"transactionId": "a", "chargingState": "Charging", "remoteStartId": 7},
        "evse": {"id": 2, "connectorId": 1},
        "idToken": {"idToken": TAG, "type": "ISO14443"},
    }
    later_event = {
        "eventType": "Ended",
        "seqNo": 4,
        "timestamp": later(90).isoformat(),
        "transactionInfo": {"transactionId": "a"},
    }
    remote = {"evseId": 2, "remoteStartId": 7, "idToken": {"idToken": TAG, "type": "Central"}}
    group = {"groupIdToken": {"idToken": TAG, "type": "Central"}, "status": "Invalid"}
    rows = typed_of(
        tmp_path,
        call("RequestStartTransaction", remote, 0, "r"),
        call("TransactionEvent", event, 60, "e"),
        result({"idTokenInfo": group}, 61, "e"),
        call("TransactionEvent", later_event, 90, "f"),
    )["ocpp_messages"]
    asked, updated, answered, ended = sorted(rows, key=lambda row: row["message_time"])
    assert (asked["remote_start_id"], asked["evse_id"]) == (7, 2)
    assert updated["remote_start_id"] == 7
    assert (updated["evse_id"], updated["evse_connector_id"], updated["connector_id"]) == (2, 1, 2)
    assert (updated["seq_no"], updated["is_offline"], updated["reservation_id"]) == (3, True, 12)
    assert (updated["trigger_reason"], updated["charging_state"]) == (
        "ChargingStateChanged",
        "Charging",
    )
    assert (updated["id_token_type"], asked["id_token_type"]) == ("ISO14443", "Central")
    assert (answered["id_status"], answered["group_id_tag"]) == ("Invalid", updated["id_tag"])
    assert (ended["evse_id"], ended["connector_id"]) == (2, 2)  # by the event before


def test_of_two_bodies_with_one_id_and_time_each_is_a_row_of_its_own(tmp_path):
    starts = [
        call("StartTransaction", {"connectorId": connector, "idTag": TAG, "meterStart": 0})
        for connector in (1, 2)
    ]
    rows = typed_of(tmp_path, *starts, *starts)["ocpp_messages"]
    assert sorted((row["copy"], row["connector_id"]) for row in rows) in (
        [(0, 1), (1, 2)],
        [(0, 2), (1, 1)],
    )
