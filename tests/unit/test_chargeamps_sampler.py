"""The clock that Charge Amps is sampled by, with a time of its own: nothing here waits."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example
from hypothesis import strategies as st

from extract.http import Exchange
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.settings import Settings
from extract.vendors.chargeamps.poll.client import Client, Target
from extract.vendors.chargeamps.poll.sampler import sample
from extract.vendors.chargeamps.poll.spool import take
from extract.vendors.chargeamps.poll.ticks import EPOCH, Clock, Window, first_tick, ticks, window

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
TICK = timedelta(seconds=30)
TEN = timedelta(minutes=10)
POINTS = ("2101000001M", "2101000002M", "2101000003M")
SETTINGS = Settings(_env_file=None, chargeamps_window=600, chargeamps_interval=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-17T{text}").replace(tzinfo=UTC)


@dataclass
class FakeClock(Clock):
    """A clock that jumps to where it is waited for. `until`: then its process is killed."""

    time: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def now(self) -> datetime:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        if self.until and self.time >= self.until:
            raise KilledError

    def wait_until(self, at: datetime) -> bool:
        self.pass_(max(0.0, (at - self.time).total_seconds()))
        return not self.stopped


class KilledError(BaseException):
    """Ends everything at once."""


@dataclass
class Vendor:
    """Three charge points, whose answers take as long as `delays` say, one delay per answer."""

    home: Path
    clock: FakeClock
    delays: Iterator[float] = field(default_factory=lambda: iter(()))

    lake: Lake = field(init=False)
    account: str = "p_of_the_account"

    def __post_init__(self) -> None:
        self.lake = Lake(str(self.home / "lake"))

    def missed(self, *what: Any) -> Exchange:
        return Client.missed(Client.__new__(Client), *what)  # which needs no login

    def organisations(self, seconds: float | None = None) -> Exchange:
        refused = self._answer("assets", "*", self.clock.now(), b"")
        return replace(refused, status_code=403, error="HTTP 403 Forbidden")

    def owned(self, seconds: float | None = None) -> Exchange:
        points = ",".join(f'{{"id":"{name}","ocppVersion":null}}' for name in POINTS)
        return self._answer("assets", "*", self.clock.now(), f"[{points}]".encode())

    def status(self, target: Target, at: datetime, seconds: float) -> Exchange:
        made = self._answer("status", target.scope, at, b"{}")
        self.clock.pass_(next(self.delays, 0.0))
        return made

    def _answer(self, stream: str, scope: str, at: datetime, body: bytes) -> Exchange:
        what = ("chargeamps", stream, stream, scope, "http://127.0.0.1/")
        now = self.clock.now()
        return Exchange(
            *what, {}, requested_at=now, query_time=at, status_code=200, attempts=1, body=body
        )


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays are then those of a round in its order."""
    monkeypatch.setattr("extract.vendors.chargeamps.poll.sampler.WORKERS", 1)
    monkeypatch.setattr(Client, "_base", "http://127.0.0.1", raising=False)


def landed(
    home: Path,
    start: datetime,
    delays: Iterable[float] = (),
    settings: Settings = SETTINGS,
    **more: Any,
) -> list[list[Exchange]]:
    """What a process that starts then lands of the status, file by file; what it lands before it
    is killed if it is."""
    clock = FakeClock(start, **more)
    vendor = Vendor(home, clock, iter(delays))
    batches: list[list[Exchange]] = []
    with suppress(KilledError):
        sample(vendor, settings, clock, batches.append)  # type: ignore[arg-type]
    return only_samples(batches)


def only_samples(batches: list[list[Exchange]]) -> list[list[Exchange]]:
    """The batches of status, without the statement that each must begin with."""
    found = [batch for batch in batches if batch and batch[0].stream == "status"]
    for batch in found:
        days = {one.query_time.date() for one in batch}
        stated = [one for one in batch if one.endpoint == "owned"]
        assert stated == batch[: len(days)]
        assert [json.loads(one.body or b"") for one in stated] == [
            [{"id": name, "ocppVersion": None} for name in POINTS]
        ] * len(days)
    return [[one for one in batch if one.endpoint != "owned"] for batch in found]


