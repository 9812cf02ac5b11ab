"""The rows of `test_session_models`: sessions and samples of twelve days over the end of DST."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.integration import garage
from tests.integration.garage import HOUR, asset, intervals, merged, samples, session

START = datetime(2022, 10, 27, tzinfo=UTC)  # Berlin's clocks go back on the 30th
NIGHT = datetime(2022, 10, 29, 21, tzinfo=UTC)
MORNING = datetime(2022, 10, 28, 6, tzinfo=UTC)
DAYS = 12


def day(number: int) -> date:
    """A date of the story."""
    return (START + timedelta(days=number)).date()


def zaptec() -> garage.Rows:
    """A session over the night with 25 hours, one without intervals, one whose intervals do not
    add up, one that another replaces, one that nobody ended, one of a charger nobody lists."""
    reported_at = NIGHT + timedelta(hours=20)
    night = session("night", reported_at, NIGHT, NIGHT + 9 * HOUR, energy_kwh=9.0, driver="p_anna")
    short = session("short", reported_at, NIGHT, NIGHT + HOUR / 2, energy_kwh=1.5, driver="p_bo")
    wrong = session(
        "wrong", reported_at, NIGHT, NIGHT + HOUR, energy_kwh=3.0, intervals_energy_kwh=2.9
    )
    old = session("old", reported_at, NIGHT, NIGHT + HOUR, energy_kwh=5.0, replaced_by="short")
    still = session("open", reported_at, reported_at - 2 * HOUR, None, energy_kwh=4.0)
    alone = session(
        "alone",
        reported_at,
        NIGHT,
        NIGHT,
        energy_kwh=0.0,
        charging_point_id="z9",
        connector_id="z9",
    )
    return {
        "sessions": [night, short, wrong, old, still, alone],
        "session_energy_intervals": [
            *intervals(night, *((NIGHT + n * HOUR, NIGHT + (n + 1) * HOUR, 1.5) for n in range(6))),
            *intervals(wrong, (NIGHT, NIGHT + HOUR / 2, 2.9), (NIGHT + HOUR / 2, NIGHT + HOUR, 0)),
            *intervals(old, (NIGHT, NIGHT + HOUR, 5.0)),
        ],
    }


def chargeamps() -> garage.Rows:
    """Three phases at 10 A for half an hour, nothing for ten minutes, a gap of two minutes in
    between; and one phase at 15 A on the other connector."""
    three, rest = (10.0, 10.0, 10.0), (0.0, 0.1, 0.0)
    currents = [three] * 20 + [None] * 4 + [three] * 36 + [rest] * 21
    same = {"source": "chargeamps", "charging_point_id": "ca1", "scope": "ca1"}
    reported_at = MORNING + 3 * HOUR
    end = MORNING + timedelta(minutes=40)
    setting = {
        **same,
        "stream": "settings",
        "date": MORNING.date(),
        "connector_id": "ca1:1",
        "mode": "On",
    }
    return {
        "sessions": [
            session(
                "76", reported_at, MORNING, MORNING, energy_kwh=0.0, connector_id="ca1:1", **same
            ),
            session("77", reported_at, MORNING, end, energy_kwh=3.5, connector_id="ca1:1", **same),
            session(
                "78",
                reported_at,
                MORNING + timedelta(seconds=10),
                end,
                **{**same, "energy_kwh": 2.0, "connector_id": "ca1:2", "session_type": "Standard"},
            ),
        ],
        "measurements": samples("ca1:1", MORNING, currents)
        + samples("ca1:2", MORNING, [(15.0, 0.0, 0.0)] * 81),
        "connector_settings": [
            setting | {"changed_at": MORNING - HOUR, "kind": "observed", "max_current_a": 32.0},
            setting
            | {
                "changed_at": MORNING + timedelta(minutes=5),
                "kind": "requested",
                "mode": None,
                "max_current_a": 16.0,
                "outcome": "taken",
                "requested_by": "site owner",
            },
            setting
            | {
                "changed_at": MORNING + timedelta(minutes=6),
                "kind": "observed",
                "max_current_a": 16.0,
            },
            setting
            | {
                "changed_at": MORNING + timedelta(minutes=9),
                "kind": "requested",
                "max_current_a": 6.0,
                "outcome": "ignored",
            },
        ],
    }


def reported_late() -> garage.Rows:
    """A session that the vendor reports long after its samples."""
    start = MORNING + timedelta(days=5)
    same = {"source": "chargeamps", "charging_point_id": "ca1", "connector_id": "ca1:1"}
    late = session("79", start + timedelta(days=5), start, start + HOUR, energy_kwh=4.1, **same)
    return {
        "sessions": [late],
        "measurements": samples("ca1:1", start, [(6.0, 6.0, 6.0)] * 120),
    }


FINAL = merged(
    zaptec(),
    chargeamps(),
    reported_late(),
    garage.reported_sessions(START, DAYS, seed=4),
    asset("zaptec", "z1", "garage", START),
    asset("zaptec", "z2", "garage", START + timedelta(days=3)),
    asset("chargeamps", "ca1", "ca1", START),
)
OTHER = merged(
    garage.reported_sessions(START, DAYS, seed=5),
    asset("zaptec", "z1", "other", START),
    asset("zaptec", "z9", "garage", START + timedelta(days=9)),
    {"measurements": samples("ca1:1", MORNING + timedelta(days=5), [(16.0, 0.0, 0.0)] * 200)},
)
