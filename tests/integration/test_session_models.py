"""Sessions, their energy by the hour, their costs, and what samples show: the marts, built by dbt
on a real PostgreSQL, day by day and all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from extract.report import ReportError
from extract.report import chargeamps as chargeamps_report
from extract.report.page import save
from extract.settings import Settings
from extract.warehouse.database import open_warehouse
from tests.integration import garage
from tests.integration.dbt_support import Dbt
from tests.integration.garage import HOUR, load
from tests.integration.session_story import DAYS, FINAL, MORNING, OTHER, day

UNTESTED = ("--exclude-resource-type", "test")
# Without the models that nothing here depends on, or that have no rows here.
ALL = (
    *("--full-refresh", "--indirect-selection", "cautious"),
    *("--select", "+marts.sessions", "+marts.samples", "+marts.costs", "+driver"),
)
SOME = (
    *("--select", "int_station_runs", "int_charging_point_runs", "int_connector_runs"),
    *("int_touched_sessions", "int_session_versions", "int_power_pieces", "int_session_power"),
    *("marts.history", "marts.dimensions", "marts.sessions", "marts.samples"),
    *("--exclude", "config.materialized:view", "time"),
)
MINE = (
    "sessions session_energy_intervals session_energy_hours driver measurements "
    "connector_settings connector_current_limits measurements_with_limit connector_power_minutes "
    "session_power_minutes session_costs driver_month_costs"
).split()


@dataclass
class Story:
    """The warehouse after it was built all at once, and its marts as they were day by day."""

    dbt: Dbt
    piecemeal: dict[str, list[tuple]]

    def rows(self, text: str) -> list[tuple]:
        """The rows of a query."""
        return self.dbt.rows(text)

    def session(self, key: str, columns: str) -> tuple:
        """Columns of one session."""
        [row] = self.rows(f"select {columns} from marts.sessions where source_session_id = '{key}'")
        return row


def mine(dbt: Dbt) -> dict[str, list[tuple]]:
    """Every row of the marts that are looked at here."""
    return {name: dbt.rows(f"select t::text from marts.{name} t order by 1") for name in MINE}


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Iterator[Story]:
    """Days that come late, are corrected, lose all they had, or bring samples and chargers of
    sessions that are known already."""
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("sessions"))
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        dbt = Dbt(settings, warehouse, connection)
        dbt.start_anew()
        tariff(dbt)
        # Day 3 is late; 6 and 9 are not what they will be.
        load(connection, FINAL, [day(n) for n in range(DAYS) if n not in (3, 6, 9)])
        load(connection, OTHER, [day(6), day(9)])
        dbt.build(*ALL, *UNTESTED)
        for days in ([day(3)], [day(6), day(9)]):
            load(connection, FINAL, days)
            dbt.build(*SOME, *UNTESTED, days=days)
        piecemeal = mine(dbt)
        result = dbt.build(*ALL)
        expected = ("known_units_", "sessions_do_not_overlap")  # of chargers without master data
        assert all(line.startswith(expected) for line in result.warnings), result.warnings
        yield Story(dbt, piecemeal)
        connection.close()


def tariff(dbt: Dbt) -> None:
    """0.15 per kWh, 0.45 in the dear hours of the night, no price after four o'clock UTC."""
    dbt.rows("insert into typed.tariffs values ('house', 'EUR', 25, 0.1, 8.01) returning tariff")
    dbt.rows(
        "insert into typed.tariff_hours select 'house', h, case when extract(hour from h) in "
        "(22, 23) then 0.45 else 0.15 end from generate_series(timestamptz '2022-10-27 00:00Z', "
        "'2022-10-30 03:00Z', interval '1 hour') h returning 1"
    )


# --- how they are built --------------------------------------------------------------------------


def test_days_built_one_by_one_in_any_order_hold_what_a_full_build_holds(story):
    whole = mine(story.dbt)
    for name in MINE:
        assert story.piecemeal[name] == whole[name], name
        assert whole[name], name


def test_every_session_is_there_once_as_it_was_reported_last(story):
    expected: dict[str, dict] = {}
    for row in sorted(FINAL["sessions"], key=lambda row: row["query_time"]):
        expected[row["session_id"]] = row
    found = story.rows(
        "select source_session_id, energy_kwh::float, is_void, driver, id_cp from marts.sessions"
    )
    assert sorted(found, key=str) == sorted(
        (
            (
                key,
                row["energy_kwh"],
                bool(row.get("is_void")) or row.get("replaced_by") is not None,
                row.get("driver"),
                f"{row['source']}:{row['charging_point_id']}",
            )
            for key, row in expected.items()
        ),
        key=str,
    )


# --- energy --------------------------------------------------------------------------------------


