"""Tariff files: what a kilowatt-hour costs in each hour, before VAT, in exact decimals.

    currency = "NOK"
    vat_percent = 25
    fee_per_session = 2.50          # before VAT; 0 where it is left out
    fee_per_month = 49              # per driver and month, before VAT
    price_per_kwh = 0.95            # where no period below fits

    [[period]]                      # the first that fits counts
    weekdays = [1, 2, 3, 4, 5]      # 1 is Monday; left out: every day
    hours = [6, 22]                 # local time, from and until; [22, 6] goes over midnight
    price_per_kwh = 1.60

    [spot]                          # instead of periods: hourly prices
    file = "spot.csv"               # hour_start_at, price_per_kwh; beside this file
    surcharge_per_kwh = 0.05

Times of spot prices have an offset, or are local: an hour that comes twice, in autumn, is first
summer and then winter time. A CSV with semicolons may have decimal commas.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

HOUR = timedelta(hours=1)
Amount = Annotated[Decimal, Field(allow_inf_nan=False)]
Price = Annotated[Decimal, Field(allow_inf_nan=False)]  # spot prices may be negative


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(_Strict):
    """Hours of weekdays, local time."""

    weekdays: frozenset[Annotated[int, Field(ge=1, le=7)]] = frozenset(range(1, 8))
    hours: tuple[Annotated[int, Field(ge=0, le=24)], Annotated[int, Field(ge=0, le=24)]] = (0, 24)
    price_per_kwh: Price

    def holds(self, local: datetime) -> bool:
        """Whether an hour that starts at this local time is meant. A period over midnight belongs
        to the weekday on which each of its hours lies."""
        start, end = self.hours
        inside = start <= local.hour < end if start < end else not end <= local.hour < start
        return inside and local.isoweekday() in self.weekdays


class Spot(_Strict):
    """Hourly prices of an exchange."""

    file: str  # beside the tariff file
    surcharge_per_kwh: Price = Decimal(0)


class Tariff(_Strict):
    """A tariff file. Amounts are before VAT."""

    name: str
    currency: str = "EUR"
    vat_percent: Annotated[Amount, Field(ge=0, le=100)] = Decimal(0)
    fee_per_session: Annotated[Amount, Field(ge=0)] = Decimal(0)
    fee_per_month: Annotated[Amount, Field(ge=0)] = Decimal(0)
    price_per_kwh: Price | None = None
    period: tuple[Period, ...] = ()
    spot: Spot | None = None
    spot_prices: str = Field(default="", exclude=True)  # the content of the file that [spot] names

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        if self.spot and (self.period or self.price_per_kwh is not None):
            raise ValueError("[spot] stands for itself: no price_per_kwh and no [[period]] beside")
        if not (self.spot or self.period or self.price_per_kwh is not None):
            raise ValueError("no price: give price_per_kwh, [[period]] or [spot]")
        return self

    def check(self, zone: ZoneInfo) -> None:
        """ValueError where the spot prices cannot be read; their local times are of `zone`."""
        if self.spot:
            read_spot(self.spot.file, self.spot_prices, zone)

    def prices(
        self, first: datetime, end: datetime, zone: ZoneInfo
    ) -> Iterator[tuple[datetime, Decimal]]:
        """(start of the hour in UTC, price per kWh) of every priced hour from `first` until `end`.
        An hour that nothing prices is left out."""
        spot = read_spot(self.spot.file, self.spot_prices, zone) if self.spot else {}
        hour = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour < end:
            price = spot.get(hour)
            if self.spot and price is not None:
                yield hour, price + self.spot.surcharge_per_kwh
            elif not self.spot and (price := self._by_period(hour.astimezone(zone))) is not None:
                yield hour, price
            hour += HOUR

    def _by_period(self, local: datetime) -> Decimal | None:
        fitting = (period.price_per_kwh for period in self.period if period.holds(local))
        return next(fitting, self.price_per_kwh)


def parse_tariff(name: str, content: str, companions: Mapping[str, str] | None = None) -> Tariff:
    """The tariff of a TOML text, of that name unless it says otherwise; `companions` has the
    content of the file of spot prices by its name. ValueError with the field and what is wrong."""
    try:
        values = tomllib.loads(content, parse_float=Decimal)
        if "spot_prices" in values:
            raise ValueError("spot_prices: is no field of a tariff file")
        tariff = Tariff.model_validate({"name": name, **values})
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}"
            for each in error.errors(include_url=False)
        )
        raise ValueError("; ".join(problems)) from error
    if tariff.spot is None or companions is None:
        return tariff
    return tariff.model_copy(update={"spot_prices": companions.get(tariff.spot.file, "")})


def read_spot(file: str, text: str, zone: ZoneInfo) -> dict[datetime, Decimal]:
    """Prices per kWh by the start of their hour in UTC. ValueError with the line otherwise."""
    prices: dict[datetime, Decimal] = {}
    lines = text.splitlines()
    delimiter = ";" if lines and ";" in lines[0] else ","
    rows = csv.DictReader(lines, delimiter=delimiter)
    for row in rows:
        where = f"spot prices {file}, line {rows.line_num}"
        hour = _hour(row.get("hour_start_at"), zone, prices, where)
        if hour in prices:
            raise ValueError(f"{where}: {row['hour_start_at']} is there twice")
        prices[hour] = _price(row.get("price_per_kwh"), delimiter, where)
    return prices


def _hour(text: str | None, zone: ZoneInfo, known: dict[datetime, Decimal], where: str) -> datetime:
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise ValueError(f"{where}: hour_start_at is {text!r}, not 2026-10-25T14:00") from None
    if at.minute or at.second or at.microsecond:
        raise ValueError(f"{where}: {text} is not the start of an hour")
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    first = at.replace(tzinfo=zone).astimezone(UTC)
    return at.replace(tzinfo=zone, fold=1).astimezone(UTC) if first in known else first


def _price(text: str | None, delimiter: str, where: str) -> Decimal:
    plain = (text or "").strip().replace(",", ".") if delimiter == ";" else (text or "").strip()
    try:
        price = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{where}: price_per_kwh is {text!r}, not a number") from None
    if not price.is_finite():
        raise ValueError(f"{where}: price_per_kwh is {text!r}, not a number")
    return price
