"""What the messages of a log become, from poll to typed rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ocpp_feed import (
    TAG,
    Message,
    as_csv,
    as_frames,
    as_lines,
    as_text,
    call,
    deliver,
    later,
    meter,
    result,
    sample,
    snake,
    transaction,
    typed,
    typed_of,
)

POWER, REGISTER = "Power.Active.Import", "Energy.Active.Import.Register"


def only(rows: list[dict], **wanted) -> dict:
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def values(row: dict) -> tuple:
    return row["current_a"], row["voltage_v"], row["power_w"], row["register_kwh"]


def metered(*values_, connector: int = 2, number: int | str | None = 1) -> dict:
    return {"connectorId": connector, "transactionId": number, "meterValue": list(values_)}


def test_a_transaction_has_its_id_in_the_response_and_its_end_in_a_request(tmp_path):
    rows = typed_of(tmp_path, *transaction(5))["ocpp_messages"]
    start = only(rows, action="StartTransaction", message_type=2)
    answer = only(rows, action="StartTransaction", message_type=3)
    stop = only(rows, action="StopTransaction", message_type=2)
    assert (start["connector_id"], start["meter_wh"], start["transaction_id"]) == (2, 0, None)
    assert (answer["transaction_id"], answer["status"]) == ("5", "Accepted")
    assert (stop["transaction_id"], stop["meter_wh"], stop["reason"]) == ("5", 1840, "Local")
    assert (
        start["id_tag"]
        == stop["id_tag"]
        == only(rows, action="Authorize", message_type=2)["id_tag"]
    )
    assert start["id_tag"].startswith("p_")
    assert start["event_time"] == later(200)
    assert TAG not in str(rows)


def test_a_boot_names_who_made_the_charge_point_and_its_answer_the_interval(tmp_path):
    found = typed_of(tmp_path, *transaction())
    boot = only(found["ocpp_messages"], action="BootNotification", message_type=2)
    answer = only(found["ocpp_messages"], action="BootNotification", message_type=3)
    assert (boot["vendor"], boot["model"]) == ("ChargeAwesome LLC", "BB-0")
    assert (answer["heartbeat_interval_s"], answer["status"]) == (300, "Accepted")
    assert "8949" not in str(found)


def test_charge_points_are_known_from_any_message_and_connectors_from_their_use(tmp_path):
    found = typed_of(tmp_path, *transaction(), call("Heartbeat", {}, 5, point="CP-9"))
    assert [row["station_id"] for row in found["stations"]] == ["CP-7", "CP-9"]
    assert [row["charging_point_id"] for row in found["charging_points"]] == ["CP-7", "CP-9"]
    assert [row["connector_id"] for row in found["connectors"]] == ["CP-7:2"]
    first = found["stations"][0]
    assert (first["first_query_time"], first["last_query_time"]) == (later(0), later(601))


def test_a_response_without_an_action_has_that_of_the_nearest_request_before_it(tmp_path):
    rows = typed_of(
        tmp_path,
        result({}, 1, "1"),  # before any request
        call("Heartbeat", {}, 10, "1"),
        result({}, 11, "1"),
        call("Authorize", {"idTag": TAG}, 20, "1"),
        result({}, 21, "1"),
        call("Heartbeat", {}, 20, "1", point="CP-8"),
        result({}, 30, "2"),  # nobody asked
    )["ocpp_messages"]
    mine = [row for row in rows if row["charge_point_id"] == "CP-7" and row["message_type"] == 3]
    answers = {row["message_time"]: row["action"] for row in mine}
    actions = [None, "Heartbeat", "Authorize", None]
    assert answers == dict(zip(map(later, (1, 11, 21, 30)), actions, strict=True))


def test_an_error_has_its_code_and_what_it_answers(tmp_path):
    body = {"code": "InternalError", "description": "no", "details": {}}
    error = call("", body, 1)._replace(kind=4)
    rows = typed_of(tmp_path, call("Heartbeat", {}), error)["ocpp_messages"]
    row = only(rows, message_type=4)
    assert (row["action"], row["error_code"]) == ("Heartbeat", "InternalError")
    assert '"errorDescription":"p_' in row["body"]


def test_equal_messages_are_one_and_messages_that_differ_in_their_body_are_numbered(tmp_path):
    one, other = call("Authorize", {"idTag": "a"}), call("Authorize", {"idTag": "b"})
    first = typed_of(tmp_path / "1", one, one, other)["ocpp_messages"]
    second = typed_of(tmp_path / "2", other, one, other)["ocpp_messages"]
    assert [row["copy"] for row in first] == [0, 1]
    assert first == second


def test_names_in_camel_and_in_snake_case_mean_the_same(tmp_path):
    messages = [message for message in transaction() if message.kind == 2]
    low = [message._replace(body=snake(message.body)) for message in messages]
    camel, lower = typed_of(tmp_path / "1", *messages), typed_of(tmp_path / "2", *low)
    for found in (camel, lower):
        for row in found["ocpp_messages"]:
            row["body"] = None
    assert camel == lower


@pytest.mark.parametrize(
    "body",
    [
        metered(meter(sample("11.5", POWER, unit="kW"), sample("2000", unit="Wh"))),
        metered(meter(sample(11500, POWER), sample(2, REGISTER, unit="kWh"))),
        {
            "connectorId": 2,
            "transactionId": "1",
            "meterValue": meter(sample(11500.0, POWER, phase=None), sample(2000.0, phase=None)),
        },
        {
            "connector_id": "2",
            "transaction_id": 1,
            "meter_value": {
                "timestamp": later(0).isoformat(),
                "sampled_value": [
                    sample("11500", POWER, unit="W"),
                    sample("2.0", REGISTER, unit="kWh"),
                ],
            },
        },
        metered(
            meter(sample(11.5, POWER, unitOfMeasure={"unit": "W", "multiplier": 3}), sample(2000))
        ),
        metered(
            {"timestamp": later(0).isoformat(), "sampledValue": sample(11500, POWER)},
            meter(sample(2000)),
        ),
    ],
)
def test_meter_values_may_be_text_or_number_a_list_or_alone_and_in_other_units(tmp_path, body):
    found = typed_of(tmp_path, call("MeterValues", body, 3))
    (row,) = found["measurements"]
    assert values(row) == (None, None, 11500.0, 2.0)
    assert (row["phase"], row["connector_id"], row["session_id"]) == ("total", "CP-7:2", "CP-7:1")
    assert row["measured_at"] == later(0)
    (message,) = found["ocpp_messages"]
    assert (message["power_w"], message["register_wh"], message["body"]) == (11500.0, 2000.0, None)


def test_a_sample_of_a_phase_is_of_that_phase_and_one_of_none_is_the_total(tmp_path):
    samples = [
        sample("230.1", "Voltage", phase="L1-N", unit="V"),
        sample("16.0", "Current.Import", phase="L1", unit="A"),
        sample("3680", POWER, phase="L1"),
        sample("231.0", "Voltage", phase="L2"),
        sample("400.0", "Voltage", phase="L1-L2"),  # between two phases: of neither
        sample("11040", POWER, phase=None, context="Sample.Periodic"),
        sample("41", "SoC", unit="Percent"),
    ]
    rows = typed_of(tmp_path, call("MeterValues", metered(meter(*samples))))["measurements"]
    assert {row["phase"]: values(row) for row in rows} == {
        "L1": (16.0, 230.1, 3680.0, None),
        "L2": (None, 231.0, None, None),
        "total": (None, None, 11040.0, None),
    }


def test_several_samples_in_a_message_are_rows_of_their_own_and_the_last_stands_in_the_message(
    tmp_path,
):
    body = metered(
        *(meter(sample(watts, POWER), second=at) for at, watts in [(0, 7), (60, 0), (120, 5)])
    )
    found = typed_of(tmp_path, call("MeterValues", body, 121))
    assert [(row["measured_at"], row["power_w"]) for row in found["measurements"]] == [
        (later(0), 7),
        (later(60), 0),
        (later(120), 5),
    ]
    assert found["ocpp_messages"][0]["power_w"] == 5


def test_the_same_moment_in_two_messages_is_one_row_whatever_their_order(tmp_path):
    one = call("MeterValues", metered(meter(sample(7, POWER))), 1)
    other = call("MeterValues", metered(meter(sample(1000), sample(6, POWER))), 2)
    first, second = (
        typed_of(tmp_path / str(number), *pair)["measurements"]
        for number, pair in enumerate([(one, other), (other, one)])
    )
    assert first == second
    assert [values(row) for row in first] == [(None, None, 7.0, 1.0)]


def test_samples_at_a_stop_are_of_the_connector_at_which_the_transaction_started(tmp_path):
    start = [
        call("StartTransaction", {"connectorId": 2, "idTag": TAG, "meterStart": 0}),
        result({"transactionId": 9, "idTagInfo": {"status": "Accepted"}}),
    ]
    data = [meter(sample(500, context="Transaction.End"), second=50)]
    stop = call(
        "StopTransaction", {"transactionId": 9, "meterStop": 500, "transactionData": data}, 51
    )
    (row,) = typed_of(tmp_path / "1", *start, stop)["measurements"]
    assert (row["connector_id"], row["session_id"], row["register_kwh"]) == (
        "CP-7:2",
        "CP-7:9",
        0.5,
    )
    (row,) = typed_of(tmp_path / "2", stop)["measurements"]  # it started on another date
    assert (row["connector_id"], row["session_id"]) == ("CP-7:0", "CP-7:9")


def test_samples_at_a_stop_are_of_the_latest_start_before_it_with_that_id_in_whatever_order(
    tmp_path,
):
    pairs = [
        [
            call(
                "StartTransaction",
                {"connectorId": number, "idTag": TAG, "meterStart": 0},
                second,
            ),
            result({"transactionId": 7, "idTagInfo": {"status": "Accepted"}}, second + 1),
        ]
        for number, second in ((1, 0), (2, 20))
    ]
    stops = []
    for second in (11, 51):
        data = [meter(sample(500, context="Transaction.End"), second=second - 1)]
        body = {"transactionId": 7, "meterStop": 5, "transactionData": data}
        stops.append(call("StopTransaction", body, second))
    for number, order in enumerate([pairs[0] + pairs[1], pairs[1] + pairs[0]]):
        rows = typed_of(tmp_path / str(number), *order, *stops)["measurements"]
        assert sorted(row["connector_id"] for row in rows) == ["CP-7:1", "CP-7:2"]


def test_transaction_events_of_2_0_1_name_connector_card_and_samples(tmp_path):
    def event(kind: str, second: float, **more) -> Message:
        info = {
            "transactionId": "tx-1",
            **({"stoppedReason": "EVDisconnected"} if kind == "Ended" else {}),
        }
        values_ = [meter(sample(7.4, POWER, unitOfMeasure={"unit": "kW"}), second=second)]
        body = {
            "eventType": kind,
            "timestamp": later(second).isoformat(),
            "triggerReason": "Authorized",
            "seqNo": 0,
            "transactionInfo": info,
            "meterValue": values_,
        }
        return call("TransactionEvent", body | more, second)

    found = typed_of(
        tmp_path,
        event("Updated", 60),
        event(
            "Started",
            0,
            evse={"id": 1, "connectorId": 2},
            idToken={"idToken": TAG, "type": "eMAID"},
        ),
        event("Ended", 120),
    )
    rows = {row["status"]: row for row in found["ocpp_messages"]}
    assert {row["transaction_id"] for row in rows.values()} == {"tx-1"}
    assert (rows["Started"]["connector_id"], rows["Started"]["id_tag"][:2]) == (1, "p_")
    assert (rows["Ended"]["reason"], rows["Ended"]["event_time"]) == ("EVDisconnected", later(120))
    assert [(row["connector_id"], row["power_w"]) for row in found["measurements"]] == [
        ("CP-7:1", 7400.0)
    ] * 3


@pytest.mark.parametrize(
    ("body", "unit"),
    [
        ({"connectorId": 2, "status": "SuspendedEV"}, ("connector", "CP-7:2", "SUSPENDEDEV")),
        ({"connectorId": 0, "status": "Available"}, ("chargingpoint", "CP-7", "AVAILABLE")),
        ({"connector_id": "1", "status": "Faulted"}, ("connector", "CP-7:1", "FAULTED")),
        (
            {"evseId": 2, "connectorId": 1, "connectorStatus": "Occupied"},
            ("connector", "CP-7:2", "OCCUPIED"),
        ),
    ],
)
def test_a_status_is_a_span_of_one_observation_with_a_poll_of_its_own(tmp_path, body, unit):
    found = typed_of(tmp_path, call("StatusNotification", body | {"errorCode": "NoError"}, 7))
    (span,), (poll,) = found["status_spans"], found["polls"]
    assert (span["unit"], span["unit_id"], span["status"]) == unit
    assert span["first_query_time"] == span["last_query_time"] == poll["query_time"] == later(7)
    assert span["scope"] == poll["scope"]
    assert (span["polls"], poll["records"], poll["outcome"]) == (1, 1, "ok")


@pytest.mark.parametrize(
    ("sent", "second"),
    [
        (later(3).isoformat(), 3),
        (later(-3600).isoformat(), -3600),  # sent late
        (later(100).isoformat(), 100),  # its clock is a little ahead
        (later(1000).isoformat(), 7),  # much ahead: not to be believed
        ((later(0) - timedelta(days=1)).isoformat(), 7),  # of another date
        ("yesterday", 7),
        (None, 7),
    ],
)
def test_a_status_is_of_its_own_time_where_that_is_of_the_date_and_believable(
    tmp_path, sent, second
):
    body = {"connectorId": 1, "status": "Available", "timestamp": sent}
    (span,) = typed_of(tmp_path, call("StatusNotification", body, 7))["status_spans"]
    assert span["first_query_time"] == later(second)


def test_two_statuses_of_one_moment_are_the_one_that_was_written_last(tmp_path):
    bodies = [
        {"connectorId": 1, "status": word, "timestamp": later(0).isoformat()}
        for word in ("Preparing", "Charging")
    ]
    pair = [
        call("StatusNotification", body, at, str(at))
        for at, body in zip((2, 1), bodies, strict=True)
    ]
    spans = typed_of(tmp_path, *pair)["status_spans"]
    assert [span["status"] for span in spans] == ["PREPARING"]


def test_every_form_of_a_log_gives_the_same_tables_but_for_how_bodies_are_written(tmp_path):
    def facts(name: str, content: bytes) -> dict:
        deliver(tmp_path / name, **{name: content})
        found = typed(tmp_path / name)
        for row in found["ocpp_messages"]:
            row["body"] = None
        return found

    messages = [*transaction(), *transaction(8, "CP-8", 5)]
    wanted = facts("log_csv", as_csv(messages))
    assert facts("log_jsonl", as_lines(messages)) == wanted
    assert facts("frames_jsonl", as_frames(messages)) == wanted
    assert facts("console_log", as_text(messages)) == wanted
