"""What dbt makes of an OCPP log: transactions, contacts and status, on a real PostgreSQL, against
what was put into an invented log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.dbt_support import Dbt
from tests.integration.ocpp_dbt import MODELS, load, server
from tests.integration.ocpp_log import SECOND, Log, tables

FIRST = date(2023, 3, 7)
EARLY, SECOND_DAY, THIRD, FOURTH = (FIRST + timedelta(days=step) for step in (-5, 1, 2, 3))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(day: date, hour: int, minute: int = 0, second: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) + second * SECOND


def over_midnight() -> Log:
    """Idle over midnight; the stop is sent twice, the second time with another meter."""
    log = Log("A")
    log.boot(at(FIRST, 0), 300)
    log.start(at(FIRST, 22, 0, 1), 1, 1000, event_time=at(FIRST, 22))
    for time, power, register in (
        (at(FIRST, 22, 10), 7000, 2000),
        (at(FIRST, 23), 0, 5000),
        (at(FIRST, 23, 30), 0, 5000),
        (at(SECOND_DAY, 0, 10), 0, 5000),
        (at(SECOND_DAY, 1), 7000, 7000),
        (at(SECOND_DAY, 1, 30), 0, 9000),
    ):
        log.sample(time, 1, power, register)
    log.stop(at(SECOND_DAY, 2), 1, 9000, reason="EVDisconnected")
    log.stop(at(SECOND_DAY, 3), 1, 9500)
    # A longer interval, and later heartbeats that fit it alone.
    log.boot(at(SECOND_DAY, 4), 900)
    log.heartbeats(at(FOURTH, 8), at(FOURTH, 9), 10 * MINUTE)
    return log


def never_stopped() -> Log:
    """The next start proves an end; the next transaction goes on after a reboot."""
    log = Log("B")
    log.start(at(FIRST, 8), 1, 0)
    log.sample(at(FIRST, 8, 10), 1, 3000, 500)
    log.sample(at(FIRST, 8, 50), 1, 3000, 1500)
    log.start(at(SECOND_DAY, 9), 2, 1500)
    log.boot(at(SECOND_DAY, 9, 30), 300)
    log.sample(at(SECOND_DAY, 10), 2, 3000, 4500)
    log.stop(at(SECOND_DAY, 11), 2, 7500)
    return log


def rebooted() -> Log:
    """A reboot ends one transaction; the next start is never answered, but its meter values tell
    the id. On the third day it stops."""
    log = Log("C")
    log.start(at(FIRST, 10), 5, 0)
    log.sample(at(FIRST, 10, 30), 5, 0, 300)
    log.boot(at(SECOND_DAY, 12), 300)
    log.start(at(SECOND_DAY, 13), None, 300)
    log.sample(at(SECOND_DAY, 13, 10), 6, 6000, 400)
    log.sample(at(SECOND_DAY, 13, 40), 6, 6000, 900)
    log.stop(at(THIRD, 1), 6, 1000)
    return log


def unanswered() -> Log:
    """A start that is sent again, and one without an answer whose id its stop names."""
    log = Log("D")
    log.start(at(FIRST, 9), None, 0)
    log.start(at(FIRST, 9, 5), 7, 0, event_time=at(FIRST, 9))
    log.stop(at(FIRST, 10), 7, 2000)
    log.start(at(FIRST, 15), None, 2000, message_id="lost")
    log.stop(at(SECOND_DAY, 8), 99, 3000)
    return log


def named_late() -> Log:
    """A start without an answer, whose id stands in meter values of six days later."""
    log = Log("U")
    log.start(at(EARLY, 9), None, 0)
    log.sample(at(SECOND_DAY, 9), 12, 3000, 700)
    return log


def odd_clocks() -> Log:
    """A clock that is two hours fast; a charge point that was offline; meter values without a
    transaction; registers that count from the start of each transaction, as the last one shows."""
    log = Log("E")
    fast = 2 * HOUR
    log.start(at(FIRST, 10), 8, 0, event_time=at(FIRST, 10) + fast)
    for minute in (30, 50):
        time = at(FIRST, 10, minute)
        log.sample(time, 8, 0, 100, event_time=time + fast)
    log.stop(at(FIRST, 11), 8, 200, event_time=at(FIRST, 11) + fast)
    log.start(at(FIRST, 16), 9, 200, event_time=at(FIRST, 14))
    log.stop(at(FIRST, 16, 1), 9, 300, event_time=at(FIRST, 15))
    log.start(at(SECOND_DAY, 9), 10, 300)
    log.sample(at(SECOND_DAY, 9, 10), None, 3000, 400)
    log.sample(at(SECOND_DAY, 9, 20), None, 3000, 700)
    log.stop(at(SECOND_DAY, 9, 30), 10, None)
    log.start(at(SECOND_DAY, 12), 11, 50_000)
    log.sample(at(SECOND_DAY, 12, 10), 11, 6000, 1000)
    log.sample(at(SECOND_DAY, 12, 20), 11, 6000, 2000)
    log.stop(at(SECOND_DAY, 12, 30), 11, 51_990)
    return log


def newer() -> Log:
    """OCPP 2.0.1: the transaction's id is in every event."""
    log = Log("G")
    for time, event, register in (
        (at(FIRST, 7), "Started", 100),
        (at(FIRST, 7, 20), "Updated", 600),
        (at(FIRST, 8), "Ended", 1100),
    ):
        own: dict[str, Any] = {"transaction_id": "t-1", "connector_id": 1, "register_wh": register}
        log.message(time, "TransactionEvent", status=event, **own)
        log.measure(time, time, 1, "t-1", "total", register_kwh=register / 1000)
    return log


