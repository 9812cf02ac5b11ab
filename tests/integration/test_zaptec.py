"""Zaptec end to end: the sandbox's months through lake, warehouse, report and forgetting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from extract.lake.files import Lake
from extract.lake.forgotten import Sought
from extract.lake.pseudonyms import PseudonymKeyError, Pseudonyms
from extract.report import ReportError, zaptec
from extract.report.page import save
from extract.sandbox import Options, Sandbox
from extract.settings import Settings
from extract.steps import backfill, build, forget, forget_search, load, poll, tariffs
from extract.vendors.sandboxes import running, sandbox_settings
from extract.vendors.zaptec.sandbox import Fleet, fleet
from tests.integration.warehouse import execute, load_all, query, settings

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
OPTIONS = Options(now=NOW, zaptec_chargers=20, zaptec_rate=0)
TARIFF = """
currency = "NOK"
vat_percent = 25
fee_per_session = 1.37
fee_per_month = 49
price_per_kwh = 0.95
"""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running(OPTIONS) as started:
        yield started


@pytest.fixture(scope="module")
def truth() -> Fleet:
    return fleet(OPTIONS)


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Settings:
    """A warehouse with the sessions since September, the assets and one round of states."""
    made = sandbox_settings(settings(tmp_path_factory.mktemp("home")), sandbox)
    assert backfill.backfill(made, "zaptec", SEPTEMBER.date(), NOW.date()).ok
    assert poll.poll(made, "zaptec").ok
    assert load.load(made).ok
    built = build.build(made)
    assert built.ok, built.failures
    return made


def reported(truth: Fleet) -> list[Any]:
    """What the vendor tells at NOW of the sessions that ended since September and count."""
    found = truth.reported(truth.chargers, SEPTEMBER, NOW, NOW)
    now_ms = int(NOW.timestamp() * 1000)
    return [one for one in found if not one.is_void(now_ms) and not one.successor(now_ms)]


def test_every_session_is_there_once_and_each_drivers_energy_to_the_watt_hour(where, truth):
    names = Pseudonyms(where, "zaptec")
    expected: dict[tuple, Decimal] = defaultdict(Decimal)
    for one in reported(truth):
        driver = names.of(one.user.id) if one.user else "unknown"
        energy = Decimal(str(round(one.energy_kwh, 6)))
        expected[driver, f"{one.started_at.astimezone(UTC):%Y-%m}"] += energy
    found = query(
        where,
        "select pseudonym, to_char(started_at at time zone 'UTC', 'YYYY-MM'), sum(s.energy_kwh) "
        "from marts.sessions s join marts.driver d using (id_driver) "
        "where not is_void group by 1, 2",
    )
    assert {(driver, month): energy for driver, month, energy in found} == expected
    [(rows, ids)] = query(
        where, "select count(*), count(distinct source_session_id) from marts.sessions"
    )
    assert rows == ids == len(truth.reported(truth.chargers, SEPTEMBER, NOW, NOW))


def test_hours_add_up_to_every_sessions_energy(where):
    [(sessions, off)] = query(
        where,
        "select count(*), count(*) filter (where s.energy_kwh <> coalesce(h.energy_kwh, 0)) "
        "from marts.sessions s left join (select id_session, sum(energy_kwh) as energy_kwh "
        "from marts.session_energy_hours group by 1) h using (id_session) where not s.is_void",
    )
    assert (sessions > 100, off) == (True, 0)


def test_no_person_and_no_secret_is_anywhere(where, truth):
    personal = truth.personal()
    texts = [text for kind, texts in personal.items() if kind != "pin" for text in texts]
    assert len(texts) > 50
    sought = Sought(texts=tuple(texts))
    lake = Lake(where.lake_url)
    assert list(forget_search.in_lake(lake, sought)) == []
    assert list(forget_search.in_databases(where, sought)) == []
    assert list(forget_search.in_files(where, lake, sought)) == []


@pytest.fixture(scope="module")
def october(where: Settings, truth: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("tariff") / "home.toml"
    path.write_text(TARIFF)
    return zaptec.report(where, truth.sites[0].name, "2026-10", tariffs.use(where, path))


def test_a_months_report_has_every_session_and_its_cost_to_the_cent(where, truth, october):
    site, zone = truth.sites[0], ZoneInfo("Europe/Berlin")
    expected: dict[str, Decimal] = defaultdict(Decimal)
    names = Pseudonyms(where, "zaptec")
    for one in reported(truth):
        local = one.started_at.astimezone(zone)
        if one.charger.site is site and (local.year, local.month) == (2026, 10):
            exact = Decimal(str(round(one.energy_kwh, 6))) * Decimal("0.95") + Decimal("1.37")
            cost = (exact * Decimal("1.25")).quantize(Decimal("0.01"), ROUND_HALF_UP)
            expected[str(names.of(one.user.id)) if one.user else "guest"] += cost
    drivers = next(table for table in october.tables if table.name == "drivers")
    column = drivers.columns.index("cost NOK")
    assert {row[0]: row[column] for row in drivers.rows} == expected
    assert drivers.rows[-1][0] == "guest"


def test_sql_and_report_agree_to_the_cent(where, truth, october):
    drivers = next(table for table in october.tables if table.name == "drivers")
    found = query(
        where,
        "select d.pseudonym, m.sessions_cost, m.monthly_fee, m.total_cost "
        "from marts.driver_month_costs m join marts.driver d using (id_driver) "
        "where m.month_date = '2026-10-01' and m.tariff = 'home'",
    )
    mine = {row[0]: tuple(row[-3:]) for row in drivers.rows if row[0] != "guest"}
    assert mine
    assert mine.items() <= {name: tuple(costs) for name, *costs in found}.items()


def test_a_report_is_saved_as_a_page_and_as_csv(october, tmp_path):
    page, *tables = save(october, tmp_path / "report")
    assert page.read_text().count("<svg") == 2
    assert {path.name for path in tables} == {
        *("drivers.csv", "chargers.csv", "days.csv", "sessions.csv")
    }
    sessions = (tmp_path / "report" / "sessions.csv").read_text().splitlines()
    drivers = next(table for table in october.tables if table.name == "drivers")
    assert len(sessions) - 1 == drivers.total[1]


def test_an_installation_that_is_not_known_is_an_error_that_lists_those_that_are(where, truth):
    with pytest.raises(ReportError, match=truth.sites[0].name):
        zaptec.report(where, "nowhere", "2026-10")


def test_costs_come_back_when_the_warehouse_is_made_anew_from_raw(where, october):
    costs = "select * from marts.session_costs order by tariff, id_session"
    before = query(where, costs)
    assert before
    execute(where, "drop schema typed, staging, intermediate, marts, ops cascade")
    load_all(where)
    assert build.build(where).ok
    assert query(where, costs) == before


def test_a_person_who_is_forgotten_is_nowhere_and_comes_back_as_nobody(where, sandbox, truth):
    person = next(one.user for one in reversed(reported(truth)) if one.user and one.by_card)
    names = Pseudonyms(where, "zaptec")
    own = Sought(texts=tuple(str(names.of(text)) for text in (person.id, person.email)))
    count = "select count(*), sum(energy_kwh) from marts.sessions"
    [before] = query(where, count)
    result = forget.forget(where, "zaptec", person.email)
    assert result.ok, (result.left, result.failures)
    assert result.pseudonyms >= 3  # the id, the address, the card
    assert query(where, count) == [before]
    assert list(forget_search.in_lake(Lake(where.lake_url), own)) == []
    assert poll.poll(where, "zaptec", ["sessions"]).ok
    assert list(forget_search.in_lake(Lake(where.lake_url), own)) == []
    mine = "select count(*) from marts.driver where pseudonym = any(array[%s])"
    listed = ", ".join(f"'{name}'" for name in own.texts)
    assert query(where, mine % listed) == [(0,)]


def test_another_key_is_refused_before_anything_lands(where, sandbox):
    files = sorted(Path(where.lake_url).rglob("*.parquet"))
    other = where.model_copy(update={"pseudonym_key": SecretStr("another")})
    with pytest.raises(PseudonymKeyError, match="WATTSTAR_PSEUDONYM_KEY"):
        poll.poll(other, "zaptec")
    assert sorted(Path(where.lake_url).rglob("*.parquet")) == files
