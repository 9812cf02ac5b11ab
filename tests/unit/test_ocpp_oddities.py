"""What real OCPP logs hold, and how they arrive, through poll and flatten."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.http import AccessError
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.pseudonyms import PseudonymKeyError, is_pseudonym
from extract.settings import Settings
from extract.steps import poll
from extract.vendors import flattener
from extract.vendors.ocpp import sandbox

Tables = dict[str, list[dict[str, Any]]]
MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)
COLUMNS = ("message_id", "message_type", "charge_point_id", "action", "write_timestamp", "body")
CARD = "04A2C8D19F3B80"


class Home:
    """An inbox, and the lake that it is read into."""

    def __init__(self, path: Path) -> None:
        self.inbox, self.lake = path / "inbox", Lake(str(path / "lake"))
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(_env_file=None, home=path, ocpp_inbox=str(self.inbox))

    def deliver(self, name: str, content: bytes) -> list[str]:
        """Put a file into the inbox and poll; what could not be taken."""
        (self.inbox / name).write_bytes(content)
        return self.poll()

    def poll(self) -> list[str]:
        return poll.poll(self.settings, "ocpp").failed

    def typed(self) -> Tables:
        """All typed rows, sorted; without the names of raw files, which differ with deliveries."""
        rows: Tables = defaultdict(list)
        for partition, files in raw.partitions(self.lake, "ocpp").items():
            for name, table in flattener("ocpp").flatten(self.lake, partition, files).items():
                rows[name] += table.to_pylist()
        return {name: sorted(found, key=repr) for name, found in rows.items()}

    def messages(self) -> list[dict[str, Any]]:
        found = self.typed()["ocpp_messages"]
        return sorted(found, key=lambda row: (row["message_time"], row["message_type"]))

    def landed(self) -> int:
        """How many rows have landed."""
        parts = raw.partitions(self.lake, "ocpp").values()
        return sum(self.lake.read(file.path).num_rows for files in parts for file in files)

    def raw_text(self) -> str:
        """All that has landed, as text."""
        return "".join(
            json.dumps(self.lake.read(file.path).to_pylist(), default=str)
            for files in raw.partitions(self.lake, "ocpp").values()
            for file in files
        )


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def row(  # the columns of a log
    body: Any,
    action: str = "",
    kind: int = 2,
    key: str = "m1",
    second: float = 0,
    *,
    cp: str = "CP-7",
) -> tuple:
    """A row in the training data's form."""
    at = (MORNING + timedelta(seconds=second)).isoformat()
    return key, kind, cp, action, at, body if isinstance(body, str) else json.dumps(body)


def csv_of(*rows: tuple, header: tuple = COLUMNS) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([header, *rows])
    return text.getvalue().encode()


def parquet_of(*rows: tuple) -> bytes:
    sink = io.BytesIO()
    columns = [list(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=COLUMNS), sink)
    return sink.getvalue()


def lines_of(*records: Any) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def frame(found: tuple) -> list:
    """A row as an OCPP-J frame."""
    key, kind, _, action, _, text = found
    return [kind, key, action, json.loads(text)] if kind == 2 else [kind, key, json.loads(text)]


# --- forms -----------------------------------------------------------------------------------

