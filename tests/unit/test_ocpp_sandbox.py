"""The sandbox's OCPP logs: what is in them, and what poll and flatten make of them."""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import poll
from extract.vendors import flattener
from extract.vendors.ocpp import sandbox
from extract.vendors.ocpp.sandbox import Options
from extract.vendors.ocpp.sandbox.fleet import tags

START = datetime(2026, 3, 8, 6, tzinfo=UTC)
END = START + timedelta(days=2)
OPTIONS = Options(seed=7, charge_points=12, heartbeat_s=3600, sample_s=900)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("fleet")
    sandbox.write(made / "inbox", OPTIONS, START, END)
    polled = poll.poll(Settings(_env_file=None, home=made, ocpp_inbox=str(made / "inbox")), "ocpp")
    assert polled.failed == []
    return made


@pytest.fixture(scope="module")
def truth() -> sandbox.Truth:
    return sandbox.truth(OPTIONS, START, END)


@pytest.fixture(scope="module")
def typed(home) -> dict[str, pa.Table]:
    lake = Lake(str(home / "lake"))
    parts = defaultdict(list)
    for partition, files in raw.partitions(lake, "ocpp").items():
        for name, table in flattener("ocpp").flatten(lake, partition, files).items():
            parts[name].append(table)
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def read(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode(
        "utf-8", "replace"
    )


def test_the_same_log_is_the_same_bytes_and_another_seed_another_log(tmp_path):
    first, again, other = (
        {path.name: path.read_bytes() for path in sandbox.write(tmp_path / name, made, START, END)}
        for name, made in [("a", OPTIONS), ("b", OPTIONS), ("c", Options(seed=8, charge_points=12))]
    )
    assert first == again
    assert first != other
    assert not list((tmp_path / "a").glob(".*"))


def test_a_log_of_two_days_begins_with_the_log_of_one(truth):
    noon = START + timedelta(days=1, hours=6)
    before = sandbox.truth(OPTIONS, START, noon)
    assert set(map(repr, before.messages)) < set(map(repr, truth.messages))
    open_then = {t.transaction_id for t in before.transactions if t.ended_at is None}
    closed_now = {t.transaction_id for t in truth.transactions if t.ended_at is not None}
    assert open_then & closed_now


def test_every_way_of_writing_a_log_and_both_versions_are_in_it(home, truth):
    endings = Counter(path.name.split(".", 1)[1] for path in (home / "inbox").iterdir())
    assert endings == {"csv.gz": 3, "parquet": 3, "jsonl.gz": 3, "log": 3}
    actions = {message.action for message in truth.messages}
    assert actions >= {"StartTransaction", "StopTransaction", "TransactionEvent", "MeterValues"}
    assert {message.message_type for message in truth.messages} == {2, 3, 4}


def test_the_faults_are_in_it(home, truth):
    lines = [line for path in (home / "inbox").glob("*.log") for line in read(path).splitlines()]
    assert len(lines) > len(set(lines))
    assert [line[:32] for line in lines] != sorted(line[:32] for line in lines)
    asked = {m[1:3] for m in truth.messages if m.message_type == 2}
    assert [m for m in truth.messages if m.message_type == 3 and m[1:3] not in asked]
    ids = Counter(m[1:3] for m in truth.messages if m.message_type == 2)
    assert max(ids.values()) > 1
    stopped = Counter(
        (m.charge_point_id, m.body["transactionId"])
        for m in truth.messages
        if m.action == "StopTransaction" and m.message_type == 2
    )
    assert max(stopped.values()) == 2
    long_ago = END - timedelta(hours=12)
    assert [t for t in truth.transactions if t.ended_at is None and t.started_at < long_ago]


def test_poll_and_flatten_give_the_messages_of_the_log_each_once(typed, truth):
    columns = ["message_time", "charge_point_id", "message_id", "message_type"]
    rows = typed["ocpp_messages"].select(columns).to_pylist()
    assert sorted(tuple(row.values()) for row in rows) == [
        message[:4] for message in truth.messages
    ]
    assert typed["quarantine"].num_rows == 0


def test_an_answer_is_one_to_the_request_before_it(typed, truth):
    actions = {message[:4]: message.action or None for message in truth.messages}
    for row in typed["ocpp_messages"].to_pylist():
        key = tuple(
            row[name] for name in ("message_time", "charge_point_id", "message_id", "message_type")
        )
        if row["message_type"] == 2 or row["message_time"].hour > 0:  # not asked on the day before
            assert row["action"] == actions[key]


def test_starts_stops_and_samples_are_those_of_the_transactions(typed, truth):
    rows = typed["ocpp_messages"].to_pylist()
    answers = {row["transaction_id"] for row in rows if row["action"] == "StartTransaction"}
    events = {row["transaction_id"] for row in rows if row["status"] == "Started"}
    began = {transaction.transaction_id for transaction in truth.transactions}
    assert (answers | events) - {None} == began
    for transaction in truth.transactions:
        mine = [row for row in rows if row["transaction_id"] == transaction.transaction_id]
        stops = {
            (row["event_time"], row["meter_wh"] or row["register_wh"])
            for row in mine
            if row["action"] == "StopTransaction" or row["status"] == "Ended"
        }
        assert {at for at, _ in stops} == ({transaction.ended_at} - {None})


def test_samples_tell_the_energy_and_the_parking_of_each_transaction(typed, truth):
    runs = defaultdict(list)
    for row in typed["measurements"].sort_by("measured_at").to_pylist():
        if row["phase"] == "total":
            runs[row["session_id"]].append(row)
    checked = 0
    for transaction in truth.transactions:
        own = runs[f"{transaction.charge_point_id}:{transaction.transaction_id}"]
        if not own:
            continue
        parked, since = 0.0, None
        for row in own:
            if row["power_w"] > 0:
                since = None
                continue
            since = since or row["measured_at"]
            last = row["measured_at"]
            parked += (last - since).total_seconds()
            since = last
        assert parked == transaction.parking_seconds
        checked += parked > 0
        connectors = {row["connector_id"] for row in own}
        assert connectors <= {
            f"{transaction.charge_point_id}:{number}" for number in (0, transaction.connector_id)
        }
    assert checked > 5


def test_no_card_is_in_the_lake(home):
    cards = {tag.casefold() for tag in tags(OPTIONS)}
    lake = Lake(str(home / "lake"))
    for files in raw.partitions(lake, "ocpp").values():
        for file in files:
            for body in lake.read(file.path, ["body"])["body"].to_pylist():
                assert not cards & set(re.findall(r"[0-9a-z]{14}", body.casefold()))
                assert '"8949' not in body
    assert any(
        tag in read(path) for path in (home / "inbox").glob("*.log") for tag in tags(OPTIONS)
    )
