"""The marts, built by dbt on a real PostgreSQL from an invented fleet, against what Python makes of
the same answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot

from extract import vendors
from extract.lake.schemas import TABLES
from extract.settings import PROJECT, Settings
from extract.warehouse.database import open_warehouse
from extract.warehouse.reference import write_reference
from tests.integration.dbt_support import Dbt
from tests.integration.fleet import BERLIN, Poll, conformed, fleet, held, minutes, versions

START = datetime(2022, 3, 25, tzinfo=UTC)  # Berlin's clocks go forward on the 27th
POLLS = fleet(START, days=4)
DAYS = sorted({poll.day for poll in POLLS})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CORE = (  # what a source of polls fills
    *("--exclude-resource-type", "test", "--select", "+status_chargingpoints"),
    *(
        "+status_connectors",
        "+marts.spans",
        "+marts.utilisation",
        "+marts.history",
        "+charging_station",
    ),
    *("+charging_point", "+connector", "+time"),
)


@contextmanager
def server(home: Path) -> Iterator[Dbt]:
    settings = Settings(_env_file=None, home=home)
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        yield Dbt(settings, warehouse, connection)
        connection.close()


@pytest.fixture(scope="module")
def dbt(tmp_path_factory) -> Iterator[Dbt]:
    """For tests that start anew."""
    with server(tmp_path_factory.mktemp("dbt")) as own:
        yield own


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Iterator[Dbt]:
    """All of the fleet, built at once, for tests that only look. Its odd status word is the only
    warning."""
    with server(tmp_path_factory.mktemp("built")) as own:
        own.start_anew()
        own.load(POLLS)
        result = own.build("--full-refresh")
        assert [line.split(":")[0] for line in result.warnings] == ["status_words_are_mapped"]
        yield own


# --- what the marts say --------------------------------------------------------------------------


def test_every_observation_is_a_row_of_its_fact(built):
    for unit, table, key, status in (
        ("chargingpoint", "status_chargingpoints", "id_chargingpoint", "status_cp"),
        ("connector", "status_connectors", "id_connector", "status_connector"),
    ):
        found = built.rows(f"select {key}, query_time, {status}, source_status from marts.{table}")
        assert sorted(found, key=str) == sorted(
            (
                (f"chargecloud:{name}", poll.time, conformed(word), word)
                for poll in POLLS
                for (kind, name), word in poll.statuses.items()
                if kind == unit
            ),
            key=str,
        )


def test_an_observation_has_a_key_of_its_own(built):
    for table, key in (
        ("status_chargingpoints", "id_status_cp"),
        ("status_connectors", "id_status_connectors"),
    ):
        [(rows, keys, least)] = built.rows(
            f"select count(*), count(distinct {key}), min({key}) from marts.{table}"
        )
        assert rows == keys
        assert least >= 0


def test_spans_hold_what_the_answers_are_worth(built):
    expected: dict[tuple, float] = {}
    for piece in held(POLLS):
        key = (f"chargecloud:{piece.unit[1]}", piece.start.date(), piece.status)
        length = (piece.end - piece.start).total_seconds() / 60
        expected[key] = expected.get(key, 0) + length
    found = {
        tuple(key): float(total)
        for *key, total in built.rows(
            "select id_chargingpoint, date, status_cp, sum(minutes) "
            "from marts.status_spans_chargingpoints group by 1, 2, 3 union all "
            "select id_connector, date, status_connector, sum(minutes) "
            "from marts.status_spans_connectors group by 1, 2, 3"
        )
    }
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("period", "cell"), [("hour", HOUR), ("day", DAY)])
def test_utilisation_is_what_the_answers_are_worth(built, period, cell):
    expected = minutes(held(POLLS), cell, BERLIN)
    start = (
        "hour_start_at"
        if period == "hour"
        else "business_date::timestamp at time zone 'Europe/Berlin'"
    )
    found = {
        (key.removeprefix("chargecloud:"), start.astimezone(UTC)): values
        for key, start, *values in built.rows(
            f"select id_chargingpoint, {start}, observed_minutes, known_minutes, occupied_minutes, "
            "charging_minutes, out_of_order_minutes, utilisation "
            f"from marts.utilisation_chargingpoint_{period}"
        )
    }
    assert found.keys() == expected.keys()
    for key, sums in expected.items():
        *amounts, utilisation = found[key]
        assert list(map(float, amounts)) == pytest.approx(list(sums.values()), abs=0.001)
        if sums["known"]:
            assert float(utilisation) == pytest.approx(sums["occupied"] / sums["known"], abs=1e-4)
        else:
            assert utilisation is None


def test_stations_cities_and_operators_have_the_minutes_of_their_points(built):
    for period in ("hour", "day"):
        [whole] = built.rows(
            "select sum(observed_minutes), sum(known_minutes), sum(occupied_minutes) "
            f"from marts.utilisation_chargingpoint_{period}"
        )
        for place in ("station", "city", "operator"):
            [found] = built.rows(
                "select sum(observed_minutes), sum(known_minutes), sum(occupied_minutes) "
                f"from marts.utilisation_{place}_{period}"
            )
            assert found == whole
    named = built.rows("select distinct city from marts.utilisation_city_hour order by 1")
    assert named == [("Bonn",), ("unknown",)]  # P4 says it belongs to a station nobody has seen


def test_the_local_day_of_23_hours_has_23(built):
    [(longest,)] = built.rows(
        "select count(distinct hour) from marts.utilisation_city_hour "
        "where business_date = '2022-03-27'"
    )
    assert longest == 23


def test_a_station_has_a_version_for_each_name_it_had(built):
    found = built.rows(
        "select name, valid_from, last_seen_at, valid_to, is_current, version "
        "from marts.charging_station_history order by version"
    )
    expected = versions(POLLS)
    assert len(expected) > 2
    assert [row[:3] for row in found] == expected
    assert [row[3] for row in found] == [first for _, first, _ in expected[1:]] + [None]
    assert [row[4] for row in found] == [False] * (len(expected) - 1) + [True]
    assert [row[5] for row in found] == list(range(1, len(expected) + 1))
    current = built.rows(
        "select name, first_seen_at, last_seen_at from marts.charging_station where id_cs > 0"
    )
    assert current == [(expected[-1][0], expected[0][1], expected[-1][2])]


def test_every_dimension_has_an_unknown_member(built):
    assert built.rows("select name from marts.charging_station where id_cs = -1") == [("unknown",)]
    assert built.rows("select id_cs from marts.charging_point where id_cp = 'unknown'") == [(-1,)]
    assert built.rows("select id_cp from marts.connector where id_connector = 'unknown'") == [
        ("unknown",)
    ]
    assert built.rows("select id_cs from marts.charging_point where source_id = 'P4'") == [(-1,)]


# --- how they are built --------------------------------------------------------------------------


def test_dates_built_one_by_one_into_tables_hold_what_a_full_build_of_views_holds(dbt):
    """Days that come late, in between, change, and go, whatever the neighbours hold of them; facts
    once as tables, once as views."""
    late, changed, gone = DAYS[1], DAYS[2], DAYS[3]
    other = [poll for poll in fleet(START, days=4, seed=2) if poll.day == changed]
    dbt.start_anew()
    dbt.load([poll for poll in POLLS if poll.day not in (late, changed)] + other)
    dbt.build("--full-refresh", *CORE, status_facts="table")
    for day, polls in ((late, POLLS), (changed, POLLS), (gone, [])):
        dbt.load(polls, [day])
        no_views = ("--exclude", "config.materialized:view")
        dbt.build(*CORE, *no_views, days=[day], status_facts="table")
    piecemeal = dbt.marts()
    assert fact_kinds(dbt) == {"status_chargingpoints": "r", "status_connectors": "r"}
    assert dbt.rows(f"select 1 from marts.time where date = '{gone}'") == []
    dbt.build("--full-refresh", *CORE)
    assert fact_kinds(dbt) == {"status_chargingpoints": "v", "status_connectors": "v"}
    assert dbt.marts() == piecemeal
    dbt.build(*CORE)  # without --full-refresh and without dates: all rows are replaced
    assert dbt.marts() == piecemeal


def fact_kinds(dbt: Dbt) -> dict[str, str]:
    return dict(
        dbt.rows(
            "select relname, relkind from pg_class where relnamespace = 'marts'::regnamespace "
            "and relname in ('status_chargingpoints', 'status_connectors')"
        )
    )


def test_a_new_source_needs_no_file_of_the_project(dbt):
    """Its description says what its words mean; its master data goes through the same staging."""
    dbt.start_anew()
    mine = {"source": "fifth", "is_event": False, "name": "Fifth", "public_site": None}
    words = {"is_occupied": True, "is_charging": True, "is_operational": True, "source": "fifth"}
    write_reference(
        dbt.connection,
        [*vendors.source_rows(), {**mine, "licence": "CC-BY-4.0"}],
        [
            *vendors.status_words(),
            {**words, "source_status": "humming", "status": "CHARGING"},
        ],
    )
    dbt.load([poll for poll in POLLS if poll.day == DAYS[0]])
    for table in ("polls", "status_spans", "stations", "charging_points", "connectors"):
        dbt.rows(f"update typed.{table} set source = 'fifth' returning 1")
    dbt.rows(
        "update typed.status_spans set status = 'Humming' where status = 'CHARGING' returning 1"
    )
    dbt.build("--full-refresh", *CORE)
    found = dict(
        dbt.rows(
            "select source_status, max(status_connector) from marts.status_connectors group by 1"
        )
    )
    assert (found["Humming"], found["AVAILABLE"]) == ("CHARGING", "UNKNOWN")
    assert dbt.rows("select count(*) > 0 from marts.connector where source = 'fifth'") == [(True,)]
    assert dbt.rows("select name, is_event, licence from marts.source where source = 'fifth'") == [
        ("Fifth", False, "CC-BY-4.0")
    ]


def test_some_dates_alone_cannot_be_a_first_build(dbt):
    dbt.start_anew()
    dbt.load(POLLS)
    result = dbt.run("build", "--select", "+time", days=DAYS[:1])
    assert not result.ok
    assert "build everything once, with --full-refresh" in " ".join(result.failures)


def test_a_lost_observation_fails_the_build(dbt):
    dbt.start_anew()
    dbt.load(POLLS)
    dbt.rows("update typed.polls set records = records + 1 where date = '2022-03-26' returning 1")
    result = dbt.run("build", "--full-refresh", "--select", "+observations_reconcile")
    assert [failure.split(":")[0] for failure in result.failures] == ["observations_reconcile"]


def test_the_logic_of_single_models(dbt):
    """dbt's own unit tests, also while only some dates are built."""
    dbt.start_anew()
    dbt.build("--full-refresh", "--empty")
    result = dbt.run("test", "--select", "test_type:unit", days=DAYS[:1])
    assert result.ok, result.failures
    assert result.nodes["unit_test pass"] >= 8


