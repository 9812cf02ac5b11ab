"""The sandbox, over HTTP on loopback: its clock, its faults, the ChargeCloud network and days."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from extract.sandbox import Options, Sandbox, SandboxError
from extract.settings import PROJECT
from extract.vendors.chargecloud.about import CITIES as CITY_KEYS
from extract.vendors.chargecloud.sandbox.feed import Feed
from extract.vendors.sandboxes import running

RECORDINGS = PROJECT.parent / "shared" / "data" / "chargecloud"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"{RECORDINGS} is missing: no recordings to compare with"
)
TUESDAY_NOON = datetime(2026, 11, 17, 12, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture(scope="module")
def full_size() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(full_size: Sandbox) -> Iterator[Sandbox]:
    full_size.set_clock(TUESDAY_NOON)
    full_size.clear_faults()
    yield full_size


@pytest.fixture(scope="module")
def feed() -> Feed:
    return Feed(seed=0, scale=1.0)


def get(sandbox: Sandbox, city: str = "koeln") -> requests.Response:
    return requests.get(f"{sandbox.url_of('chargecloud')}/{city}", timeout=30)


def answer(sandbox: Sandbox, city: str = "koeln") -> dict[str, Any]:
    response = get(sandbox, city)
    assert response.status_code == 200
    return response.json()


def evses(answers: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        evse for one in answers.values() for location in one["data"] for evse in location["evses"]
    ]


def every_city(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    return {city: answer(sandbox, city) for city in CITY_KEYS}


def recording(name: str = "2022-01-11T215824_cities.json") -> dict[str, dict[str, Any]]:
    return json.loads((RECORDINGS / name).read_bytes())


# --- the network ---------------------------------------------------------------------------------


def test_the_network_is_as_big_as_the_real_one(sandbox: Sandbox) -> None:
    answers = every_city(sandbox)
    points = evses(answers)
    assert sum(len(one["data"]) for one in answers.values()) == 1162
    assert len(points) == 2428
    assert sum(len(point["connectors"]) for point in points) == 2811
    assert len({point["id"] for point in points}) == 2428
    assert len({connector["id"] for point in points for connector in point["connectors"]}) == 2811


Shape = dict[str, set[Any]]


def shape_of(answers: dict[str, dict[str, Any]]) -> Shape:
    """Path → the types of its values, and the keys of its objects in their order."""
    found: Shape = defaultdict(set)

    def walk(path: str, value: Any) -> None:
        found[path].add(type(value).__name__)
        if isinstance(value, dict):
            found[path].add(tuple(value))
            for name, child in value.items():
                walk(f"{path}.{name}", child)
        if isinstance(value, list):
            for child in value:
                walk(f"{path}[]", child)

    for one in answers.values():
        walk("", one)
    return dict(found)


@needs_recordings
def test_answers_have_the_recordings_keys_in_their_order_and_the_same_types(
    sandbox: Sandbox,
) -> None:
    assert shape_of(every_city(sandbox)) == shape_of(recording())


@needs_recordings
def test_no_text_of_the_recordings_is_copied(sandbox: Sandbox) -> None:
    def texts(answers: dict[str, dict[str, Any]]) -> set[str]:
        places = [location for one in answers.values() for location in one["data"]]
        found = {place[name] for place in places for name in ("name", "directions", "owner")}
        found |= {text for place in places for text in place["operator"].values()}
        return found | {evse["id"] for evse in evses(answers)}

    assert texts(every_city(sandbox)) & texts(recording()) <= {"", None}


@needs_recordings
def test_status_words_are_those_of_the_recordings(sandbox: Sandbox, feed: Feed) -> None:
    seen = {evse["status"] for evse in evses(recording())}
    assert {status for at in hours(24) for status in statuses(feed, at)} == seen


# --- its days ------------------------------------------------------------------------------------


def hours(count: int, per_hour: int = 1) -> list[datetime]:
    midnight = TUESDAY_NOON.replace(hour=0)
    return [midnight + timedelta(hours=number / per_hour) for number in range(count * per_hour + 1)]


def statuses(feed: Feed, at: datetime) -> list[str]:
    return [status for city in feed.cities for status in feed.statuses(city, at)]


def changed(before: list[str], after: list[str]) -> float:
    pairs = zip(before, after, strict=True)
    return sum(old != new for old, new in pairs) / len(before)


def test_about_one_percent_of_the_points_change_in_ten_minutes(feed: Feed) -> None:
    polls = [statuses(feed, at) for at in hours(24, per_hour=6)]
    rates = [changed(old, new) for old, new in pairwise(polls)]
    assert 0.006 <= sum(rates) / len(rates) <= 0.013
    assert max(rates) < 0.03


def test_the_same_seed_and_instant_give_the_same_bytes_in_any_order(
    sandbox: Sandbox, feed: Feed
) -> None:
    first = get(sandbox).content
    sandbox.set_clock(TUESDAY_NOON + timedelta(days=40))
    assert get(sandbox).content != first
    sandbox.set_clock(TUESDAY_NOON)
    assert get(sandbox).content == first
    assert feed.answer("koeln", TUESDAY_NOON) == first  # another process


# --- the clock -----------------------------------------------------------------------------------


def test_the_clock_stands_still_and_the_cities_answer_in_turn(sandbox: Sandbox) -> None:
    stamps = [answer(sandbox, city)["timestamp"] for city in CITY_KEYS]
    assert stamps[0] == "2026-11-17T12:00:00+01:00"
    assert stamps[-1] == "2026-11-17T12:00:12+01:00"
    assert stamps == sorted(stamps)
    assert sandbox.now() == TUESDAY_NOON


@pytest.mark.parametrize(
    "now, first, last",
    [
        ("2026-03-29T00:59:50+00:00", "2026-03-29T01:59:50+01:00", "2026-03-29T03:00:02+02:00"),
        ("2026-10-25T00:59:50+00:00", "2026-10-25T02:59:50+02:00", "2026-10-25T02:00:02+01:00"),
    ],
)
def test_the_offset_follows_summer_time(sandbox: Sandbox, now: str, first: str, last: str) -> None:
    sandbox.set_clock(datetime.fromisoformat(now))
    assert answer(sandbox, "koeln")["timestamp"] == first
    assert answer(sandbox, "lichtenfels")["timestamp"] == last


def test_an_unset_clock_follows_the_real_time(sandbox: Sandbox) -> None:
    sandbox.set_clock(None)
    before = datetime.now(UTC).replace(microsecond=0)
    at = datetime.fromisoformat(answer(sandbox, "lichtenfels")["timestamp"])
    assert before <= at <= datetime.now(UTC)


def test_a_time_without_an_offset_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(requests.HTTPError, match="422"):
        sandbox.set_clock(datetime(2026, 1, 1))  # noqa: DTZ001  what is refused
    assert sandbox.now() == TUESDAY_NOON


# --- faults --------------------------------------------------------------------------------------


def test_an_unknown_city_is_not_found(sandbox: Sandbox) -> None:
    response = get(sandbox, "atlantis")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"


def test_a_fault_hits_its_city_alone_and_the_first_that_fits_is_used_up(sandbox: Sandbox) -> None:
    sandbox.add_fault("status", "koeln", status=500, times=1)
    sandbox.add_fault("missing", times=1)
    assert get(sandbox, "koeln").status_code == 500
    assert get(sandbox, "bonn").status_code == 404
    assert sandbox.faults() == []
    assert get(sandbox, "koeln").status_code == get(sandbox, "bonn").status_code == 200


def test_an_unreadable_answer_differs_in_three_records_only(sandbox: Sandbox) -> None:
    whole = answer(sandbox)
    sandbox.add_fault("unreadable", times=1)
    broken = answer(sandbox)
    assert "id" not in broken["data"][0]["evses"][0]
    assert broken["data"][-1]["evses"][-1]["connectors"][0]["ampere"] == "abc"
    assert broken["data"][-1]["coordinates"]["latitude"] == "north"
    assert broken["data"][1:-1] == whole["data"][1:-1]


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(requests.HTTPError, match="422"):
        sandbox.add_fault("gremlin")


# --- the form of 2024 ----------------------------------------------------------------------------


def test_the_form_of_2024_has_numbers_and_more_fields(sandbox: Sandbox) -> None:
    old = answer(sandbox)
    sandbox.add_fault("shape2024", times=1)
    new = answer(sandbox)
    assert set(new) - set(old) == {"languages", "localesLanguageMap", "currentLocale"}
    place, was = new["data"][0], old["data"][0]
    assert set(place) - set(was) == {"status", "comment", "tariffZones"}
    assert (place["id"], place["country"]) == (int(was["id"]), "DEU")
    assert set(place["operator"]) == {"operatorId", "name", "hotline"}
    assert place["coordinates"]["latitude"] == float(was["coordinates"]["latitude"])
    assert isinstance(place["evses"][0]["reservable"], bool)
    connector, connector_was = place["evses"][0]["connectors"][0], was["evses"][0]["connectors"][0]
    for name in ("id", "ampere", "voltage"):
        assert connector[name] == int(connector_was[name])
    assert [evse["status"] for evse in evses({"koeln": new})] == [
        evse["status"] for evse in evses({"koeln": old})
    ]


# --- starting, stopping, recordings --------------------------------------------------------------


def test_options_reach_the_child_and_it_ends_with_the_block() -> None:
    with running(Options(scale=0.01, chargecloud_shape="2024", now=TUESDAY_NOON)) as small:
        assert answer(small, "koeln")["currentLocale"] == "de_DE"
    with pytest.raises(requests.ConnectionError):
        get(small)


def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "from extract.sandbox import Options\n"
        "from extract.vendors.sandboxes import running\n"
        "with running(Options(scale=0.01)) as s: print(s.url, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert parent.stdout is not None
    orphan = Sandbox(parent.stdout.readline().strip())
    assert get(orphan).status_code == 200
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 15
    with pytest.raises(requests.ConnectionError):
        while time.monotonic() < deadline:
            get(orphan)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(SandboxError, match="did not start"),
        running(Options(chargecloud_recordings=tmp_path)),
    ):
        pass


def test_the_recording_at_or_before_the_clock_is_served_byte_for_byte(tmp_path: Path) -> None:
    def record(name: str, at: str, **cities: str) -> dict[str, Any]:
        answers = {
            city: {"data": [word, 1.5, None], "timestamp": at} for city, word in cities.items()
        }
        (tmp_path / f"{name}_cities.json").write_text(json.dumps(answers), encoding="utf-8")
        return answers

    early = record("b", "2022-01-11T21:58:22+01:00", koeln="Köln früh", bonn="Bonn")
    late = record("a", "2022-01-11T22:08:21+01:00", koeln="Köln spät")
    begin = datetime.fromisoformat("2022-01-11T22:08:21+01:00")
    with running(Options(chargecloud_recordings=tmp_path, now=begin)) as replay:
        compact = json.dumps(late["koeln"], ensure_ascii=False, separators=(",", ":"))
        assert get(replay).content == compact.encode()
        assert get(replay, "bonn").status_code == 404
        for at in (begin - timedelta(seconds=1), begin - timedelta(days=365)):
            replay.set_clock(at)
            assert answer(replay) == early["koeln"]
            assert answer(replay, "bonn") == early["bonn"]


@needs_recordings
def test_the_two_recorded_polls_are_served_as_they_are() -> None:
    with running(Options(chargecloud_recordings=RECORDINGS)) as replay:
        for name, at in (("215824", "21:58:22"), ("220822", "22:08:21")):
            replay.set_clock(datetime.fromisoformat(f"2022-01-11T{at}+01:00"))
            assert every_city(replay) == recording(f"2022-01-11T{name}_cities.json")