def kinds(batches: list[list[Exchange]]) -> dict[datetime, str]:
    """Tick → S for sampled, m for missed; each charge point's is the same and lands once."""
    landed = Counter((one.scope, one.query_time) for batch in batches for one in batch)
    assert set(landed.values()) <= {1}
    found: dict[datetime, set[str]] = {}
    for batch in batches:
        for one in batch:
            kind = "S" if one.ok else "m"
            if not one.ok:
                assert (one.error or "").startswith("missed: ")
                assert (one.status_code, one.attempts, one.body) == (None, 0, None)
            found.setdefault(one.query_time, set()).add(kind)
    assert all(len(kind) == 1 for kind in found.values())
    return {at: kind.pop() for at, kind in sorted(found.items())}


def all_ticks(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * TICK for number in range((end - start) // TICK)]


# --- Windows and ticks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("12:00:00", "12:00"),
        ("12:07:29.999999", "12:00"),
        ("12:07:30", "12:10"),  # from a quarter of a window before it begins
        ("12:08:04", "12:10"),
        ("12:10:00", "12:10"),
        ("12:10:05", "12:10"),  # late: the rest of it
    ],
)
def test_a_run_takes_the_window_of_now_or_waits_for_one_that_begins_soon(now, start):
    lead = timedelta(seconds=150)
    assert window(at(now), TEN, lead) == Window(at(start), at(start) + TEN)


instants = st.integers(0, 10**15).map(lambda us: NOON + timedelta(microseconds=us))
spans = st.integers(200_000, 3_600_000_000).map(lambda us: timedelta(microseconds=us))


@given(instants, spans)
def test_windows_follow_each_other_without_a_gap_or_an_overlap(now, length):
    first = window(now, length, timedelta())
    assert first.start <= now < first.end
    assert window(first.end, length, timedelta()).start == first.end
    assert (first.start - EPOCH) % length == timedelta()


@given(instants, spans)
def test_the_ticks_of_two_windows_are_the_ticks_of_both_together(now, interval):
    middle, end = now + 2.3 * interval, now + 5.7 * interval
    clock = FakeClock(end)
    both = [*ticks(now, middle, interval, clock), *ticks(middle, end, interval, clock)]
    assert both == list(ticks(now, end, interval, clock))
    assert all((tick.at - EPOCH) % interval == timedelta() for tick in both)
    assert first_tick(both[0].at, interval) == both[0].at


@given(st.lists(st.floats(0, 200), max_size=40), st.floats(0, 900))
def test_whatever_the_delays_each_tick_comes_once_and_in_time_or_is_missed(delays, late):
    clock = FakeClock(NOON + timedelta(seconds=late))
    wait, seen = iter(delays), []
    for tick in ticks(NOON, NOON + TEN, TICK, clock):
        assert clock.now() >= tick.at
        assert tick.is_missed == (clock.now() - tick.at > TICK / 2)
        seen.append(tick.at)
        clock.pass_(0 if tick.is_missed else next(wait, 0))
    assert seen == all_ticks(NOON, NOON + TEN)


# --- A window ------------------------------------------------------------------------------------


def test_a_window_is_one_file_with_each_charge_point_at_each_tick(tmp_path):
    (batch,) = landed(tmp_path, at("11:58:07"))
    assert kinds([batch]) == dict.fromkeys(all_ticks(NOON, NOON + TEN), "S")
    assert {one.requested_at - one.query_time for one in batch} == {timedelta()}
    assert [one.scope for one in batch[:3]] == list(POINTS)