START = {"connectorId": 1, "idTag": CARD, "meterStart": 120, "timestamp": "2026-03-10T08:00:00Z"}
SAMPLE = {
    "timestamp": "2026-03-10T08:01:00Z",
    "sampledValue": [
        {"value": "11040.5", "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "304", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    ],
}
LOG = [
    row({"chargePointVendor": "ACME", "chargePointModel": "W1"}, "BootNotification", 2, "b", 1),
    row({"status": "Accepted", "interval": 300}, "BootNotification", 3, "b", 2),
    row(START, "StartTransaction", 2, "s", 3),
    row({"transactionId": 9, "idTagInfo": {"status": "Accepted"}}, "StartTransaction", 3, "s", 4),
    row({"connectorId": 1, "transactionId": 9, "meterValue": [SAMPLE]}, "MeterValues", 2, "v", 60),
    row({}, "MeterValues", 3, "v", 61),
]
RECORDS = [dict(zip(COLUMNS, found, strict=True)) for found in LOG]
FRAMES = [
    {"chargePointId": found[2], "timestamp": found[4], "message": frame(found)} for found in LOG
]
FORMS: dict[str, bytes] = {
    "rows.csv": csv_of(*LOG),
    "rows.csv.gz": gzip.compress(csv_of(*LOG)),
    "rows.parquet": parquet_of(*LOG),
    "rows.jsonl": lines_of(*RECORDS),
    "rows.jsonl.gz": gzip.compress(lines_of(*RECORDS)),
    "objects.jsonl": lines_of(*({**r, "body": json.loads(r["body"])} for r in RECORDS)),
    "camel.jsonl": lines_of(
        *(
            {
                "messageId": r["message_id"],
                "messageType": r["message_type"],
                "chargePointId": r["charge_point_id"],
                "action": r["action"],
                "writeTimestamp": r["write_timestamp"],
                "body": r["body"],
            }
            for r in RECORDS
        )
    ),
    "frames.jsonl": lines_of(*FRAMES),
    "frames.jsonl.gz": gzip.compress(lines_of(*FRAMES)),
    "texts.jsonl": lines_of(*({**r, "message": json.dumps(r["message"])} for r in FRAMES)),
    "frames.log": "".join(f"{f[4]} {f[2]} {json.dumps(frame(f))}\n" for f in LOG).encode(),
    "frames.csv": csv_of(
        *((f[4], f[2], json.dumps(frame(f))) for f in LOG), header=("timestamp", "cp", "frame")
    ),
    "crlf.csv": csv_of(*LOG).replace(b"\n", b"\r\n"),
    "no newline at the end.csv": csv_of(*LOG).rstrip(b"\n"),
    "byte order mark.csv": b"\xef\xbb\xbf" + csv_of(*LOG),
    "name with ünïcode, 'quotes' & a #hash.csv": csv_of(*LOG),
}


def without_spaces(tables: Tables) -> Tables:
    """Bodies compared as what they mean, whatever their spaces."""
    for found in tables["ocpp_messages"]:
        found["body"] = found["body"] and json.loads(found["body"])
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_log_gives_the_same_tables(home, tmp_path, name):
    plain = Home(tmp_path / "plain")
    assert plain.deliver("x.csv", FORMS["rows.csv"]) == []
    assert home.deliver(name, FORMS[name]) == []
    found = without_spaces(home.typed())
    plain_pseudonym = plain.messages()[2]["id_tag"]
    (own,) = {r["id_tag"] for r in found["ocpp_messages"]} - {None}
    expected = json.loads(
        json.dumps(without_spaces(plain.typed()), default=str).replace(plain_pseudonym, own)
    )
    assert json.loads(json.dumps(found, default=str)) == expected
    assert len(found["ocpp_messages"]) == 6
    assert found["quarantine"] == []


def test_a_log_says_who_started_when_and_what_was_measured(home):
    home.deliver("a.csv", csv_of(*LOG))
    boot, interval, start, answer, values, _ = home.messages()
    assert (boot["vendor"], boot["model"], interval["heartbeat_interval_s"]) == ("ACME", "W1", 300)
    assert (start["connector_id"], start["meter_wh"], answer["transaction_id"]) == (1, 120.0, "9")
    assert is_pseudonym(start["id_tag"])
    assert start["event_time"] == MORNING
    assert (values["power_w"], values["register_wh"], values["body"]) == (11040.5, 304.0, None)
    (measured,) = home.typed()["measurements"]
    assert (measured["connector_id"], measured["session_id"]) == ("CP-7:1", "CP-7:9")
    assert (measured["phase"], measured["register_kwh"]) == ("total", 0.304)
    assert measured["measured_at"] == MORNING + timedelta(minutes=1)


def test_a_row_number_called_id_is_not_the_message_id(home):
    numbered = [(number, *found) for number, found in enumerate(LOG)]
    home.deliver("a.csv", csv_of(*numbered, header=("id", *COLUMNS)))
    assert {found["message_id"] for found in home.messages()} == {"b", "s", "v"}


# --- contents --------------------------------------------------------------------------------


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
    told = {
        (r["phase"], r["current_a"], r["voltage_v"], r["power_w"], r["register_kwh"])
        for r in measured
    }
    assert told == {("L1", 10.1, 231.0, 2300.0, None), ("total", None, None, 6900.0, 1.0)}
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
    assert (problem["value"], problem["field"]) == ("n/a", "Power.Active.Import")
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
    home.deliver("a.csv", csv_of(row(stop, "StopTransaction")))
    (found,) = home.messages()
    assert (found["transaction_id"], found["meter_wh"]) == ("9", None)
    assert found["event_time"] == MORNING + timedelta(hours=1)
    assert [r["field"] for r in home.typed()["quarantine"]] == ["meterStop"]


def test_the_last_samples_told_in_a_stop_are_measured_at_its_connector(home):
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
                {"time": (MORNING + timedelta(hours=n)).isoformat(), "cp": "CP-7", "frame": told}
                for n, told in enumerate(
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
    told = body | {"timestamp": "2026-03-10T07:59:58Z"}
    home.deliver("a.csv", csv_of(row(told, "StatusNotification")))
    (span,) = home.typed()["status_spans"]
    assert (span["unit"], span["unit_id"], span["status"]) == ("connector", connector, status)
    assert span["first_query_time"] == MORNING - timedelta(seconds=2)


@pytest.mark.parametrize("told", ["2027-01-01T00:00:00Z", "1970-01-01T00:00:09Z", "soon", None])
def test_a_status_with_a_clock_that_is_wrong_is_of_the_time_of_its_message(home, told):
    body = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": told}
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
        {"time": (MORNING + timedelta(seconds=n)).isoformat(), "cp": "CP-7", "frame": told}
        for n, told in enumerate(
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


# --- people ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("Authorize", {"idTag": CARD}),
        ("Authorize", {"id_tag": CARD.lower()}),
        ("Authorize", {"IDTag": f" {CARD} "}),
        ("StartTransaction", {"connectorId": 1, "idTag": CARD, "meterStart": 0}),
        ("StartTransaction", {"id_tag_info": {"parent_id_tag": CARD, "status": "Accepted"}}),
        (
            "SendLocalList",
            {"localAuthorizationList": [{"idTag": CARD, "idTagInfo": {"parentIdTag": CARD}}]},
        ),
        (
            "Authorize",
            {"idToken": {"idToken": CARD, "additionalInfo": [{"additionalIdToken": CARD}]}},
        ),
        ("TransactionEvent", {"idToken": {"idToken": CARD}, "eventType": "Started"}),
        ("Authorize", {"idTokenInfo": {"groupIdToken": {"idToken": CARD, "type": "Central"}}}),
        ("DataTransfer", {"vendorId": "x", "data": json.dumps({"idTag": CARD})}),
        ("Authorize", f'{{"\\u0069dTag": "{CARD}"}}'),
        ("Authorize", f'{{"idTag": "{CARD}"'),  # cut in the middle: a line that cannot be read
        ("", {"errorCode": "X", "errorDescription": f"idTag {CARD} is unknown"}),
    ],
)
@pytest.mark.parametrize("form", ["row", "frame"])
def test_a_card_lands_as_a_pseudonym_wherever_it_stands(home, action, body, form):
    found = row(body, action, 2)
    content = csv_of(*LOG[:2], found)
    if form == "frame":
        text = f'[2,"m1","{action}",{found[5]}]'
        content = csv_of(
            ("2026-03-10T08:00:00Z", "CP-7", text),
            *((f[4], f[2], json.dumps(frame(f))) for f in LOG[:2]),
            header=("timestamp", "cp", "frame"),
        )
    home.deliver("a.csv", content)
    assert CARD.casefold() not in home.raw_text().casefold()
    assert CARD.casefold() not in json.dumps(home.typed(), default=str).casefold()


def test_the_same_card_is_the_same_pseudonym_in_every_field_and_version(home):
    home.deliver(
        "a.csv",
        csv_of(
            row({"idTag": CARD}, "Authorize", key="1"),
            row({"id_tag": CARD.lower(), "transaction_id": 1}, "StopTransaction", key="2"),
            row(
                {"idToken": {"idToken": CARD}, "eventType": "Started"}, "TransactionEvent", key="3"
            ),
        ),
    )
    (one,) = {r["id_tag"] for r in home.messages()}
    assert is_pseudonym(one)


def test_sim_numbers_are_dropped(home):
    body = {
        "chargePointVendor": "A",
        "chargePointModel": "B",
        "iccid": "8949012345",
        "imsi": "26201",
    }
    home.deliver("a.csv", csv_of(row(body, "BootNotification")))
    assert "8949012345" not in home.raw_text()
    assert "26201" not in home.raw_text()


def test_another_pseudonym_key_lands_nothing(home):
    home.deliver("a.csv", csv_of(*LOG))
    before = home.raw_text()
    (home.inbox / "b.csv").write_bytes(csv_of(row({"idTag": CARD}, "Authorize", second=500)))
    other = Settings(
        _env_file=None, home=home.settings.home, ocpp_inbox=str(home.inbox), pseudonym_key="k" * 40
    )
    with pytest.raises(PseudonymKeyError):
        poll.poll(other, "ocpp")
    assert home.raw_text() == before


# --- lines that are none --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines_of(*RECORDS[:2]) + b'{"message_id": \n' + lines_of(*RECORDS[2:])),
        ("a.jsonl", lines_of(*FRAMES[:2], {**FRAMES[0], "message": [9, "x"]}, *FRAMES[2:])),
        ("a.csv", csv_of(LOG[0]) + b"what is this\n" + csv_of(*LOG[1:]).partition(b"\n")[2]),
        ("a.csv", csv_of(LOG[0], (*LOG[0][:4], "yesterday", "{}"), *LOG[1:])),
        (
            "a.csv",
            csv_of(LOG[0], row({}, "Heartbeat", cp="?")).replace(b"?", b"\xff")
            + csv_of(*LOG[1:]).partition(b"\n")[2],
        ),
        ("a.parquet", parquet_of(LOG[0], LOG[1], (*LOG[0][:4], "yesterday", "{}"), *LOG[2:])),
    ],
)
def test_a_line_that_cannot_be_read_is_quarantined_and_the_rest_goes_on(home, name, content):
    assert home.deliver(name, content) == []
    typed = home.typed()
    assert len(typed["ocpp_messages"]) == 6
    (problem,) = typed["quarantine"]
    assert problem["file"] == name
    assert problem["record"] == "line 3"
    assert problem["reason"]


