"""Every form in which a log may be written gives the same tables."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest

from extract.lake.pseudonyms import is_pseudonym
from tests.ocpp_home import (
    COLUMNS,
    FRAMES,
    LOG,
    MORNING,
    RECORDS,
    Home,
    Tables,
    csv_of,
    frame,
    lines_of,
    parquet_of,
)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


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
