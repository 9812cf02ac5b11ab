"""Persons and secrets of all four sources are nowhere, before and after `wattstar forget`, which is
run as a person types it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest

from extract.lake import forgotten
from extract.lake.compact import compact
from extract.lake.files import Lake
from extract.lake.forgotten import Sought
from extract.lake.pseudonyms import Pseudonyms
from extract.sandbox import Options
from extract.settings import Settings
from extract.steps import backfill, build, docs, load, poll
from extract.steps.forget import _Forgetting, forget
from extract.steps.forget_search import in_lake
from extract.vendors.chargeamps import sandbox as chargeamps
from extract.vendors.chargeamps.sandbox.truth import personal
from extract.vendors.ocpp import sandbox as ocpp
from extract.vendors.ocpp.sandbox.fleet import tags
from extract.vendors.sandboxes import running, sandbox_settings
from extract.vendors.zaptec.sandbox import Fleet, fleet
from extract.warehouse import personal as tables
from extract.warehouse.database import open_warehouse
from tests.integration.hostile import hostile
from tests.integration.seeds import MARK, found_in, sowing, written
from tests.integration.warehouse import WATTSTAR, environment, query, settings
from tests.ocpp_schemas import leaves

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DAYS = timedelta(days=6)
FLEET = Options(now=NOW, scale=0.02, zaptec_chargers=6, zaptec_rate=0, chargeamps_chargers=3)
LOGS = ocpp.Options(charge_points=4)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def truth() -> Fleet:
    return fleet(FLEET)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """All four sources, polled, loaded, built and documented; every object of Zaptec's and Charge
    Amps' answers and every field of OCPP's schemas names somebody besides."""
    made = settings(tmp_path_factory.mktemp("home"))
    with ExitStack() as started:
        sandbox = started.enter_context(running(FLEET))
        made = sandbox_settings(made, sandbox)
        made = made.model_copy(
            update={
                f"{source}_url": started.enter_context(sowing(sandbox.url_of(source)))
                for source in ("chargecloud", "zaptec", "chargeamps")
            }
        )
        ocpp.write(made.home / "inbox", LOGS, NOW - DAYS, NOW)
        (made.home / "inbox" / "seeds.jsonl").write_text("\n".join(seeded_messages()) + "\n")
        polled = [
            backfill.backfill(made, "zaptec", (NOW - DAYS).date(), NOW.date()),
            *(poll.poll(made, source) for source in ("chargecloud", "zaptec", "ocpp")),
            poll.poll(made, "chargeamps", once=True),
        ]
        assert [one.failed for one in polled] == [[]] * len(polled)
        load.load(made)
        assert build.build(made).ok
        docs.docs(made)
        assert wattstar(made, "status").stderr == ""
        yield made


def seeded_messages() -> Iterator[str]:
    """A message for each field of each schema, with somebody in it."""
    for number, leaf in enumerate(leaves()):
        text = f"Frau {MARK}{number:06d}, {MARK}{number:06d}@example.org"
        body, key = leaf.body(text), f"m{number}"
        message = [3, key, body] if leaf.is_response else [2, key, leaf.action, body]
        yield json.dumps(
            {"cp": "CP-7", "ts": f"{NOW - DAYS:%Y-%m-%dT%H:%M:%SZ}", "message": message}
        )


def wattstar(
    where: Settings, *arguments: str, text: str | None = None
) -> subprocess.CompletedProcess:
    """The command line, as a person calls it."""
    return subprocess.run(
        [WATTSTAR, *arguments],
        env=environment(where.home, WATTSTAR_OCPP_INBOX=str(where.home / "inbox")),
        cwd=where.home,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def people(truth: Fleet) -> list[str]:
    """Who charges, and secrets, in all sources; texts that are so short that they occur by
    chance are left out."""
    kinds = truth.personal()
    texts = [text for kind in kinds if kind != "pin" for text in kinds[kind][:6]]
    texts += personal(chargeamps.garage_of(FLEET))[:30] + tags(LOGS)
    texts += [chargeamps.PASSWORD, chargeamps.API_KEY]
    return [MARK, *(text for text in texts if len(text) >= 8)]


def test_no_person_and_no_secret_is_anywhere_however_written(home, truth):
    texts = people(truth)
    assert len(texts) > 60
    assert found_in(home, written(texts)) == []


def test_the_command_leaves_nothing_of_a_person_and_ends_with_0(home, truth):
    person = next(
        one.user
        for one in reversed(truth.reported(truth.chargers, NOW - DAYS, NOW, NOW))
        if one.user and one.by_card
    )
    email, names, lake = person.email, Pseudonyms(home, "zaptec"), Lake(home.lake_url)
    pseudonyms = [names.of(text) or "" for text in (person.id, email, person.card)]
    compact(lake, date.max)
    assert [file for file in lake.files("raw/source=zaptec") if "-compacted-" in file.path]
    [before] = query(home, "select count(*), sum(energy_kwh) from marts.sessions")
    places = [place for place, _ in found_in(home, {pseudonyms[0].encode(): ""})]
    assert {"typed.sessions", "marts.driver"} <= set(places)

    done = wattstar(home, "forget", "zaptec", email.upper())

    assert done.returncode == 0, done.stderr
    assert "searched: the lake: 0 places; the warehouse" in done.stdout
    assert "wattstar forget zaptec -" in done.stderr
    needles = written([email]) | {name.encode(): name for name in pseudonyms}
    assert found_in(home, needles) == []
    assert query(home, "select count(*), sum(energy_kwh) from marts.sessions") == [before]

    again = wattstar(home, "forget", "zaptec", "-", text=f"{email}\n")
    assert (again.returncode, "forgotten before: 1 of 1" in again.stderr) == (0, True)
    assert email not in again.stdout + again.stderr
    assert found_in(home, needles) == []


def test_several_are_read_from_standard_input_and_nobody_found_is_no_success(home):
    used = query(home, "select count(*) from marts.driver where source = 'ocpp'")
    names = Pseudonyms(home, "ocpp")
    known = [tag for tag in tags(LOGS) if is_driver(home, names.of(tag))][:2]
    assert len(known) == 2
    before = forgotten.read(Lake(home.lake_url))

    done = wattstar(home, "forget", "ocpp", "-", text=f"\n{known[0]}\nNOBODY-04A2B3\n{known[1]}\n")

    assert done.returncode == 1
    assert "identifier 2 of 3 is not known to ocpp" in done.stderr
    assert "NOBODY" not in done.stdout + done.stderr
    assert f"not searched: {home.home / 'inbox'}" in done.stderr
    after = forgotten.read(Lake(home.lake_url))
    assert len(after - before) == 2
    [(left,)] = query(home, "select count(*) from marts.driver where source = 'ocpp'")
    assert left == used[0][0] - 2
    assert wattstar(home, "forget", "ocpp", "-", text="\n".join(known)).returncode == 0


def test_a_call_that_was_killed_in_the_middle_is_completed_by_the_next(home):
    names = Pseudonyms(home, "ocpp")
    tag = next(tag for tag in tags(LOGS) if is_driver(home, names.of(tag)))
    name = names.of(tag) or ""
    with open_warehouse(home) as warehouse:
        killed = _Forgetting(home, warehouse, "ocpp", (tag,), lambda text: None)
        with killed._alone():
            killed._note([name])
            killed._sever_lake()
    assert is_driver(home, name)
    assert [place for place, _ in found_in(home, {name.encode(): ""}) if "lake/raw" in place] == []

    result = forget(home, "ocpp", tag)

    assert (result.ok, result.repeated) == (True, 1), (result.left, result.failures)
    assert found_in(home, written([tag]) | {name.encode(): name}) == []


def is_driver(home: Settings, name: str | None) -> bool:
    return query(home, f"select count(*) from marts.driver where pseudonym = '{name}'") == [(1,)]


def test_what_earlier_steps_and_airflow_noted_is_severed_and_names_are_not_patterns(home):
    name, other = "p_" + "c3" * 16, "p_" + "d4" * 16
    note = json.dumps({"failures": [f"driver {name}", f"driver {other}"]})
    with open_warehouse(home) as warehouse:
        for url, table in (
            (warehouse.loader, "ops.notes"),
            (warehouse.airflow or "", "public.notes"),
        ):
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute(f"create table {table} (a json, b text, c bytea, id_driver bigint)")
                row = [note, "by axb@x.no", b"card 04A2B3C4", 77]
                cursor.execute(f"insert into {table} values (%s, %s, %s, %s)", row)
                connection.commit()

            def places(sought: Sought, url: str = url, table: str = table) -> list[str]:
                return [found for found in tables.places(url, sought) if table in found]

            gone = frozenset([forgotten.trace(name)])
            assert places(Sought(gone)) == [f"{table}: 1 rows"]
            assert tables.blank(url, gone, [table.split(".")[0]]) >= 1
            assert places(Sought(gone)) == []
            assert places(Sought(frozenset([forgotten.trace(other)]))) == [f"{table}: 1 rows"]
            for text in ("a_b@x.no", "a%@x.no", "a\\b@x.no"):
                assert places(Sought(texts=(text,))) == []
            for sought in (Sought(texts=("AXB@x.no",)), Sought(texts=("04a2B3C4",))):
                assert places(sought) == [f"{table}: 1 rows"]
            assert places(Sought(id_drivers=(77,))) == [f"{table}: 1 rows"]
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute(f"drop table {table}")
                connection.commit()


def test_no_log_of_any_command_names_the_person(home, truth):
    logs = [path for path in Path(home.home).rglob("*.log*") if path.is_file()]
    assert logs
    needles = [email.encode() for email in truth.personal()["email"]]
    assert not [path for path in logs if any(each in path.read_bytes() for each in needles)]


def test_a_person_who_is_forgotten_during_a_poll_does_not_land_from_then_on(tmp_path):
    """The first page of sessions has landed when the person is forgotten; the second has not."""
    made = settings(tmp_path, pseudonym_key="k" * 32)
    kari = Pseudonyms(made, "zaptec").of("kari@x.no") or ""
    lake, pages = Lake(made.lake_url), [0]

    def answer(path: str, _params: dict[str, str], _token: str) -> tuple[int, object]:
        if path == "/oauth/token":
            return 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
        if path == "/api/installation":
            return 200, {"Pages": 1, "Data": [{"Id": "2bbec6f9-c3ce-4edf-a72f-b1b2a663c6ba"}]}
        pages[0] += 1
        if pages[0] == 2:
            assert list(in_lake(lake, Sought(texts=(kari,))))
            forgotten.add(lake, [kari])
        session = {"id": f"s{pages[0]}", "authorizedUser": {"email": "kari@x.no"}, "energy": 1.5}
        more = {"cursor": "c1", "hasMore": True} if pages[0] == 1 else {"hasMore": False}
        return 200, {"sessions": [session], **more}

    with hostile(answer) as here:
        made = made.model_copy(
            update={"zaptec_url": here.url, "zaptec_username": "u", "zaptec_password": "p"}
        )
        assert poll.poll(made, "zaptec", ["sessions"]).ok
    files = sorted(file.path for file in lake.files("raw"))
    bodies = [body for path in files for body in lake.read(path)["body"].to_pylist()]
    assert [body for body in bodies if kari.encode() in body] == bodies[1:2]
    assert b'"authorizedUser":{"email":null}' in bodies[2]
