"""The Charge Amps sandbox over HTTP on loopback: its account, its garage, its cars, its quirks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests

from extract.lake.fields import Record
from extract.sandbox import Options, Sandbox
from extract.vendors.chargeamps.fields import (
    CONNECTOR_SETTINGS,
    ORGANISATION,
    POINT,
    POINT_STATUS,
    SESSION,
)
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD, garage_of, truth
from extract.vendors.chargeamps.sandbox.garage import Charger, Connector
from extract.vendors.chargeamps.sandbox.state import Garage, Sample, Settings
from extract.vendors.sandboxes import running

MORNING = datetime(2026, 11, 17, 8, tzinfo=UTC)
OPTIONS = Options(now=MORNING)


class Account:
    """Somebody who talks to the API, logged in."""

    def __init__(self, sandbox: Sandbox, version: str = "v5") -> None:
        self.http, self.base = requests.Session(), f"{sandbox.url_of('chargeamps')}/api/{version}"
        self.login = self.post("auth/login", email=EMAIL, password=PASSWORD).json()
        self.http.headers["Authorization"] = f"Bearer {self.login['token']}"

    def post(self, path: str, key: str = API_KEY, **body: Any) -> requests.Response:
        return self.http.post(f"{self.base}/{path}", json=body, headers={"apiKey": key}, timeout=30)

    def get(self, path: str, **params: str) -> requests.Response:
        return self.http.get(f"{self.base}/{path}", params=params, timeout=30)

    def put(self, path: str, **body: Any) -> requests.Response:
        return self.http.put(f"{self.base}/{path}", json=body, timeout=30)

    def status(self, charger: str) -> dict[str, Any]:
        return self.get(f"chargepoints/{charger}/status").json()

    def set(self, connector: Connector, **changes: Any) -> requests.Response:
        path = f"chargepoints/{connector.charger}/connectors/{connector.number}/settings"
        return self.put(path, **{**self.get(path).json(), **changes})

    def limit(self, connector: Connector) -> float | None:
        path = f"chargepoints/{connector.charger}/connectors/{connector.number}/settings"
        return self.get(path).json()["maxCurrent"]

    def current(self, connector: Connector) -> float:
        """The largest current of a connector's phases, 0 where nothing is measured."""
        status = self.status(connector.charger)["connectorStatuses"][connector.number - 1]
        return max((float(m["current"]) for m in status["measurements"] or ()), default=0.0)


@pytest.fixture(scope="module")
def process() -> Iterator[Sandbox]:
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: Sandbox) -> Iterator[Sandbox]:
    process.clear_faults()
    process.set_clock(MORNING)
    yield process


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return Account(sandbox)


@pytest.fixture(scope="module")
def garage() -> Garage:
    return garage_of(OPTIONS)


def charging(garage: Garage, at: datetime = MORNING, least: float = 10) -> list[Sample]:
    """The connectors where a car takes at least so much."""
    found = [garage.samples(charger, at.timestamp()) or [] for charger in garage.chargers.values()]
    return [
        one
        for samples in found
        for one in samples
        if one.phases and max(amps for amps, _ in one.phases.values()) >= least
    ]


# --- the account ---------------------------------------------------------------------------------


def test_a_token_is_a_jwt_that_says_when_it_expires(account: Account) -> None:
    claims = account.login["token"].split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert found["exp"] - found["iat"] == 7200


@pytest.mark.parametrize(
    "key, email, password",
    [("wrong", EMAIL, PASSWORD), (API_KEY, "nobody@example.se", PASSWORD), (API_KEY, EMAIL, "x")],
)
def test_a_wrong_key_or_password_is_refused(
    account: Account, key: str, email: str, password: str
) -> None:
    assert account.post("auth/login", key, email=email, password=password).status_code == 401


def test_the_eleventh_login_drops_the_oldest(sandbox: Sandbox) -> None:
    first = Account(sandbox)
    others = [Account(sandbox) for _ in range(9)]
    assert first.get("chargepoints/owned").status_code == 200
    Account(sandbox)
    assert first.get("chargepoints/owned").status_code == 401
    old = {name: first.login[name] for name in ("token", "refreshToken")}
    assert first.post("auth/refreshToken", **old).status_code == 401
    assert others[0].get("chargepoints/owned").status_code == 200


