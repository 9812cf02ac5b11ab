"""The forms in which OCPP logs are delivered, and files that are cut off or damaged."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.vendors.ocpp.poll.layout import Layouts
from extract.vendors.ocpp.poll.readers import FormatError, IncompleteError, read
from extract.vendors.ocpp.poll.times import Clock
from tests.ocpp_feed import (
    FORMS,
    as_csv,
    as_gzip,
    as_lines,
    as_text,
    call,
    deliver,
    later,
    transaction,
    typed,
)

utc = Clock().utc


def batches(name: str, content: bytes):
    return read(io.BytesIO(content), Layouts({}).hints(name))


def rows(name: str, content: bytes) -> list[dict]:
    return [row for batch in batches(name, content) for row in batch.rows.to_pylist()]


def bad(name: str, content: bytes) -> list[tuple[int, str]]:
    return [line for batch in batches(name, content) for line in batch.bad]


def up_to_the_cut(name: str, content: bytes) -> tuple[list[dict], list, bool]:
    """What is read, what is bad, and whether it is said that the file is not whole."""
    found, wrong = [], []
    try:
        for batch in batches(name, content):
            found += batch.rows.to_pylist()
            wrong += batch.bad
    except (IncompleteError, FormatError):
        return found, wrong, True
    return found, wrong, False


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_messages(name):
    messages = transaction()
    found = rows(name, FORMS[name](messages))
    plain = [
        (m.point, utc(row["time"]), m.key, m.kind) for m, row in zip(messages, found, strict=True)
    ]
    assert plain == [(m.point, m.at, m.key, m.kind) for m in messages]
    bodies = [json.loads(row["body"]) for row in found]
    wanted = [
        m.row()["body"] if "frame" not in name and "console" not in name else None for m in messages
    ]
    assert bodies == [json.loads(w) if w else m.body for w, m in zip(wanted, messages, strict=True)]


@pytest.mark.parametrize(
    "line",
    [
        {
            "charge_point_id": "C",
            "timestamp": "2023-01-01T08:00:00Z",
            "message": [2, "m", "Heartbeat", {}],
        },
        {
            "chargePointId": "C",
            "timestamp": "2023-01-01T08:00:00",
            "frame": '[2,"m","Heartbeat",{}]',
        },
        {
            "chargeBoxIdentity": "C",
            "Time": "2023-01-01 09:00:00+01:00",
            "payload": [2, "m", "Heartbeat", {}],
        },
        {"cp": "C", "ts": 1672560000, "msg": [2, "m", "Heartbeat", {}]},
        {"charging_station_id": "C", "loggedAt": 1672560000000, "body": [2, "m", "Heartbeat", {}]},
        {
            "stationId": "C",
            "time": "1672560000.0",
            "messageId": "m",
            "messageType": "Call",
            "action": "Heartbeat",
            "payload": {},
        },
    ],
)
def test_a_json_line_may_name_its_fields_as_logs_do(line):
    ((found,), content) = rows("x.jsonl", json.dumps(line).encode()), ("C", "m", 2, "Heartbeat")
    kept = ("charge_point_id", "message_id", "message_type", "action")
    assert tuple(found[name] for name in kept) == content
    assert (utc(found["time"]), found["body"]) == (later(0), "{}")


def test_csv_may_have_semicolons_another_order_other_names_and_no_known_suffix():
    content = as_csv(transaction(), ";").replace(b"write_timestamp;", b"Timestamp;")
    assert rows("export.txt", content) == rows("x.csv", as_csv(transaction()))
    frame = b'id;Charge Point;Time;frame\n1;C;2023-01-01T08:00:00Z;"[3,""m"",{}]"\n'
    assert [row["message_type"] for row in rows("x.csv", frame)] == [3]


def test_parquet_may_hold_times_without_zone_and_bodies_that_are_objects():
    sink = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "time": pa.array([later(0).replace(tzinfo=None)], pa.timestamp("ns")),
                "chargePointId": ["C"],
                "messageId": [7],
                "messageType": [3.0],
                "body": [{"a": 1}],
            }
        ),
        sink,
    )
    (found,) = rows("x.parquet", sink.getvalue())
    assert (utc(found["time"]), found["message_id"], found["message_type"]) == (later(0), "7", 3)
    assert found["body"] == '{"a":1}'


@pytest.mark.parametrize("name", [name for name in FORMS if not name.endswith("parquet")])
def test_wherever_a_file_is_cut_off_what_stands_before_is_read_and_nothing_is_made_up(name):
    whole = FORMS[name](transaction()[:6])
    wanted = rows(name, whole)
    for length in range(len(whole)):
        found, wrong, is_reported = up_to_the_cut(name, whole[:length])
        assert found == wanted[: len(found)], length
        assert wrong == [], length
        plain = name.endswith(".gz") or whole[length - 1 : length] == b"\n"
        assert is_reported or plain or len(found) >= whole[:length].count(b"\n") - 1, length


def test_of_a_compressed_file_without_its_end_every_line_before_it_is_read():
    many = [call("Heartbeat", {}, second, key=str(second)) for second in range(4000)]
    packed = as_gzip(many)
    found, wrong, is_reported = up_to_the_cut("x.csv.gz", packed[: len(packed) // 2])
    assert len(found) > 1000
    assert wrong == []
    assert is_reported


def test_a_parquet_file_without_its_end_is_reported_as_such():
    whole = FORMS["log.parquet"](transaction())
    assert up_to_the_cut("log.parquet", whole[:-100]) == ([], [], True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'2023-01-01T08:00:00Z CP-7 [2,"m","Heartbeat",{]', "cut off or no JSON"),
        (b'[2,"m","Heartbeat",{}]', "has no time"),
        (b'2023-01-01T08:00:00Z CP-7 to CP-8 or CP-9 [3,"m",{}]', "may name several"),
        (b'2023-01-01T08:00:00Z CP-\xff [3,"m",{}]', "is not UTF-8"),
        (b'{"cp": "C", "ts": 1672560000, "message": [2,"m"', "is no JSON"),
        (
            b'{"cp": "C", "ts": 1672560000, "message": [2,"m","Heartbeat"]}',
            "is no frame of a known kind",
        ),
        (
            b'{"cp": "C", "ts": 1672560000, "message": [9,"m","Heartbeat",{}]}',
            "is no frame of a known kind",
        ),
        (b'{"cp": "C", "ts": 1672560000}', "has no body"),
        (b'{"ts": 1672560000, "message": [3,"m",{}]}', "has no charge point"),
        (b'{"cp": "C", "message": [3,"m",{}]}', "has no time"),
        (
            b'{"cp": "C", "ts": 1672560000, "type": 7, "id": "m", "body": {}}',
            "is of a message type other than",
        ),
        (b'{"cp": "C", "ts": 1672560000, "type": 3, "body": {}}', "has no message id"),
        (b'{"cp": "\xff", "ts": 1672560000, "message": [3,"m",{}]}', "is not UTF-8"),
    ],
)
def test_a_line_that_is_no_message_is_reported_with_its_number_and_the_rest_is_read(text, why):
    good = as_text([call("Heartbeat", {})])
    content = good + text + b"\n\n" + good
    ((line, reason),) = bad("x.log", content)
    assert line == 2
    assert why in reason
    assert len(rows("x.log", content)) == 2


def test_a_csv_row_that_is_no_message_is_reported_with_its_line_and_the_rest_is_read():
    lines = as_csv(transaction()[:8]).splitlines(keepends=True)
    lines[2] = b"1,2,3\n"
    lines[4] = lines[4].replace(b"CP-7", b"")
    content = b"".join(lines)
    reasons = dict(bad("x.csv", content))
    assert reasons[3] == "has more or fewer columns than the header"
    assert reasons[5] == "has no charge point"
    assert len(rows("x.csv", content)) == 6


@pytest.mark.parametrize("content", [b"Kari Nordmann,card\n1,2\n", b"charge_point_id,body\nC,{}\n"])
def test_a_csv_without_the_columns_needed_says_which_are_and_quotes_nothing(content):
    with pytest.raises(FormatError, match=r"of its 2 fields these are known: .*missing: ") as found:
        rows("x.csv", content)
    assert "Kari" not in str(found.value)


@pytest.mark.parametrize(
    "line",
    [
        '{"cp": "C", "ts": 1672560000, "type": "Nordmann", "id": "m", "body": {}}',
        '{"cp": "C", "ts": "Nordmann", "message": [2,"m","Heartbeat",{}]}',
        '{"cp": "C", "ts": 1672560000, "message": [2,"Nordmann",{}]}',
        '{"cp": "C", "ts": 1672560000, "message": "[2,Nordmann]"}',
        "Nordmann",
    ],
)
def test_the_reason_why_a_line_is_no_message_quotes_nothing_of_it(tmp_path, line):
    good = as_text([call("Heartbeat", {})])
    polled = deliver(tmp_path, a_log=line.encode() + b"\n", b_log=good + line.encode() + b"\n")
    said = repr(polled) + (tmp_path / "lake/progress/ocpp/files.json").read_text()
    assert "Nordmann" not in said
    assert "Nordmann" not in repr([row for rows in typed(tmp_path).values() for row in rows])


@pytest.mark.parametrize(
    "beside",
    [
        {"type": "CALL"},
        {"id": 17, "messageType": 2},
        {"messageId": "x", "messageTypeId": 3, "action": "Reset"},
    ],
)
def test_a_frame_counts_whatever_else_stands_beside_it(beside):
    line = {"chargePointId": "C", "timestamp": "2023-01-01T08:00:00Z"} | beside
    frame = [2, "m", "Heartbeat", {}]
    for name in ("message", "payload"):
        (row,) = rows("log.jsonl", json.dumps({**line, name: frame}).encode())
        assert (row["message_id"], row["message_type"]) == ("m", 2)
        assert (row["action"], json.loads(row["body"])) == ("Heartbeat", {})


def test_a_frame_in_a_column_called_body_counts_too():
    (row,) = rows(
        "log.csv",
        b"charge_point_id,message_id,message_type,write_timestamp,body\n"
        b'C,17,2,2023-01-01T08:00:00Z,"[2,""m"",""Heartbeat"",{}]"\n',
    )
    assert (row["message_id"], row["action"], row["body"]) == ("m", "Heartbeat", "{}")


@pytest.mark.parametrize(
    ("last", "is_whole"),
    [
        ("2023-01-01T08:00:01Z", True),
        ("2023-01-01T08:00:01+00:00", True),
        ("2023-01-01T08:00:01.123", False),
        ("2023-01-01T08:00:01.12", False),
        ("2023-01-01T08:00:0", False),
        ("2023-01-01T08:00:01+0", False),
        ("2023-01-01", False),
    ],
)
def test_a_csv_that_ends_in_a_time_is_whole_where_its_zone_is_there(last, is_whole):
    content = (
        "charge_point_id,message_id,message_type,action,body,write_timestamp\n"
        "C,1,2,Heartbeat,{},2023-01-01T08:00:00.123Z\n"
        f"C,2,2,Heartbeat,{{}},{last}"
    ).encode()
    found, wrong, is_cut = up_to_the_cut("log.csv", content)
    assert ([row["message_id"] for row in found], wrong) == (["1", "2"][: 1 + is_whole], [])
    assert is_cut is not is_whole


def test_a_file_without_a_last_line_end_is_whole_where_its_last_line_is():
    for name, content in [("x.jsonl", as_lines(transaction())), ("x.log", as_text(transaction()))]:
        assert rows(name, content.rstrip(b"\n")) == rows(name, content)
    content = as_csv(transaction())
    assert rows("x.csv", content.rstrip(b"\n")) == rows("x.csv", content)


def test_compressed_files_are_known_by_their_content():
    assert rows("export", gzip.compress(as_lines(transaction()))) == rows(
        "x", as_lines(transaction())
    )


def test_a_body_that_holds_something_like_a_frame_is_no_frame():
    body = json.dumps({"vendorId": "x", "data": '[2,"no","Heartbeat",{}]', "more": [2, "no", {}]})
    line = {"cp": "C", "ts": 1672560000, "type": 2, "id": "m", "action": "DataTransfer"}
    (row,) = rows("x.jsonl", json.dumps({**line, "body": body}).encode())
    assert (row["message_id"], row["body"]) == ("m", body)
    (row,) = rows("x.jsonl", json.dumps({**line, "message": body}).encode())
    assert (row["message_id"], row["body"]) == ("m", body)