def test_the_hours_of_a_session_have_the_shape_of_its_intervals_and_its_energy(story):
    latest = {row["session_id"]: row for row in sorted(FINAL["sessions"], key=_reported_at)}
    pieces: dict[str, list] = defaultdict(list)
    for row in FINAL["session_energy_intervals"]:
        if latest[row["session_id"]]["date"] == row["date"] and row["energy_kwh"] > 0:
            pieces[row["session_id"]].append(
                (row["interval_start_at"], row["interval_end_at"], _exact(row["energy_kwh"]))
            )
    found: dict[str, dict] = defaultdict(dict)
    for key, hour, energy in story.rows(
        "select source_session_id, hour_start_at, h.energy_kwh from marts.session_energy_hours h "
        "join marts.sessions using (id_session) where h.source = 'zaptec'"
    ):
        found[key][hour] = energy
    for key, row in latest.items():
        void = row.get("is_void") or row.get("replaced_by")
        if row["source"] != "zaptec" or void or not row["energy_kwh"]:
            assert key not in found
            continue
        until = row["ended_at"] or row["query_time"]
        expected = garage.hours(
            _exact(row["energy_kwh"]), pieces[key] or [(row["started_at"], until, Fraction(1))]
        )
        assert sum(found[key].values()) == Decimal(str(row["energy_kwh"]))
        for hour in expected.keys() | found[key].keys():
            ours = Fraction(found[key].get(hour, 0))
            assert abs(ours - expected.get(hour, 0)) <= Fraction(1, 1_000_000)


def _reported_at(row: dict) -> datetime:
    return row["query_time"]


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def test_the_night_of_25_hours_has_two_o_clock_twice(story):
    assert story.rows(
        "select h.business_date, hour, count(*), sum(h.energy_kwh), bool_or(is_estimated) "
        "from marts.session_energy_hours h join marts.sessions s using (id_session) "
        "where source_session_id = 'night' group by 1, 2 order by min(hour_start_at)"
    ) == [
        (date(2022, 10, 29), 23, 1, Decimal("1.5"), False),
        (date(2022, 10, 30), 0, 1, Decimal("1.5"), False),
        (date(2022, 10, 30), 1, 1, Decimal("1.5"), False),
        (date(2022, 10, 30), 2, 2, Decimal("3"), False),
        (date(2022, 10, 30), 3, 1, Decimal("1.5"), False),
    ]


def test_minutes_are_of_charging_or_idle(story):
    columns = "connected_minutes, charging_minutes, idle_minutes, avg_power_kw, max_power_kw"
    assert story.session("night", columns) == (540, 360, 180, Decimal("1.5"), Decimal("1.5"))
    assert story.session("short", columns) == (30, None, None, None, None)
    assert story.session("open", f"is_open, {columns}")[:2] == (True, 120)


def test_intervals_that_do_not_add_up_are_flagged(story):
    assert story.session("night", "intervals_add_up") == (True,)
    assert story.session("wrong", "intervals_add_up") == (False,)
    assert story.session("short", "intervals_add_up") == (None,)


def test_a_session_does_not_wait_for_its_charger_and_follows_it(story):
    station = "(select id_cs from marts.charging_station where name = 'Garage garage')"
    assert story.session("alone", "id_cs, id_cp") == (-1, "zaptec:z9")
    assert story.session("night", f"id_cs = {station}") == (True,)
    assert story.rows(
        f"select distinct id_cs = {station} from marts.sessions where id_cp like '%z2'"
    )


def test_guests_are_listed_and_drivers_counted(story):
    found = dict(story.rows("select pseudonym, (sessions, energy_kwh)::text from marts.driver"))
    assert found == dict(
        story.rows(
            "select coalesce(driver, 'unknown'), (count(*), sum(energy_kwh))::text "
            "from marts.sessions where not is_void group by 1"
        )
    )
    assert set(found) == {"unknown", "p_anna", "p_bo"}


# --- costs ---------------------------------------------------------------------------------------


def test_a_session_costs_its_hours_its_fee_and_vat_rounded_once(story):
    columns = "energy_kwh, priced_kwh, energy_cost, vat, cost, currency"
    costs = {
        key: row
        for key, *row in story.rows(
            f"select source_session_id, {', '.join('c.' + name for name in columns.split(', '))} "
            "from marts.session_costs c join marts.sessions using (id_session)"
        )
    }
    # 21 o'clock at 0.15, 22 and 23 at 0.45, midnight to two at 0.15
    assert costs["night"] == [9, 9, Decimal("2.25"), Decimal("0.5875"), Decimal("2.94"), "EUR"]
    assert costs["short"] == [
        1.5,
        1.5,
        Decimal("0.225"),
        Decimal("0.08125"),
        Decimal("0.41"),
        "EUR",
    ]
    assert costs["open"][:3] == [4, 0, 0]  # no prices for these hours
    assert costs["alone"][4] == Decimal("0.13")  # 0.125: half a cent goes up
    assert "old" not in costs