def test_a_refreshed_token_takes_the_place_of_the_old_one(account: Account) -> None:
    old = {name: account.login[name] for name in ("token", "refreshToken")}
    made = account.post("auth/refreshToken", **old).json()
    assert account.get("chargepoints/owned").status_code == 401
    account.http.headers["Authorization"] = f"Bearer {made['token']}"
    assert account.get("chargepoints/owned").status_code == 200


# --- the forms of the vendor's OpenAPI -----------------------------------------------------------


def check_form(record: Record, answer: Any) -> None:
    """AssertionError where an answer has not exactly the fields that are declared."""
    for one in answer if isinstance(answer, list) else [answer]:
        assert set(one) == record.known, record.name
        for field in record.fields:
            if field.inside is not None and one[field.name]:
                check_form(field.inside, one[field.name])


def test_every_answer_has_the_fields_that_are_declared(account: Account, garage: Garage) -> None:
    charger = next(iter(garage.chargers))
    check_form(POINT, account.get("chargepoints/owned").json())
    for name in garage.chargers:
        check_form(POINT_STATUS, account.status(name))
    path = f"chargepoints/{charger}/connectors/1/settings"
    check_form(CONNECTOR_SETTINGS, account.get(path).json())
    sessions = account.get(f"chargepoints/{charger}/chargingsessions").json()
    assert len(sessions) > 10
    check_form(SESSION, sessions)
    assert (
        account.get(f"chargepoints/{charger}/chargingsessions", maxCount="7").json()
        == (sessions[:7])
    )


def test_a_private_account_is_refused_what_is_of_organisations(account: Account) -> None:
    for path in ("organisations", "organisations/x/chargepoints/statuses"):
        assert account.get(path).status_code == 403


def test_an_enterprise_account_gets_all_of_an_organisation_at_once() -> None:
    with running(Options(now=MORNING, chargeamps_organisations=2)) as sandbox:
        account = Account(sandbox)
        owned = account.get("chargepoints/owned").json()
        organisations = account.get("organisations").json()
        check_form(ORGANISATION, organisations)
        found: list[str] = []
        for one in organisations:
            path = f"organisations/{one['id']}"
            points = account.get(f"{path}/chargepoints").json()
            statuses = account.get(f"{path}/chargepoints/statuses").json()
            check_form(POINT_STATUS, statuses)
            assert [point["id"] for point in points] == [status["id"] for status in statuses]
            assert statuses == [account.status(point["id"]) for point in points]
            sessions = account.get(f"{path}/chargingsessions").json()
            assert {session["organisationId"] for session in sessions} == {one["id"]}
            found += [point["id"] for point in points]
        assert sorted(found) == sorted(point["id"] for point in owned)


# --- the garage ----------------------------------------------------------------------------------


def test_status_comes_in_words_ocpp_names_and_both_kinds_of_numbers(account: Account) -> None:
    found = [account.status(one["id"]) for one in account.get("chargepoints/owned").json()]
    words = {connector["status"] for one in found for connector in one["connectorStatuses"] or ()}
    assert {"Charging", "Available", "0", "1", "2"} <= words
    assert words & {"SuspendedEV", "SuspendedEVSE", "Preparing"}
    connectors = [connector for one in found for connector in one["connectorStatuses"] or ()]
    assert {type(connector["sessionId"]) for connector in connectors} == {int, str, type(None)}
    currents = [m["current"] for connector in connectors for m in connector["measurements"] or ()]
    assert {type(current) for current in currents} == {float, str}


def test_another_process_with_the_same_seed_tells_the_same(
    account: Account, garage: Garage
) -> None:
    for charger in garage.chargers.values():
        here = garage.samples(charger, MORNING.timestamp())
        there = account.status(charger.id)["connectorStatuses"]
        assert (here is None) == (there is None)
        for sample, found in zip(here or (), there or (), strict=True):
            phases = {m["phase"]: float(m["current"]) for m in found["measurements"] or ()}
            assert phases == {name: amps for name, (amps, _) in (sample.phases or {}).items()}


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [6, 16, 24])
def test_a_car_takes_45_to_55_percent_of_the_limit_from_then_on(
    sandbox: Sandbox, account: Account, garage: Garage, limit: float
) -> None:
    cars = [s for s in charging(garage) if s.plug_in and s.plug_in.connector.type == "Charger"]
    for sample in cars[:5]:
        account.set(sample.connector, maxCurrent=limit)
        taken = account.current(sample.connector)
        assert 0.45 * limit <= taken <= 0.55 * limit


