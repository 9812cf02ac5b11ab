"""Charge Amps' client against the sandbox and worse: what lands, and what fails alone.

Samples are taken by the real clock, at short intervals. On a busy machine a tick may be missed, so
what is looked for is that each lands once, and that what was sampled is true.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from extract.lake import payload, raw
from extract.lake.files import Lake
from extract.lake.pseudonyms import PseudonymKeyError
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors.chargeamps.flatten import flatten
from extract.vendors.chargeamps.poll.client import Client
from extract.vendors.chargeamps.poll.fleet import survey
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, truth
from tests.integration.chargeamps_account import GARAGE, MORNING, POINTS, landed, settings_for
from tests.integration.hostile import hostile

pytest_plugins = ["tests.integration.chargeamps_fixtures"]


def test_a_window_tells_each_tick_of_each_charge_point_once_and_truly(settings):
    assert poll.poll(settings, "chargeamps", ["status"]).files
    rows = landed(settings, "status")
    ticks = {row["query_time"] for row in rows}
    assert Counter((row["scope"], row["query_time"]) for row in rows) == Counter(
        {(point, tick): 1 for point in POINTS for tick in ticks}
    )
    assert {tick.microsecond for tick in ticks} <= {0, 500_000}
    lake, made = Lake(settings.lake_url), Counter[tuple]()
    for partition, files in raw.partitions(lake).items():
        if partition.stream == "status":
            assert len(files) == 1
            names = ("connector_id", *truth.Row._fields[2:6])
            table = flatten(lake, partition, files)["measurements"]
            made.update((r["measured_at"], *map(r.get, names)) for r in table.to_pylist())
    good = {(row["scope"], row["query_time"]) for row in rows if not row["error"]}
    now = list(truth.measurements(GARAGE, [MORNING]))
    assert len(now) > 10
    assert made == Counter(
        (tick, one.connector_id, *one[2:6])
        for point, tick in good
        for one in now
        if one.connector_id.startswith(point)
    )


def test_a_poll_lands_charge_points_settings_and_a_week_of_sessions(settings, sandbox):
    assert poll.poll(settings, "chargeamps", ["assets", "sessions"]).failed == []
    rows = landed(settings)
    asked = Counter((row["stream"], row["endpoint"], row["scope"]) for row in rows)
    assert asked == {
        ("assets", "owned", "*"): 1,
        **{("assets", "settings", point): 2 for point in POINTS},
        **{("sessions", "chargingsessions", point): 1 for point in POINTS},
    }
    (span,) = {row["params"] for row in rows if row["stream"] == "sessions"}
    params = json.loads(span)
    assert params["maxCount"] == "10000"
    first, last = (datetime.fromisoformat(params[name]) for name in ("startTime", "endTime"))
    assert timedelta(days=7) < last - first < timedelta(days=8)


def test_the_settings_of_all_connectors_are_read_once_per_window(settings):
    unhurried = {"chargeamps_interval": 2.0, "chargeamps_window": 4.0}
    poll.poll(settings.model_copy(update=unhurried), "chargeamps", ["status"])
    found = [row for row in landed(settings, "assets") if row["endpoint"] == "settings"]
    bodies = [json.loads(row["body"]) for row in found if not row["error"]]
    read = Counter((body["chargePointId"], body["connectorId"]) for body in bodies)
    assert read == {(point, number): 1 for point in POINTS for number in (1, 2)}


def written(rows: list[dict[str, Any]]) -> str:
    """The text of rows, without pseudonyms and hashes: chance spells short names in them."""
    return re.sub(r"\b(p_)?[0-9a-f]{32,}\b", "", "".join(str(row) for row in rows).casefold())


def test_nothing_personal_and_no_secret_lands(settings, sandbox):
    sandbox.set_clock(None)  # sessions of the last week
    assert poll.poll(settings, "chargeamps", once=True).ok
    day = date(2026, 10, 1)
    assert backfill.backfill(settings, "chargeamps", day, day).ok
    rows = landed(settings)
    text = written(rows)
    (kept,) = (settings.home / "chargeamps").glob("login-*.json")
    tokens = [value for value in json.loads(kept.read_text()).values() if isinstance(value, str)]
    secrets = [*truth.personal(GARAGE), *tokens, API_KEY, EMAIL]
    assert len(secrets) > 300
    assert [secret for secret in secrets if secret.casefold() in text] == []
    assert kept.stat().st_mode & 0o777 == 0o600
    drivers = {
        session["userId"]
        for row in rows
        if row["stream"] == "sessions"
        for session in json.loads(row["body"])
    }
    assert len(drivers) > 3
    assert {driver[:2] for driver in drivers if driver} == {"p_"}


def test_personal_data_in_fields_that_nobody_has_heard_of_does_not_land_either(tmp_path):
    who: dict[str, Any] = {
        "id": "u-4711-linnea",
        "firstName": "Linnea",
        "email": "linnea@example.se",
    }
    who |= {"mobile": "+46701234567", "rfidTags": [{"rfid": "04A2B3C4D5E6F7"}]}
    point = {"id": "P1", "name": "Linneas plats", "password": "hemligt-1", "pinCode": "hemligt-2"}
    answers: dict[str, Any] = {
        "owned": [point | {"user": who, "owner": "Linnea", "connectors": [{"connectorId": 1}]}],
        "status": {"id": "P1", "status": "Online", "users": [who], "note": "Linnea"},
        "settings": {"chargePointId": "P1", "connectorId": 1, "mode": "On", "setBy": who},
        "organisations": [{"id": "O1", "name": "Linnea", "owner": who}],
        "chargepoints": [{"id": "P3", "userName": "Linnea", "connectors": [who]}],
        "statuses": [{"id": "P3", "status": "Online", "users": [who], "Linnea@example.se": 1}],
        "chargingsessions": [{"id": 1, "chargePointId": "P1", "driver": who, "userName": "Linnea"}],
        "login": {"token": "tokentext", "refreshToken": "refreshtext", "user": who},
    }

    def answer(path, params, token):
        name = path.rpartition("/")[2]
        return (400, b"<html>Linnea</html>") if "P2" in path else (200, answers[name])

    answers["owned"].append({"id": "P2", "connectors": []})
    with hostile(answer) as here:
        poll.poll(settings_for(here.url, tmp_path), "chargeamps", once=True)
    rows = landed(settings_for(here.url, tmp_path))
    assert len(rows) > 6
    text = written(rows)
    secrets = "linnea hemligt u-4711 46701234567 04a2b3c4d5e6f7 tokentext refreshtext".split()
    assert [secret for secret in secrets if secret in text] == []


def test_the_older_version_is_asked_by_setting(settings):
    older = settings.model_copy(update={"chargeamps_version": "v4"})
    assert poll.poll(older, "chargeamps", ["status"], once=True).ok
    assert all("/api/v4/" in row["url"] for row in landed(older))


def test_charge_points_of_whatever_form_are_found_once(tmp_path):
    sent = [
        {"id": 21, "connectors": [{"connectorId": "1"}, {"connectorId": 2}, {"connectorId": 1}]},
        {"id": "a-b", "connectors": None},
        {"id": "a-b", "connectors": [{"connectorId": 1}]},
        {"id": None},
        {"id": True},
        "what?",
        {"connectors": [7]},
        {"id": "c", "connectors": [None, {"connectorId": {}}]},
    ]

    def answer(path, params, token):
        if path.endswith("/owned"):
            return 200, sent
        return (200, {"token": "t"}) if path.endswith("/login") else (403, {})

    with hostile(answer) as here:
        fleet, exchanges = survey(Client(settings_for(here.url, tmp_path)))
    assert [(point.id, point.connectors) for point in fleet.points] == [
        ("21", ("1", "2")),
        ("a-b", ()),
        ("c", ()),
    ]
    assert [exchange.endpoint for exchange in exchanges] == ["owned"]


# --- What goes wrong -----------------------------------------------------------------------------


def test_a_slow_charge_point_does_not_delay_the_others(settings, sandbox):
    slow = POINTS[0]
    sandbox.add_fault("slow", f"status:{slow}", seconds=20)
    poll.poll(settings, "chargeamps", ["status"])
    rows = landed(settings, "status")
    of_slow = [row for row in rows if row["scope"] == slow]
    assert of_slow
    assert all(row["error"] for row in of_slow)
    others = [row for row in rows if row["scope"] != slow]
    assert sum(not row["error"] for row in others) > len(others) / 2
    for row in others:
        assert row["error"] or row["requested_at"] - row["query_time"] < timedelta(seconds=0.5)


@pytest.mark.parametrize(("kind", "more"), [("drop", {}), ("status", {"status": 503})])
def test_what_goes_wrong_once_is_asked_for_again_within_the_tick(settings, sandbox, kind, more):
    sandbox.add_fault(kind, f"status:{POINTS[1]}", times=1, **more)
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    (row,) = [row for row in landed(settings, "status") if row["scope"] == POINTS[1]]
    assert row["attempts"] == 2


def test_a_charge_point_that_fails_lands_its_failure_beside_the_others(settings, sandbox):
    sandbox.add_fault("status", f"status:{POINTS[2]}", status=500)
    sandbox.add_fault("missing", f"sessions:{POINTS[3]}")
    sandbox.add_fault("malformed", f"status:{POINTS[4]}")
    sandbox.add_fault("status", f"status:{POINTS[5]}", status=429, retry_after=60)
    begun = time.monotonic()
    result = poll.poll(settings, "chargeamps", ["status", "sessions"], once=True)
    assert time.monotonic() - begun < 20
    bad = {line.partition(":")[0] for line in result.failed}
    assert bad == {POINTS[2], POINTS[3], POINTS[4], POINTS[5]}
    good = {row["scope"] for row in landed(settings, "status") if not row["error"]}
    assert good == set(POINTS) - {POINTS[2], POINTS[4], POINTS[5]}


def test_a_server_that_is_away_when_a_window_begins_costs_what_it_missed_alone(settings, sandbox):
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    sandbox.add_fault("status", "owned", status=503)
    poll.poll(settings, "chargeamps", ["status"])
    rows = landed(settings, "status")
    assert {row["scope"] for row in rows} == set(POINTS)
    assert sum(not row["error"] for row in rows) > len(POINTS)


def test_another_pseudonym_key_stops_it_before_anything_lands(settings):
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    count = len(landed(settings))
    other = Settings(
        **settings.model_dump(exclude={"pseudonym_key"}), _env_file=None, pseudonym_key="another"
    )
    with pytest.raises(PseudonymKeyError):
        poll.poll(other, "chargeamps")
    assert len(landed(settings)) == count


def served(answers: dict[str, Any]) -> Any:
    """A private account's server: the end of a path → what it answers, or calls."""

    def answer(path, params, token):
        found = next((made for end, made in answers.items() if path.endswith(end)), None)
        if path.endswith("/login"):
            return 200, {"token": "t"}
        return (404, {}) if found is None else (200, found)

    return hostile(answer)


