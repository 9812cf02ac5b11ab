"""Times as logs write them: read where there is no doubt, refused where there is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from extract.vendors.ocpp.poll.times import Clock, TimeError

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
MOMENT = datetime(2023, 1, 2, 8, 1, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2023-01-02T08:01:29Z",
        "2023-01-02 08:01:29",
        "2023-01-02 08:01:29+00",
        "2023-01-02T11:01:29+03",
        "2023-01-02T08:01:29+0000",
        "2023-01-02T09:01:29+01:00[Europe/Berlin]",
        "2023/01/02 08:01:29",
        "2023.01.02 08:01:29",
        "2023-01-02_08:01:29",
        "2023-01-02\t08:01:29",
        "20230102080129",
        "20230102T080129Z",
        "02.01.2023 08:01:29",
        "02.01.2023, 08:01:29",
        "2 Jan 2023 08:01:29",
        "02/Jan/2023:08:01:29 +0000",
        "02-Jan-2023 08:01:29",
        "2023-Jan-02 08:01:29",
        "Jan 2, 2023 8:01:29 AM",
        "January 2, 2023, 8:01:29 am",
        "Mon, 02 Jan 2023 08:01:29 GMT",
        "Mon Jan  2 08:01:29 2023",
        "Mon Jan 02 2023 09:01:29 GMT+0100 (Central European Standard Time)",
        "2023-01-02 08:01:29 UTC",
        "1672646489",
        "1672646489.0",
        "1672646489000",
        "1672646489000000",
        "1672646489000000000",
    ],
)
def test_a_time_without_doubt_is_read(text):
    assert Clock().utc(text) == MOMENT


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("2023-01-02 08:01:29,123", 123_000),
        ("2023-01-02T08:01:29:123", 123_000),
        ("2023-01-02T08:01:29.1234567Z", 123_456),
        ("2023-01-02T08:01:29.123456789+00:00", 123_456),
        ("1672646489.123456", 123_456),
        ("1672646489123", 123_000),
        ("1672646489123456789", 123_456),
        ("20230102080129123", 123_000),
        ("2023/01/02 08:01:29.5", 500_000),
    ],
)
def test_parts_of_a_second_are_kept_to_the_microsecond(text, micro):
    assert Clock().utc(text) == MOMENT.replace(microsecond=micro)


@pytest.mark.parametrize(
    "text",
    [
        *("03/04/2026 08:00:00", "03-04-2026 08:00:00", "23-01-02 08:00:00", "02.01.23 08:00:00"),
        *("08:01:29", "Jan  2 08:01:29", "2023-01-02", "20230102", "230102080129"),
        *(
            "12",
            "99999999999",
            "1e9",
            "-1672646489",
            "",
            "yesterday",
            "NaN",
            "٢٠٢٣-01-02 08:00:00x",
        ),
        *("2023-13-02 08:00:00", "2023-02-30T08:00:00Z", "2023-01-02 25:00:00", "13:00:00 PM"),
        *("20231302080129", "1" * 400, "2023-01-02T08:01:29 CET"),
    ],
)
def test_a_time_with_a_doubt_is_refused(text):
    with pytest.raises(TimeError):
        Clock().utc(text)


def test_a_leap_second_is_the_next():
    assert Clock().utc("2016/12/31 23:59:60Z") == datetime(2017, 1, 1, tzinfo=UTC)


def test_local_time_is_read_in_its_zone_and_a_zone_in_the_text_goes_before():
    assert BERLIN.utc("2023-07-01 10:00:00").hour == 8
    assert BERLIN.utc("2023-07-01 10:00:00Z").hour == 10
    assert BERLIN.utc("1672646489") == MOMENT


@pytest.mark.parametrize("text", ["2023-10-29 02:30:00", "2023-03-26 02:30:00"])
def test_a_local_time_that_the_clock_repeats_or_leaves_out_is_refused(text):
    with pytest.raises(TimeError, match="repeats or leaves out"):
        BERLIN.utc(text)


def test_a_layout_may_name_the_format():
    american = Clock(form="%m/%d/%Y %I:%M:%S %p")
    assert american.utc("01/02/2023 08:01:29 AM") == MOMENT
    with pytest.raises(TimeError, match="time_format"):
        american.utc("2023-01-02 08:01:29")
