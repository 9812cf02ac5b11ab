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

from extract.sandbox import Options, Sandbox
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

    def set(self, plug: Connector, **changes: Any) -> requests.Response:
        path = f"chargepoints/{plug.charger}/connectors/{plug.number}/settings"
        return self.put(path, **{**self.get(path).json(), **changes})

    def limit(self, plug: Connector) -> float | None:
        path = f"chargepoints/{plug.charger}/connectors/{plug.number}/settings"
        return self.get(path).json()["maxCurrent"]

    def current(self, plug: Connector) -> float:
        """The largest current of a connector's phases, 0 where nothing is measured."""
        told = self.status(plug.charger)["connectorStatuses"][plug.number - 1]
        return max((float(m["current"]) for m in told["measurements"] or ()), default=0.0)


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
    told = [garage.samples(charger, at.timestamp()) or [] for charger in garage.chargers.values()]
    return [
        one
        for samples in told
        for one in samples
        if one.phases and max(amps for amps, _ in one.phases.values()) >= least
    ]


# --- the account ---------------------------------------------------------------------------------


def test_a_token_is_a_jwt_that_says_when_it_expires(account: Account) -> None:
    claims = account.login["token"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert told["exp"] - told["iat"] == 7200


@pytest.mark.parametrize(
    "key, email, password",
    [("wrong", EMAIL, PASSWORD), (API_KEY, "nobody@example.se", PASSWORD), (API_KEY, EMAIL, "x")],
)
def test_a_wrong_key_or_password_is_refused(
    account: Account, key: str, email: str, password: str
) -> None:
    assert account.post("auth/login", key, email=email, password=password).status_code == 401


def test_nothing_is_told_without_a_token(sandbox: Sandbox) -> None:
    url = f"{sandbox.url_of('chargeamps')}/api/v5/chargepoints/owned"
    assert requests.get(url, timeout=30).status_code == 401


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


def test_an_expired_token_is_refused_and_can_be_refreshed() -> None:
    with running(Options(now=MORNING, chargeamps_token_seconds=0.001)) as sandbox:
        account = Account(sandbox)
        assert account.get("chargepoints/owned").status_code == 401
        old = {name: account.login[name] for name in ("token", "refreshToken")}
        assert account.post("auth/refreshToken", **old).status_code == 200


def test_a_fault_can_void_every_token(sandbox: Sandbox, account: Account) -> None:
    sandbox.add_fault("revoked", "owned", times=1)
    assert account.get("chargepoints/owned").status_code == 401
    assert account.get("chargepoints/owned").status_code == 401
    assert Account(sandbox).get("chargepoints/owned").status_code == 200


# --- the garage ----------------------------------------------------------------------------------


def test_there_are_thirty_chargers_with_two_connectors_and_a_secret(account: Account) -> None:
    owned = account.get("chargepoints/owned").json()
    assert len({one["id"] for one in owned}) == 30
    assert {len(one["connectors"]) for one in owned} == {2}
    assert {plug["type"] for one in owned for plug in one["connectors"]} == {"Charger", "Schuko"}
    assert all(one["password"] for one in owned)


def test_version_4_tells_the_same_as_version_5(sandbox: Sandbox, account: Account) -> None:
    charger = account.get("chargepoints/owned").json()[0]["id"]
    assert Account(sandbox, "v4").status(charger) == account.status(charger)


def test_status_comes_in_words_ocpp_names_and_both_kinds_of_numbers(account: Account) -> None:
    told = [account.status(one["id"]) for one in account.get("chargepoints/owned").json()]
    words = {plug["status"] for one in told for plug in one["connectorStatuses"] or ()}
    assert {"Charging", "Available", "0", "1", "2"} <= words
    assert words & {"SuspendedEV", "SuspendedEVSE", "Preparing"}
    plugs = [plug for one in told for plug in one["connectorStatuses"] or ()]
    assert {type(plug["sessionId"]) for plug in plugs} == {int, str, type(None)}
    currents = [m["current"] for plug in plugs for m in plug["measurements"] or ()]
    assert {type(current) for current in currents} == {float, str}


def test_an_unknown_charger_or_connector_is_not_found(account: Account, garage: Garage) -> None:
    charger = next(iter(garage.chargers))
    assert account.get("chargepoints/nobody/status").status_code == 404
    assert account.get(f"chargepoints/{charger}/connectors/3/settings").status_code == 404


def test_another_process_with_the_same_seed_tells_the_same(
    account: Account, garage: Garage
) -> None:
    for charger in garage.chargers.values():
        here = garage.samples(charger, MORNING.timestamp())
        there = account.status(charger.id)["connectorStatuses"]
        assert (here is None) == (there is None)
        for sample, told in zip(here or (), there or (), strict=True):
            phases = {m["phase"]: float(m["current"]) for m in told["measurements"] or ()}
            assert phases == {name: amps for name, (amps, _) in (sample.phases or {}).items()}


def test_wifi_gaps_leave_no_connectors(garage: Garage) -> None:
    ticks = [MORNING + timedelta(minutes=number) for number in range(720)]
    told = [
        garage.samples(charger, tick.timestamp()) is None
        for tick in ticks
        for charger in garage.chargers.values()
    ]
    assert 0.001 < sum(told) / len(told) < 0.05


# --- the cars ------------------------------------------------------------------------------------


def day_of(garage: Garage, make: str) -> list[float]:
    """The currents on L1, minute by minute, of the first long stay of such a car on a day."""
    stays = [
        stay
        for charger in garage.chargers.values()
        for connector in charger.connectors
        for stay in garage.stays.between(connector, MORNING.timestamp(), MORNING.timestamp())
        if stay.make == make and connector.type == "Charger"
    ]
    stay = max(stays, key=lambda stay: stay.end - stay.start)
    told = []
    for minute in range(int((stay.end - stay.start) / 60)):
        at = stay.start + 60 * minute
        limit = garage.settings(stay.connector, at).limit_a
        told.append(stay.takes_a(at, garage.energy_wh(stay, at), limit))
    return told


def test_cars_of_one_phase_take_at_most_15_a_and_of_three_16_a(garage: Garage) -> None:
    assert {max(amps for amps, _ in s.phases.values()) <= 16 for s in charging(garage)} == {True}
    one_phase = [s for s in charging(garage) if s.stay and s.stay.make == "one_phase"]
    assert one_phase
    for sample in one_phase:
        currents = [amps for amps, _ in sample.phases.values()]
        assert 0 < currents[0] <= 15 and not any(currents[1:])


def test_a_tapering_car_takes_less_and_less(garage: Garage) -> None:
    currents = day_of(garage, "tapering")
    falling = [amps for amps in currents if 0 < amps < 0.6 * max(currents)]
    assert len(falling) > 10
    assert falling == sorted(falling, reverse=True)


def test_a_full_car_tops_up_every_few_minutes(garage: Garage) -> None:
    currents = day_of(garage, "topping_up")[-60:]
    starts = sum(before == 0 < now for before, now in pairwise(currents))
    assert 8 <= starts <= 14


def test_a_waiting_car_begins_an_hour_or_more_after_it_came(garage: Garage) -> None:
    currents = day_of(garage, "waiting")
    assert not any(currents[:59])
    assert any(currents)


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [6, 10, 16, 20, 24])
def test_a_car_takes_45_to_55_percent_of_the_limit_from_then_on(
    sandbox: Sandbox, account: Account, garage: Garage, limit: float
) -> None:
    cars = [s for s in charging(garage) if s.stay and s.stay.connector.type == "Charger"]
    for sample in cars[:5]:
        account.set(sample.connector, maxCurrent=limit)
        taken = account.current(sample.connector)
        assert 0.45 * limit <= taken <= 0.55 * limit


