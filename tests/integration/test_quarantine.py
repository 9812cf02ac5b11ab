"""What goes wrong is reported and kept apart; the rest goes on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from extract.settings import Settings
from extract.steps import digest, load, status
from tests.feed import body, exchange, location
from tests.integration.warehouse import (
    DAY,
    land,
    load_all,
    polls,
    query,
    settings,
    wattstar,
)

IMPOSSIBLE = location("1", coordinates={"latitude": "950.9", "longitude": "6.9"})
NEXT = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def where(tmp_path_factory) -> Settings:
    """Two good days, loaded."""
    made = settings(tmp_path_factory.mktemp("quarantine"))
    land(made, *polls(days=2, every=60))
    load_all(made)
    return made


def spans(where: Settings) -> dict[str, int]:
    found = query(where, "select date::text, count(*) from typed.status_spans group by 1")
    return dict(found)


def test_an_impossible_coordinate_costs_its_station_alone(where):
    before = spans(where)
    (bad,) = land(where, [exchange(body(IMPOSSIBLE, location("2"), at=NEXT), NEXT, "koeln")])
    loaded = wattstar(where.home, "load")
    assert loaded.returncode == 1
    assert "records quarantined" in loaded.stderr
    assert set(spans(where)) == set(before), "the day is there, with its other stations"
    found = query(where, "select record, value from typed.quarantine where field = 'latitude'")
    assert found == [("location 1", '"950.9"')]

    done = wattstar(where.home, "status", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (1, False)
    written = digest.digest(where)
    assert not written.ok
    assert "950.9" in written.text
    page = (where.docs_dir / "quality" / "index.html").read_text()
    assert "950.9" in page

    assert load.load(where).partitions == [], "it is not dirty: nothing has changed"
    Path(where.lake_url, bad).unlink()
    load_all(where)
    assert spans(where) == before


def test_a_partition_that_fails_as_a_whole_is_emptied_and_the_others_stay(where, monkeypatch):
    before = spans(where)

    def broken(*_: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    (extra,) = land(where, [exchange(body(location("2"), at=NEXT), NEXT, "bonn")])
    with monkeypatch.context() as patched:
        patched.setattr("extract.vendors.chargecloud.flatten.flatten", broken)
        (entry,) = load.load(where).partitions
    assert (entry.status, entry.partition.day.isoformat()) == ("quarantined", "2022-03-27")
    assert "RecursionError" in (entry.reason or "")
    assert spans(where) == {"2022-03-26": before["2022-03-26"]}
    found = status.status(where)
    assert [str(each.partition) for each in found.quarantined] == ["chargecloud/poi 2022-03-27"]
    assert any("replay --from 2022-03-27" in step for step in found.next)
    assert "QUARANTINED chargecloud/poi 2022-03-27" in digest.digest(where).text

    Path(where.lake_url, extra).unlink()
    load_all(where)
    assert spans(where) == before


def test_a_raw_file_that_cannot_be_read_is_named_and_the_other_files_are_loaded(where):
    before = spans(where)
    broken = Path(where.lake_url, land(where, [exchange(body(at=NEXT), NEXT, "bonn")])[0])
    broken.write_bytes(broken.read_bytes()[:-9])
    result = load.load(where)
    assert [entry.status for entry in result.partitions] == ["loaded"]
    assert not result.ok
    assert spans(where) == before
    ((file, reason),) = query(
        where, "select file, reason from typed.quarantine where record = 'file'"
    )
    assert file.endswith(broken.name)
    assert "restore it" in reason
    assert not status.status(where).ok
    broken.unlink()
    load_all(where)
    assert spans(where) == before


@pytest.mark.parametrize("rubbish", [b"", b"null", b"17", b"[]", b'"text"', b"<html>", b"\xff\xfe"])
def test_an_answer_that_is_none_costs_itself_alone_also_after_a_good_one(where, rubbish):
    before = spans(where)
    later = NEXT + timedelta(hours=23)
    (extra,) = land(
        where,
        [
            exchange(body(location("2"), at=later), later, "bonn"),
            exchange(rubbish, later + timedelta(minutes=10), "bonn"),
        ],
    )
    (entry,) = load.load(where).partitions
    assert entry.status == "loaded", entry.reason
    assert set(spans(where)) == set(before)
    Path(where.lake_url, extra).unlink()
    load_all(where)


def test_a_value_that_the_server_cannot_hold_costs_its_row_alone(where, monkeypatch):
    from extract.vendors.chargecloud import flatten as room

    before, whole = spans(where), room.flatten

    def with_nul(*arguments: Any) -> dict:
        tables = dict(whole(*arguments))
        rows = tables["stations"].to_pylist()
        rows[0]["name"] = "a\0b"
        return tables | {"stations": pa.Table.from_pylist(rows, schema=tables["stations"].schema)}

    (extra,) = land(where, [exchange(body(location("2"), at=NEXT), NEXT, "bonn")])
    with monkeypatch.context() as patched:
        patched.setattr("extract.vendors.chargecloud.flatten.flatten", with_nul)
        (entry,) = load.load(where).partitions
    assert entry.status == "loaded", entry.reason
    ((value, reason),) = query(
        where, "select value, reason from typed.quarantine where reason like '%NUL%'"
    )
    assert ("\\u0000" in value, reason.split(".")[0]) == (True, "holds a NUL character")
    Path(where.lake_url, extra).unlink()
    load_all(where)
    assert spans(where) == before


def test_records_that_cannot_be_read_are_rows_and_a_warning(where):
    found = query(
        where,
        "select record, field, reason, sum(polls) from typed.quarantine where field = 'id' "
        "group by 1, 2, 3",
    )
    ((record, field, reason, times),) = found
    assert record == "location 1 / evse DE*2 / connector 2"
    assert (field, reason.split(":")[0]) == ("id", "is missing")
    assert times > 10
    assert any(
        "record" in text for _, text in query(where, "select date, warnings from ops.ledger")
    )


def test_a_warehouse_that_is_down_stops_loading_and_not_polling(tmp_path):
    down = "postgresql://wattstar_loader:SECRET@127.0.0.1:9/wattstar"
    where = settings(tmp_path, warehouse=down)
    land(where, *polls(days=1, every=240))
    for step in (["load"], ["build"], ["status"], ["sql", "select 1"]):
        done = wattstar(tmp_path, *step, WATTSTAR_WAREHOUSE=down)
        assert done.returncode == 1
        assert "the warehouse at 127.0.0.1:9 cannot be reached" in done.stderr
        assert "safe in the lake" in done.stderr
        assert "SECRET" not in done.stderr + done.stdout
    polled = wattstar(
        tmp_path,
        *("poll", "chargecloud"),
        WATTSTAR_WAREHOUSE=down,
        WATTSTAR_CHARGECLOUD_URL="http://127.0.0.1:9",
        WATTSTAR_CHARGECLOUD_CITIES="bonn",
    )
    assert polled.returncode == 1
    assert "1 answers landed, 0 of them usable" in polled.stdout
    assert "bonn: ConnectionError" in polled.stderr


@pytest.mark.parametrize(
    ("arguments", "setting", "message"),
    [
        (["status"], {"WATTSTAR_TIMEZONE": "Mars"}, "WATTSTAR_TIMEZONE"),
        (["poll", "tesla"], {}, "there is no source 'tesla'; known are: chargeamps"),
        (["backfill", "chargecloud", "--from", "2026-01-01"], {}, "wattstar replay"),
        (["load", "--from", "yesterday"], {}, "yesterday"),
    ],
)
def test_a_wrong_setting_or_argument_is_one_line_of_error(tmp_path, arguments, setting, message):
    done = wattstar(tmp_path, *arguments, **setting)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
