"""The login that vendors share: one for all threads, again once after a 401, not again for a while
after one that failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from extract.http import AccessError
from extract.login import Access, Login, RefusedError, Token


class Counting(Login):
    """Gives the tokens t1, t2 …, or fails."""

    vendor, unavailable_for, refused_for = "Acme", 60.0, float("inf")

    def __init__(self, seconds: float = 3600, error: AccessError | None = None) -> None:
        super().__init__()
        self.asked, self.seconds, self.error = 0, seconds, error

    def _obtain(self, refused: str) -> Token:
        self.asked += 1
        if self.error:
            raise self.error
        return Token.living(f"t{self.asked}", self.seconds)


def test_threads_share_one_login():
    login, together = Counting(), threading.Barrier(8)

    def ask(_: int) -> str:
        together.wait(10)
        return login.headers()["Authorization"]

    with ThreadPoolExecutor(8) as workers:
        assert set(workers.map(ask, range(8))) == {"Bearer t1"}
    assert login.asked == 1


def test_threads_whose_token_was_refused_get_one_other_token():
    login, together = Counting(), threading.Barrier(8)
    old = login.headers()

    def refused(_: int) -> bool:
        together.wait(10)
        return login.refresh(old)

    with ThreadPoolExecutor(8) as workers:
        assert all(workers.map(refused, range(8)))
    assert (login.asked, login.headers()) == (2, {"Authorization": "Bearer t2"})


def test_a_token_is_replaced_when_a_tenth_of_its_life_is_left(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("extract.login.time.time", lambda: now)
    login = Counting(seconds=100)
    login.headers()
    now = 1089.0
    assert login.headers() == {"Authorization": "Bearer t1"}
    now = 1091.0
    assert login.headers() == {"Authorization": "Bearer t2"}


def test_a_token_that_cannot_be_replaced_serves_until_its_end(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("extract.login.time.time", lambda: now)
    login = Counting(seconds=100)
    login.headers()
    login.error, now = AccessError("not now"), 1095.0
    assert login.headers() == {"Authorization": "Bearer t1"}
    now = 1100.0
    with pytest.raises(AccessError, match="not now"):
        login.headers()


@pytest.mark.parametrize("error", [AccessError("not now"), RefusedError("wrong password")])
def test_a_login_that_failed_is_not_tried_again_at_once(error):
    login = Counting(error=error)
    for _ in range(5):
        with pytest.raises(type(error), match=str(error)):
            login.headers()
    assert login.asked == 1


def test_success_with_another_token_proves_nothing():
    login = Counting()
    access = Access(login, lambda body: body)
    old = access.headers()
    assert access.refresh(old)
    access.on_success(old)
    assert login._unproved == "t2"
    access.on_success(login.headers())
    assert login._unproved == ""


@pytest.mark.parametrize("token", ["", None, 7, "a\nb", "\u2603", ["t"]])
def test_what_no_header_can_hold_is_no_token(token):
    with pytest.raises(ValueError, match="not a token"):
        Token.living(token, 60)