OWNED: list[dict[str, Any]] = [
    {"id": name, "ocppVersion": None, "connectors": []} for name in ("P1", "P2")
]
GOOD = {"id": "P2", "status": "Online", "connectorStatuses": [{"connectorId": 1, "status": "3"}]}
BAD = {
    "too deep": b"[" * 3_000 + b"]" * 3_000,
    "too deep inside": b'{"id":"P1","a":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
    "half of a body": b'{"id":"P1","connectorSta',
    "a list": [],
    "UTF-16": '{"id":"P1"}'.encode("utf-16"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_answer_of_whatever_bytes_fails_alone(tmp_path, bad):
    with served({"/owned": OWNED, "P1/status": bad, "P2/status": GOOD}) as here:
        account = settings_for(here.url, tmp_path)
        result = poll.poll(account, "chargeamps", ["status"], once=True)
    assert [line.partition(":")[0] for line in result.failed] == ["P1"]
    assert words(account) == {"P2": "ERROR", "P2:1": "ERROR"}


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id":"P1","connectorStatuses":[{"connectorId":2,"totalConsumptionKwh":%s},'
        % (b"9" * 400)
        + b'{"connectorId":1,"status":"1"}]}',
        b'{"id":"P1","connectorStatuses":[{"connectorId":2,"status":"\\ud800"},'
        b'{"connectorId":1,"status":"1"}]}',
        b'{"id":"P1","connectorStatuses":[{"connectorId":2,"status":"M\xfcnster"},'
        b'{"connectorId":1,"status":"1"}]}',
        b'{"id":"P1","connectorStatuses":[{"connectorId":2,"status":"a\\u0000b"},'
        b'{"connectorId":1,"status":"1"}]}',
    ],
)
def test_a_value_of_whatever_form_costs_its_connector_alone(tmp_path, bad):
    with served({"/owned": OWNED, "P1/status": bad, "P2/status": GOOD}) as here:
        account = settings_for(here.url, tmp_path)
        assert poll.poll(account, "chargeamps", ["status"], once=True).ok
    found = {"P1": "CHARGING", "P1:1": "CHARGING", "P2": "ERROR", "P2:1": "ERROR"}
    assert words(account) == found


