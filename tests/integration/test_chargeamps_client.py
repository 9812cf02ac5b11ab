"""Charge Amps' client against the sandbox and worse: what lands, how often it logs in, what fails.

Samples are taken by the real clock, at short intervals. On a busy machine a tick may be missed, so
what is looked for is that each is told once, and that what was sampled is true.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests

from extract.http import AccessError
from extract.lake import raw
from extract.lake.files import Lake
from extract.lake.pseudonyms import PseudonymKeyError
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors import settings_of
from extract.vendors.chargeamps.flatten import flatten
from extract.vendors.chargeamps.poll.client import Client, Point, points
from extract.vendors.chargeamps.poll.history import MOST, pieces
from extract.vendors.chargeamps.poll.login import Login
from extract.vendors.chargeamps.poll.tokens import ASSUMED, lifetime
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD, garage_of, truth
from extract.vendors.sandboxes import running
from tests.integration.hostile import hostile

MORNING = datetime(2026, 11, 17, 8, 40, tzinfo=UTC)  # a Tuesday: half of the places are taken
OPTIONS = Options(chargeamps_chargers=8, now=MORNING, chargeamps_token_seconds=3)
GARAGE = garage_of(OPTIONS)
POINTS = list(GARAGE.chargers)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox) -> Iterator[Sandbox]:
    yield vendor
    vendor.clear_faults()
    vendor.set_clock(MORNING)


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """A window of 2 s with four ticks."""
    return settings_for(sandbox.url_of("chargeamps"), tmp_path)


def settings_for(url: str, home: Path, **more: Any) -> Settings:
    told = {
        "chargeamps_url": url,
        "chargeamps_email": EMAIL,
        "chargeamps_password": PASSWORD,
        "chargeamps_api_key": API_KEY,
        "chargeamps_interval": 0.5,
        "chargeamps_window": 2,
    }
    return Settings(_env_file=None, home=home, **{**told, **more})


def landed(settings: Settings, stream: str | None = None) -> list[dict]:
    """The rows of the lake, in the order of asking."""
    lake = Lake(settings.lake_url)
    rows = [
        row
        for files in raw.partitions(lake).values()
        for file in files
        for row in lake.read(file.path).to_pylist()
    ]
    rows.sort(key=lambda row: row["requested_at"])
    return [row for row in rows if stream in (None, row["stream"])]


def counts(sandbox: Sandbox) -> Counter[str]:
    return Counter(requests.get(f"{sandbox.url_of('chargeamps')}/counts", timeout=10).json())


# --- What lands ----------------------------------------------------------------------------------


def test_a_window_tells_each_tick_of_each_charge_point_once_and_truly(settings):
    assert poll.poll(settings, "chargeamps", ["status"]).files
    rows = landed(settings, "status")
    ticks = {row["query_time"] for row in rows}
    assert Counter((row["scope"], row["query_time"]) for row in rows) == Counter(
        {(point, tick): 1 for point in POINTS for tick in ticks}
    )
    assert {tick.microsecond for tick in ticks} <= {0, 500_000}
    lake, made = Lake(settings.lake_url), Counter()
    for partition, files in raw.partitions(lake).items():
        if partition.stream == "status":
            assert len(files) == 1
            names = ("connector_id", "phase", "current_a", "voltage_v", "register_kwh")
            told = flatten(lake, partition, files)["measurements"].to_pylist()
            made.update((row["measured_at"], *(row[name] for name in names)) for row in told)
    good = {(row["scope"], row["query_time"]) for row in rows if not row["error"]}
    now = list(truth.measurements(GARAGE, [MORNING]))
    assert len(now) > 10
    assert made == Counter(
        (tick, one.connector_id, one.phase, one.current_a, one.voltage_v, one.register_kwh)
        for point, tick in good
        for one in now
        if one.connector_id.startswith(point)
    )


def test_a_poll_lands_charge_points_settings_and_a_week_of_sessions(settings, sandbox):
    assert poll.poll(settings, "chargeamps", ["assets", "sessions"]).failed == []
    rows = landed(settings)
    asked = Counter((row["stream"], row["endpoint"], row["scope"]) for row in rows)
    assert asked == {
        ("assets", "owned", "*"): 2,
        **{("assets", "settings", point): 2 for point in POINTS},
        **{("sessions", "chargingsessions", point): 1 for point in POINTS},
    }
    (span,) = {row["params"] for row in rows if row["stream"] == "sessions"}
    first, last = (datetime.fromisoformat(at) for at in json.loads(span).values())
    assert timedelta(days=7) < last - first < timedelta(days=8)


def test_the_settings_of_all_connectors_are_read_once_per_window(settings):
    unhurried = {"chargeamps_interval": 2.0, "chargeamps_window": 4.0}
    poll.poll(settings.model_copy(update=unhurried), "chargeamps", ["status"])
    told = [row for row in landed(settings, "assets") if row["endpoint"] == "settings"]
    bodies = [json.loads(row["body"]) for row in told if not row["error"]]
    found = Counter((body["chargePointId"], body["connectorId"]) for body in bodies)
    assert found == {(point, number): 1 for point in POINTS for number in (1, 2)}


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
    who = {"id": "u-4711-linnea", "firstName": "Linnea", "email": "linnea@example.se"}
    who |= {"mobile": "+46701234567", "rfidTags": [{"rfid": "04A2B3C4D5E6F7"}]}
    point = {"id": "P1", "name": "Linneas plats", "password": "hemligt-1", "pinCode": "hemligt-2"}
    answers = {
        "owned": [point | {"user": who, "owner": "Linnea", "connectors": [{"connectorId": 1}]}],
        "status": {"id": "P1", "status": "Online", "users": [who], "note": "Linnea"},
        "settings": {"chargePointId": "P1", "connectorId": 1, "mode": "On", "setBy": who},
        "chargingsessions": [{"id": 1, "chargePointId": "P1", "driver": who, "userName": "Linnea"}],
        "login": {"token": "tokentext", "refreshToken": "refreshtext", "user": who},
    }

    def answer(path, params, token):
        told = answers[path.rpartition("/")[2]]
        return (400, b"<html>Linnea</html>") if "P2" in path else (200, told)

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
    told = [
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
        return 200, {"token": "t"} if path.endswith("/login") else told

    with hostile(answer) as here:
        owned = Client(settings_for(here.url, tmp_path)).owned()
    assert points(owned) == [Point("21", ("1", "2")), Point("a-b", ()), Point("c", ())]
    assert here.asked[-1][0] == "/api/v5/chargepoints/owned"


# --- The login -----------------------------------------------------------------------------------


def test_polls_and_processes_share_one_login_which_is_refreshed(settings, sandbox):
    before = counts(sandbox)
    begun = time.monotonic()
    while time.monotonic() - begun < 4:  # a token lives 3 s
        assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    done = counts(sandbox) - before
    assert done["logins"] == 1
    assert 1 <= done["refreshes"] <= 3


def test_many_who_come_at_once_log_in_once(settings, sandbox):
    before, all_here = counts(sandbox), Barrier(8)

    def headers(_: int) -> str:
        login = Login(settings)
        all_here.wait(10)
        return login.headers()["Authorization"]

    with ThreadPoolExecutor(8) as workers:
        assert len(set(workers.map(headers, range(8)))) == 1
    assert (counts(sandbox) - before)["logins"] == 1


def test_a_login_that_ten_others_pushed_out_is_made_once_more(settings, sandbox):
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    url, told = f"{sandbox.url_of('chargeamps')}/api/v5/auth/login", {"email": EMAIL}
    for _ in range(10):
        requests.post(
            url, json=told | {"password": PASSWORD}, headers={"apiKey": API_KEY}, timeout=10
        ).raise_for_status()
    before = counts(sandbox)
    assert poll.poll(settings, "chargeamps", ["status"], once=True).ok
    assert (counts(sandbox) - before)["logins"] == 1


def test_a_login_lost_in_mid_window_costs_no_sample(settings, sandbox):
    poll.poll(settings, "chargeamps", ["status"], once=True)
    sandbox.add_fault("revoked", "status", times=1)
    before = counts(sandbox)
    poll.poll(settings, "chargeamps", ["status"])
    assert not [row for row in landed(settings) if row["status_code"] == 401]
    assert (counts(sandbox) - before)["logins"] == 1


@pytest.mark.parametrize("name", ["chargeamps_password", "chargeamps_api_key"])
def test_a_refused_login_names_the_settings_to_look_at_and_lands_nothing(sandbox, tmp_path, name):
    wrong = settings_for(sandbox.url_of("chargeamps"), tmp_path, **{name: "wrong-but-secret"})
    with pytest.raises(AccessError) as refused:
        poll.poll(wrong, "chargeamps")
    text = str(refused.value)
    for named in ("EMAIL", "PASSWORD", "API_KEY"):
        assert f"WATTSTAR_CHARGEAMPS_{named}" in text
    assert "wrong-but-secret" not in text
    assert landed(wrong) == []


@pytest.mark.parametrize("name", ["chargeamps_password", "chargeamps_api_key", "chargeamps_email"])
def test_a_missing_setting_is_named_without_asking_anybody(tmp_path, name):
    told = settings_for("http://127.0.0.1:9", tmp_path).model_copy(
        update={name: "" if name.endswith("email") else None}
    )
    with pytest.raises(AccessError, match=f"WATTSTAR_{name.upper()}"):
        poll.poll(told, "chargeamps")


def test_a_server_that_takes_none_of_its_own_tokens_is_left_alone_after_a_few(tmp_path):
    made = iter(range(1000))

    def answer(path, params, token):
        if path.startswith("/api/v5/auth/"):
            return 200, {"token": f"opaque {next(made)}", "refreshToken": "r"}
        return 401, {}

    with hostile(answer) as here:
        for _ in range(3):
            result = poll.poll(settings_for(here.url, tmp_path), "chargeamps", once=True)
    assert not result.ok
    assert here.count("/api/v5/auth/login") <= 10


def test_a_login_that_gives_no_answer_or_no_token_lands_as_such(tmp_path):
    bodies = iter([b"<html>geheim</html>", b'{"token": null}', b"[]", b'"geheim"'])
    with hostile(lambda *_: (200, next(bodies))) as here:
        result = poll.poll(settings_for(here.url, tmp_path), "chargeamps", ["status"], once=True)
    assert len(result.failed) == 1
    assert "WATTSTAR_CHARGEAMPS_URL" in result.failed[0]
    assert "geheim" not in result.failed[0]


def test_a_token_is_used_by_its_own_clock_and_one_that_says_nothing_for_100_minutes():
    def token(**claims: Any) -> str:
        middle = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return f"e30.{middle}.x"

    assert lifetime(token(iat=1_000, exp=8_200)) == 7_200
    assert lifetime(token(exp=time.time() + 600)) == pytest.approx(600, abs=5)
    for other in ("opaque", "a.b.c", token(), token(exp="soon"), token(exp=5), token(iat=9, exp=8)):
        assert lifetime(other) == ASSUMED


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


# --- Stopped and killed --------------------------------------------------------------------------


def process(settings: Settings) -> subprocess.Popen[str]:
    """`wattstar poll` of a long window, once it has spooled some ticks."""
    env = {
        **os.environ,
        "WATTSTAR_HOME": str(settings.home),
        "WATTSTAR_CHARGEAMPS_URL": settings_of(settings, "chargeamps").url,
        "WATTSTAR_CHARGEAMPS_EMAIL": EMAIL,
        "WATTSTAR_CHARGEAMPS_PASSWORD": PASSWORD,
        "WATTSTAR_CHARGEAMPS_API_KEY": API_KEY,
        "WATTSTAR_CHARGEAMPS_INTERVAL": "0.5",
        "WATTSTAR_CHARGEAMPS_WINDOW": "315360000",  # ten years
    }
    wattstar = Path(sys.executable).parent / "wattstar"
    before = spooled(settings)
    started = subprocess.Popen(
        [str(wattstar), "poll", "chargeamps", "--stream", "status"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while spooled(settings) < before + 6_000 and started.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return started


def spooled(settings: Settings) -> int:
    """Bytes of the samples that have not landed."""
    folder = settings.home / "chargeamps" / "spool"
    return sum(file.stat().st_size for file in folder.glob("*")) if folder.exists() else 0


def test_a_sampler_that_is_killed_loses_nothing_and_one_that_is_told_to_end_lands(settings):
    first = process(settings)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=20)
    assert landed(settings) == []
    second = process(settings)
    second.send_signal(signal.SIGTERM)
    said, _ = second.communicate(timeout=20)
    assert spooled(settings) == 0
    rows = landed(settings, "status")
    told = Counter((row["scope"], row["query_time"]) for row in rows)
    assert set(told.values()) == {1}
    ticks = sorted({tick for _, tick in told})
    assert {b - a for a, b in pairwise(ticks)} == {timedelta(seconds=0.5)}
    assert len(told) == len(ticks) * len(POINTS)
    missed = [row for row in rows if row["error"]]
    assert 0 < len(missed) < len(rows)  # while nobody was there
    assert second.returncode == 1, said  # because of these
    files = [file for _, files in raw.partitions(Lake(settings.lake_url)).items() for file in files]
    assert sum("stream=status" in file.path for file in files) == 1


def test_a_sampler_that_is_told_to_end_has_done_its_work(settings):
    started = process(settings)
    started.send_signal(signal.SIGINT)
    said, _ = started.communicate(timeout=20)
    rows = landed(settings, "status")
    bad = {row["error"] for row in rows if row["error"]}
    assert (started.returncode == 0) == (not bad), said
    assert sum(not row["error"] for row in rows) > len(rows) / 2


# --- Sessions ------------------------------------------------------------------------------------


def told_sessions(rows: list[dict]) -> set[str]:
    return {
        str(one["id"])
        for row in rows
        if row["stream"] == "sessions" and not row["error"]
        for one in json.loads(row["body"])
    }


def test_a_backfill_asks_again_for_what_failed_and_for_nothing_else(settings, sandbox):
    start, end = date(2026, 9, 20), date(2026, 10, 25)
    sandbox.add_fault("status", f"sessions:{POINTS[0]}", status=403, times=1)
    assert len(backfill.backfill(settings, "chargeamps", start, end).failed) == 1
    assert asked(settings) == 2 * len(POINTS)
    assert backfill.backfill(settings, "chargeamps", start, end).ok
    assert asked(settings) == 2 * len(POINTS) + 1
    assert backfill.backfill(settings, "chargeamps", start, end).exchanges == 1
    span = (datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    true = {one.session_id for one in truth.sessions(GARAGE, *span, MORNING)}
    assert true <= told_sessions(landed(settings))
    assert len(true) > 100


def asked(settings: Settings) -> int:
    return len(landed(settings, "sessions"))


def test_after_a_pause_of_the_poller_the_window_goes_back_to_where_it_was(settings):
    poll.poll(settings, "chargeamps", ["sessions"])
    lake, path = Lake(settings.lake_url), "progress/chargeamps/sessions.json"
    long_ago = datetime.now(UTC) - timedelta(days=50)
    lake.write(path, json.dumps(dict.fromkeys(POINTS, long_ago.isoformat())).encode())
    count = len(landed(settings))
    assert poll.poll(settings, "chargeamps", ["sessions"]).ok
    rows = [row for row in landed(settings)[count:] if row["scope"] == POINTS[0]]
    starts = sorted(json.loads(row["params"])["startTime"] for row in rows)
    assert starts[0] == f"{long_ago - timedelta(days=7):%Y-%m-%dT%H:%M:%S}Z"
    assert len(starts) == 2


def test_a_long_stretch_is_cut_into_windows_that_overlap():
    start, end = MORNING, MORNING + timedelta(days=100)
    cut = pieces(start, end)
    assert (cut[0][0], cut[-1][1]) == (start, end)
    assert all(later[0] < earlier[1] for earlier, later in pairwise(cut))
    assert all(last - first <= MOST for first, last in cut)
