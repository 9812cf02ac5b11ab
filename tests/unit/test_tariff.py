"""Tariff files: prices by the hour, exact, in local time, across the changes of the clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.reference import files
from extract.reference.kinds import ReferenceFileError
from extract.reference.tariff import Tariff, parse_tariff

OSLO = ZoneInfo("Europe/Oslo")
LOW_HIGH = """
currency = "NOK"
vat_percent = 25
price_per_kwh = 0.95

[[period]]
weekdays = [1, 2, 3, 4, 5]
hours = [6, 22]
price_per_kwh = 1.60
"""


def written(folder: Path, text: str, name: str = "home.toml") -> Tariff:
    """A tariff file, given to a lake and read back from it."""
    path, lake = folder / name, Lake(str(folder / "lake"))
    path.write_text(text)
    files.add(lake, "tariffs", path, OSLO, datetime(2026, 10, 1, tzinfo=UTC))
    ((partition, landed),) = raw.partitions(lake).items()
    (row,) = files.flatten(lake, partition, landed)["reference_files"].to_pylist()
    return parse_tariff(row["scope"], row["content"], json.loads(row["companions"]))


def prices(tariff: Tariff, first: datetime, end: datetime) -> dict[datetime, Decimal]:
    return dict(tariff.prices(first, end, OSLO))


def test_a_tariff_is_named_after_its_file_and_keeps_its_digits(tmp_path):
    tariff = written(tmp_path, LOW_HIGH)
    assert (tariff.name, tariff.vat_percent) == ("home", Decimal(25))
    assert tariff.price_per_kwh == Decimal("0.95")


def test_the_high_price_holds_on_weekdays_by_local_time(tmp_path):
    tariff = written(tmp_path, LOW_HIGH)
    found = prices(tariff, datetime(2026, 10, 16, tzinfo=UTC), datetime(2026, 10, 19, tzinfo=UTC))
    assert found[datetime(2026, 10, 16, 3, tzinfo=UTC)] == Decimal("0.95")  # 5 in Oslo
    assert found[datetime(2026, 10, 16, 4, tzinfo=UTC)] == Decimal("1.60")
    assert found[datetime(2026, 10, 16, 20, tzinfo=UTC)] == Decimal("0.95")  # 22 in Oslo
    assert found[datetime(2026, 10, 17, 12, tzinfo=UTC)] == Decimal("0.95")  # a Saturday
    assert len(found) == 72


def test_the_day_of_25_hours_has_25_prices_and_16_high_ones(tmp_path):
    tariff = written(tmp_path, LOW_HIGH.replace("[1, 2, 3, 4, 5]", "[7]"))
    start = datetime(2026, 10, 25, tzinfo=OSLO).astimezone(UTC)
    end = datetime(2026, 10, 26, tzinfo=OSLO).astimezone(UTC)
    found = prices(tariff, start, end)
    assert len(found) == 25
    assert list(found.values()).count(Decimal("1.60")) == 16


def test_a_period_over_midnight_holds_on_both_sides_of_it(tmp_path):
    text = "price_per_kwh = 2\n[[period]]\nhours = [22, 6]\nprice_per_kwh = 1\n"
    found = prices(
        written(tmp_path, text),
        datetime(2026, 6, 1, 18, tzinfo=UTC),  # 20 in Oslo
        datetime(2026, 6, 2, 6, tzinfo=UTC),
    )
    assert [int(price) for price in found.values()] == [2] * 2 + [1] * 8 + [2] * 2


def test_spot_prices_in_local_time_tell_the_hour_that_comes_twice_apart(tmp_path):
    (tmp_path / "spot.csv").write_text(
        "hour_start_at;price_per_kwh\n"
        "2026-10-25T01:00;0,10\n2026-10-25T02:00;0,20\n2026-10-25T02:00;-0,30\n"
        "2026-10-25T03:00;0,40\n"
    )
    tariff = written(tmp_path, '[spot]\nfile = "spot.csv"\nsurcharge_per_kwh = 0.05\n')
    found = prices(
        tariff, datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 4, tzinfo=UTC)
    )
    assert found == {
        datetime(2026, 10, 24, 23, tzinfo=UTC): Decimal("0.15"),
        datetime(2026, 10, 25, 0, tzinfo=UTC): Decimal("0.25"),
        datetime(2026, 10, 25, 1, tzinfo=UTC): Decimal("-0.25"),
        datetime(2026, 10, 25, 2, tzinfo=UTC): Decimal("0.45"),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-10-25 14:00,abc", "line 2: price_per_kwh is 'abc', not a number"),
        ("2026-10-25 14:30,1", "line 2: 2026-10-25 14:30 is not the start of an hour"),
        ("yesterday,1", "line 2: hour_start_at is 'yesterday'"),
        ("2026-10-24 14:00,1\n2026-10-24 14:00,1\n2026-10-24 14:00,1", "is there twice"),
    ],
)
def test_a_bad_spot_price_is_an_error_that_names_its_line(tmp_path, line, message):
    (tmp_path / "spot.csv").write_text(f"hour_start_at,price_per_kwh\n{line}\n")
    with pytest.raises(ReferenceFileError, match=message):
        written(tmp_path, '[spot]\nfile = "spot.csv"\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no price"),
        ("price_per_kwh = 'a'", "price_per_kwh"),
        ("price_per_kwh = 1\nvat = 25", "vat: Extra inputs"),
        ("price_per_kwh = 1\n[[period]]\nweekdays = [8]\nprice_per_kwh = 1", "period.0.weekdays"),
        ("price_per_kwh = 1\n[spot]\nfile = 'x.csv'", "stands for itself"),
        ("price_per_kwh = ", "Invalid value"),
    ],
)
def test_a_bad_tariff_is_an_error_that_names_its_field(tmp_path, text, message):
    with pytest.raises(ReferenceFileError, match=message):
        written(tmp_path, text)