def test_a_drivers_month_is_the_sessions_and_the_fee(story):
    found = {
        (pseudonym, source, month): (sessions, fee, total)
        for pseudonym, source, month, sessions, fee, total in story.rows(
            "select d.pseudonym, c.source, month_date, c.sessions, monthly_fee, total_cost "
            "from marts.driver_month_costs c join marts.driver d using (id_driver)"
        )
    }
    per_driver = defaultdict(list)
    for pseudonym, source, start, cost in story.rows(
        "select coalesce(driver, 'unknown'), s.source, s.business_date, cost "
        "from marts.session_costs join marts.sessions s using (id_session)"
    ):
        per_driver[pseudonym, source, start.replace(day=1)].append(cost)
    fee = (Decimal("8.01") * Decimal("1.25")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert found == {
        key: (
            len(costs),
            Decimal("0.00") if key[0] == "unknown" else fee,
            sum(costs) + (0 if key[0] == "unknown" else fee),
        )
        for key, costs in per_driver.items()
    }
    assert len(found) >= 4


# --- samples -------------------------------------------------------------------------------------


def test_samples_tell_power_minutes_and_phases(story):
    columns = "charging_minutes, idle_minutes, measured_minutes, session_type, source_session_type"
    # 9.5 min, a gap of 2.5, and 18 min of charging that the first idle sample ends
    assert story.session("77", columns) == (
        Decimal("27.5"),
        Decimal("12.5"),
        Decimal("37.5"),
        "three_phase",
        None,
    )
    assert story.session("78", columns)[:1] == (
        pytest.approx(Decimal(39) + Decimal(50) / 60, abs=Decimal("0.001")),
    )
    assert story.session("78", columns)[3:] == ("one_phase", "Standard")


def test_energy_from_power_stands_beside_what_is_reported(story):
    energy, reported, difference, most = story.session(
        "77", "measured_energy_kwh, energy_kwh, measured_difference_kwh, max_power_kw"
    )
    # 6.9 kW for 9.5 and 17.5 min, a trapezoid down to 23 W in half a minute, 23 W for ten
    expected = (6.9 * 27 + (6.9 + 0.023) / 2 * 0.5 + 0.023 * 10) / 60
    assert float(energy) == pytest.approx(expected, abs=1e-5)
    assert difference == energy - reported
    assert most == Decimal("6.9")


def test_minutes_of_power_add_up_to_the_session(story):
    [(minutes, last, energy)] = story.rows(
        "select count(*), max(energy_until_kwh), sum(energy_wh) / 1000 "
        "from marts.session_power_minutes join marts.sessions using (id_session) "
        "where source_session_id = '77'"
    )
    assert minutes == 38  # the gap has none of its own
    assert last == pytest.approx(energy, abs=Decimal("0.00001"))
    assert last == pytest.approx(
        story.session("77", "measured_energy_kwh")[0], abs=Decimal("0.00001")
    )
    assert story.rows(
        "select avg_power_kw, energy_wh, measured_seconds from marts.connector_power_minutes "
        f"where id_connector = 'chargeamps:ca1:2' and minute_start_at = '{MORNING}'"
    ) == [(Decimal("3.45"), Decimal("57.5"), 60)]


def test_hours_without_intervals_have_the_shape_of_the_samples(story):
    assert story.rows(
        "select h.energy_kwh, is_estimated from marts.session_energy_hours h "
        "join marts.sessions using (id_session) where source_session_id = '77'"
    ) == [(Decimal("3.5"), False)]


def test_power_is_worked_out_where_it_is_not_reported(story):
    assert story.rows(
        "select power_w, is_power_computed, count(*) from marts.measurements "
        "where id_connector = 'chargeamps:ca1:2' group by 1, 2 order by 1"
    ) == [(0, True, 162), (3450, True, 81)]


def test_a_current_is_beside_the_limit_of_its_moment(story):
    assert story.rows(
        "select valid_from, max_current_a, mode, valid_to is null "
        "from marts.connector_current_limits order by 1"
    ) == [
        (MORNING - HOUR, 32, "On", False),
        (MORNING + timedelta(minutes=5), 16, "On", True),
    ]
    assert story.rows(
        "select max_current_a, min(share_of_limit), count(*) from marts.measurements_with_limit "
        "where id_connector = 'chargeamps:ca1:1' and current_a = 10 group by 1 order by 1"
    ) == [(16, Decimal("0.625"), 138), (32, Decimal("0.3125"), 30)]


# --- the report of what was sampled ------------------------------------------------------------


def test_a_sessions_report_has_its_figures_its_samples_and_three_pictures(story, tmp_path):
    made = chargeamps_report.report_session(story.dbt.settings, "77")
    sessions, sampled, limits = made.tables
    assert [row[0] for row in sessions.rows] == ["77"]
    assert dict(zip(sessions.columns, sessions.rows[0], strict=True))["kWh"] == Decimal("3.5")
    assert len(sampled.rows) == 3 * (20 + 36 + 20)  # the missed ticks are not made up
    assert [row[1] for row in limits.rows] == [32, 16]
    page, *_ = save(made, tmp_path)
    text = page.read_text()
    assert text.count("<svg") == 3
    assert all(name in text for name in ("limit set", "highest phase current", "L1", "L3"))


def test_a_report_of_a_session_that_is_not_known_is_an_error(story):
    with pytest.raises(ReportError, match="no Charge Amps session 'x'"):
        chargeamps_report.report_session(story.dbt.settings, "x")
