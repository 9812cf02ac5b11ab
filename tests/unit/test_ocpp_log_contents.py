"""What the messages of a log say, through poll and flatten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from extract.lake import raw
from extract.lake.pseudonyms import is_pseudonym
from tests.ocpp_home import (
    CARD,
    LOG,
    MORNING,
    START,
    Home,
    csv_of,
    lines_of,
    row,
)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def value(number: Any, measurand: str = "Power.Active.Import", **more: Any) -> dict:
    return {"value": number, "measurand": measurand, **more}


@pytest.mark.parametrize(
    "meter_value",
    [
        [{"timestamp": "2026-03-10T08:00:30Z", "sampledValue": [value("7360")]}],
        {"timestamp": "2026-03-10T08:00:30Z", "sampledValue": [value(7360)]},
        [{"timestamp": "2026-03-10T09:00:30+01:00", "sampledValue": value(7.36, unit="kW")}],
        [{"timestamp": "2026-03-10T08:00:30.000Z", "sampledValue": [value("7360.0", phase=None)]}],
        [
            {
                "timestamp": "2026-03-10T08:00:30",
                "sampledValue": [value("7360", phase="N"), value(7360)],
            }
        ],
    ],
)
@pytest.mark.parametrize("is_snake", [False, True])
def test_meter_values_are_read_as_text_or_number_list_or_object(home, meter_value, is_snake):
    body = json.dumps({"connectorId": 2, "transactionId": 5, "meterValue": meter_value})
    if is_snake:
        for name in ("connector_id", "transaction_id", "meter_value", "sampled_value"):
            first, second = name.split("_")
            body = body.replace(first + second.capitalize(), name)
    home.deliver("a.csv", csv_of(row(body, "MeterValues")))
    (measured,) = home.typed()["measurements"]
    assert (measured["power_w"], measured["phase"]) == (7360.0, "total")
    assert measured["measured_at"] == MORNING + timedelta(seconds=30)
    assert measured["session_id"] == "CP-7:5"


def test_several_samples_in_one_message_are_rows_by_time_and_phase(home):
    meter_value = [
        {
            "timestamp": f"2026-03-10T08:{minute:02d}:00Z",
            "sampledValue": [
                value("10.1", "Current.Import", phase="L1", unit="A"),
                value("231", "Voltage", phase="L1-N", unit="V"),
                value("2.3", phase="L1", unit="kW"),
                value("6.9", unit="kW"),
                {"value": "1000"},  # says nothing: the register, in Wh
            ],
        }
        for minute in (0, 15)
    ]
    home.deliver("a.csv", csv_of(row({"connectorId": 1, "meterValue": meter_value}, "MeterValues")))
    measured = home.typed()["measurements"]
    assert len(measured) == 4
    found = {
        (r["phase"], r["current_a"], r["voltage_v"], r["power_w"], r["register_kwh"])
        for r in measured
    }
    assert found == {("L1", 10.1, 231.0, 2300.0, None), ("total", None, None, 6900.0, 1.0)}
    assert {r["session_id"] for r in measured} == {None}


def test_a_value_that_is_no_number_costs_that_value_alone(home):
    samples = [value("n/a"), value("1200", "Energy.Active.Import.Register")]
    body = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-03-10T08:00Z", "sampledValue": samples}],
    }
    home.deliver("a.csv", csv_of(row(body, "MeterValues")))
    typed = home.typed()
    assert [r["register_kwh"] for r in typed["measurements"]] == [1.2]
    (problem,) = typed["quarantine"]
    assert (problem["value"], problem["field"]) == ('"n/a"', "Power.Active.Import")
    assert "m1" in problem["record"]


def test_a_stop_with_signed_meter_values_still_stops(home):
    signed = value("OCMF|{}|{}", "Energy.Active.Import.Register", format="SignedData")
    stop = {
        "transactionId": 9,
        "meterStop": "5120",
        "timestamp": "2026-03-10T09:00:00Z",
        "reason": "Local",
        "transactionData": [{"timestamp": "2026-03-10T09:00:00Z", "sampledValue": [signed]}],
    }
    home.deliver("a.csv", csv_of(row(stop, "StopTransaction")))
    (found,) = home.messages()
    assert (found["transaction_id"], found["meter_wh"], found["reason"]) == ("9", 5120.0, "Local")
    assert home.typed()["quarantine"] == []


def test_a_stop_of_which_one_field_cannot_be_read_still_stops(home):
    stop = {"transactionId": 9, "meterStop": "many", "timestamp": "2026-03-10T09:00:00Z"}
    home.deliver("a.csv", csv_of(row(stop, "StopTransaction", second=3600)))
    (found,) = home.messages()
    assert (found["transaction_id"], found["meter_wh"]) == ("9", None)
    assert found["event_time"] == MORNING + timedelta(hours=1)
    assert [r["field"] for r in home.typed()["quarantine"]] == ["meterStop"]


def test_the_last_samples_within_a_stop_are_measured_at_its_connector(home):
    data = [{"timestamp": "2026-03-10T08:59:00Z", "sampledValue": [{"value": "900"}]}]
    home.deliver(
        "a.csv",
        csv_of(
            *LOG, row({"transactionId": 9, "transactionData": data}, "StopTransaction", second=99)
        ),
    )
    last = max(home.typed()["measurements"], key=lambda r: r["measured_at"])
    assert (last["connector_id"], last["session_id"], last["register_kwh"]) == (
        "CP-7:1",
        "CP-7:9",
        0.9,
    )


def test_a_transaction_event_of_2_0_1_is_read(home):
    event = {
        "eventType": "Started",
        "timestamp": "2026-03-10T08:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "ab-12"},
        "evse": {"id": 2, "connectorId": 1},
        "idToken": {"idToken": CARD, "type": "ISO14443"},
        "meterValue": [
            {
                "timestamp": "2026-03-10T08:00:00Z",
                "sampledValue": [
                    {
                        "value": 7.2,
                        "measurand": "Power.Active.Import",
                        "unitOfMeasure": {"unit": "kW"},
                    },
                    {"value": 12, "unitOfMeasure": {"unit": "Wh", "multiplier": 2}},
                ],
            }
        ],
    }
    ended = event | {"eventType": "Ended", "seqNo": 2, "timestamp": "2026-03-10T09:00:00Z"}
    ended["transactionInfo"] = {"transactionId": "ab-12", "stoppedReason": "Local"}
    del ended["evse"], ended["idToken"]
    ended["meterValue"] = [{"timestamp": "2026-03-10T09:00:00Z", "sampledValue": [{"value": 8400}]}]
    home.deliver(
        "a.jsonl",
        lines_of(
            *(
                {"time": (MORNING + timedelta(hours=n)).isoformat(), "cp": "CP-7", "frame": sent}
                for n, sent in enumerate(
                    [[2, "1", "TransactionEvent", event], [2, "2", "TransactionEvent", ended]]
                )
            )
        ),
    )
    started, stopped = home.messages()
    assert (started["status"], started["transaction_id"], started["connector_id"]) == (
        "Started",
        "ab-12",
        2,
    )
    assert is_pseudonym(started["id_tag"])
    assert (started["power_w"], started["register_wh"]) == (7200.0, 1200.0)
    assert (stopped["status"], stopped["reason"], stopped["register_wh"]) == (
        "Ended",
        "Local",
        8400.0,
    )
    measured = home.typed()["measurements"]
    assert [(r["connector_id"], r["register_kwh"]) for r in measured] == [
        ("CP-7:2", 1.2),
        ("CP-7:2", 8.4),
    ]


@pytest.mark.parametrize(
    ("body", "connector", "status"),
    [
        (
            {"connectorId": 1, "errorCode": "NoError", "status": "SuspendedEV"},
            "CP-7:1",
            "SUSPENDEDEV",
        ),
        (
            {"connector_id": "2", "error_code": "GroundFailure", "status": "Faulted"},
            "CP-7:2",
            "FAULTED",
        ),
        ({"evseId": 2, "connectorId": 1, "connectorStatus": "Occupied"}, "CP-7:2", "OCCUPIED"),
    ],
)
def test_a_status_notification_is_an_observation_at_its_own_time(home, body, connector, status):
    sent = body | {"timestamp": "2026-03-10T07:59:58Z"}
    home.deliver("a.csv", csv_of(row(sent, "StatusNotification")))
    (span,) = home.typed()["status_spans"]
    assert (span["unit"], span["unit_id"], span["status"]) == ("connector", connector, status)
    assert span["first_query_time"] == MORNING - timedelta(seconds=2)


@pytest.mark.parametrize("sent", ["2027-01-01T00:00:00Z", "1970-01-01T00:00:09Z", "soon", None])
def test_a_status_with_a_clock_that_is_wrong_is_of_the_time_of_its_message(home, sent):
    body = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": sent}
    home.deliver("a.csv", csv_of(row(body, "StatusNotification")))
    (span,) = home.typed()["status_spans"]
    assert span["first_query_time"] == MORNING


def test_the_status_of_connector_0_is_that_of_the_charge_point(home):
    body = {"connectorId": 0, "errorCode": "NoError", "status": "Unavailable"}
    home.deliver("a.csv", csv_of(row(body, "StatusNotification")))
    typed = home.typed()
    assert [(r["unit"], r["unit_id"]) for r in typed["status_spans"]] == [("chargingpoint", "CP-7")]
    assert typed["connectors"] == []


# --- ids, answers, order -------------------------------------------------------------------------


def test_ids_that_repeat_belong_to_the_request_before(home):
    log = [
        {"time": (MORNING + timedelta(seconds=n)).isoformat(), "cp": "CP-7", "frame": sent}
        for n, sent in enumerate(
            [
                [3, "1", {}],  # a response to what nobody asked
                [2, "1", "Heartbeat", {}],
                [3, "1", {"currentTime": "2026-03-10T08:00:00Z"}],
                [2, "1", "StartTransaction", START],
                [3, "1", {"transactionId": 4, "idTagInfo": {"status": "Accepted"}}],
                [2, "1", "DataTransfer", {"vendorId": "x"}],
                [4, "1", "NotImplemented", "not here", {}],
            ]
        )
    ]
    home.deliver("a.jsonl", lines_of(*reversed(log)))
    assert [(r["message_type"], r["action"]) for r in home.messages()] == [
        (3, None),
        *((2, "Heartbeat"), (3, "Heartbeat")),
        *((2, "StartTransaction"), (3, "StartTransaction")),
        *((2, "DataTransfer"), (4, "DataTransfer")),
    ]
    error = home.messages()[-1]
    assert error["error_code"] == "NotImplemented"
    assert is_pseudonym(json.loads(error["body"])["errorDescription"])


def test_the_same_id_at_another_charge_point_is_another_message(home):
    rows = [row({}, "Heartbeat", key="1", cp=cp) for cp in ("A", "B", "A")]
    home.deliver("a.csv", csv_of(*rows))
    assert sorted(r["charge_point_id"] for r in home.messages()) == ["A", "B"]


def test_messages_that_differ_in_their_body_alone_are_all_kept(home):
    bodies = [{"vendorId": "x", "data": str(n)} for n in range(3)]
    home.deliver("a.csv", csv_of(*(row(body, "DataTransfer") for body in bodies)))
    assert sorted(r["copy"] for r in home.messages()) == [0, 1, 2]


def test_a_message_belongs_to_the_utc_date_at_which_it_was_written(home):
    rows = [
        (*row({}, "Heartbeat", key=at)[:4], at, "{}")
        for at in (
            "2026-03-11T00:30:00+01:00",
            "2026-03-11 00:00:00Z",
            "1773187199.5",
            "1773187200000",
        )
    ]
    home.deliver("a.csv", csv_of(*rows))
    days = [str(partition.day) for partition in raw.partitions(home.lake)]
    assert days == ["2026-03-10", "2026-03-11"]
    assert len(home.messages()) == 4