def words(account: Settings) -> dict[str, str]:
    """Unit → status of the typed spans."""
    lake = Lake(account.lake_url)
    return {
        row["unit_id"]: row["status"]
        for partition, files in raw.partitions(lake).items()
        if partition.stream == "status"
        for row in flatten(lake, partition, files)["status_spans"].to_pylist()
    }


def test_a_mistake_of_ours_is_one_failed_exchange_with_its_traceback_in_the_log(
    settings, monkeypatch, caplog
):
    def encode(value: Any) -> bytes:
        if isinstance(value, dict) and value.get("id") == POINTS[1]:
            raise ZeroDivisionError("a mistake")
        return payload.encode(value)

    mistaken = SimpleNamespace(decode=payload.decode, encode=encode)
    monkeypatch.setattr("extract.vendors.chargeamps.poll.redact.payload", mistaken)
    result = poll.poll(settings, "chargeamps", ["status"], once=True)
    assert [line.partition(":")[0] for line in result.failed] == [POINTS[1]]
    assert "ZeroDivisionError" in caplog.text and "redact.py" in caplog.text
    (row,) = [row for row in landed(settings, "status") if row["error"]]
    assert "(ZeroDivisionError)" in row["error"] and row["body"] is None


def test_the_vocabulary_that_was_stated_last_holds_while_the_server_says_nothing(tmp_path):
    point = {"id": "P1", "connectorStatuses": [{"connectorId": 1, "status": "2"}]}
    owned = [{"id": "P1", "ocppVersion": "1.6"}]
    with served({"/owned": owned, "P1/status": point}) as here:
        account = settings_for(here.url, tmp_path)
        assert poll.poll(account, "chargeamps", ["status"], once=True).ok
        assert words(account) == {"P1": "CHARGING", "P1:1": "CHARGING"}
    shutil.rmtree(Path(account.lake_url) / "raw")
    with served({"P1/status": point}) as there:
        later = account.model_copy(update={"chargeamps_url": there.url})
        state = Path(account.lake_url) / "progress" / "chargeamps" / "fleet.json"
        saved = json.loads(state.read_text())
        saved["account"] = Client(later).account
        state.write_text(json.dumps(saved))
        assert not poll.poll(later, "chargeamps", ["status"], once=True).ok
    assert words(account) == {"P1": "CHARGING", "P1:1": "CHARGING"}
