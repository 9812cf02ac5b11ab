"""However a log is delivered, the typed tables are the same once all of it has arrived."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.steps import poll
from extract.vendors.ocpp.poll.inbox import has_news
from extract.vendors.ocpp.poll.inbox import poll as read_inbox
from tests.ocpp_feed import (
    FORMS,
    as_csv,
    as_gzip,
    as_lines,
    call,
    deliver,
    later,
    recorded,
    result,
    settings,
    transaction,
    typed,
)

MESSAGES = [
    *transaction(),
    *transaction(2, "CP-8", 40),
    *transaction(3, "CP-7", 86_000),  # to the next date
    call("Authorize", {"idTag": "a"}, 3),
    call("Authorize", {"idTag": "b"}, 3),
    result({}, 500, "nobody asked"),
]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory) -> dict:
    home = tmp_path_factory.mktemp("whole")
    assert deliver(home, log_csv=as_csv(MESSAGES)).ok
    return typed(home)


@pytest.mark.parametrize("middle", [1, 7, len(MESSAGES) // 2, len(MESSAGES) - 1])
@pytest.mark.parametrize("write", [as_csv, as_gzip, as_lines, FORMS["log.parquet"]])
def test_a_file_split_in_two_with_the_halves_swapped_gives_the_same_tables(
    tmp_path, wanted, write, middle
):
    assert deliver(tmp_path, a_log=write(MESSAGES[middle:])).ok
    assert deliver(tmp_path, b_log=write(MESSAGES[:middle])).ok
    assert typed(tmp_path) == wanted


@pytest.mark.parametrize(
    "name", [name for name in FORMS if "frames" not in name and "console" not in name]
)
def test_a_file_that_was_cut_off_gives_the_same_tables_once_the_rest_arrives(
    tmp_path, wanted, name
):
    whole, suffix = FORMS[name](MESSAGES), name.replace(".", "_")
    part = deliver(tmp_path, **{suffix: whole[: len(whole) * 2 // 3 + 5]})
    assert len(part.failed) == 1
    assert name in part.failed[0]
    assert poll.poll(settings(tmp_path), "ocpp").failed == part.failed  # every poll says so
    assert deliver(tmp_path, **{suffix: whole}).ok
    assert typed(tmp_path) == wanted


def test_what_stands_before_the_cut_is_taken(tmp_path):
    content = as_lines(MESSAGES)
    cut = content[: content.index(b"\n", len(content) // 2) + 20]
    assert deliver(tmp_path, log_jsonl=cut).exchanges == cut.count(b"\n")


def test_bad_lines_of_a_file_that_was_cut_off_are_reported_once(tmp_path):
    lines = as_lines(MESSAGES).splitlines(keepends=True)
    lines[3] = b"what is this?\n"
    whole = b"".join(lines)
    deliver(tmp_path, log_jsonl=whole[: len(whole) // 2])
    deliver(tmp_path, log_jsonl=whole)
    (problem,) = typed(tmp_path)["quarantine"]
    assert (problem["file"], problem["record"]) == ("log.jsonl", "line 4")
    assert problem["first_query_time"] == later(0)


def test_the_recorded_log_in_any_order_and_form_is_the_same(tmp_path):
    log = recorded()
    some = log.slice(0, 6000)
    text = io.StringIO()
    rows = csv.DictWriter(text, some.column_names)
    rows.writeheader()
    rows.writerows(some.slice(2000).to_pylist())
    sink = io.BytesIO()
    pq.write_table(some.slice(0, 2500), sink)
    backwards = some.take(pa.array(range(5999, -1, -1)))
    lines = "".join(json.dumps(row, default=str) + "\n" for row in backwards.to_pylist())

    assert deliver(tmp_path / "1", a_csv=text.getvalue().encode()).exchanges == 4000
    assert deliver(tmp_path / "1", b_parquet=sink.getvalue()).exchanges == 2500
    assert deliver(tmp_path / "2", a_jsonl=lines.encode()).exchanges == 6000
    assert typed(tmp_path / "1") == typed(tmp_path / "2")


# --- the inbox -----------------------------------------------------------------------------------


def test_a_file_of_exactly_some_batches_is_taken_whole(tmp_path, wanted, monkeypatch):
    monkeypatch.setattr("extract.vendors.ocpp.poll.batch.SIZE", 5)
    assert len(MESSAGES) % 5 == 0
    assert deliver(tmp_path, log_jsonl=as_lines(MESSAGES)).exchanges == len(MESSAGES)
    assert typed(tmp_path) == wanted


def test_a_poll_that_is_stopped_before_a_file_is_whole_takes_it_again(
    tmp_path, wanted, monkeypatch
):
    monkeypatch.setattr("extract.vendors.ocpp.poll.batch.SIZE", 5)
    where = settings(tmp_path)
    Path(tmp_path, "inbox", "log.jsonl").write_bytes(as_lines(MESSAGES))

    class StopsAtOnce(Landing):
        def rows(self, rows):
            super().rows(rows)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_inbox(where, ["messages"], StopsAtOnce(Lake(where.lake_url)))
    assert has_news(where)
    assert deliver(tmp_path).exchanges == len(MESSAGES)
    assert typed(tmp_path) == wanted


def test_there_is_news_until_a_poll_has_read_it(tmp_path):
    where = settings(tmp_path)
    assert not has_news(where)
    Path(tmp_path, "inbox", "log.jsonl").write_bytes(as_lines(MESSAGES)[:-30])
    assert has_news(where)
    assert not poll.poll(where, "ocpp").ok
    assert not has_news(where)
    Path(tmp_path, "inbox", "log.jsonl").write_bytes(as_lines(MESSAGES))
    assert has_news(where)
