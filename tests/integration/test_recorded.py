"""The recorded polls, served over HTTP and pushed through the command line, give in the marts
exactly what is in them."""

import csv
import io
import json
from datetime import datetime
from itertools import product

import pytest

from extract.sandbox import Options
from extract.vendors.sandboxes import running
from extract.warehouse.database import open_warehouse
from tests.feed import RECORDINGS, recordings, walk
from tests.integration.warehouse import settings, wattstar


@pytest.fixture(scope="module")
def polled() -> list[dict[str, dict]]:
    return recordings()


@pytest.fixture(scope="module")
def home(tmp_path_factory, polled):
    """A home into which both polls were polled, loaded and built."""
    folder = tmp_path_factory.mktemp("recorded")
    with running(Options(chargecloud_recordings=RECORDINGS)) as sandbox:
        for poll in polled:
            sandbox.set_clock(max(times(poll)))
            done = wattstar(
                folder,
                "poll",
                "chargecloud",
                WATTSTAR_CHARGECLOUD_URL=sandbox.url_of("chargecloud"),
            )
            assert done.returncode == 0, done.stderr
    for step in ("load", "build", "docs"):
        done = wattstar(folder, step)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def times(poll: dict[str, dict]) -> list[datetime]:
    return [datetime.fromisoformat(answer["timestamp"]) for answer in poll.values()]


def rows(home, query: str) -> list[dict]:
    done = wattstar(home, "sql", "--csv", query)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def observations(home, table: str, unit: str, status: str, more: str = "") -> set:
    found = rows(home, f"select {unit}, query_time, {status} {more} from {table}")
    found_rows = {
        (
            row[unit].removeprefix("chargecloud:"),
            datetime.fromisoformat(row["query_time"]),
            *(value for name, value in row.items() if name not in (unit, "query_time")),
        )
        for row in found
    }
    assert len(found_rows) == len(found)
    return found_rows


def test_every_status_of_every_charging_point_is_there_once(home, polled):
    found_rows = observations(
        home, "status_chargingpoints", "id_chargingpoint", "status_cp", ", status_parkingsensor"
    )
    expected = {
        (key, datetime.fromisoformat(poll[city]["timestamp"]), status, sensor or "")
        for poll in polled
        for city in poll
        for (unit, key), (status, sensor) in walk({city: poll[city]}).items()
        if unit == "chargingpoint"
    }
    assert found_rows == expected


def test_every_status_of_every_connector_is_there_once(home, polled):
    found_rows = observations(home, "status_connectors", "id_connector", "status_connector")
    expected = {
        (key, datetime.fromisoformat(poll[city]["timestamp"]), status)
        for poll in polled
        for city in poll
        for (unit, key), (status, _) in walk({city: poll[city]}).items()
        if unit == "connector"
    }
    assert found_rows == expected


def test_the_stations_points_and_connectors_are_those_of_the_last_poll(home, polled):
    places = [place for answer in polled[-1].values() for place in answer["data"]]
    evses = [(place, evse) for place in places for evse in place["evses"]]
    sent = [(evse, connector) for _, evse in evses for connector in evse["connectors"]]
    stations = rows(home, "select * from charging_station where source <> 'unknown' and id_cs > 0")
    assert {
        (row["source_id"], row["name"], row["postal_code"], row["country"]) for row in stations
    } == {
        (place["id"], place["name"].strip(), place["postal_code"].strip(), place["country"])
        for place in places
    }
    at = {row["source_id"]: (float(row["latitude"]), float(row["longitude"])) for row in stations}
    assert at == {
        place["id"]: (
            float(place["coordinates"]["latitude"]),
            float(place["coordinates"]["longitude"]),
        )
        for place in places
    }
    of_point = rows(
        home,
        "select p.source_id as point, s.source_id as station from charging_point p "
        "join charging_station s using (id_cs) where p.id_cp <> 'unknown'",
    )
    assert {(row["point"], row["station"]) for row in of_point} == {
        (evse["id"], place["id"]) for place, evse in evses
    }
    connectors = rows(home, "select * from connector where id_connector <> 'unknown'")
    found_rows = {
        (row["id_connector"], row["id_cp"], float(row["ampere"]), float(row["max_power"]))
        for row in connectors
    }
    assert found_rows == {
        (
            f"chargecloud:{connector['id']}",
            f"chargecloud:{evse['id']}",
            float(connector["ampere"]),
            float(connector["max_power"]),
        )
        for evse, connector in sent
    }
    assert len(connectors) == len(sent)


def test_the_time_dimension_is_in_the_business_time_zone(home, polled):
    found = rows(home, 'select * from "time"')
    expected = {time for poll in polled for time in times(poll)}
    assert {datetime.fromisoformat(row["query_time"]) for row in found} == expected
    for row in found:
        local = datetime.fromisoformat(row["query_time"]).astimezone(min(expected).tzinfo)
        year, week, weekday = local.isocalendar()
        assert (int(row["hour"]), int(row["day"]), int(row["week"])) == (
            local.hour,
            local.day,
            week,
        )
        assert (int(row["year"]), int(row["weekday"])) == (year, weekday)


def test_an_analyst_can_read_the_marts_and_nothing_else_and_cannot_write(home):
    writes = (
        "select * from typed.polls",
        "select * from ops.ledger",
        "delete from connector",
        "drop table connector",
        "create table mine (a int)",
        "create temp table mine (a int)",
        "select 1; drop table connector",
        "select 1) to stdout; drop table marts.connector; copy (select 1",
    )
    with open_warehouse(settings(home)):  # one start for all
        for query, *form in [*zip(writes), *product(writes[-3:], ["--csv"])]:
            done = wattstar(home, "sql", *form, query)
            assert done.returncode == 1, query
            assert done.stderr.startswith("wattstar: "), done.stderr
            assert "Traceback" not in done.stderr
    assert int(rows(home, "select count(*) as n from connector")[0]["n"]) > 1


def test_every_model_and_column_is_described_in_the_docs_site(home):
    page = (home / "docs" / "dbt" / "index.html").read_text()
    assert "status_connectors" in page
    manifest = json.loads((home / "dbt" / "manifest.json").read_text())
    models = [
        node
        for node in [*manifest["nodes"].values(), *manifest["sources"].values()]
        if node["resource_type"] in ("model", "seed", "source")
    ]
    bare = [node["name"] for node in models if not node["description"]]
    bare += [
        f"{node['name']}.{name}"
        for node in models
        for name, column in node["columns"].items()
        if not column["description"]
    ]
    assert models
    assert not bare


def test_status_as_json_says_that_the_recording_is_late_and_nothing_else(home):
    done = wattstar(home, "status", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (0, True)
    assert (found["dirty"], found["unbuilt"], found["quarantined"]) == ([], [], [])
    assert {step: how["ok"] for step, how in found["steps"].items()} == {
        "load": True,
        "build": True,
        "docs": True,
    }
