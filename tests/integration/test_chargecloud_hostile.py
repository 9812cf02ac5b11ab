"""A poll of cities that answer all sorts of things: each lands, and none costs another."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import load, poll
from extract.vendors.chargecloud.poll import client, readable
from tests.feed import afir_location, body, location
from tests.hostile import BODIES, DEEP
from tests.integration.hostile import Hostile, hostile

NOW = datetime.now(UTC)
GOOD = body(location("1"), at=NOW)


@contextmanager
def feed(tmp_path: Path, **cities: Any) -> Iterator[tuple[Settings, Hostile]]:
    """A server with these cities: a body, or a function of the parameters."""

    def answer(path: str, params: dict[str, str], _: str) -> tuple[int, Any]:
        made = cities[path.lstrip("/")]
        return 200, made(params) if callable(made) else made

    with hostile(answer) as server:
        settings = Settings(
            _env_file=None,
            home=tmp_path,
            chargecloud_url=server.url,
            chargecloud_cities=",".join(cities),
        )
        yield settings, server


def landed(settings: Settings) -> list[dict[str, Any]]:
    """Every raw row, in the order of the cities and their pages."""
    lake = Lake(settings.lake_url)
    return [
        row
        for files in raw.partitions(lake).values()
        for file in files
        for row in lake.read(file.path).to_pylist()
    ]


def outcomes(settings: Settings) -> dict[str, str]:
    """City → outcome, of every date that has landed."""
    lake = Lake(settings.lake_url)
    return {
        row["scope"]: row["outcome"]
        for partition, files in raw.partitions(lake).items()
        for row in load.flatten(lake, partition, files)["polls"].to_pylist()
    }


def test_each_city_lands_whatever_the_others_answer(tmp_path: Path) -> None:
    cities = {
        "good": GOOD,
        "latin": body(location("1"), location("2", name="M@nster"), at=NOW).replace(b"@", b"\xfc"),
        "nothing": BODIES["null"],
        "number": BODIES["number"],
        "list": BODIES["list"],
        "html": BODIES["html"],
        "deep": b'{"data":[' + b"[" * DEEP + b"]" * DEEP + b"]}",
        "newer": json.dumps({"result": [], "meta": {}}).encode(),
        "refused": json.dumps({"data": None, "status_code": 2000}).encode(),
        "last": GOOD,
    }
    with feed(tmp_path, **cities) as (settings, server):
        result = poll.poll(settings, "chargecloud")
    assert [row["scope"] for row in landed(settings)] == list(cities)
    failed = {line.split(":")[0]: line for line in result.failed}
    assert set(failed) == set(cities) - {"good", "latin", "last"}
    assert "it is an object with the fields result, meta" in failed["newer"]
    assert "it is null" in failed["nothing"]
    assert "it is a page of HTML" in failed["html"]
    assert "the answer's own status is 2000" in failed["refused"]
    asked = {city: server.count(f"/{city}") for city in cities}
    assert asked == dict.fromkeys(cities, 1) | {"html": 4}
    found = outcomes(settings)
    assert {city for city, outcome in found.items() if outcome == "ok"} == {"good", "latin", "last"}
    assert found["refused"] == "refused"
    assert found["deep"] == "unreadable"


def test_a_city_whose_worker_fails_is_a_failed_answer_of_that_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = readable.content

    def broken(sent: bytes) -> Any:
        if b'"poison"' in sent:
            raise ZeroDivisionError
        return plain(sent)

    monkeypatch.setattr(client, "content", broken)
    poison = body(location("poison"), at=NOW)
    with (
        caplog.at_level(logging.ERROR, "wattstar"),
        feed(tmp_path, a=GOOD, b=poison, c=GOOD) as (settings, _),
    ):
        result = poll.poll(settings, "chargecloud")
    (failed,) = result.failed
    assert failed.startswith("b: the poll failed: ZeroDivisionError, see the log")
    assert caplog.records[0].exc_info
    rows = {row["scope"]: row for row in landed(settings)}
    assert [city for city, row in rows.items() if row["error"] is None] == ["a", "c"]
    assert rows["b"]["body"] == poison, "what came is kept"


@pytest.mark.parametrize(
    "stamp", ["2099-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "yesterday", ""]
)
def test_an_impossible_timestamp_gives_way_to_the_time_of_the_request(
    tmp_path: Path, stamp: str, caplog: pytest.LogCaptureFixture
) -> None:
    with feed(tmp_path, a=GOOD, b=body(location("2"), timestamp=stamp)) as (settings, _):
        assert poll.poll(settings, "chargecloud").ok
    rows = {row["scope"]: row for row in landed(settings)}
    assert rows["a"]["query_time"] == NOW
    assert rows["b"]["query_time"] == rows["b"]["requested_at"]
    assert "ChargeCloud b: the answer's timestamp is" in caplog.text


def paged(params: dict[str, str]) -> bytes:
    """Three pages, the second named by a cursor and the third by an address."""
    pages = {None: ("b", "1"), "b": ("?cursor=c&limit=1", "2"), "c": (None, "3")}
    following, key = pages[params.get("cursor")]
    return json.dumps({"next": following, "items": [afir_location(key)]}).encode()


def test_pages_are_asked_for_to_the_last_and_are_one_poll(tmp_path: Path) -> None:
    with feed(tmp_path, a=paged, b=GOOD) as (settings, server):
        assert poll.poll(settings, "chargecloud").ok
    assert [params for path, params in server.asked if path == "/a"] == [
        {},
        {"cursor": "b"},
        {"cursor": "c", "limit": "1"},
    ]
    pages = [row for row in landed(settings) if row["scope"] == "a"]
    assert [row["endpoint"] for row in pages] == ["poi", "poi page 2", "poi page 3"]
    assert len({row["query_time"] for row in pages}) == 1
    lake = Lake(settings.lake_url)
    found = [
        row
        for partition, files in raw.partitions(lake).items()
        for row in load.flatten(lake, partition, files)["polls"].to_pylist()
        if row["scope"] == "a"
    ]
    assert [(row["outcome"], row["records"]) for row in found] == [("ok", 6)]


@pytest.mark.parametrize(
    ("following", "reason"),
    [
        (["b", "c", "b"], "names a next page that was read before"),
        (["https://elsewhere.example/a?cursor=b"], "at another address"),
        (["/b?cursor=b"], "at another address"),
        ([str(number) for number in range(12)], "the pages do not end: 5 were read"),
    ],
)
def test_pages_that_do_not_end_or_lead_elsewhere_are_a_failed_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, following: list[str], reason: str
) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 5)
    names = iter(following)

    def endless(_: dict[str, str]) -> bytes:
        return json.dumps({"next": next(names), "items": [afir_location("1")]}).encode()

    with feed(tmp_path, a=endless, b=GOOD) as (settings, _):
        result = poll.poll(settings, "chargecloud")
    (failed,) = result.failed
    assert failed.startswith("a: ")
    assert reason in failed
    assert outcomes(settings) == {"a": "no_answer", "b": "ok"}


def test_a_short_answer_after_a_good_one_of_the_same_date_is_unreadable(tmp_path: Path) -> None:
    """The body before is longer than this one, and is compared with it."""
    bodies = iter([GOOD, b"17", body(location("1"), at=NOW + timedelta(minutes=1))])
    with feed(tmp_path, a=lambda _: next(bodies)) as (settings, _):
        found = [poll.poll(settings, "chargecloud").ok for _ in range(3)]
    assert found == [True, False, True]
    lake = Lake(settings.lake_url)
    polls = [
        row["outcome"]
        for partition, files in raw.partitions(lake).items()
        for row in load.flatten(lake, partition, files)["polls"].to_pylist()
    ]
    assert sorted(polls) == ["ok", "ok", "unreadable"]
