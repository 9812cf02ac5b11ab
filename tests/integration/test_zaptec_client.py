"""Zaptec's client against the sandbox, with its limits and its faults: what lands, what is said."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from extract.http import AccessError
from extract.lake import raw
from extract.lake.dates import months
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.lake.pseudonyms import PseudonymKeyError
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors.sandboxes import running
from extract.vendors.zaptec.poll.login import BURST, RATE
from extract.vendors.zaptec.sandbox import PASSWORD, USERNAME, fleet

LIMITED = Options(zaptec_chargers=24, zaptec_history_days=70)
OPTIONS = LIMITED.model_copy(update={"zaptec_rate": 0})  # most tests need not wait
TRUTH = fleet(OPTIONS)


@pytest.fixture(scope="module")
def vendor():
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox):
    yield vendor
    vendor.clear_faults()


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path, monkeypatch) -> Settings:
    monkeypatch.setattr("extract.vendors.zaptec.poll.login.Limit.wait", lambda limit: None)
    return settings_for(sandbox, tmp_path)


def settings_for(sandbox: Sandbox, home: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=home,
        zaptec_url=sandbox.url_of("zaptec"),
        zaptec_username=USERNAME,
        zaptec_password=PASSWORD,
    )


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


def sessions(rows: list[dict]) -> Counter[str]:
    """How often each session was found."""
    bodies = [json.loads(row["body"]) for row in rows if row["body"] and not row["error"]]
    pages = [body for body in bodies if isinstance(body, dict)]
    found = [page.get("sessions") or page.get("Data") or [] for page in pages]
    return Counter(
        one.get("id") or one["Id"]
        for page in found
        for one in page
        if "startDateTime" in one or "StartDateTime" in one
    )


def true_sessions(start: datetime, end: datetime) -> set[str]:
    return {one.id for one in TRUTH.reported(TRUTH.chargers, start, end, datetime.now(UTC))}


def test_a_poll_lands_installations_hierarchies_chargers_states_and_sessions(settings, caplog):
    before = datetime.now(UTC)
    result = poll.poll(settings, "zaptec")
    assert result.failed == []
    rows = landed(settings)
    asked = {(row["stream"], row["endpoint"], row["scope"]) for row in rows}
    sites, chargers = {site.id for site in TRUTH.sites}, {one.id for one in TRUTH.chargers}
    assert asked == {
        *(("assets", "installation", site) for site in sites),
        *(("assets", "hierarchy", site) for site in sites),
        *(("state", "state", charger) for charger in chargers),
        *(("sessions", "archived", site) for site in sites),
        *((stream, "installations", "*") for stream in ("assets", "sessions")),
        *((stream, "chargers", "*") for stream in ("assets", "state")),
    }
    state = [row for row in rows if row["stream"] == "state"]
    assert len({row["query_time"] for row in state}) == 1
    assert len({row["requested_at"] for row in state}) > 1
    assert before <= state[0]["query_time"] <= min(row["requested_at"] for row in state)
    found = sessions(rows)
    assert true_sessions(before - timedelta(days=35), before) <= found.keys()
    unseen = [row for row in rows if row["status_code"] == 204]
    assert len(unseen) == sum(site.is_limited for site in TRUTH.sites)
    assert {(row["error"], row["body"]) for row in unseen} <= {(None, None)}
    assert caplog.text.count("no access to the hierarchy") == len(unseen)


@pytest.mark.parametrize("endpoint", ["archived", "chargehistory"])
def test_nothing_personal_lands_by_either_endpoint(settings, endpoint, caplog):
    caplog.set_level(logging.DEBUG)
    settings = settings.model_copy(update={"zaptec_sessions": endpoint})
    assert poll.poll(settings, "zaptec").ok
    rows = landed(settings)
    assert {endpoint} == {row["endpoint"] for row in rows if row["scope"] in sites()} - {
        *("installation", "hierarchy")
    }
    text = (caplog.text + "".join(str(row) for row in rows)).casefold()
    secrets = {PASSWORD, *(one for texts in TRUTH.personal().values() for one in texts)}
    secrets = {one.casefold() for one in secrets if len(one) > 4}  # a pin is found by chance, too
    assert len(secrets) > 50
    assert [secret for secret in secrets if secret in text] == []


def sites() -> set[str]:
    return {site.id for site in TRUTH.sites}


def test_a_server_without_the_newer_endpoint_is_asked_for_it_once_and_within_its_limits(tmp_path):
    options = LIMITED.model_copy(update={"zaptec_sessions": "chargehistory"})
    with running(options) as older:
        settings = settings_for(older, tmp_path)
        assert poll.poll(settings, "zaptec", ["state", "sessions"]).ok
    rows = landed(settings)
    asked = Counter(row["endpoint"] for row in rows)
    assert asked["archived"] == 1
    assert asked["chargehistory"] >= len(TRUTH.sites)
    took = rows[-1]["requested_at"] - rows[0]["requested_at"]
    assert took >= timedelta(seconds=(len(rows) - BURST - 1) / RATE)


def test_a_wrong_password_is_an_error_that_names_the_settings(settings):
    settings = settings.model_copy(update={"zaptec_username": "kari@example.no"})
    with pytest.raises(AccessError) as refused:
        poll.poll(settings, "zaptec")
    text = str(refused.value)
    assert "WATTSTAR_ZAPTEC_USERNAME" in text
    assert "WATTSTAR_ZAPTEC_PASSWORD" in text
    assert PASSWORD not in text
    assert "kari" not in text
    assert landed(settings) == []


def test_another_pseudonym_key_stops_it_before_anything_lands(settings):
    assert poll.poll(settings, "zaptec", ["state"]).ok
    before = len(landed(settings))
    other = Settings(
        **settings.model_dump(exclude={"pseudonym_key"}), _env_file=None, pseudonym_key="another"
    )
    with pytest.raises(PseudonymKeyError):
        poll.poll(other, "zaptec", ["state"])
    assert len(landed(settings)) == before


def test_a_token_that_ends_in_mid_run_costs_nothing(settings, sandbox):
    sandbox.add_fault("revoked", "state", times=1)
    assert poll.poll(settings, "zaptec", ["state"]).ok
    assert {row["error"] for row in landed(settings)} == {None}


def test_a_storm_of_429_is_waited_for(settings, sandbox):
    sandbox.add_fault("status", "state", status=429, retry_after=1, times=8)
    assert poll.poll(settings, "zaptec", ["state"]).ok
    assert max(row["attempts"] for row in landed(settings)) > 1


def test_an_installation_and_a_charger_that_fail_do_not_stop_the_others(settings, sandbox):
    site, charger = TRUTH.sites[0].id, TRUTH.chargers[3].id
    sandbox.add_fault("status", site, status=403)
    sandbox.add_fault("missing", charger)
    result = poll.poll(settings, "zaptec", ["state", "sessions"])
    missing, refused = result.failed
    assert missing.startswith(f"{charger}: HTTP 404 Not Found")
    assert refused.startswith(f"{site}: HTTP 403 Forbidden: Zaptec refuses the sessions of ")
    assert TRUTH.sites[0].name in refused
    assert "Owner role required" in refused
    newest = {row["scope"]: row["error"] for row in landed(settings)}
    good = {scope for scope, error in newest.items() if not error}
    assert good == {"*", *sites(), *(one.id for one in TRUTH.chargers)} - {site, charger}


@pytest.mark.parametrize("endpoint", ["archived", "chargehistory"])
def test_a_backfill_that_failed_at_a_page_goes_on_there_and_asks_nothing_twice(
    settings, sandbox, endpoint, monkeypatch
):
    monkeypatch.setattr("extract.vendors.zaptec.poll.sessions.PAGE_SIZE", 10)
    monkeypatch.setattr("extract.vendors.zaptec.poll.sessions.CURSOR_PAGE_SIZE", 10)
    settings = settings.model_copy(update={"zaptec_sessions": endpoint})
    end = datetime.now(UTC).date() - timedelta(days=3)
    start = end - timedelta(days=20)
    sandbox.add_fault("status", f"{endpoint}:2", status=500, times=4)  # all attempts of one page
    assert len(backfill.backfill(settings, "zaptec", start, end).failed) == 1
    first = asked_for(settings)
    assert backfill.backfill(settings, "zaptec", start, end).ok
    again = asked_for(settings)[len(first) :]
    (failed,) = [row for row in landed(settings, "sessions") if row["error"]]
    assert again[0] == (failed["scope"], failed["params"])
    repeated = set(again[1:]) & set(first)
    if endpoint == "archived":
        assert repeated == set()
    else:  # the first page once more, to see whether anything has moved
        assert {json.loads(params)["PageIndex"] for _, params in repeated} == {"0"}
    span = (datetime(start.year, start.month, start.day, tzinfo=UTC), midnight_after(end))
    found = sessions(landed(settings))
    assert true_sessions(*span) <= found.keys()
    if endpoint == "archived":
        assert true_sessions(*span) == found.keys()
        assert set(found.values()) == {1}


def test_a_backfill_of_a_range_that_was_read_asks_again_and_finds_what_came_late(settings, sandbox):
    today = datetime.now(UTC)
    start, end = (today - timedelta(days=40)).date(), today.date()
    sandbox.set_clock(today - timedelta(days=20))
    assert backfill.backfill(settings, "zaptec", start, end).ok
    early = len(sessions(landed(settings)))
    sandbox.set_clock(today)
    assert backfill.backfill(settings, "zaptec", start, end).ok
    late = sessions(landed(settings))
    first = datetime(start.year, start.month, start.day, tzinfo=UTC)
    assert true_sessions(first, today) <= late.keys()
    assert early < len(late)


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def asked_for(settings: Settings) -> list[tuple[str, str]]:
    rows = landed(settings, "sessions")
    return [(row["scope"], row["params"]) for row in rows if row["endpoint"] != "installations"]


class Killed(BaseException):
    """As if the process had been killed."""


def landing_until(count: int, monkeypatch) -> None:
    """Let that many calls land; the next one dies before it does."""
    land, calls = Landing.__call__, iter(range(count))

    def dying(self: Landing, exchanges) -> None:
        if next(calls, None) is None:
            raise Killed
        land(self, exchanges)

    monkeypatch.setattr(Landing, "__call__", dying)


def test_a_poll_that_was_killed_at_a_page_goes_on_there(settings, monkeypatch):
    monkeypatch.setattr("extract.vendors.zaptec.poll.sessions.CURSOR_PAGE_SIZE", 10)
    with monkeypatch.context() as context, pytest.raises(Killed):
        landing_until(3, context)  # the installations and two pages
        poll.poll(settings, "zaptec", ["sessions"])
    before = asked_for(settings)
    assert poll.poll(settings, "zaptec", ["sessions"]).ok
    first = json.loads(asked_for(settings)[len(before)][1])
    assert "Cursor" in first
    now = datetime.now(UTC)
    found = sessions(landed(settings))
    assert true_sessions(now - timedelta(days=35) + timedelta(minutes=1), now) <= found.keys()


def test_a_backfill_that_was_killed_says_where_it_goes_on_and_the_next_one_asks_for_all(
    settings, monkeypatch, caplog
):
    today = datetime.now(UTC).date()
    span = today - timedelta(days=60), today
    with monkeypatch.context() as context, pytest.raises(Killed):
        landing_until(4, context)
        backfill.backfill(settings, "zaptec", *span)
    before = asked_for(settings)
    assert backfill.backfill(settings, "zaptec", *span).ok
    rest = asked_for(settings)[len(before) :]
    assert set(before) & set(rest) == set()
    assert "the backfill was interrupted; it goes on at" in caplog.text
    assert backfill.backfill(settings, "zaptec", *span).ok
    again = asked_for(settings)[len(before) + len(rest) :]
    assert len(again) == len(before) + len(rest)
    assert caplog.text.count("was interrupted") == 1


def test_a_range_is_cut_into_calendar_months():
    cut = months(date(2024, 1, 30), date(2024, 3, 1))
    days = [f"{first:%m-%d} {behind:%m-%d}" for first, behind in cut]
    assert days == ["01-30 02-01", "02-01 03-01", "03-01 03-02"]
