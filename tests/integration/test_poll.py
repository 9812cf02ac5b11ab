"""`poll` against real HTTP: every exchange lands, and one city never costs the others."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extract.http import _retry_after
from extract.lake import raw
from extract.lake.files import Lake
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import poll
from extract.vendors.sandboxes import running

NOW = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def vendor():
    with running(Options(now=NOW, scale=0.1)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox):
    yield vendor
    vendor.clear_faults()


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        chargecloud_url=sandbox.url_of("chargecloud"),
        chargecloud_cities="koeln, bonn,kiel,koeln",
    )


def landed(settings: Settings) -> dict[str, dict]:
    """The rows of the only poll, by city."""
    lake = Lake(settings.lake_url)
    rows = [
        row
        for files in raw.partitions(lake).values()
        for file in files
        for row in lake.read(file.path).to_pylist()
    ]
    assert len(rows) == len({row["scope"] for row in rows})
    return {row["scope"]: row for row in rows}


def test_a_poll_lands_every_city_once_with_the_answers_own_time(settings):
    result = poll.poll(settings, "chargecloud")
    assert (result.ok, result.exchanges, len(result.files)) == (True, 3, 1)
    rows = landed(settings)
    assert rows.keys() == {"koeln", "bonn", "kiel"}
    for row in rows.values():
        stamp = datetime.fromisoformat(json.loads(row["body"])["timestamp"])
        assert row["query_time"] == stamp
        assert (row["status_code"], row["attempts"], row["error"]) == (200, 1, None)
        assert row["url"].endswith(row["scope"])
        assert len(row["body_hash"]) == 64


def test_a_city_that_is_missing_lands_as_a_failure_and_is_not_asked_again(settings, sandbox):
    sandbox.add_fault("missing", "bonn")
    result = poll.poll(settings, "chargecloud")
    assert result.failed == ["bonn: HTTP 404 Not Found after 1 attempts"]
    row = landed(settings)["bonn"]
    assert (row["status_code"], row["attempts"]) == (404, 1)
    assert row["query_time"] == row["requested_at"]
    assert landed(settings)["koeln"]["error"] is None


@pytest.mark.parametrize("kind", ["drop", "cutoff", "malformed"])
def test_an_answer_that_broke_on_the_way_is_asked_for_again(settings, sandbox, kind):
    sandbox.add_fault(kind, "koeln", times=1)
    assert poll.poll(settings, "chargecloud").ok
    row = landed(settings)["koeln"]
    assert (row["status_code"], row["attempts"], row["error"]) == (200, 2, None)


def test_retry_after_is_honoured(settings, sandbox):
    sandbox.add_fault("status", "kiel", status=429, retry_after=2, times=1)
    assert poll.poll(settings, "chargecloud").ok
    row = landed(settings)["kiel"]
    assert row["attempts"] == 2
    assert row["elapsed_ms"] >= 2000


def test_a_city_that_never_answers_lands_without_its_error_page(settings, sandbox):
    sandbox.add_fault("status", "koeln", status=503)
    result = poll.poll(settings, "chargecloud")
    assert result.failed == ["koeln: HTTP 503 Service Unavailable after 4 attempts"]
    row = landed(settings)["koeln"]
    assert (row["status_code"], row["attempts"]) == (503, 4)
    assert row["body"] is None


def test_a_server_that_is_not_there_is_reported_in_plain_words(settings):
    settings = settings.model_copy(update={"chargecloud_url": "http://127.0.0.1:9"})
    result = poll.poll(settings, "chargecloud")
    assert len(result.failed) == 3
    assert all("Connection refused" in failed and "0x" not in failed for failed in result.failed)
    assert {row["status_code"] for row in landed(settings).values()} == {None}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("3", 3.0), ("-1", 0.0), ("soon", None), ("Tue, 01 Jan 2019 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert _retry_after(value) == seconds