def silent() -> Log:
    """Heartbeats with a pause, in which the central system asks in vain."""
    log = Log("H")
    log.boot(at(FIRST, 0), 300)
    log.heartbeats(at(FIRST, 0, 5), at(FIRST, 1), 5 * MINUTE)
    log.message(at(FIRST, 2), "Reset")
    log.heartbeats(at(FIRST, 3), at(FIRST, 4), 5 * MINUTE)
    log.message(at(FIRST, 23, 59, 59.5), "DataTransfer", message_id="x")
    log.message(at(SECOND_DAY, 0, 0, 0.5), None, 3, message_id="x")
    return log


def boot_resets() -> Log:
    """A status before silence and a reboot, and one that is the last message."""
    log = Log("T")
    log.status(at(FIRST, 20), 2, "Available")
    log.boot(at(FIRST, 22), 300)
    log.status(at(FIRST, 23), 1, "Reserved")
    return log


def statuses() -> Log:
    """Statuses of a charge point that is silent for hours."""
    log = Log("S")
    log.status(at(FIRST, 10), 1, "Preparing")
    log.status(at(FIRST, 10, 5), 1, "Charging")
    log.status(at(SECOND_DAY, 11), 1, "Faulted")
    log.message(at(SECOND_DAY, 11, 30), "Heartbeat")
    log.status(at(THIRD, 9), 1, "Available")
    return log


INVENTED = [
    *(over_midnight(), never_stopped(), rebooted(), unanswered()),
    *(odd_clocks(), newer(), silent(), statuses(), boot_resets(), named_late()),
]


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> Iterator[tuple[Dbt, dict, dict]]:
    """Days one, three and four built at once; then day two comes late and day three goes. With
    every mart as it was then, and as a build of everything makes it."""
    with server(tmp_path_factory.mktemp("ocpp")) as dbt:
        dbt.start_anew()
        first = [EARLY, FIRST, THIRD, FOURTH]
        load(dbt, tables(INVENTED, first), first)
        dbt.build("--full-refresh", *MODELS)
        load(dbt, tables(INVENTED, [SECOND_DAY]), [SECOND_DAY, THIRD])
        only_tables = ("--exclude", "config.materialized:view")
        dbt.build(*MODELS, *only_tables, days=[SECOND_DAY, THIRD])
        piecemeal = dbt.marts()
        dbt.build("--full-refresh")
        yield dbt, piecemeal, dbt.marts()


@pytest.fixture(scope="module")
def built(states) -> Dbt:
    return states[0]


def test_days_that_come_late_and_go_leave_what_a_full_build_makes(states):
    _, piecemeal, whole = states
    assert len(piecemeal["marts.ocpp_active_spans"]) > 10
    assert piecemeal == {name: whole[name] for name in piecemeal}


# --- transactions --------------------------------------------------------------------------------