def test_analysts_read_marts_and_nothing_else(built):
    readable = built.rows(
        "select distinct schemaname from (select schemaname, tablename as name from pg_tables "
        "union all select schemaname, viewname from pg_views) relations "
        "where schemaname in ('typed', 'ops', 'staging', 'intermediate', 'marts') "
        "and has_schema_privilege('wattstar_analyst', schemaname, 'usage') "
        "and has_table_privilege('wattstar_analyst', format('%I.%I', schemaname, name), 'select')"
    )
    assert readable == [("marts",)]
    closed = built.rows(
        "select relname from pg_class where relnamespace = 'marts'::regnamespace "
        "and relkind in ('r', 'v') and not has_table_privilege('wattstar_analyst', oid, 'select')"
    )
    assert closed == []


def test_polls_that_are_late_are_no_fault_of_the_build(built):
    result = built.run("source", "freshness")
    assert not result.ok
    assert result.nodes["source error"] == 1


# --- that it can be read, and moved --------------------------------------------------------------


def test_the_marts_carry_their_descriptions(built):
    bare = built.rows(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v') "
        "and a.attnum > 0 and not a.attisdropped and (col_description(c.oid, a.attnum) is null "
        "or obj_description(c.oid, 'pg_class') is null)"
    )
    assert bare == []


