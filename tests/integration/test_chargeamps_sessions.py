"""Charge Amps' sessions: the hourly window, and backfill."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import backfill, poll
from extract.vendors.chargeamps.poll.history import LONGEST_WINDOW, windows
from extract.vendors.chargeamps.sandbox import truth
from tests.integration.chargeamps_account import GARAGE, MORNING, POINTS, landed

pytest_plugins = ["tests.integration.chargeamps_fixtures"]


def session_ids(rows: list[dict]) -> set[str]:
    return {
        str(one["id"])
        for row in rows
        if row["stream"] == "sessions" and not row["error"]
        for one in json.loads(row["body"])
    }


def test_a_backfill_resumes_what_failed_and_asks_for_all_once_it_was_complete(
    settings, sandbox, caplog
):
    start, end = date(2026, 9, 20), date(2026, 10, 25)
    sandbox.add_fault("status", f"sessions:{POINTS[0]}", status=403, times=1)
    assert len(backfill.backfill(settings, "chargeamps", start, end).failed) == 1
    assert asked(settings) == 2 * len(POINTS)
    assert backfill.backfill(settings, "chargeamps", start, end).ok
    assert asked(settings) == 2 * len(POINTS) + 1
    assert "the backfill of 2026-09-20 to 2026-10-25 resumes after 2026-10-01" in caplog.text
    assert backfill.backfill(settings, "chargeamps", start, end).ok
    assert asked(settings) == 4 * len(POINTS) + 1, "an explicit backfill asks again"
    span = (datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    true = {one.session_id for one in truth.sessions(GARAGE, *span, MORNING)}
    assert true <= session_ids(landed(settings))
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
    cut = windows(start, end)
    assert (cut[0][0], cut[-1][1]) == (start, end)
    assert all(later[0] < earlier[1] for earlier, later in pairwise(cut))
    assert all(last - first <= LONGEST_WINDOW for first, last in cut)


def test_as_many_sessions_as_may_be_asked_for_may_not_be_all(settings, sandbox, monkeypatch):
    monkeypatch.setattr("extract.vendors.chargeamps.poll.history.MAX_COUNT", 2)
    sandbox.set_clock(None)
    result = poll.poll(settings, "chargeamps", ["sessions"])
    assert len(result.failed) > 3
    assert re.search(r"^21\w+: 2 sessions or more between .* may be missing", result.failed[0])