def test_below_6_a_or_switched_off_a_car_stops(account: Account, garage: Garage) -> None:
    first, second = charging(garage)[5:7]
    assert account.current(first.connector) and account.current(second.connector)
    account.set(first.connector, maxCurrent=5.9)
    account.set(second.connector, mode="Off")
    assert account.current(first.connector) == account.current(second.connector) == 0


def test_a_lower_limit_changes_the_energy_from_then_on_and_not_before() -> None:
    changed, same = garage_of(OPTIONS), garage_of(OPTIONS)
    stay = charging(changed)[0].stay
    assert stay is not None
    half_past = (MORNING + timedelta(minutes=30)).timestamp()
    assert changed.energy_wh(stay, half_past) == same.energy_wh(stay, half_past)
    changed.change(stay.connector, MORNING.timestamp(), Settings(max_current=6.0))
    assert changed.energy_wh(stay, MORNING.timestamp()) == same.energy_wh(stay, MORNING.timestamp())
    assert changed.energy_wh(stay, half_past) < same.energy_wh(stay, half_past)


def test_settings_that_make_no_sense_are_refused(account: Account, garage: Garage) -> None:
    plug = charging(garage)[0].connector
    for wrong in ({"maxCurrent": 40}, {"mode": "Sometimes"}, {"connectorId": plug.number % 2 + 1}):
        assert account.set(plug, **wrong).status_code == 400


