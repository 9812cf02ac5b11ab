"""Sessions of vendors that cannot be as they are: flagged and warned of, and no build fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from extract.lake.schemas import TABLES
from tests.integration.dbt_support import Dbt
from tests.integration.ocpp_dbt import load, server

ANSWERED = datetime(2026, 5, 11, 12, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return ANSWERED.replace(hour=hour, minute=minute)


# id → start, end, kWh, flags
SESSIONS: dict[str, tuple[datetime, datetime | None, float, str | None]] = {
    "fine": (at(6), at(7), 7.0, None),
    "unset": (datetime(1970, 1, 1, tzinfo=UTC), at(8), 5.0, "impossible_times"),
    "y2000": (datetime(2000, 1, 1, tzinfo=UTC), None, 4.0, "impossible_times"),
    "old": (at(6).replace(year=2024), at(9), 3.0, "impossible_times"),
    "back": (at(9), at(8, 30), 2.0, "ends_before_start"),
    "negative": (at(9), at(10), -1.0, "energy_negative"),
    "much": (at(9), at(9, 30), 910.0, "energy_beyond_power"),
    "endless": (at(9), at(9, 1), 9e8, "energy_beyond_power"),
    "beyond": (at(9), at(10), 9e14, None),
}


def rows() -> list[dict[str, Any]]:
    common = {"source": "zaptec", "scope": "i", "stream": "sessions", "date": ANSWERED.date()}
    return [
        dict.fromkeys(TABLES["sessions"].names)
        | common
        | {
            "session_id": name,
            "query_time": ANSWERED,
            "charging_point_id": f"cp-{name}",
            "connector_id": f"cp-{name}",
            "started_at": start,
            "ended_at": end,
            "energy_kwh": energy,
        }
        for name, (start, end, energy, _) in SESSIONS.items()
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Iterator[tuple[Dbt, list[str]]]:
    """A warehouse of these sessions, and what its build warns of."""
    with server(tmp_path_factory.mktemp("impossible")) as dbt:
        dbt.start_anew()
        load(dbt, {"sessions": pa.Table.from_pylist(rows(), schema=TABLES["sessions"])}, [])
        yield dbt, dbt.build("--full-refresh").warnings


def test_what_is_impossible_is_flagged(built):
    found = dict(built[0].rows("select source_session_id, quality_flags from marts.sessions"))
    assert found == {name: flags for name, (*_, flags) in SESSIONS.items()}


def test_energy_counts_and_minutes_of_a_clock_that_was_not_set_are_unknown(built):
    found = built[0].rows(
        "select source_session_id, energy_kwh, connected_minutes, charging_minutes, idle_minutes "
        "from marts.sessions where quality_flags = 'impossible_times' order by 1"
    )
    assert found == [
        ("old", 3, None, None, None),
        ("unset", 5, None, None, None),
        ("y2000", 4, None, None, None),
    ]


def test_a_session_since_1970_has_one_hour(built):
    found = built[0].rows(
        "select session.source_session_id, count(*), sum(hour.energy_kwh) from "
        "marts.session_energy_hours hour join marts.sessions session using (id_session) "
        "where session.quality_flags = 'impossible_times' group by 1 order by 1"
    )
    assert found == [("old", 1, 3), ("unset", 1, 5), ("y2000", 1, 4)]


def test_the_build_warns_of_them_with_a_count(built):
    assert any(text.startswith("sessions_are_plausible: Got 7 results") for text in built[1])


def test_an_energy_beyond_all_meters_is_unknown(built):
    [(energy,)] = built[0].rows(
        "select energy_kwh from marts.sessions where source_session_id = 'beyond'"
    )
    assert energy is None
