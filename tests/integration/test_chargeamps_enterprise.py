"""An Enterprise account of Charge Amps: asked by organisation, one request a tick."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors.chargeamps.flatten import flatten
from extract.vendors.chargeamps.sandbox import garage_of, truth
from extract.vendors.sandboxes import running
from tests.integration.chargeamps_account import MORNING, counts, landed, settings_for
from tests.integration.hostile import hostile

OPTIONS = Options(chargeamps_chargers=9, chargeamps_organisations=2, now=MORNING)
GARAGE = garage_of(OPTIONS)
ORGANISATIONS = GARAGE.organisations


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox) -> Iterator[Sandbox]:
    yield vendor
    vendor.clear_faults()


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Any) -> Settings:
    return settings_for(sandbox.url_of("chargeamps"), tmp_path)


def tables(settings: Settings, stream: str) -> dict[str, Any]:
    """The typed tables of the only partition of a stream."""
    lake = Lake(settings.lake_url)
    ((partition, files),) = [
        item for item in raw.partitions(lake).items() if item[0].stream == stream
    ]
    return dict(flatten(lake, partition, files))


def test_a_tick_is_one_request_for_each_organisation(settings, sandbox):
    before = counts(sandbox)
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    assert counts(sandbox) - before == {"statuses": 2, "organisation": 2, "logins": 1}
    rows = landed(settings, "status")
    assert sorted(row["scope"] for row in rows) == ORGANISATIONS
    made = tables(settings, "status")
    (tick,) = {row["query_time"] for row in rows}
    found = {(r["unit_id"], r["status"]) for r in made["status_spans"].to_pylist()}
    expected = {row[::2] for row in truth.statuses(GARAGE, [MORNING])}
    assert expected <= found
    assert {row[0] for row in found} - {row[0] for row in expected} == set(GARAGE.chargers)
    measured = {tuple(map(r.get, truth.Row._fields)) for r in made["measurements"].to_pylist()}
    assert measured == {
        tuple(row._replace(measured_at=tick)) for row in truth.measurements(GARAGE, [MORNING])
    }


def test_a_window_lands_each_tick_of_each_organisation_once(settings):
    poll.poll(settings, "chargeamps", ["status"])
    rows = landed(settings, "status")
    ticks = {row["query_time"] for row in rows}
    asked = Counter((row["scope"], row["query_time"]) for row in rows)
    assert asked == dict.fromkeys(((o, tick) for o in ORGANISATIONS for tick in ticks), 1)


def test_sessions_and_assets_come_by_organisation(settings, sandbox):
    sandbox.set_clock(None)
    assert poll.poll(settings, "chargeamps", ["assets", "sessions"]).failed == []
    day = date(2026, 11, 16)
    assert backfill.backfill(settings, "chargeamps", day, day).ok
    sandbox.set_clock(MORNING)
    endpoints = {row["endpoint"] for row in landed(settings, "sessions")}
    assert endpoints == {"organisation_chargingsessions"}
    made = tables(settings, "sessions")["sessions"].to_pylist()
    assert {row["charging_point_id"] for row in made} == set(GARAGE.chargers)
    stations = tables(settings, "assets")["stations"].to_pylist()
    assert sorted(row["station_id"] for row in stations) == sorted(GARAGE.chargers)
    assert {row["scope"] for row in stations} == {"*"}


def test_nothing_personal_lands(settings):
    assert poll.poll(settings, "chargeamps", once=True).ok
    text = "".join(str(row["body"]) for row in landed(settings)).casefold()
    assert [one for one in truth.personal(GARAGE) if one.casefold() in text] == []
    assert "drift" not in text, "an organisation's name may be a person's"


def test_an_organisation_whose_status_is_refused_is_asked_point_by_point(settings, sandbox, caplog):
    refused, asked = ORGANISATIONS
    sandbox.add_fault("status", f"statuses:{refused}", status=403)
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    points = [charger.id for charger in GARAGE.of_organisation(refused)]
    assert sorted(row["scope"] for row in landed(settings, "status")) == sorted([*points, asked])
    assert refused in caplog.text


def test_organisations_that_cannot_be_asked_are_those_of_the_last_poll(settings, sandbox):
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    sandbox.add_fault("status", "organisations", status=503)
    result = poll.poll(settings, "chargeamps", ["status"], once=True)
    assert result.failed == ["*: HTTP 503 Service Unavailable after 1 attempts"]
    assert {row["scope"] for row in landed(settings, "status")} == set(ORGANISATIONS)


@pytest.mark.parametrize("made", [(500, {}), (200, {}), (200, b"<html>"), (403, {}), (404, b"")])
def test_a_server_without_a_list_of_organisations_is_asked_point_by_point(tmp_path, made):
    answers = {
        "/login": {"token": "t"},
        "/owned": [{"id": "A", "ocppVersion": None}],
        "/status": {"id": "A", "status": "Online"},
    }

    def answer(path, params, token):
        if path.endswith("/organisations"):
            return made
        return 200, next(body for end, body in answers.items() if path.endswith(end))

    with hostile(answer) as here:
        settings = settings_for(here.url, tmp_path)
        assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    assert [row["scope"] for row in landed(settings, "status")] == ["A"]
    assert [row["endpoint"] for row in landed(settings, "assets")] == ["owned"]


def test_charge_points_of_no_organisation_are_asked_one_by_one(tmp_path):
    point: dict[str, Any] = {"ocppVersion": None, "connectors": []}
    answers = {
        "login": {"token": "t"},
        "owned": [point | {"id": name} for name in ("A", "B", "C")],
        "organisations": [{"id": 7}, {"id": None}, "what?", {"id": 7}],
        "organisations/7/chargepoints": [point | {"id": "B"}, point | {"id": "D"}],
        "statuses": [{"id": name, "status": "Online"} for name in ("B", "D")],
        "A/status": {"id": "A", "status": "Online"},
        "C/status": {"id": "C", "status": "Offline"},
    }

    def answer(path, params, token):
        ends = sorted((end for end in answers if path.endswith(f"/{end}")), key=len)
        return (200, answers[ends[-1]]) if ends else (404, {})

    with hostile(answer) as here:
        settings = settings_for(here.url, tmp_path)
        assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    asked = [(row["endpoint"], row["scope"]) for row in landed(settings, "status")]
    assert sorted(asked) == [("status", "A"), ("status", "C"), ("statuses", "7")]
    spans = tables(settings, "status")["status_spans"].to_pylist()
    assert {(row["scope"], row["unit_id"]) for row in spans} == {
        *(("7", "B"), ("7", "D"), ("A", "A"), ("C", "C")),
    }
    statements = [
        json.loads(row["body"])
        for file in Lake(settings.lake_url).files("raw/source=chargeamps/stream=status")
        for row in Lake(settings.lake_url).read(file.path).to_pylist()
        if row["endpoint"] == "owned"
    ]
    assert [sorted(one["id"] for one in statement) for statement in statements] == [list("ABCD")]