def test_a_charger_can_ignore_alter_or_delay_a_change(
    sandbox: Sandbox, account: Account, garage: Garage
) -> None:
    plug = charging(garage)[8].connector
    account.set(plug, maxCurrent=20)
    sandbox.add_fault("ignored", plug.charger, times=1)
    assert account.set(plug, maxCurrent=10).status_code == 200
    assert account.limit(plug) == 20
    sandbox.add_fault("altered", plug.id, times=1)
    account.set(plug, maxCurrent=10)
    assert account.limit(plug) == 8
    sandbox.add_fault("delayed", seconds=40, times=1)
    account.set(plug, maxCurrent=12)
    assert account.limit(plug) == 8
    sandbox.set_clock(MORNING + timedelta(seconds=40))
    assert account.limit(plug) == 12


def test_commands_that_nobody_should_send_are_counted(account: Account, garage: Garage) -> None:
    counts = account.base.replace("/api/v5", "/counts")
    before = requests.get(counts, timeout=30).json()
    plug = charging(garage)[0].connector
    where = f"chargepoints/{plug.charger}"
    account.put(f"{where}/connectors/{plug.number}/remotestop")
    account.put(f"{where}/reboot")
    assert requests.get(counts, timeout=30).json() == {**before, "commands": before["commands"] + 2}


# --- status and sessions -------------------------------------------------------------------------


def test_a_stale_status_is_that_of_a_while_ago(
    sandbox: Sandbox, account: Account, garage: Garage
) -> None:
    charger = charging(garage)[0].connector.charger
    then = account.status(charger)
    sandbox.set_clock(MORNING + timedelta(minutes=10))
    assert account.status(charger) != then
    sandbox.add_fault("stale", f"status:{charger}", seconds=600, times=1)
    assert account.status(charger) == then


def jumps(garage: Garage, charger: Charger, number: int) -> set[float]:
    ticks = [MORNING.timestamp() + 30 * tick for tick in range(240)]
    told = [samples for tick in ticks if (samples := garage.samples(charger, tick))]
    registers = [samples[number].register_kwh for samples in told]
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


def test_sessions_of_a_window_are_told_and_an_open_one_has_no_end(
    account: Account, garage: Garage
) -> None:
    first, last = MORNING - timedelta(days=2), MORNING + timedelta(days=1)
    told = [
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
    assert {str(session["id"]) for session in told} == known.keys()
    opened = [session for session in told if session["endTime"] is None]
    assert 10 < len(opened) < 60 < len(told)
    assert all(known[str(session["id"])].ended_at is None for session in opened)
    assert {type(session["id"]) for session in told} == {int, str}
    assert any(session["rfid"] for session in told)
    assert account.get(f"chargepoints/{next(iter(garage.chargers))}/chargingsessions",
                       startTime="soon", endTime="later").status_code == 400  # fmt: skip


def test_what_is_personal_is_known_to_the_tests(account: Account, garage: Garage) -> None:
    texts = set(truth.personal(garage))
    owned = account.get("chargepoints/owned").json()
    assert {one["password"] for one in owned} <= texts
    assert {account.login["user"]["id"], account.login["user"]["mobile"]} <= texts