# id → start, end, reason, kWh, minutes of charging
SESSIONS = {
    "A:1": (at(FIRST, 22), at(SECOND_DAY, 2), "EVDisconnected", 8, 140),
    "B:1": (at(FIRST, 8), at(FIRST, 8, 50), "inferred", 1.5, 50),
    "B:2": (at(SECOND_DAY, 9), at(SECOND_DAY, 11), None, 6, 120),
    "C:5": (at(FIRST, 10), at(FIRST, 10, 30), "inferred", 0.3, 30),
    "C:6": (at(SECOND_DAY, 13), None, None, 0.6, None),
    "D:7": (at(FIRST, 9), at(FIRST, 10), None, 2, None),
    "D:99": (at(FIRST, 15), at(SECOND_DAY, 8), None, 1, None),
    "E:8": (at(FIRST, 10), at(FIRST, 11), None, 0.2, 40),
    "E:9": (at(FIRST, 14), at(FIRST, 15), None, 0.1, None),
    "E:10": (at(SECOND_DAY, 9), at(SECOND_DAY, 9, 30), None, 0.7, 30),
    "E:11": (at(SECOND_DAY, 12), at(SECOND_DAY, 12, 30), None, 1.99, 30),
    "U:12": (at(EARLY, 9), None, None, 0.7, None),
    "G:t-1": (at(FIRST, 7), at(FIRST, 8), None, 1, None),
}


def test_messages_become_sessions(built):
    found = {
        key: values
        for key, *values in built.rows(
            "select source_session_id, started_at, ended_at, end_reason, energy_kwh "
            "from marts.sessions where started_at > '2023-03-01'"
        )
    }
    assert found.keys() == SESSIONS.keys()
    for key, (start, end, reason, energy, _) in SESSIONS.items():
        kwh = None if energy is None else pytest.approx(Decimal(str(energy)))
        assert found[key] == [start, end, reason, kwh], key


def test_charging_is_what_the_stretches_without_power_leave(built):
    found = dict(
        built.rows(
            "select source_session_id, charging_minutes from intermediate.int_ocpp_sessions "
            "where started_at > '2023-03-01'"
        )
    )
    assert found == {key: values[-1] for key, values in SESSIONS.items()}


def test_intervals_between_readings_add_up_to_the_session(built):
    rows = built.rows(
        "select session.source_session_id, session.energy_kwh, sum(part.energy_kwh), count(*) "
        "from marts.session_energy_intervals part join marts.sessions session using (id_session) "
        "where session.source = 'ocpp' group by 1, 2"
    )
    assert {"A:1", "B:1", "E:11", "G:t-1"} <= {key for key, *_ in rows}
    assert all(energy == total for _, energy, total, _ in rows)


def test_clocks_that_are_wrong_or_late_are_flagged(built):
    found = built.rows(
        "select source_session_id, has_reliable_clock, is_offline from marts.sessions "
        "where id_cp = 'ocpp:E' and source_session_id < 'E:8' or source_session_id in "
        "('E:8', 'E:9') order by source_session_id"
    )
    assert found == [
        ("E:10", True, False),
        ("E:11", True, False),
        ("E:8", False, False),
        ("E:9", True, True),
    ]


def test_the_last_known_energy_is_known_also_while_a_transaction_runs(built):
    found = built.rows(
        "select transaction_id, observed_at, register_kwh, energy_kwh, is_open, is_last_of_cp "
        "from marts.ocpp_last_energy where id_cp in ('ocpp:C', 'ocpp:A') order by 1"
    )
    assert found == [
        ("1", at(SECOND_DAY, 2), 9, 8, False, True),
        ("5", at(FIRST, 10, 30), Decimal("0.3"), Decimal("0.3"), False, False),
        ("6", at(SECOND_DAY, 13, 40), Decimal("0.9"), Decimal("0.6"), True, True),
    ]


def test_a_month_has_the_transactions_that_were_stopped_in_it(built):
    done = built.rows(
        "select id_cp || ':' || transaction_id from marts.ocpp_completed_transactions "
        "where month = '2023-03-01' order by 1"
    )
    expected = ["A:1", "B:2", "D:7", "D:99", "E:10", "E:11", "E:8", "E:9", "G:t-1"]
    assert [key for (key,) in done] == [f"ocpp:{key}" for key in expected]
    [(count, hours, energy)] = built.rows(
        "select transactions, total_hours, energy_kwh from marts.ocpp_month_totals "
        "where month = '2023-03-01'"
    )
    assert count == len(expected)
    lengths = [end - start for start, end, *_ in map(SESSIONS.__getitem__, expected) if end]
    assert hours == pytest.approx(Decimal(sum(lengths, timedelta()) / HOUR))
    assert energy == pytest.approx(Decimal(sum(SESSIONS[key][3] for key in expected)))


