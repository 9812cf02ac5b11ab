"""Zaptec accounts that may not see everything: by role, and by charger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import backfill, poll
from tests.integration.hostile import Hostile, hostile

HOME, WORK = "2bbec6f9-c3ce-4edf-a72f-b1b2a663c6ba", "aaa13ff9-e69c-4469-bc4b-d64feb50e603"
MINE, OTHERS = "5eedfeed-0000-4bad-8bad-000000000002", "93d603a7-ff53-4ed8-8dd6-f79c94819458"
SITES = [{"Id": HOME, "Name": "Borettslaget Lia"}, {"Id": WORK, "Name": "Kontoret"}]
FORBIDDEN = 403, {"Code": 403, "Details": "Owner role required", "StackTrace": None}
CURSOR, NUMBERED = "/api/sessions/archived", "/api/chargehistory"


class Account:
    """What an account sees; `refuses`: installations whose sessions an endpoint refuses."""

    def __init__(
        self,
        sites: list[dict[str, Any]],
        chargers: list[dict[str, Any]] = (),  # type: ignore[assignment]
        refuses: dict[str, set[str]] | None = None,
    ) -> None:
        self.sites, self.chargers, self.refuses = sites, list(chargers), refuses or {}

    def __call__(self, path: str, params: dict[str, str], token: str) -> tuple[int, Any]:
        if path == "/oauth/token":
            return 200, {"access_token": "t1", "expires_in": 3600}
        if path in ("/api/installation", "/api/chargers"):
            rows = self.sites if path == "/api/installation" else self.chargers
            return 200, {"Pages": int(bool(rows)), "Data": rows}
        scope = params.get("InstallationId") or params.get("ChargerId")
        if path in (CURSOR, NUMBERED):
            if scope in self.refuses.get(path, set()):
                return FORBIDDEN
            session = {"id": f"s-{scope}", "Id": f"s-{scope}"}
            return 200, {"sessions": [session], "Data": [session], "Pages": 1, "hasMore": False}
        if path.endswith("/hierarchy"):
            return 204, b""
        return 200, [] if path.endswith("/state") else {}


def settings(here: Hostile, home: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=home,
        zaptec_url=here.url,
        zaptec_username="drift@example.org",
        zaptec_password="geheim-und-lang",
    )


def sessions_of(where: Settings) -> set[tuple[str, str]]:
    """(endpoint, scope) of the pages of sessions that have landed."""
    lake = Lake(where.lake_url)
    return {
        (row["endpoint"], row["scope"])
        for files in raw.partitions(lake, "zaptec").values()
        for file in files
        for row in lake.read(file.path).to_pylist()
        if row["body"] and row["endpoint"] in ("archived", "chargehistory") and not row["error"]
    }


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("extract.vendors.zaptec.poll.login.Limit.wait", lambda limit: None)


def test_an_installation_that_wants_an_owner_is_read_from_the_older_endpoint(tmp_path, caplog):
    with hostile(Account(SITES, refuses={CURSOR: {HOME}})) as here:
        given = settings(here, tmp_path)
        today = datetime.now(UTC).date()
        result = backfill.backfill(given, "zaptec", today - timedelta(days=700), today)
    assert result.failed == []
    assert sessions_of(given) == {("chargehistory", HOME), ("archived", WORK)}
    asked = [path for path, params in here.asked if params.get("InstallationId") == HOME]
    assert asked.count(CURSOR) == 1
    assert asked.count(NUMBERED) >= 23
    assert caplog.text.count("Owner role required for sessions/archived of Borettslaget Lia") == 1


def test_an_installation_that_refuses_both_endpoints_is_named_once(tmp_path):
    refuses = {CURSOR: {HOME}, NUMBERED: {HOME}}
    with hostile(Account(SITES, refuses=refuses)) as here:
        given = settings(here, tmp_path)
        today = datetime.now(UTC).date()
        result = backfill.backfill(given, "zaptec", today - timedelta(days=700), today)
        (failed,) = result.failed
        assert "Borettslaget Lia" in failed
        assert "Owner role required" in failed
        assert [path for path, params in here.asked if params.get("InstallationId") == HOME] == [
            *(CURSOR, NUMBERED),
        ]
        assert sessions_of(given) == {("archived", WORK)}
        before = len(here.asked)
        backfill.backfill(given, "zaptec", today - timedelta(days=700), today)
        assert len(here.asked) == 2 * before  # one that is refused does not keep others unread


def test_a_name_that_no_text_can_hold_is_shown_escaped(tmp_path):
    sites = [{"Id": HOME, "Name": "Lia \ud800\x00\n" + "x" * 10_000}]
    with hostile(Account(sites, refuses={CURSOR: {HOME}, NUMBERED: {HOME}})) as here:
        result = poll.poll(settings(here, tmp_path), "zaptec")
    (failed,) = result.failed
    assert "Lia \\ud800\\x00\\nxxx" in failed
    assert len(failed) < 500


def test_an_account_with_chargers_alone_is_asked_by_charger(tmp_path, caplog):
    chargers = [{"Id": MINE, "DeviceType": 4}, {"Id": OTHERS, "DeviceType": 4}]
    with hostile(Account([], chargers)) as here:
        given = settings(here, tmp_path)
        assert poll.poll(given, "zaptec").failed == []
    assert sessions_of(given) == {("archived", MINE), ("archived", OTHERS)}
    asked = [params for path, params in here.asked if path == CURSOR]
    assert [params.get("ChargerId") for params in asked] == [MINE, OTHERS]
    assert not any("InstallationId" in params for params in asked)
    assert "sees no installation; sessions are asked for by charger (2)" in caplog.text


def test_chargers_of_an_installation_that_is_not_listed_are_asked_for_too(tmp_path):
    chargers = [{"Id": MINE, "InstallationId": HOME}, {"Id": OTHERS, "InstallationId": WORK}]
    with hostile(Account(SITES[:1], chargers)) as here:
        given = settings(here, tmp_path)
        assert poll.poll(given, "zaptec", ["assets"]).ok
        assert poll.poll(given, "zaptec", ["sessions"]).ok
    assert sessions_of(given) == {("archived", HOME), ("archived", OTHERS)}


def test_an_account_that_sees_nothing_is_no_success(tmp_path):
    with hostile(Account([])) as here:
        result = poll.poll(settings(here, tmp_path), "zaptec", ["sessions"])
    (failed,) = result.failed
    assert "sees no installation and no charger" in failed


def test_a_backfill_whose_page_failed_goes_on_there_once_and_then_asks_for_all(tmp_path):
    account, broken = Account(SITES), {"n": 4}

    def answer(path: str, params: dict[str, str], token: str) -> tuple[int, Any]:
        if params.get("InstallationId") == WORK and broken["n"]:
            broken["n"] -= 1
            return 500, {}
        return account(path, params, token)

    day = datetime(2024, 5, 20, tzinfo=UTC).date()
    counts = []
    with hostile(answer) as here:
        for _ in range(3):
            result = backfill.backfill(settings(here, tmp_path), "zaptec", day, day)
            counts.append((result.ok, sum(path == CURSOR for path, _ in here.asked)))
    # both, of which one fails four times; the failed one alone; both
    assert counts == [(False, 5), (True, 6), (True, 8)]


def test_what_a_page_holds_never_ends_the_poll(tmp_path):
    """Records that are none, ids of any type, and levels without end."""
    rows: list[Any] = [5, None, [], {"Id": [1]}, {"Id": ""}, {"Id": ".."}, {"Id": HOME}]
    deep = b'{"Data": ' + b"[" * 3000 + b"]" * 3000 + b"}"

    def answer(path: str, params: dict[str, str], token: str) -> tuple[int, Any]:
        if path == "/oauth/token":
            return 200, {"access_token": "t1", "expires_in": 1e308}
        if path == "/api/installation":
            return 200, {"Pages": "many", "Data": rows}
        if path == "/api/chargers":
            return 200, deep
        return 200, json.dumps({"sessions": rows, "cursor": 10**400, "hasMore": False}).encode()

    with hostile(answer) as here:
        given = settings(here, tmp_path)
        result = poll.poll(given, "zaptec")
    assert ("archived", HOME) in sessions_of(given)
    assert {failed.partition(":")[0] for failed in result.failed} == {"*"}
    assert any("nested too deep" in failed or "not a page" in failed for failed in result.failed)
