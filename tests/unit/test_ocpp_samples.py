"""Which of several samples is the reading of a moment, and what is kept beside it."""

from __future__ import annotations

import base64
import json

import pytest

from tests.ocpp_feed import TAG, Message, call, later, meter, result, sample, typed_of

POWER, REGISTER = "Power.Active.Import", "Energy.Active.Import.Register"
INTERVAL, NET = "Energy.Active.Import.Interval", "Energy.Active.Net"
READINGS = [
    {"TM": "2023-01-01T08:00:00,000+0000 S", "TX": "B", "RV": 1.0, "RI": "1-0:1.8.0", "RU": "kWh"},
    {"TX": "E", "RV": 8.0, "ST": "G"},
]
OCMF = f'OCMF|{json.dumps({"FV": "1.0", "RD": READINGS})}|{{"SD":"3045"}}'


def metered(
    *meters: dict, second: float = 0, number: int | None = 1, connector: int = 1, key: str = "m1"
) -> Message:
    body = {"connectorId": connector, "transactionId": number, "meterValue": list(meters)}
    return call("MeterValues", body, second, key)


def totals(rows: list[dict], name: str = "register_kwh") -> list[float]:
    found = sorted((row["measured_at"], row[name]) for row in rows if row["phase"] == "total")
    return [value for _, value in found]


@pytest.mark.parametrize(
    ("samples", "power", "register"),
    [
        (
            [
                sample(108000, location="Outlet"),
                sample(250400, location="Inlet"),
                sample(48000, POWER, location="Outlet"),
                sample(52000, POWER, location="Inlet"),
            ],
            48000,
            108,
        ),
        ([sample(250400, location="Inlet"), sample(108000)], None, 108),
        ([sample(9000, location="EV"), sample(8000, location="Cable")], None, 8),
        ([sample(8000, location="Body"), sample(7000, location="Inlet")], None, 7),
        ([sample(500, context="Sample.Clock"), sample(900, context="Transaction.End")], None, 0.5),
        ([sample(500, context="Transaction.End"), sample(900, context="Trigger")], None, 0.5),
        ([sample(900, location="Inlet"), sample(500, context="Other")], None, 0.5),
        ([sample(500), sample(900, context="Sample.Periodic")], None, 0.9),
        ([sample(0.5, unit="kWh"), sample(400, unit="Wh")], None, 0.5),
        ([sample(900, format="Raw"), sample(OCMF, format="SignedData")], None, 0.9),
    ],
)
def test_of_several_samples_of_a_moment_one_is_the_reading_in_whatever_order_and_message(
    tmp_path, samples, power, register
):
    for number, order in enumerate((samples, samples[::-1])):
        (row,) = typed_of(tmp_path / f"a{number}", metered(meter(*order)))["measurements"]
        assert (row["power_w"], row["register_kwh"]) == (power, register)
        apart = [metered(meter(one), second=n, key=str(n)) for n, one in enumerate(order)]
        (row,) = typed_of(tmp_path / f"b{number}", *apart)["measurements"]
        assert (row["power_w"], row["register_kwh"]) == (power, register)


def test_a_register_of_the_transaction_s_begin_is_no_reading_of_the_moment(tmp_path):
    samples = [
        sample("158600", REGISTER, context="Sample.Periodic"),
        sample("157440", REGISTER, context="Transaction.Begin"),
    ]
    found = typed_of(tmp_path, metered(meter(*reversed(samples))))
    (row,), (message,) = found["measurements"], found["ocpp_messages"]
    assert (row["register_kwh"], row["begin_register_kwh"]) == (158.6, 157.44)
    assert (message["register_wh"], message["begin_register_wh"]) == (158600, 157440)


def test_a_started_event_s_register_is_its_meter_at_the_start(tmp_path):
    body = {
        "eventType": "Started",
        "timestamp": later(0).isoformat(),
        "transactionInfo": {"transactionId": "s-1"},
        "evse": {"id": 1},
        "meterValue": [meter(sample(1000, context="Transaction.Begin"))],
    }
    found = typed_of(tmp_path, call("TransactionEvent", body))
    (message,) = found["ocpp_messages"]
    assert (message["meter_wh"], message["register_wh"]) == (1000, None)
    assert [row["register_kwh"] for row in found["measurements"]] == [None]


def test_samples_of_one_moment_that_belong_to_different_transactions_stay_apart(tmp_path):
    rows = typed_of(
        tmp_path,
        metered(meter(sample(1800))),
        metered(meter(sample(4078200, context="Sample.Clock")), number=None, second=1, key="m2"),
        metered(meter(sample(5)), number=2, second=2, key="m3"),
    )["measurements"]
    assert {(row["session_id"], row["register_kwh"]) for row in rows} == {
        ("CP-7:1", 1.8),
        (None, 4078.2),
        ("CP-7:2", 0.005),
    }