def test_a_lower_limit_changes_the_energy_from_then_on_and_not_before() -> None:
    changed, same = garage_of(OPTIONS), garage_of(OPTIONS)
    plug_in = charging(changed)[0].plug_in
    assert plug_in is not None
    half_past = (MORNING + timedelta(minutes=30)).timestamp()
    assert changed.energy_wh(plug_in, half_past) == same.energy_wh(plug_in, half_past)
    changed.change(plug_in.connector, MORNING.timestamp(), Settings(max_current=6.0))
    assert changed.energy_wh(plug_in, MORNING.timestamp()) == same.energy_wh(
        plug_in, MORNING.timestamp()
    )
    assert changed.energy_wh(plug_in, half_past) < same.energy_wh(plug_in, half_past)


def test_a_charger_can_ignore_alter_or_delay_a_change(
    sandbox: Sandbox, account: Account, garage: Garage
) -> None:
    connector = charging(garage)[8].connector
    account.set(connector, maxCurrent=20)
    sandbox.add_fault("ignored", connector.charger, times=1)
    assert account.set(connector, maxCurrent=10).status_code == 200
    assert account.limit(connector) == 20
    sandbox.add_fault("altered", connector.id, times=1)
    account.set(connector, maxCurrent=10)
    assert account.limit(connector) == 8
    sandbox.add_fault("delayed", seconds=40, times=1)
    account.set(connector, maxCurrent=12)
    assert account.limit(connector) == 8
    sandbox.set_clock(MORNING + timedelta(seconds=40))
    assert account.limit(connector) == 12


def test_commands_that_nobody_should_send_are_counted(account: Account, garage: Garage) -> None:
    counts = account.base.replace("/api/v5", "/counts")
    before = requests.get(counts, timeout=30).json()
    connector = charging(garage)[0].connector
    where = f"chargepoints/{connector.charger}"
    account.put(f"{where}/connectors/{connector.number}/remotestop")
    account.put(f"{where}/reboot")
    assert requests.get(counts, timeout=30).json() == {**before, "commands": before["commands"] + 2}


# --- status and sessions -------------------------------------------------------------------------


def jumps(garage: Garage, charger: Charger, number: int) -> set[float]:
    ticks = [MORNING.timestamp() + 30 * tick for tick in range(240)]
    found = [samples for tick in ticks if (samples := garage.samples(charger, tick))]
    registers = [samples[number].register_kwh for samples in found]
    return {round(b - a, 3) for a, b in pairwise(registers) if b > a}


def test_the_register_moves_in_coarse_jumps(garage: Garage) -> None:
    seen = set()
    for charger in garage.chargers.values():
        for number in (0, 1):
            found = jumps(garage, charger, number)
            assert all(jump % charger.step_kwh < 1e-6 or charger.step_kwh - jump % charger.step_kwh
                       < 1e-6 for jump in found)  # fmt: skip
            seen |= found
    assert {0.1, 0.5, 1.0} <= seen


def test_sessions_of_a_window_are_listed_and_an_open_one_has_no_end(
    account: Account, garage: Garage
) -> None:
    first, last = MORNING - timedelta(days=2), MORNING + timedelta(days=1)
    found = [
        session
        for charger in garage.chargers
        for session in account.get(
            f"chargepoints/{charger}/chargingsessions",
            startTime=first.isoformat(),
            endTime=last.isoformat(),
        ).json()
    ]
    same = garage_of(OPTIONS)
    known = {one.session_id: one for one in truth.sessions(same, first, last, MORNING)}
    assert {str(session["id"]) for session in found} == known.keys()
    opened = [session for session in found if session["endTime"] is None]
    assert 10 < len(opened) < 60 < len(found)
    assert all(known[str(session["id"])].ended_at is None for session in opened)
    assert {type(session["id"]) for session in found} == {int, str}
    assert any(session["rfid"] for session in found)


def test_what_is_personal_is_known_to_the_tests(account: Account, garage: Garage) -> None:
    texts = set(truth.personal(garage))
    owned = account.get("chargepoints/owned").json()
    assert {one["password"] for one in owned} <= texts
    assert {account.login["user"]["id"], account.login["user"]["mobile"]} <= texts