def test_a_round_that_takes_too_long_costs_its_last_points_and_not_the_next_tick(tmp_path):
    (batch,) = landed(tmp_path, NOON, [1, 26.5])
    first, second = batch[:3], batch[3:6]
    assert [one.error and one.error[:6] for one in first] == [None, None, "missed"]
    assert {one.ok for one in second} == {True}
    assert {one.requested_at for one in second} == {NOON + TICK}


def test_a_tick_that_was_slept_over_is_missed_and_the_next_is_on_time(tmp_path):
    (batch,) = landed(tmp_path, NOON, [0, 0, 100])
    found = kinds([batch])
    assert "".join(found.values()) == "Smm" + "S" * 17  # 100 s is 10 s after the fourth tick
    assert batch[9].requested_at == NOON + timedelta(seconds=100)
    assert batch[12].requested_at == NOON + 4 * TICK


def test_who_comes_late_for_the_first_time_samples_the_rest(tmp_path):
    found = kinds(landed(tmp_path, at("12:03:17")))
    assert found == dict.fromkeys(all_ticks(at("12:03:30"), NOON + TEN), "S")


def test_who_comes_late_after_a_whole_window_has_missed_the_ticks_before(tmp_path):
    first = landed(tmp_path, at("11:58:00"))
    found = kinds([*first, *landed(tmp_path, at("12:11:20"))])
    assert list(found) == all_ticks(NOON, NOON + 2 * TEN)
    assert "".join(found.values()) == "S" * 20 + "mmm" + "S" * 17


def test_a_second_sampler_leaves_a_window_alone_that_is_being_sampled(tmp_path):
    spool = take(tmp_path / "spool", Window(NOON, NOON + TEN))
    assert spool is not None
    assert landed(tmp_path, at("12:03:00")) == []
    spool.close()
    assert len(landed(tmp_path, at("12:03:00"))) == 1


def test_to_be_stopped_ends_a_window_early_with_what_it_has(tmp_path):
    clock = FakeClock(NOON)
    vendor = Vendor(tmp_path, clock)
    whole = vendor.status

    def status(target: Target, at: datetime, seconds: float) -> Exchange:
        if at == NOON + 2 * TICK:
            clock.stopped = True
        return whole(target, at, seconds)

    vendor.status = status  # type: ignore[method-assign]
    batches: list[list[Exchange]] = []
    sample(vendor, SETTINGS, clock, batches.append)  # type: ignore[arg-type]
    (batch,) = only_samples(batches)
    assert [one.query_time for one in batch[::3]] == all_ticks(NOON, NOON + 3 * TICK)
    assert [one.error for one in batch[6:]] == [None, *["missed: sampling was stopped"] * 2]
    assert kinds(landed(tmp_path, at("12:02:10"))) == dict.fromkeys(
        all_ticks(at("12:02:30"), NOON + TEN), "S"
    )


def test_a_window_over_midnight_states_the_vocabularies_on_both_dates(tmp_path):
    start = at("23:56:00") - timedelta(days=1)
    settings = SETTINGS.model_copy(update={"chargeamps_window": 660.0})
    (batch,) = landed(tmp_path, start, (), settings)
    assert {one.query_time.date().day for one in batch} == {16, 17}


def test_once_is_one_sample_now(tmp_path):
    clock = FakeClock(at("12:03:17"))
    vendor = Vendor(tmp_path, clock)
    batches: list[list[Exchange]] = []
    sample(vendor, SETTINGS, clock, batches.append, once=True)  # type: ignore[arg-type]
    (samples,) = only_samples(batches)
    assert [(one.scope, one.query_time) for one in samples] == [
        (name, at("12:03:17")) for name in POINTS
    ]


# --- Killed --------------------------------------------------------------------------------------


def test_what_a_killed_sampler_had_is_gone_on_with_in_the_same_window(tmp_path):
    assert landed(tmp_path, NOON, until=at("12:03:05")) == []
    (batch,) = landed(tmp_path, at("12:05:00"))
    found = kinds([batch])
    assert list(found) == all_ticks(NOON, NOON + TEN)
    assert "".join(found.values()) == "S" * 7 + "mmm" + "S" * 10


