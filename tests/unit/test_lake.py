"""Landing and reading back: whole files, in the order of their answers, whatever came first."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.raw import Partition, RawFileError
from tests.feed import NOON, body, evse, exchange, landed, later, location

POI = Partition("chargecloud", "poi", NOON.date())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def read(lake: Lake) -> list[raw.Answer]:
    ((partition, files),) = raw.partitions(lake).items()
    return list(raw.answers(lake, partition, files))


def test_an_exchange_comes_back_byte_for_byte(lake):
    content = body(location("1")) + b"\r\n\xff"
    raw.land(lake, [exchange(content), exchange(None, scope="bonn", status=None)])
    bonn, koeln = sorted(read(lake), key=lambda answer: answer.scope)
    assert bytes(koeln.body or b"") == content
    assert (bonn.body, bonn.status_code, bonn.error) == (None, None, "HTTP None")


def test_a_poll_is_one_file_in_the_folder_of_its_partition(lake):
    (path,) = raw.land(lake, [exchange(body()), exchange(body(), scope="bonn")])
    assert path.startswith("raw/source=chargecloud/stream=poi/date=2022-01-11/20220111T120000")
    assert list(raw.partitions(lake)) == [POI]


def test_a_poll_across_midnight_utc_is_a_file_for_each_date(lake):
    midnight = datetime(2022, 1, 12, tzinfo=UTC)
    raw.land(lake, [exchange(body(), midnight - timedelta(seconds=1)), exchange(body(), midnight)])
    assert [str(partition.day) for partition in raw.partitions(lake)] == [
        "2022-01-11",
        "2022-01-12",
    ]


def test_nothing_of_a_landing_is_left_but_the_file(lake):
    raw.land(lake, [exchange(body())])
    files = [path for path in Path(lake.root).rglob("*") if path.is_file()]
    assert len(files) == 1


def test_the_same_poll_landed_twice_is_one_file(lake):
    for _ in range(2):
        raw.land(lake, [exchange(body())])
    assert len(raw.partitions(lake)[POI]) == 1


def test_answers_come_in_the_order_of_their_query_time_not_of_their_files(lake):
    for minutes in (20, 0, 10):
        raw.land(lake, [exchange(body(), later(minutes)), exchange(body(), later(minutes + 5))])
    times = [answer.query_time for answer in read(lake)]
    assert times == sorted(times)
    assert len(times) == 6


def test_any_order_of_landing_gives_the_same_tables(tmp_path):
    polls = [
        [exchange(body(location("1", evse("a", status))), later(10 * number))]
        for number, status in enumerate(("AVAILABLE", "CHARGING", "CHARGING"))
    ]
    results = [
        landed(Lake(str(tmp_path / str(number))), *order)
        for number, order in enumerate(itertools.permutations(polls))
    ]
    assert all(result == results[0] for result in results[1:])
    assert results[0]["status_spans"].num_rows == 4


def test_of_two_answers_for_one_instant_the_good_one_counts_then_the_later(lake):
    def asked(content, minutes, status=200):
        one = exchange(content, status=status)
        one.requested_at = later(minutes)
        return one

    good, better = body(location("1")), body(location("2"))
    raw.land(lake, [asked(good, 0), asked(better, 1), asked(b"", 2, status=500)])
    (answer,) = read(lake)
    assert bytes(answer.body or b"") == better


def test_the_fingerprint_changes_with_every_file_and_with_nothing_else(lake):
    def mark():
        return raw.fingerprint(raw.partitions(lake)[POI])

    raw.land(lake, [exchange(body())])
    first = mark()
    assert first == mark()
    (path,) = raw.land(lake, [exchange(body(), later(10))])
    assert mark() != first
    lake.delete(path)
    assert mark() == first


def test_a_cut_off_file_is_named_with_what_to_do(lake):
    (path,) = raw.land(lake, [exchange(body(location("1")))])
    file = Path(lake.absolute(path))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(RawFileError, match=f"{file.name} cannot be read .* restore it"):
        read(lake)


def test_a_file_in_the_folder_of_another_date_is_named(lake):
    (path,) = raw.land(lake, [exchange(body())])
    wrong = path.replace("2022-01-11/", "2022-01-12/")
    lake.write(wrong, Path(lake.absolute(path)).read_bytes())
    lake.delete(path)
    with pytest.raises(RawFileError, match="not of 2022-01-12"):
        read(lake)


def test_a_files_name_says_when_it_was_asked_for_and_a_strangers_name_nothing(lake):
    (path,) = raw.land(lake, [exchange(body())])
    assert raw.asked_at(path) == NOON
    assert raw.asked_at("raw/source=x/stream=y/date=2022-01-11/20220111T0.parquet") is None