def test_sources_are_described_as_they_are_loaded(built):
    manifest = json.loads((built.settings.home / "dbt" / "manifest.json").read_text())
    found = {
        source["name"]: list(source["columns"])
        for source in manifest["sources"].values()
        if source["source_name"] == "typed"
    }
    assert found == {name: schema.names for name, schema in TABLES.items()}


FORBIDDEN = re.compile(
    r"distinct on|filter\s*\(|\blateral\b|\barray\b|::|->|generate_series|\binterval\b(?!')"
    r"|is (not )?distinct from|on conflict|\bilike\b|\bdate\(|\bto_timestamp\b|\bisodow\b"
)


@pytest.fixture(scope="module")
def redshift(built) -> Path:
    """Everything compiled for Redshift, without one."""
    pytest.importorskip("dbt.adapters.redshift", reason="dbt-redshift is not installed")
    result = built.run("compile", "--no-populate-cache", "--no-introspect", target="redshift")
    assert result.ok, result.failures
    return built.settings.home / "dbt" / "compiled" / "wattstar"


def test_models_compiled_for_redshift_use_only_what_it_knows(redshift):
    files = [path for path in redshift.rglob("*.sql") if "unit_tests" not in str(path)]
    assert len(files) > 50
    for path in files:
        text = re.sub(r"--[^\n]*", "", path.read_text())
        assert not FORBIDDEN.search(text.lower()), f"{path}: {FORBIDDEN.search(text.lower())}"
        assert sqlglot.parse_one(text, dialect="redshift")


def test_keys_are_the_same_on_redshift(redshift, built):
    """STRTOL is Redshift's; here it is a function of that name."""
    model = (redshift / "models/marts/history/charging_station_history.sql").read_text()
    theirs = model[model.index("(strtol") : model.index(" as id_cs")]
    built.rows(
        "create or replace function public.strtol(digits text, base int) returns bigint "
        "language sql as $$ select ('x' || lpad(digits, 16, '0'))::bit(64)::bigint $$; select 1"
    )
    found = built.rows(f"select id_cs, {theirs} from marts.charging_station where id_cs > 0")
    assert found
    assert all(ours == key for ours, key in found)


def test_no_package_is_needed():
    assert not list((PROJECT / "dbt_project").glob("packages.y*ml"))


def test_a_poll_without_answers_builds_to_nothing_known(dbt):
    """The day of a warehouse's first failure: no good answer at all."""
    dbt.start_anew()
    dbt.load([Poll("bonn", START + HOUR, ok=False)])
    dbt.build("--full-refresh")
    assert dbt.rows("select count(*) from marts.utilisation_city_hour") == [(0,)]
    assert dbt.rows("select count(*) from marts.connector") == [(1,)]