def test_what_a_killed_sampler_had_is_landed_by_the_next_window(tmp_path):
    assert landed(tmp_path, NOON, until=at("12:03:05")) == []
    left, own = landed(tmp_path, at("12:31:00"))
    found = kinds([left])
    assert list(found) == all_ticks(NOON, NOON + TEN)
    assert "".join(found.values()) == "S" * 7 + "m" * 13
    assert set(kinds([own])) == set(all_ticks(at("12:31"), at("12:40")))
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_torn_end_of_the_file_costs_one_tick(tmp_path):
    landed(tmp_path, NOON, until=at("12:01:10"))
    (spool,) = (tmp_path / "spool").iterdir()
    spool.write_bytes(spool.read_bytes()[:-7])
    found = kinds(landed(tmp_path, at("12:01:25")))
    assert "".join(found.values())[:5] == "SSmSS"


@pytest.mark.parametrize("content", [b"\3\0\0\0abc", b"\1\0\0\0\x90" * 3])
@pytest.mark.parametrize("name", ["20261117T120000000000.open", "20261117T110000000000.open",
                                  "20261117T110000000000.00c0ffee.done"])  # fmt: skip
def test_samples_that_cannot_be_read_are_set_aside_and_stop_nobody(tmp_path, caplog, name, content):
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / name).write_bytes(content)
    assert set(kinds(landed(tmp_path, NOON)).values()) == {"S"}
    (broken,) = folder.iterdir()
    assert broken.suffix == ".broken" and broken.read_bytes() == content
    assert str(broken) in caplog.text


def test_what_landed_and_could_not_be_deleted_lands_as_the_same_file(tmp_path):
    lake, clock = Lake(str(tmp_path / "lake")), FakeClock(NOON)
    vendor = Vendor(tmp_path, clock)
    first: list[str] = []

    def land(exchanges: list[Exchange]) -> None:
        first.extend(raw.land(lake, exchanges))
        raise KilledError  # between landing and deleting

    with suppress(KilledError):
        sample(vendor, SETTINGS, clock, land)  # type: ignore[arg-type]
    again = Landing(lake)
    clock.time = at("12:09:40")
    sample(vendor, SETTINGS, clock, again)  # type: ignore[arg-type]
    assert again.files[0] == first[0]
    assert list((tmp_path / "spool").iterdir()) == []


def test_who_restarts_shortly_before_the_next_window_samples_the_rest_and_the_next(tmp_path):
    assert landed(tmp_path, NOON, until=at("12:05:05")) == []
    found = kinds(landed(tmp_path, at("12:08:10")))
    assert list(found) == all_ticks(NOON, NOON + 2 * TEN)
    assert "".join(found.values()) == "S" * 11 + "m" * 5 + "S" * 24  # 12:08:00 is 10 s late


@example(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), max_size=4),
    st.lists(st.floats(0, 90), max_size=10),
)
def test_however_often_it_is_killed_each_tick_lands_once(tmp_path_factory, lives, delays):
    home, length = tmp_path_factory.mktemp("home"), timedelta(seconds=180)
    brief = SETTINGS.model_copy(update={"chargeamps_window": 180.0})
    now, batches = NOON, []
    for pause, life in lives:
        begun = now + timedelta(seconds=pause)
        now = begun + timedelta(seconds=life)
        batches += landed(home, begun, delays, brief, until=now)
    batches += landed(home, now + timedelta(seconds=40), (), brief)  # nobody dies here
    found = Counter((one.scope, one.query_time) for batch in batches for one in batch)
    assert set(found.values()) == {1}
    for start in {window(tick, length, timedelta()).start for _, tick in found}:
        mine = {tick for _, tick in found if start <= tick < start + length}
        assert mine == set(all_ticks(min(mine), start + length))  # no hole in what was begun
    shutil.rmtree(home)
