"""Times as logs write them → UTC.

A text that can be read in two ways is refused, because a message at a wrong hour is worse than a
message in quarantine: days and months in digits with slashes or dashes (`03/04/2026`), years of two
digits, times without a date or without a year, numbers that are no plausible time since 1970, and
local hours that the clock repeats or leaves out. A layout file can name the format and the zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{8}T\d{6}")
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:](?P<fraction>\d{1,12}))?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = (
    r"(?:\s?(?P<zone>Z|(?:UTC|GMT)?[+-]\d\d(?::?\d\d(?::?\d\d)?)?|UTC|GMT))?"
    r"(?:\s?(?:\[[\w/+-]+\]|\([^)]*\)))?"
)
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s)?"
_MONTH = r"(?P<month>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*)\.?"
_FORMS = [
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)[T _,]+"
        rf"{_CLOCK}{_ZONE}",
        rf"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{{4}})[T ,]+{_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})[-/. ]{_MONTH}[-/. ](?P<day>\d\d?)[T :,]+{_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}(?P<day>\d\d?)[-/. ]{_MONTH}[-/., ]+(?P<year>\d{{4}})[T :,]+{_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH}\s(?P<day>\d\d?),?\s(?P<year>\d{{4}})[T ,]+(?:at )?{_CLOCK}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH}\s(?P<day>\d\d?)\s{_CLOCK}{_ZONE}\s(?P<year>\d{{4}})",
    )
]
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DIGITS = re.compile(r"(?P<year>(?:19|20)\d\d)" + r"(\d\d)" * 5 + r"(\d{3})?")
_NUMBER = re.compile(r"(\d{9,19})(?:\.(\d*))?")
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_FIRST, _LAST = 946_684_800, 4_102_444_800  # 2000 and 2100, in seconds


class TimeError(ValueError):
    """A text that is not a time, or may be one of two. The message quotes nothing of it."""


@dataclass(frozen=True)
class Clock:
    """How a file writes its times: `zone` of those that name none (UTC where it is None), and
    `form` for `strptime` where the layout file has one."""

    zone: ZoneInfo | None = None
    form: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether Arrow reads such times as we do."""
        return self.zone is None and self.form is None

    def utc(self, text: str) -> datetime:
        """The time in UTC, to the microsecond. TimeError where it cannot be read."""
        text = " ".join(text.split())
        if self.form is not None:
            try:
                return self._in_utc(datetime.strptime(text, self.form))  # noqa: DTZ007  below
            except ValueError as error:
                raise TimeError("has a time that is not of the layout's time_format") from error
        try:
            if _ISO.match(text):
                return self._in_utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
        try:
            return _of_number(text, self) or self._in_utc(_of_text(text))
        except (ValueError, OverflowError) as error:
            raise TimeError(
                str(error) if isinstance(error, TimeError) else "has a time that is none"
            ) from error

    def _in_utc(self, at: datetime) -> datetime:
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        if self.zone is None:
            return at.replace(tzinfo=UTC)
        early, late = (at.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if early != late:
            raise TimeError("has a local time that the clock repeats or leaves out")
        return early


def _of_number(text: str, clock: Clock) -> datetime | None:
    """A time in digits alone: since 1970 in seconds or a thousandth (millionth, …) of one, or
    YYYYMMDDhhmmss; None where the text is no number."""
    if digits := _DIGITS.fullmatch(text):
        *parts, milli = digits.groups()
        year, month, day, hour, minute, second = map(int, parts)
        micro = int(milli or 0) * 1000
        return clock._in_utc(datetime(year, month, day, hour, minute, second, micro))  # noqa: DTZ001
    number = _NUMBER.fullmatch(text)
    if number is None:
        return None
    whole, fraction = int(number[1]), (number[2] or "")[:9]
    for unit in _UNITS:
        if _FIRST <= whole / unit < _LAST:
            nano = (whole * 10**9 + int(fraction.ljust(9, "0"))) // unit
            return _EPOCH + timedelta(microseconds=nano // 1000)
    raise TimeError("has a time that is a number, but no plausible time since 1970")


def _of_text(text: str) -> datetime:
    for form in _FORMS:
        if (found := form.fullmatch(text)) is not None:
            return _made(found.groupdict())
    raise TimeError("has a time that cannot be read without doubt")


def _made(parts: dict[str, str | None]) -> datetime:
    month, hour, second = parts["month"] or "", int(parts["hour"] or 0), int(parts["second"] or 0)
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise TimeError("has a time that is none")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    micro = int((parts["fraction"] or "0")[:6].ljust(6, "0"))
    leap = second == 60  # a leap second: the first of the next minute
    at = datetime(
        *(int(parts["year"] or 0), number, int(parts["day"] or 0)),
        *(hour, int(parts["minute"] or 0), 59 if leap else second, micro),
        tzinfo=_zone(parts["zone"]),
    )  # fmt: skip
    return at + timedelta(seconds=1) if leap else at


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    offset = text.removeprefix("UTC").removeprefix("GMT")
    if offset in ("", "Z"):
        return UTC
    digits = offset[1:].replace(":", "").ljust(6, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    return timezone(-size if offset[0] == "-" else size)