# --- phases --------------------------------------------------------------------------------------


def phases(*values: float, **more: str) -> list[dict]:
    return [sample(wh, phase=f"L{n}", **more) for n, wh in enumerate(values, 1)]


def test_registers_per_phase_are_summed_where_all_phases_are_there(tmp_path):
    found = typed_of(
        tmp_path,
        metered(meter(*phases(10600, 10600, 10600)), key="a"),
        metered(meter(*phases(11200, 11200), second=60), second=60, key="b"),
        metered(meter(*phases(11800, 11800, 11800, unit="Wh"), second=120), second=120, key="c"),
    )
    assert totals(found["measurements"]) == [31.8, 35.4]
    sums = [row for row in found["measurements"] if row["register_kind"] == "phases"]
    assert {row["register_unit"] for row in sums} == {None, "Wh"}
    assert [row["register_wh"] for row in found["ocpp_messages"]] == [31800, None, 35400]


def test_a_sum_of_phases_stands_beside_the_power_of_the_same_moment(tmp_path):
    message = metered(meter(*phases(1000, 1000, 1000), sample(7200, POWER)))
    (total,) = [r for r in typed_of(tmp_path, message)["measurements"] if r["phase"] == "total"]
    assert (total["power_w"], total["register_kwh"], total["register_kind"]) == (7200, 3, "phases")


def test_one_register_of_l1_alone_is_the_total(tmp_path):
    found = typed_of(tmp_path, metered(meter(*phases(31800), sample(7.2, POWER, unit="kW"))))
    assert totals(found["measurements"]) == [31.8]
    assert found["ocpp_messages"][0]["register_wh"] == 31800


def test_each_connector_has_its_own_phases_and_place_of_the_meter(tmp_path):
    found = typed_of(
        tmp_path,
        metered(meter(*phases(1000, 1000, 1000)), key="a"),
        metered(meter(sample(5000, location="Inlet")), key="b", connector=2),
        metered(meter(sample(7000)), key="c", connector=3),
    )
    assert [row["register_wh"] for row in found["ocpp_messages"]] == [3000, 5000, 7000]
    total = {row["connector_id"]: row["register_kwh"] for row in found["measurements"]}
    assert total == {"CP-7:1": 3, "CP-7:2": 5, "CP-7:3": 7}


def test_phases_at_a_stop_are_summed_as_those_of_its_connector(tmp_path):
    answer = {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}
    data = [meter(*phases(2000, 2000, 2000), second=60)]
    stop = {"transactionId": 1, "meterStop": 0, "transactionData": data}
    found = typed_of(
        tmp_path,
        call("StartTransaction", {"connectorId": 1, "idTag": TAG, "meterStart": 0}, 0, "s"),
        result(answer, 1, "s"),
        metered(meter(*phases(1000, 1000, 1000), second=30), second=30),
        call("StopTransaction", stop, 60, "e"),
    )
    assert totals(found["measurements"]) == [3, 6]
    registers = [row["register_wh"] for row in found["ocpp_messages"] if row["register_wh"]]
    assert registers == [3000, 6000]


def test_phases_are_not_summed_where_the_charge_point_sends_totals(tmp_path):
    found = typed_of(
        tmp_path,
        metered(meter(sample(99000)), key="a"),
        metered(meter(*phases(1000, 1000, 1000), second=60), second=60, key="b"),
    )
    assert totals(found["measurements"]) == [99]
    assert [row["register_wh"] for row in found["ocpp_messages"]] == [99000, None]


def test_a_register_of_the_inlet_does_not_stand_among_those_of_the_outlet(tmp_path):
    found = typed_of(
        tmp_path,
        metered(meter(sample(1000)), key="a"),
        metered(meter(sample(250400, location="Inlet"), second=60), second=60, key="b"),
    )
    assert totals(found["measurements"]) == [1]
    assert [row["register_wh"] for row in found["ocpp_messages"]] == [1000, None]


def test_a_current_of_the_neutral_is_no_current_of_a_phase(tmp_path):
    message = metered(meter(sample("15.6", "Current.Import", phase="N"), sample(875)))
    (row,) = typed_of(tmp_path, message)["measurements"]
    assert (row["phase"], row["current_a"], row["register_kwh"]) == ("total", None, 0.875)


# --- other registers -----------------------------------------------------------------------------


