"""Zaptec's client against a server that misbehaves: it always ends, and always says what was."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from extract.http import AccessError
from extract.lake.files import Lake
from extract.lake.state import StateFile
from extract.settings import Settings
from extract.steps import poll
from extract.vendors.zaptec import poll as zaptec_poll
from extract.vendors.zaptec.poll.history import NEAR
from extract.vendors.zaptec.poll.login import BURST, RATE, Limit, Login
from tests.integration.hostile import Answer, hostile

SITE = "2bbec6f9-c3ce-4edf-a72f-b1b2a663c6ba"
TOKEN = {"access_token": "t1", "token_type": "Bearer", "expires_in": 3600}


def settings(url: str, home: Path, sessions: str = "auto") -> Settings:
    return Settings(
        _env_file=None,
        home=home,
        zaptec_url=url,
        zaptec_username="drift@example.org",
        zaptec_password="geheim-und-lang",
        zaptec_sessions=sessions,
    )


def server(sessions: Answer) -> Answer:
    """One installation, and sessions as a test has them."""

    def answer(path: str, params: dict[str, str], token: str):
        if path == "/oauth/token":
            return 200, TOKEN
        if path == "/api/installation":
            return 200, {"Pages": 1, "Data": [{"Id": SITE}]}
        return sessions(path, params, token)

    return answer


def test_a_cursor_that_does_not_move_is_a_failure_and_no_loop(tmp_path):
    def stuck(path, params, token):
        return 200, {"sessions": [], "cursor": "same", "hasMore": True}

    with hostile(server(stuck)) as here:
        result = poll.poll(settings(here.url, tmp_path), "zaptec", ["sessions"])
    assert here.count("/api/sessions/archived") == 2
    assert len(result.failed) == 1
    assert "the cursor leads nowhere" in result.failed[0]


def test_a_cursor_that_the_server_has_forgotten_begins_anew(tmp_path):
    asked = []

    def forgetful(path, params, token):
        asked.append(params.get("Cursor"))
        if len(asked) == 2:
            return 403, {}
        if len(asked) == 3:
            return 400, {"errorCode": 1}
        return 200, {
            "sessions": [],
            "cursor": None if len(asked) > 4 else "c1",
            "hasMore": len(asked) < 5,
        }

    with hostile(server(forgetful)) as here:
        here_settings = settings(here.url, tmp_path)
        assert not poll.poll(here_settings, "zaptec", ["sessions"]).ok
        assert poll.poll(here_settings, "zaptec", ["sessions"]).ok
    assert asked == [None, "c1", "c1", None, "c1"]


@pytest.mark.parametrize(("endpoint", "days"), [("archived", (35, 7)), ("chargehistory", (42, 14))])
def test_the_first_window_of_a_day_goes_back_five_weeks_and_the_others_one(
    tmp_path, endpoint, days
):
    with hostile(server(lambda *_: (200, {"sessions": [], "Data": [], "Pages": 0}))) as here:
        for _ in range(2):
            given = settings(here.url, tmp_path, endpoint)
            assert poll.poll(given, "zaptec", ["sessions"]).ok
    windows = [params for _, params in here.asked if "From" in params]
    ends = [[datetime.fromisoformat(one[name]) for name in ("From", "To")] for one in windows]
    assert tuple((end - start).days for start, end in ends) == days


def test_after_a_long_silence_the_window_goes_back_to_what_was_read_last(tmp_path):
    with hostile(server(lambda *_: (200, {"sessions": []}))) as here:
        given = settings(here.url, tmp_path)
        last = datetime.now(UTC) - timedelta(days=90)
        StateFile(Lake(given.lake_url), f"progress/zaptec/sessions/{SITE}.json").write(
            {"start": last - NEAR, "end": last, "is_done": True, "read_to": last}
        )
        assert poll.poll(given, "zaptec", ["sessions"]).ok
    (window,) = [params for _, params in here.asked if "From" in params]
    assert window["From"] == f"{last - NEAR:%Y-%m-%dT%H:%M:%S}Z"


def test_pages_that_never_end_are_a_failure_and_no_loop(tmp_path, monkeypatch):
    monkeypatch.setattr("extract.vendors.zaptec.poll.login.Limit.wait", lambda self: None)

    def endless(path, params, token):
        return 200, {"Pages": int(params["PageIndex"]) + 2, "Data": [{"Id": "s"}]}

    with hostile(server(endless)) as here:
        result = poll.poll(settings(here.url, tmp_path, "chargehistory"), "zaptec", ["sessions"])
    assert here.count("/api/chargehistory") == 24
    assert "there is no end of pages: 24 were read" in result.failed[0]


def test_ten_workers_that_see_a_401_at_once_make_one_login(tmp_path):
    logins, together = [], threading.Barrier(10)

    def answer(path, params, token):
        if path == "/oauth/token":
            logins.append(path)
            return 200, TOKEN | {"access_token": f"t{len(logins)}"}
        if path == "/api/chargers":
            return 200, {"Pages": 1, "Data": [{"Id": f"c{number}"} for number in range(10)]}
        if token == "Bearer t1":
            together.wait(20)
            return 401, {}
        return 200, []

    with hostile(answer) as here:
        assert poll.poll(settings(here.url, tmp_path), "zaptec", ["state"]).ok
    assert len(logins) == 2
    assert len(here.asked) == 2 + 1 + 20


def test_a_server_that_refuses_every_token_is_not_hammered_with_logins(tmp_path):
    def answer(path, params, token):
        return (200, TOKEN) if path == "/oauth/token" else (401, {})

    with hostile(answer) as here:
        result = poll.poll(settings(here.url, tmp_path), "zaptec", ["state", "assets"])
    assert here.count("/oauth/token") == 2
    assert {failed.partition(" after")[0] for failed in result.failed} == {
        "*: HTTP 401 Unauthorized"
    }


def test_a_login_page_that_is_overrun_is_asked_again_later(tmp_path):
    asked_at = []

    def answer(path, params, token):
        asked_at.append(time.monotonic())
        return (503, b"<html>later</html>") if len(asked_at) < 3 else (200, TOKEN)

    with hostile(answer) as here:
        assert Login(settings(here.url, tmp_path)).headers() == {"Authorization": "Bearer t1"}
    assert min(b - a for a, b in pairwise(asked_at)) >= 1


def test_a_token_is_used_until_shortly_before_its_end(tmp_path):
    with hostile(lambda *_: (200, TOKEN | {"expires_in": 0.5})) as here:
        login = Login(settings(here.url, tmp_path))
        login.headers()
        login.headers()
        assert len(here.asked) == 1
        deadline = time.monotonic() + 10
        while len(here.asked) == 1 and time.monotonic() < deadline:
            login.headers()
    assert len(here.asked) == 2


@pytest.mark.parametrize("body", [b"<html></html>", b"[]", b"{}", b'{"access_token": "geheim"}x'])
def test_a_login_that_gives_no_token_is_an_error_without_what_it_gave(tmp_path, body):
    with hostile(lambda *_: (200, body)) as here, pytest.raises(AccessError) as raised:
        Login(settings(here.url, tmp_path)).headers()
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_workers_share_one_limit():
    limit, begun = Limit(), time.monotonic()
    with ThreadPoolExecutor(10) as workers:
        list(workers.map(lambda _: limit.wait(), range(BURST + RATE)))
    assert 0.95 <= time.monotonic() - begun < 5


def test_a_429_makes_all_workers_pause():
    limit, begun = Limit(), time.monotonic()
    limit.hold(0.5)
    limit.wait()
    assert time.monotonic() - begun >= 0.5


def test_a_stream_that_fails_does_not_stop_the_others_and_is_in_the_log(
    tmp_path, monkeypatch, caplog
):
    def broken(*_: object) -> None:
        raise KeyError("kari@example.no")

    monkeypatch.setitem(zaptec_poll._STREAMS, "assets", broken)
    with hostile(server(lambda *_: (200, {"sessions": []}))) as here:
        result = poll.poll(settings(here.url, tmp_path), "zaptec", ["assets", "sessions"])
    assert result.failed == ["assets: Wattstar failed (KeyError); see the log"]
    assert here.count("/api/sessions/archived") == 1
    assert "raise KeyError" in caplog.text
    assert "kari" not in caplog.text.replace('"kari@example.no"', "")


def test_a_login_that_is_refused_in_mid_poll_fails_what_is_asked_and_ends(tmp_path):
    logins: list[int] = []

    def answer(path, params, token):
        if path == "/oauth/token":
            logins.append(1)
            return (200, TOKEN) if len(logins) == 1 else (400, {"error": "invalid_grant"})
        if path == "/api/chargers":
            return 200, {"Pages": 1, "Data": [{"Id": f"c{number}"} for number in range(3)]}
        return 401, {}

    with hostile(answer) as here:
        result = poll.poll(settings(here.url, tmp_path), "zaptec")
    assert len(logins) == 2
    assert len(result.failed) == 5  # three states, and twice the list of installations
    assert all("WATTSTAR_ZAPTEC_PASSWORD" in failed for failed in result.failed)
