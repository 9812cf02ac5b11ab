"""What OCPP transactions are as sessions, where charge points and central systems are odd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from unittest.mock import ANY

import pytest

from tests.integration.dbt_support import Dbt
from tests.integration.ocpp_cases import DAY, at, deliver, typed_tables
from tests.integration.ocpp_dbt import load, server
from tests.integration.ocpp_oddities import lines


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Iterator[Dbt]:
    """A warehouse of all odd charge points, built by all of dbt."""
    with server(tmp_path_factory.mktemp("odd")) as dbt:
        dbt.start_anew()
        deliver(dbt.settings, "all", lines())
        load(dbt, typed_tables(dbt.settings), [])
        dbt.build("--full-refresh")
        yield dbt


def micro(moment) -> int:
    return int(moment.timestamp() * 1_000_000)


AGAIN_2 = f"1@{micro(at(9))}"
AGAIN_3 = f"1@{micro(at(6, day=1))}"
# id → from, to, kWh, how it is known, minutes of charging
SESSIONS = {
    "MINUS:301": (at(6), at(6, 55), "5.5", "meter", 55),
    "MINUS:302": (at(8), at(9), "4", "meter", 60),
    "TAGS:311": (at(6), at(7), "3", "meter", None),
    "TAGS:312": (at(6, 10), at(8), "8", "meter", None),
    "NOBODY:321": (at(6), at(7), "3", "meter", None),
    "ZERO:331": (at(7), at(7, 40), "4.711", "meter", 40),
    "AGAIN:1": (at(6), at(7), "7", "meter", 60),
    f"AGAIN:{AGAIN_2}": (at(9), at(10), "3", "meter", 60),
    f"AGAIN:{AGAIN_3}": (at(6, day=1), at(7, day=1), "0.5", "meter", 60),
    "PAIR:5": (at(6), at(7), "4", "meter", 60),
    f"PAIR:5@{micro(at(6, 5))}": (at(6, 5), at(7, 30), "12", "meter", 85),
    "JUNE:1": (at(6), at(6, 30), "5", "register", 30),
    f"JUNE:1@{micro(at(6, day=150))}": (at(6, day=150), at(8, day=150), "10", "meter", None),
    "AFTER:341": (at(6), at(7), "6", "meter", 60),
    "EQUAL:351": (at(6), at(7), "6.5", "register", 60),
    "BELOW:352": (at(6), at(7), "3", "register", 60),
    "BELOW:353": (at(8), at(9), "2", "register", 60),
    "REFUSED:361": (at(8), at(9), "2", "meter", None),
    "TWICE:372": (at(6), at(7), "7.2", "meter", 60),
    "LOST:12": (at(8), at(8, 20), "5", "meter", None),
    "METERS:391": (at(6), None, "3.1", "register", None),
    "COARSE:401": (at(8), at(10), "14", "meter", 120),
    "OPEN:401": (at(8), None, "13.993", "register", None),
    "BEGIN:411": (at(6), at(7), "1.6", "meter", None),
    "STANDBY:421": (at(8), at(18, 5), "7.037", "meter", 60),
    "HUGE:431": (at(6), at(7), "6", "meter", 60),
    "HUGE:432": (at(8), at(8, 30), "910", "meter", None),
    "SCALE:441": (at(6), at(7), "4.667", "power", 60),
    "BACK:451": (at(8), at(8), "2", "meter", None),
    "CABLE:t-1": (at(6), at(7), "4", "meter", None),
    "REBOOT:1": (at(6), at(7), "3", "meter", None),
    f"REBOOT:1@{micro(at(6, day=1))}": (at(6, day=1), at(7, day=1), "3", "meter", None),
    "LONE:471": (at(6), at(6), None, None, None),
    "LONE:472": (at(9), at(10), "2", "meter", None),
    "STATE:s": (at(6), at(8), None, None, 30),
    "STATE:none": (at(9), at(10), None, None, None),
    "QUEUE:q": (at(20), at(22), "14", "meter", None),
}


def test_odd_transactions_are_the_sessions_that_they_were(built):
    found = {
        key: values
        for key, *values in built.rows(
            "select source_session_id, started_at, ended_at, energy_kwh, energy_method from "
            "marts.sessions"
        )
    }
    unset = found.pop("UNSET:381")
    assert unset[1:] == [at(12, 30), Decimal(2), "meter"]
    assert abs(unset[0] - at(12, 10)) < timedelta(minutes=1)
    twins = [key for key in found if key.startswith("TWINS:")]
    assert len(twins) == 2
    assert found.keys() - twins == SESSIONS.keys()
    for key, (start, end, energy, method, _) in SESSIONS.items():
        kwh = energy and pytest.approx(Decimal(energy), abs=Decimal("0.0005"))
        assert found[key] == [start, end, kwh, method], key


def test_minutes_of_charging_are_those_above_the_threshold(built):
    found = dict(
        built.rows("select source_session_id, charging_minutes from intermediate.int_ocpp_sessions")
    )
    for key, (*_, minutes) in SESSIONS.items():
        assert found[key] == minutes, key


def test_minutes_say_how_they_are_known(built):
    found = dict(
        built.rows("select source_session_id, charging_minutes_method from marts.sessions")
    )
    assert found["AFTER:341"] == "power"
    assert found["QUEUE:q"] == "intervals"
    assert found["STATE:s"] == "charging_state"
    assert found["STATE:none"] is found["TAGS:311"] is None


def test_intervals_add_up_to_their_session(built):
    rows = built.rows(
        "select source_session_id, energy_kwh, intervals_energy_kwh from marts.sessions "
        "where intervals_energy_kwh is not null"
    )
    assert len(rows) > 15
    assert {"BEGIN:411", "EQUAL:351", "HUGE:431", "METERS:391"} <= {key for key, *_ in rows}
    assert [key for key, energy, intervals in rows if energy != intervals] == []


def test_a_coarse_register_is_of_the_hour_in_which_it_rose(built):
    found = built.rows(
        "select hour.energy_kwh from marts.session_energy_hours hour join marts.sessions session "
        "using (id_session) where session.source_session_id = 'COARSE:401' order by hour_start_at"
    )
    assert found == [(Decimal("6.993"),), (Decimal("7.007"),)]


FLAGS = {
    "MINUS:301": None,
    f"AGAIN:{AGAIN_2}": "id_used_again",
    "JUNE:1": "end_inferred",
    "EQUAL:351": "stop_meter_not_believed",
    "BELOW:352": "stop_meter_not_believed",
    "BELOW:353": "stop_meter_not_believed",
    "METERS:391": "register_from_zero",
    "COARSE:401": None,
    "HUGE:431": None,
    "HUGE:432": "energy_beyond_power",
    "SCALE:441": "kwh_as_wh",
    "BACK:451": "ends_before_start",
    "UNSET:381": "clock_not_reliable",
}


@pytest.mark.parametrize("key", FLAGS)
def test_what_is_odd_is_flagged(built, key):
    [(flags,)] = built.rows(
        f"select quality_flags from marts.sessions where source_session_id = '{key}'"
    )
    assert flags == FLAGS[key]


def test_a_refused_start_is_an_attempt_and_no_session(built):
    found = built.rows(
        "select id_cp, id_connector, requested_at, status, reason from marts.ocpp_refused_starts "
        "order by requested_at"
    )
    connector = ("ocpp:REFUSED", "ocpp:REFUSED:2")
    assert found == [
        (*connector, at(6), "ConcurrentTx", "Local"),
        (*connector, at(7), "Blocked", "Local"),
    ]


def test_energy_that_no_session_has_is_unexplained(built):
    found = built.rows(
        "select id_connector, business_date, register_kwh, sessions_kwh, unexplained_kwh from "
        "marts.ocpp_unexplained_energy where abs(unexplained_kwh) > 0.01 order by 1"
    )
    assert found == [
        ("ocpp:LONE:1", DAY, 5, 2, 3),
        ("ocpp:NOBODY:1", DAY, 5, 3, 2),
        ("ocpp:SCALE:1", DAY, 0, pytest.approx(Decimal("4.667"), abs=Decimal("0.001")), ANY),
    ]


def test_energy_of_ids_that_were_given_twice_is_neither_lost_nor_doubled(built):
    found = dict(
        built.rows(
            "select id_cp, sum(unexplained_kwh) from marts.ocpp_unexplained_energy group by 1"
        )
    )
    assert found["ocpp:AGAIN"] == found["ocpp:PAIR"] == found["ocpp:JUNE"] == 0


def test_the_last_energy_believes_no_stop_of_minus_one(built):
    found = built.rows(
        "select transaction_id, register_kwh, energy_kwh, observed_at from marts.ocpp_last_energy "
        "where id_cp in ('ocpp:BELOW', 'ocpp:OPEN') order by 1"
    )
    assert found == [
        ("352", 43, 3, at(6, 30)),
        ("353", 45, 2, at(8, 30)),
        ("401", Decimal("137.45"), Decimal("13.993"), at(10)),
    ]


def test_a_status_is_known_while_its_charge_point_is_active(built):
    found = built.rows(
        "select started_at, ended_at from marts.status_spans_connectors "
        "where id_connector = 'ocpp:SILENT:1'"
    )
    assert found == [(at(8), at(8, 12, 31))]  # 450 s after the answer to the heartbeat


def test_the_token_may_be_in_any_event_of_a_transaction(built):
    found = dict(
        built.rows(
            "select source_session_id, token is not null and id_connector = 'ocpp:CABLE:1' from "
            "marts.sessions where id_cp = 'ocpp:CABLE'"
        )
    )
    assert found == {"CABLE:t-1": True}


def test_what_was_sent_late_is_offline(built):
    found = built.rows("select source_session_id from marts.sessions where is_offline order by 1")
    assert ("QUEUE:q",) in found
    assert ("MINUS:301",) not in found


def test_messages_of_an_id_that_was_given_twice_are_of_their_own_session(built):
    found = built.rows(
        "select session.source_session_id, count(*) from marts.ocpp_messages message "
        "join marts.sessions session using (id_session) where message.transaction_id is not null "
        "and message.id_cp in ('ocpp:AGAIN', 'ocpp:TWICE') group by 1 order by 1"
    )
    each = 4  # a start and its answer, a sample, a stop
    again = [("AGAIN:1", each), (f"AGAIN:{AGAIN_2}", each), (f"AGAIN:{AGAIN_3}", each)]
    assert found == [*again, ("TWICE:372", 7)]


def test_two_bodies_with_one_id_and_time_are_two_messages(built):
    found = built.rows("select count(*), count(distinct id_message) from marts.ocpp_messages")
    assert found[0][0] == found[0][1] == len(lines())
    [(twins,)] = built.rows("select count(*) from marts.ocpp_messages where id_cp = 'ocpp:TWINS'")
    assert twins == 3