def test_energy_of_an_interval_and_net_energy_are_kept_apart_from_the_register(tmp_path):
    samples = sample(250, INTERVAL), sample(4.5, NET, unit="kWh")
    found = typed_of(tmp_path, metered(meter(*samples)))
    (row,), (message,) = found["measurements"], found["ocpp_messages"]
    assert (row["register_kwh"], row["interval_kwh"], row["net_kwh"]) == (None, 0.25, 4.5)
    assert (row["register_kind"], message["net_wh"]) == (None, 4500)


@pytest.mark.parametrize(
    "value",
    [
        OCMF,
        base64.b64encode(OCMF.encode()).decode(),
        OCMF.encode().hex(),
        json.dumps({"signedMeterData": base64.b64encode(OCMF.encode()).decode()}),
    ],
)
def test_signed_data_is_read_for_its_registers(tmp_path, value):
    signed = sample(value, REGISTER, format="SignedData", context="Transaction.End")
    stop = {"transactionId": 3, "timestamp": later(60).isoformat(), "meterStop": 8000}
    data = {"transactionData": [meter(signed, second=60)]}
    found = typed_of(tmp_path, call("StopTransaction", stop | data, 60))
    (row,), (message,) = found["measurements"], found["ocpp_messages"]
    assert (row["register_kwh"], row["begin_register_kwh"]) == (8, 1)
    assert (row["register_kind"], message["register_wh"]) == ("signed", 8000)


def test_signed_registers_of_a_meter_that_reports_an_error_are_not_read(tmp_path):
    value = OCMF.replace('"ST": "G"', '"ST": "F"')
    signed = sample(value, REGISTER, format="SignedData")
    found = typed_of(tmp_path, metered(meter(signed)))
    (row,) = found["measurements"]
    assert (row["register_kwh"], row["begin_register_kwh"]) == (None, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        sample(9e14),
        sample("9e11", REGISTER, unit="kWh"),
        sample(2e8, POWER),
        sample(1, unitOfMeasure={"unit": "Wh", "multiplier": 5000}),
        sample("9" * 400),
        sample("NaN"),
        sample(4e6, "Voltage"),
    ],
)
def test_a_number_beyond_sense_is_quarantined_and_the_other_samples_count(tmp_path, wrong):
    found = typed_of(tmp_path, metered(meter(wrong, sample(16, "Current.Import"))))
    (row,), (problem,) = found["measurements"], found["quarantine"]
    assert (row["current_a"], row["power_w"], row["register_kwh"]) == (16, None, None)
    assert problem["field"] == wrong.get("measurand", REGISTER)


def test_the_latest_register_of_a_message_stands_in_its_row_with_its_moment(tmp_path):
    meters = [meter(sample(wh), second=at) for at, wh in ((60, 200), (120, 300), (0, 100))]
    (row,) = typed_of(tmp_path, metered(*meters, second=121))["ocpp_messages"]
    assert (row["register_wh"], row["register_at"]) == (300, later(120))


# --- transaction ids -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, "0", "-1", -77, "00000000-0000-0000-0000-000000000000"])
def test_a_placeholder_is_no_transaction(tmp_path, number):
    found = typed_of(tmp_path, metered(meter(sample(5)), number=number))
    (message,), (row,) = found["ocpp_messages"], found["measurements"]
    assert (message["transaction_id"], message["sent_transaction_id"]) == (None, str(number))
    assert (row["session_id"], row["connector_id"]) == (None, "CP-7:1")


@pytest.mark.parametrize(("status", "known"), [("Accepted", "5"), ("ConcurrentTx", None)])
def test_a_start_that_was_refused_began_no_transaction(tmp_path, status, known):
    start = {"connectorId": 1, "idTag": TAG, "meterStart": 0, "reservationId": 8}
    answer = {"transactionId": 5, "idTagInfo": {"status": status, "parentIdTag": TAG}}
    rows = typed_of(tmp_path, call("StartTransaction", start), result(answer))["ocpp_messages"]
    asked, answered = sorted(rows, key=lambda row: row["message_type"])
    assert asked["reservation_id"] == 8
    assert (answered["transaction_id"], answered["sent_transaction_id"]) == (known, "5")
    assert (answered["id_status"], answered["group_id_tag"]) == (status, asked["id_tag"])


def test_of_a_message_with_thousands_of_wrong_values_the_first_are_quarantined(tmp_path):
    wrong = [sample("x", POWER) for _ in range(1_000)]
    samples = [one | {"context": str(n)} for n, one in enumerate(wrong)]
    body = {"connectorId": 1, "meterValue": [meter(*samples)], "transactionId": {}}
    problems = typed_of(tmp_path, call("MeterValues", body))["quarantine"]
    assert len(problems) < 25
    assert any("more values of this message" in problem["reason"] for problem in problems)