def test_lines_are_counted_on_after_lines_that_cannot_be_read(home):
    good = csv_of(LOG[0]).partition(b"\n")[2]
    content = csv_of(LOG[1]) + b"x,y\n" + good + b"z\n"
    home.deliver(
        "a.csv", content + csv_of((*LOG[2][:4], "never", "{}"), LOG[3]).partition(b"\n")[2]
    )
    lines = [r["record"] for r in home.typed()["quarantine"]]
    assert lines == ["line 3", "line 5", "line 6"]
    assert len(home.messages()) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.md", b"# Logs\n\nPut them here.\n"),
        ("a.csv", b"one,two\n1,2\n"),
        ("a.csv.gz", b"\x1f\x8b and nothing else"),
        ("a.parquet", b"PAR1 and nothing else"),
    ],
)
def test_a_file_that_is_no_log_is_told_and_costs_no_other_file(home, name, content):
    (home.inbox / name).write_bytes(content)
    (failed,) = home.deliver("z.csv", csv_of(*LOG))
    assert f"{name}: " in failed
    assert "\n" not in failed
    assert len(home.messages()) == 6
    assert home.typed()["quarantine"] == []
    assert home.poll() == [failed]


# --- deliveries --------------------------------------------------------------------------------

OPTIONS = sandbox.Options(seed=3, charge_points=4, heartbeat_s=1800, sample_s=1800)


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> dict[str, bytes]:
    """A day of four charge points, in four forms."""
    folder = tmp_path_factory.mktemp("log")
    paths = sandbox.write(folder, OPTIONS, MORNING, MORNING + timedelta(hours=15))
    return {path.name.split(".", 1)[1]: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def at_once(log, tmp_path_factory) -> Tables:
    """What the log's files give when each is delivered once, whole."""
    home = Home(tmp_path_factory.mktemp("at_once"))
    (home.settings.home / "pseudonym.key").write_text("0" * 64)
    for ending, content in log.items():
        assert home.deliver(f"log.{ending}", content) == []
    return home.typed()


def keyed(path: Path) -> Home:
    """A home with the key of `at_once`."""
    home = Home(path)
    (path / "pseudonym.key").write_text("0" * 64)
    return home


def test_a_file_is_taken_once_however_often_and_under_whatever_name_it_comes(
    log, at_once, tmp_path
):
    home = keyed(tmp_path)
    for name in ("a", "a", "b"):
        for ending, content in log.items():
            home.deliver(f"{name}.{ending}", content)
    assert home.typed() == at_once
    assert home.landed() < 1.1 * len(at_once["ocpp_messages"])


@pytest.mark.parametrize("share", [0.05, 0.5, 0.93, 0.9999])
def test_a_file_that_was_cut_off_is_told_and_is_whole_when_the_rest_has_come(
    log, at_once, tmp_path, share
):
    home = keyed(tmp_path)
    for ending, content in log.items():
        cut = content[: int(len(content) * share)]
        failed = home.deliver(f"log.{ending}", cut)
        if ending in ("parquet", "csv.gz", "jsonl.gz"):
            assert failed
    assert len(home.poll()) >= 3  # and every poll tells it again
    failed = []
    for ending, content in log.items():
        failed = home.deliver(f"log.{ending}", content)
    assert failed == []
    assert home.typed() == at_once


CUTS: dict[str, Callable[[bytes], bytes]] = {"jsonl": gzip.decompress, "csv": gzip.decompress}


@pytest.mark.parametrize("ending", CUTS)
@pytest.mark.parametrize("back", [1, 2, 5, 40, 120])
def test_a_text_that_ends_in_the_middle_of_a_line_never_lands_that_line(
    log, tmp_path, ending, back
):
    content = CUTS[ending](log[f"{ending}.gz"])
    cut, whole = keyed(tmp_path / "cut"), keyed(tmp_path / "whole")
    whole.deliver(f"log.{ending}", content)
    cut.deliver(f"log.{ending}", content[:-back])
    everything = {repr(r) for r in whole.typed()["ocpp_messages"]}
    assert {repr(r) for r in cut.typed().get("ocpp_messages", [])} <= everything
    assert cut.deliver(f"log.{ending}", content) == []
    assert cut.typed() == whole.typed()


def test_a_row_whose_last_column_is_cut_does_not_land_with_half_a_time(tmp_path):
    order = [0, 1, 2, 3, 5, 4]  # the time stands last
    rows = [tuple(found[n] for n in order) for found in LOG]
    content = csv_of(*rows, header=tuple(COLUMNS[n] for n in order))
    home = Home(tmp_path)
    home.deliver("a.csv", content[:-10])
    home.deliver("a.csv", content)
    assert len(home.messages()) == 6


def test_a_log_that_grows_gives_what_it_gives_at_once(log, tmp_path):
    lines = log["log"].splitlines(keepends=True)
    growing, whole = keyed(tmp_path / "growing"), keyed(tmp_path / "whole")
    whole.deliver("x.log", log["log"])
    for end in (10, 11, len(lines) // 2, len(lines)):
        assert growing.deliver("x.log", b"".join(lines[:end])) == []
    assert growing.typed() == whole.typed()
    assert growing.landed() == whole.landed()  # nothing twice


def test_a_growing_log_is_quarantined_line_by_line_once(home, tmp_path):
    whole = Home(tmp_path / "whole")
    lines = [b"\n", b"bad\n", *lines_of(*FRAMES[:2]).splitlines(keepends=True), b"worse\n"]
    lines += [*lines_of(*FRAMES[2:]).splitlines(keepends=True), b"worst\n"]
    whole.deliver("x.log", b"".join(lines))
    for end in range(1, len(lines) + 1):
        home.deliver("x.log", b"".join(lines[:end]))
        home.deliver("x.log", b"".join([*lines[:end], *lines[end : end + 1]])[:-5])
    home.deliver("x.log", b"".join(lines))
    assert home.typed()["quarantine"] == whole.typed()["quarantine"]
    lines_told = sorted(r["record"] for r in home.typed()["quarantine"])
    assert lines_told == ["line 10", "line 2", "line 5"]
    assert len(home.messages()) == 6


def test_a_file_that_was_replaced_by_another_is_read_from_its_beginning(home):
    home.deliver("x.log", csv_of(*LOG[:2]))
    home.deliver("x.log", csv_of(*LOG[2:]))
    assert len(home.messages()) == 6


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_order_and_repetition_of_deliveries_never_matter(log, tmp_path_factory, data):
    lines = log["log"].splitlines(keepends=True)[:120]
    whole = keyed(tmp_path_factory.mktemp("whole"))
    whole.deliver("all.log", b"".join(lines))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=3)))
    borders = [0, *cuts, len(lines)]
    pieces = [lines[a:b] for a, b in itertools.pairwise(borders)]
    again = data.draw(st.lists(st.sampled_from(range(len(pieces))), max_size=3))
    order = data.draw(st.permutations([*range(len(pieces)), *again]))
    home = keyed(tmp_path_factory.mktemp("pieces"))
    for number, piece in enumerate(order):
        (home.inbox / f"{number}.log").write_bytes(b"".join(pieces[piece]))
        if data.draw(st.booleans()):
            assert home.poll() == []
    assert home.poll() == []
    assert home.typed() == whole.typed()


