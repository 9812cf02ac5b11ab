"""The login of Charge Amps: shared, refreshed, refused."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import requests

from extract.http import AccessError
from extract.steps import poll
from extract.vendors.chargeamps.poll.login import Login
from extract.vendors.chargeamps.poll.tokens import ASSUMED, lifetime
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD
from tests.integration.chargeamps_account import counts, landed, settings_for
from tests.integration.hostile import hostile

pytest_plugins = ["tests.integration.chargeamps_fixtures"]


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
    url, form = f"{sandbox.url_of('chargeamps')}/api/v5/auth/login", {"email": EMAIL}
    for _ in range(10):
        requests.post(
            url, json=form | {"password": PASSWORD}, headers={"apiKey": API_KEY}, timeout=10
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
    found = settings_for("http://127.0.0.1:9", tmp_path).model_copy(
        update={name: "" if name.endswith("email") else None}
    )
    with pytest.raises(AccessError, match=f"WATTSTAR_{name.upper()}"):
        poll.poll(found, "chargeamps")


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