# --- contacts and messages -----------------------------------------------------------------------


def active(dbt: Dbt, moment: datetime) -> set[str]:
    return {
        name
        for (name,) in dbt.rows(
            "select charge_point_id from marts.ocpp_active_spans "
            f"where active_from <= '{moment}' and active_until > '{moment}'"
        )
    }


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(FIRST, 0, 58), True),
        (at(FIRST, 1, 7), True),  # 300 s and half of it after the last heartbeat
        (at(FIRST, 1, 8), False),
        (at(FIRST, 2), False),  # what the central system asks shows nothing
        (at(FIRST, 3), True),
        (at(FIRST, 4, 8), False),
    ],
)
def test_a_charge_point_is_active_for_its_own_interval(built, moment, expected):
    assert ("H" in active(built, moment)) is expected


def test_without_a_boot_the_interval_is_the_setting(built):
    last = at(FIRST, 16, 1)  # E never boots: 900 s and half of it
    assert "E" in active(built, last + 22 * MINUTE)
    assert "E" not in active(built, last + 23 * MINUTE)


def test_the_interval_of_a_boot_holds_on_later_days(built):
    """Ten minutes between heartbeats are too long for 300 s, and not for the 900 s of day two."""
    [(start, end, interval)] = built.rows(
        "select active_from, active_until, heartbeat_seconds from marts.ocpp_active_spans "
        f"where charge_point_id = 'A' and date = '{FOURTH}'"
    )
    assert (start, end, interval) == (at(FOURTH, 8), at(FOURTH, 9) + 1350 * SECOND, 900)


def test_the_last_contact_has_its_action(built):
    found = built.rows(
        "select id_cp, last_contact_at, last_action from marts.ocpp_last_contact "
        "where charge_point_id in ('A', 'H', 'S') order by 1"
    )
    assert found == [
        ("ocpp:A", at(FOURTH, 9), "Heartbeat"),
        ("ocpp:H", at(SECOND_DAY, 0, 0, 0.5), "DataTransfer"),
        ("ocpp:S", at(SECOND_DAY, 11, 30), "Heartbeat"),
    ]
    assert built.rows("select * from marts.ocpp_active_chargepoints") == []


def test_a_message_has_a_key_and_its_session(built):
    [(rows, keys, sessions)] = built.rows(
        "select count(*), count(distinct id_message), count(distinct id_session) "
        "from marts.ocpp_messages where id_cp = 'ocpp:A'"
    )
    assert rows == keys == len(INVENTED[0].rows["ocpp_messages"])
    assert sessions == 1
    [(session, action)] = built.rows(
        "select session.source_session_id, message.action from marts.ocpp_messages message "
        "join marts.sessions session using (id_session) "
        "where message.id_cp = 'ocpp:A' and message.action = 'StartTransaction'"
    )
    assert (session, action) == ("A:1", "StartTransaction")


# --- status --------------------------------------------------------------------------------------


def test_a_status_holds_while_its_charge_point_is_active(built):
    """Until the next, a reboot, or the heartbeat interval (900 s, T's 300 s) and half of it."""
    found = built.rows(
        "select id_connector, started_at, ended_at, status_connector, source_status "
        "from marts.status_spans_connectors where source = 'ocpp' and date > '2023-03-01' "
        "order by 1, 2"
    )
    assert found == [
        ("ocpp:S:1", at(FIRST, 10), at(FIRST, 10, 5), "BLOCKED", "Preparing"),
        ("ocpp:S:1", at(FIRST, 10, 5), at(FIRST, 10, 27, 30), "CHARGING", "Charging"),
        ("ocpp:S:1", at(SECOND_DAY, 11), at(SECOND_DAY, 11, 22, 30), "OUTOFORDER", "Faulted"),
        ("ocpp:T:1", at(FIRST, 23), at(FIRST, 23, 7, 30), "RESERVED", "Reserved"),
        ("ocpp:T:2", at(FIRST, 20), at(FIRST, 20, 22, 30), "AVAILABLE", "Available"),
    ]