# --- the inbox -----------------------------------------------------------------------------------


def test_unfinished_and_hidden_files_are_left_alone(home):
    for name in (".a.csv", "a.csv.part", "b.csv.tmp"):
        (home.inbox / name).write_bytes(csv_of(*LOG)[:100])
    assert home.poll() == []
    (home.inbox / "b.csv.tmp").unlink()
    assert home.deliver("b.csv", csv_of(*LOG)) == []
    assert len(home.messages()) == 6


def test_folders_in_the_inbox_are_looked_into(home):
    (home.inbox / "2026" / "03").mkdir(parents=True)
    home.deliver("2026/03/a.csv", csv_of(*LOG))
    assert len(home.messages()) == 6


def test_a_file_whose_name_is_no_text_is_taken_like_any_other(home):
    (home.inbox / os.fsdecode(b"caf\xe9.csv")).write_bytes(csv_of(*LOG))
    assert home.deliver("z.csv", csv_of(row({}, "Heartbeat", key="h", second=9))) == []
    assert len(home.messages()) == 7


@pytest.mark.parametrize("inbox", ["", "nowhere", "lake", "lake/raw", "."])
def test_an_inbox_that_is_not_there_or_holds_the_lake_is_refused(tmp_path, inbox):
    home = Home(tmp_path)
    home.deliver("a.csv", csv_of(*LOG))
    place = str(tmp_path / inbox) if inbox else ""
    with pytest.raises(AccessError):
        poll.poll(home.settings.model_copy(update={"ocpp_inbox": place}), "ocpp")
