"""Lines that are no messages, files that are no logs, and the inbox itself."""

from __future__ import annotations

import os

import pytest

from extract.http import AccessError
from extract.steps import poll
from tests.ocpp_home import (
    FRAMES,
    LOG,
    RECORDS,
    Home,
    csv_of,
    lines_of,
    parquet_of,
    row,
)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


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
def test_a_file_that_is_no_log_is_reported_and_costs_no_other_file(home, name, content):
    (home.inbox / name).write_bytes(content)
    (failed,) = home.deliver("z.csv", csv_of(*LOG))
    assert f"{name}: " in failed
    assert "\n" not in failed
    assert len(home.messages()) == 6
    assert home.typed()["quarantine"] == []
    assert home.poll() == [failed]


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
