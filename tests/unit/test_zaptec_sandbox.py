"""The Zaptec sandbox, over HTTP on loopback: its fleet, sessions, states, limits and errors."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests

from extract.sandbox import Options, Sandbox
from extract.settings import PROJECT
from extract.vendors.sandboxes import running
from extract.vendors.zaptec.sandbox import FOREIGN, PASSWORD, USERNAME, Fleet, fleet
from extract.vendors.zaptec.sandbox.sessions import Session, milliseconds
from extract.vendors.zaptec.sandbox.state import mode

RECORDINGS = PROJECT.parent / "shared" / "data" / "zaptec"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"{RECORDINGS} is missing: no recordings to compare with"
)
NOW = datetime(2026, 11, 17, 20, 0, tzinfo=UTC)  # a Tuesday evening
OPTIONS = Options(now=NOW, zaptec_rate=0)
MONTH = (NOW - timedelta(days=30), NOW)


@pytest.fixture(scope="module")
def unlimited() -> Iterator[Sandbox]:
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(unlimited: Sandbox) -> Iterator[Sandbox]:
    unlimited.set_clock(NOW)
    unlimited.clear_faults()
    yield unlimited


@pytest.fixture(scope="module")
def truth() -> Fleet:
    return fleet(OPTIONS)


class Client(requests.Session):
    """Logged in, and at home under /api."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.base = sandbox.url_of("zaptec")
        answer = login(sandbox)
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, path: str, **params: Any) -> requests.Response:
        return self.get(f"{self.base}/api/{path}", params=params, timeout=30)

    def told(self, path: str, **params: Any) -> Any:
        answer = self.ask(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Everything, page by page."""
        first = self.told(path, **params)
        rest = (self.told(path, PageIndex=n, **params) for n in range(1, first["Pages"]))
        return first["Data"] + [row for page in rest for row in page["Data"]]

    def archive(self, **params: Any) -> list[dict[str, Any]]:
        """Every session, cursor by cursor."""
        found, page = [], self.told("sessions/archived", **params)
        while page["hasMore"]:
            found += page["sessions"]
            page = self.told("sessions/archived", Cursor=page["cursor"], **params)
        assert page["cursor"] is None
        return found + page["sessions"]


def login(sandbox: Sandbox, password: str = PASSWORD) -> requests.Response:
    form = {"grant_type": "password", "username": USERNAME, "password": password}
    return requests.post(f"{sandbox.url_of('zaptec')}/oauth/token", form, timeout=30)


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def window(start: datetime, end: datetime) -> dict[str, str]:
    return {"From": start.isoformat(), "To": end.isoformat()}


def at(naive: str) -> int:
    return milliseconds(datetime.fromisoformat(naive).replace(tzinfo=UTC))


# --- the fleet -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_fleet_and_sessions_whatever_was_asked_before() -> None:
    one, two = Fleet(7, 20, 120), Fleet(7, 20, 120)
    one.sessions(NOW - timedelta(days=400), NOW)
    same = [[(s.id, s.started_ms, s.energy_wh) for s in f.sessions(*MONTH)] for f in (one, two)]
    assert same[0] == same[1] != []
    assert one.personal() == two.personal()
    assert [s.id for s in Fleet(8, 20, 120).sessions(*MONTH)] != [row[0] for row in same[0]]


@pytest.mark.parametrize(("chargers", "installations"), [(1, 1), (9, 1), (40, 5), (200, 8)])
def test_there_are_as_many_chargers_as_were_asked_for(chargers: int, installations: int) -> None:
    made = Fleet(0, chargers, 120)
    assert (len(made.chargers), len(made.sites)) == (chargers, installations)
    assert len({charger.id for charger in made.chargers}) == chargers


def test_lists_tell_every_installation_and_charger_once(client: Client, truth: Fleet) -> None:
    told = client.pages("chargers", PageSize=7)
    assert [row["Id"] for row in told] == [charger.id for charger in truth.chargers]
    assert client.told("chargers", PageSize=100)["Pages"] == 1
    assert len(client.told("installation")["Data"]) == len(truth.sites)
    circuits = [
        charger["Id"]
        for site in truth.sites
        if not site.is_limited
        for circuit in client.told(f"installation/{site.id}/hierarchy")["Circuits"]
        for charger in circuit["Chargers"]
    ]
    assert sorted(circuits) == sorted(c.id for c in truth.chargers if not c.site.is_limited)


def test_a_mere_user_sees_hardly_more_than_ids(client: Client, truth: Fleet) -> None:
    (site,) = [site for site in truth.sites if site.is_limited]
    assert "Name" not in client.told(f"installation/{site.id}")
    assert client.ask(f"installation/{site.id}/hierarchy").status_code == 204
    chargers = client.told("chargers", InstallationId=site.id)["Data"]
    assert {key for row in chargers for key in row} == {"Id", "OperatingMode", "IsOnline"}
    assert client.told("chargehistory", InstallationId=site.id)["Data"]


@needs_recordings
@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("chargers_list", "chargers"),
        ("hierarchy", "installation/{site}/hierarchy"),
        ("constants", "constants"),
    ],
)
def test_answers_have_fields_of_the_recordings_with_their_types(
    client: Client, truth: Fleet, file: str, path: str
) -> None:
    recorded = fields(json.loads((RECORDINGS / f"{file}.json").read_bytes()))
    told = fields(client.told(path.format(site=truth.sites[0].id)))
    assert {
        key: kinds - recorded[key] for key, kinds in told.items() if kinds - recorded[key]
    } == {}


@needs_recordings
def test_sessions_and_states_have_fields_of_the_recordings(client: Client, truth: Fleet) -> None:
    recorded = fields(json.loads((RECORDINGS / "chargehistory_detail1.json").read_bytes()))
    told = fields(client.told("chargehistory", DetailLevel=1))
    user = {"UserFullName", "UserEmail", "UserUserName", "UserId", "TokenName"}
    more = {f".Data[].{name}" for name in (*user, "ExternalId", "ReplacedBySessionId")}
    assert set(told) - set(recorded) <= more
    assert set(recorded) - set(told) == set()
    recording = json.loads((RECORDINGS / "charger_state.json").read_bytes())
    known = {row["StateId"] for row in recording}
    state = client.told(f"chargers/{truth.chargers[0].id}/state")
    assert fields(state) == fields(recording)
    assert {row["StateId"] for row in state} - known <= {750}


def fields(answer: Any) -> dict[str, set[str]]:
    """Path → the types of what is there; objects with ids for names count as lists."""
    found: dict[str, set[str]] = defaultdict(set)

    def walk(path: str, value: Any) -> None:
        found[path].add("number" if type(value) in (int, float) else type(value).__name__)
        if isinstance(value, dict):
            for name, child in value.items():
                walk(f"{path}[]" if "-" in name else f"{path}.{name}", child)
        if isinstance(value, list):
            for child in value:
                walk(f"{path}[]", child)

    walk("", answer)
    return found


# --- sessions ------------------------------------------------------------------------------------


def test_the_history_tells_the_truth_page_by_page_newest_first(
    client: Client, truth: Fleet
) -> None:
    told = [
        row
        for site in truth.sites
        for row in client.pages("chargehistory", InstallationId=site.id, PageSize=30)
    ]
    start = NOW - timedelta(days=120)
    assert {row["Id"]: row["Energy"] for row in told} == {
        session.id: session.energy_kwh
        for session in truth.told(truth.chargers, start, NOW + timedelta(days=1), NOW)
    }
    assert len(told) == len({row["Id"] for row in told}) > 2000
    ends = [row["EndDateTime"][:19] for row in client.pages("chargehistory", PageSize=100)]
    assert ends == sorted(ends, reverse=True)


def same(row: dict[str, Any]) -> tuple[Any, ...]:
    """What both endpoints tell of a session, from the older one's item."""
    bits = row["CommitMetadata"]
    return (
        row["Id"],
        row["ChargerId"],
        row["StartDateTime"],
        row["EndDateTime"],
        row["Energy"],
        row.get("UserId"),
        row.get("TokenName"),
        row.get("ExternalId"),
        row.get("ReplacedBySessionId"),
        row.get("SignedSession"),
        *(bool(bits & 1 << bit) for bit in (1, 2, 3, 4, 5, 6, 7)),
    )


def same_archived(row: dict[str, Any]) -> tuple[Any, ...]:
    flags = "offline reliableClock stoppedByRfid signed voided aborted ocppNative"
    names = "id chargerId startDateTime endDateTime energy"
    return (
        *(row[name] for name in names.split()),
        row["authorizedUser"] and row["authorizedUser"]["id"],
        *(row[name] for name in "tokenName externalId replacedBySessionId".split()),
        row["sessionSignature"],
        *(row[name] for name in flags.split()),
    )


def test_both_endpoints_tell_the_same_sessions(client: Client, truth: Fleet) -> None:
    for site in truth.sites:
        asked = {"InstallationId": site.id, **window(*MONTH)}
        old = {same(row) for row in client.pages("chargehistory", PageSize=100, **asked)}
        new = client.archive(PageSize=23, **asked)
        assert {same_archived(row) for row in new} == old
        assert len(new) == len(old) > 0
        ends = [at(row["endDateTime"]) for row in new]
        assert ends == sorted(ends)


def test_windows_are_of_the_end_the_beginning_in_and_the_end_out(
    client: Client, truth: Fleet
) -> None:
    first, second = truth.told(truth.chargers[:1], *MONTH, NOW)[:2]
    for end, found in ((second.ended_at, 1), (second.ended_at + timedelta(milliseconds=1), 2)):
        asked = {"ChargerId": first.charger.id, **window(first.ended_at, end)}
        assert len(client.archive(**asked)) == found
        assert len(client.pages("chargehistory", **asked)) == found


def test_a_users_sessions_can_be_asked_for(client: Client, truth: Fleet) -> None:
    person = truth.sites[1].people[3]
    told = client.pages("chargehistory", UserId=person.id)
    assert {row["UserEmail"] for row in told} == {person.email}


def test_energy_details_add_up_and_agree_with_the_signed_registers(
    client: Client, truth: Fleet
) -> None:
    signed = noisy = 0
    for row in client.pages("chargehistory", DetailLevel=1, PageSize=100, **window(*MONTH)):
        amounts = [point["Energy"] for point in row.get("EnergyDetails", [])]
        noisy += any(amount != round(amount, 3) for amount in amounts)
        if amounts:
            assert sum(amounts) == pytest.approx(row["Energy"], abs=1e-9)
        if "SignedSession" in row and amounts:
            signed += 1
            readings = json.loads(row["SignedSession"].split("|")[1])["RD"]
            steps = [b["RV"] - a["RV"] for a, b in pairwise(readings)]
            assert amounts[1:] == pytest.approx(steps, abs=1e-9)
            assert [("RU" in reading) for reading in readings] == [True] + [False] * len(steps)
            times = [reading["TM"].replace(",", ".").removesuffix(" R") for reading in readings]
            told = [
                milliseconds(datetime.fromisoformat(p["Timestamp"])) for p in row["EnergyDetails"]
            ]
            assert [milliseconds(datetime.fromisoformat(time)) for time in times] == told
    assert signed > 100
    assert noisy > 100


def test_a_calibrated_meter_goes_on_where_the_last_session_ended(
    client: Client, truth: Fleet
) -> None:
    charger = next(charger for charger in truth.chargers if charger.signed)
    rows = client.archive(ChargerId=charger.id, PageSize=200, **window(*MONTH))
    texts = [row["sessionSignature"] for row in rows if row["signed"] and not row["voided"]]
    ends = [json.loads(text.split("|")[1])["RD"] for text in texts]
    for before, after in pairwise(ends):
        assert after[0]["RV"] >= before[-1]["RV"]
    assert sum(a[0]["RV"] == b[-1]["RV"] for b, a in pairwise(ends)) > 5


def test_the_archives_details_are_amounts_or_a_register(client: Client, truth: Fleet) -> None:
    kinds: Counter[str] = Counter()
    for charger in truth.chargers:
        for row in client.archive(ChargerId=charger.id, **window(*MONTH)):
            figures = [point["energy"] for point in row["energyDetails"] or []]
            if row["energy"] and figures:
                is_sum = sum(figures) == pytest.approx(row["energy"], abs=1e-9)
                is_rise = figures[-1] - figures[0] == pytest.approx(row["energy"], abs=1e-9)
                assert is_sum or is_rise
                kinds["amounts" if is_sum else "register"] += 1
                kinds["register from above 0"] += is_rise and figures[0] > 0
    assert min(kinds.values()) > 50
    assert len(kinds) == 3


def test_a_session_that_was_offline_is_told_days_after_it_ended(
    client: Client, sandbox: Sandbox, truth: Fleet
) -> None:
    late = max(
        (one for one in truth.sessions(*MONTH) if one.is_offline),
        key=lambda one: one.known_ms - one.ended_ms,
    )
    assert late.known_ms - late.ended_ms > 86_400_000
    asked = {"ChargerId": late.charger.id, **window(*MONTH)}
    sandbox.set_clock(datetime.fromtimestamp(late.known_ms // 1000, UTC))
    assert late.id not in {row["id"] for row in client.archive(**asked)}
    sandbox.set_clock(datetime.fromtimestamp(late.known_ms // 1000 + 1, UTC))
    (row,) = [row for row in client.archive(**asked) if row["id"] == late.id]
    assert row["offline"]
    assert at(row["recognizedDateTime"]) == late.known_ms
    sandbox.set_clock(datetime.fromtimestamp(late.ended_ms // 1000 + 1, UTC))
    told = client.told(f"chargers/{late.charger.id}/state")
    assert {row["StateId"]: row.get("ValueAsString") for row in told}[-2] == "0"


def test_a_correction_comes_later_and_the_first_version_names_it(
    client: Client, sandbox: Sandbox, truth: Fleet
) -> None:
    wrong = next(one for one in truth.sessions(*MONTH) if one.replaced_by)
    asked = {"ChargerId": wrong.charger.id, **window(*MONTH)}
    sandbox.set_clock(datetime.fromtimestamp(wrong.known_ms // 1000 + 1, UTC))
    before = {row["Id"]: row for row in client.pages("chargehistory", **asked)}
    assert "ReplacedBySessionId" not in before[wrong.id]
    assert wrong.replaced_by not in before
    sandbox.set_clock(NOW)
    after = {row["Id"]: row for row in client.pages("chargehistory", **asked)}
    assert after[wrong.id]["ReplacedBySessionId"] == wrong.replaced_by
    assert after[wrong.id]["Energy"] == before[wrong.id]["Energy"]
    assert wrong.replaced_by is not None
    right = after[wrong.replaced_by]
    assert right["Energy"] == wrong.energy_wh / 1000 > before[wrong.id]["Energy"]
    assert right["EndDateTime"] == after[wrong.id]["EndDateTime"]


def test_sessions_are_of_every_kind_and_like_real_ones(truth: Fleet) -> None:
    found = truth.sessions(NOW - timedelta(days=120), NOW)
    kinds: Counter[str] = Counter()
    for one in found:
        kinds["guest"] += one.user is None
        kinds["card"] += one.by_card
        kinds["offline"] += one.is_offline
        kinds["aborted"] += one.is_aborted
        kinds["void"] += one.void_ms is not None
        kinds["replaced"] += one.replaced_by is not None
        kinds["correction"] += one.corrects
        kinds["signed"] += one.is_signed
        kinds["no details"] += not one.charger.details
    assert all(count >= 10 for count in kinds.values()), kinds
    home = [one for one in found if one.charger.site.kind.habit == "home" and one.energy_wh]
    evening = [one for one in home if 14 <= one.started_at.hour <= 20]
    assert len(evening) > len(home) * 0.8
    idle = [one.ended_ms - one.full_ms for one in home]
    assert sorted(idle)[len(idle) // 2] > 6 * 3_600_000
    work = [one for one in found if one.charger.site.kind.habit == "work"]
    assert sum(one.started_at.date() == one.ended_at.date() for one in work) == len(work)


def test_a_chargers_sessions_do_not_overlap(truth: Fleet) -> None:
    by_charger: dict[str, list[Session]] = defaultdict(list)
    for one in truth.sessions(datetime(2026, 1, 1, tzinfo=UTC), NOW):
        if not one.corrects:
            by_charger[one.charger.id].append(one)
            readings = one.readings()
            assert one.started_ms <= one.charging_ms <= one.full_ms <= one.ended_ms
            assert readings == sorted(set(readings))
    for rows in by_charger.values():
        assert all(a.ended_ms < b.started_ms for a, b in pairwise(rows))


# --- state ---------------------------------------------------------------------------------------


def test_states_agree_with_the_sessions(client: Client, sandbox: Sandbox, truth: Fleet) -> None:
    modes: Counter[str] = Counter()
    for hours in (0, 3, 12, 13):
        now = NOW + timedelta(hours=hours)
        sandbox.set_clock(now)
        listed = {row["Id"]: row for row in client.pages("chargers")}
        for charger in truth.chargers[::2]:
            state = observations(client, charger.id)
            moment = truth.at(charger, now)
            assert state[-2] == str(int(moment.online)) == str(int(listed[charger.id]["IsOnline"]))
            assert state[710] == str(mode(moment)) == str(listed[charger.id]["OperatingMode"])
            running = moment.current
            assert state[721] == (running.id if running else "")
            if running is None:
                assert state[710] == "1"
            elif moment.online:
                is_over = running.wh_at(moment.seen_ms) == running.energy_wh
                assert is_over == (state[710] == "5") or running.full_ms == running.ended_ms
                assert float(state[553] or 0) <= running.energy_wh / 1000
            power, volts = float(state[513] or 0), float(state[501] or 0)
            assert (power > 100) == (state[710] == "3")
            if state[710] == "3":
                amps = [float(state[number] or 0) for number in (507, 508, 509)]
                told = sum(float(state[501 + n] or 0) * amps[n] for n in range(3))
                assert told == pytest.approx(power, rel=0.02)
                assert volts == pytest.approx(230, abs=12)
            modes[str(state[710])] += 1
    assert set(modes) == {"1", "2", "3", "5"}


def observations(client: Client, charger: str) -> dict[int, str | None]:
    rows = client.told(f"chargers/{charger}/state")
    assert {row["ChargerId"] for row in rows} == {charger}
    return {row["StateId"]: row.get("ValueAsString") for row in rows}


def test_a_state_has_the_last_session_as_a_text_of_json(client: Client, truth: Fleet) -> None:
    for charger in truth.chargers:
        last = truth.at(charger, NOW).last
        text = observations(client, charger.id)[723]
        assert last is not None and text is not None
        told = json.loads(text)
        assert (told["SessionId"], told["Energy"]) == (last.id, last.energy_kwh)
        assert told["EndDateTime"].endswith("Z")


def test_a_state_is_cached_for_15_seconds_and_has_one_without_a_value(
    client: Client, sandbox: Sandbox, truth: Fleet
) -> None:
    path = f"chargers/{truth.chargers[0].id}/state"
    first = client.ask(path).content
    sandbox.set_clock(NOW + timedelta(seconds=14.9))
    assert client.ask(path).content == first
    sandbox.set_clock(NOW + timedelta(seconds=15))
    assert client.ask(path).content != first
    assert {row["StateId"] for row in json.loads(first) if "ValueAsString" not in row} >= {-1}


def test_an_open_session_is_in_the_history_when_it_is_over(
    client: Client, sandbox: Sandbox, truth: Fleet
) -> None:
    moments = [truth.at(charger, NOW) for charger in truth.chargers]
    runs = next(m.current for m in moments if m.current and m.online and not m.current.is_offline)
    asked = {"ChargerId": runs.charger.id, "PageSize": 100}
    assert runs.id not in {row["Id"] for row in client.pages("chargehistory", **asked)}
    sandbox.set_clock(datetime.fromtimestamp(runs.known_ms // 1000 + 1, UTC))
    assert runs.id in {row["Id"] for row in client.pages("chargehistory", **asked)}


# --- personal data -------------------------------------------------------------------------------


def test_every_personal_text_that_is_told_is_known(client: Client, truth: Fleet) -> None:
    known = truth.personal()
    told = client.pages("chargehistory", PageSize=100)
    assert {row["UserEmail"] for row in told if "UserEmail" in row} <= set(known["email"])
    assert {row["UserFullName"] for row in told if "UserFullName" in row} <= set(known["full_name"])
    assert {row["TokenName"] for row in told if "TokenName" in row} <= set(known["card_name"])
    assert {row["DeviceName"] for row in told} <= set(known["parking_place"])
    everything = json.dumps(told, ensure_ascii=False) + "".join(
        client.ask(path).text
        for path in (
            *(f"chargers/{charger.id}/state" for charger in truth.chargers),
            *(f"installation/{site.id}" for site in truth.sites),
            "chargers",
        )
    )
    shares = {
        kind: sum(text in everything for text in texts) / len(texts)
        for kind, texts in known.items()
    }
    assert min(shares.values()) > 0.5, shares


# --- who may ask, how often, and errors ----------------------------------------------------------


def test_a_wrong_password_is_told_as_an_invalid_grant(sandbox: Sandbox) -> None:
    answer = login(sandbox, "wrong")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_without_a_token_or_a_user_agent_nothing_is_told(client: Client, sandbox: Sandbox) -> None:
    url = f"{sandbox.url_of('zaptec')}/api/chargers"
    assert requests.get(url, timeout=30).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer x"}, timeout=30).status_code == 401
    assert client.get(url, headers={"User-Agent": ""}, timeout=30).status_code == 401
    assert client.ask("chargers").status_code == 200


def test_tokens_can_be_revoked_in_mid_run(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_fault("revoked", "chargehistory:1", times=1)
    assert client.ask("chargehistory").status_code == 200
    assert client.ask("chargehistory", PageIndex=1).status_code == 401
    assert client.ask("chargehistory").status_code == 401
    assert Client(sandbox).ask("chargehistory", PageIndex=1).status_code == 200


def test_a_fault_hits_a_page_or_an_installation_alone(
    client: Client, sandbox: Sandbox, truth: Fleet
) -> None:
    one, two = truth.sites[:2]
    sandbox.add_fault("status", one.id, status=500, times=1)
    sandbox.add_fault("status", "archived:1", status=503, times=1)
    sandbox.add_fault("missing", "constants", times=1)
    assert client.ask(f"installation/{two.id}").status_code == 200
    assert client.ask(f"installation/{one.id}").status_code == 500
    assert client.ask(f"installation/{one.id}").status_code == 200
    asked = {"InstallationId": two.id, **window(*MONTH)}
    first = client.told("sessions/archived", **asked)
    assert client.ask("sessions/archived", Cursor=first["cursor"], **asked).status_code == 503
    assert client.ask("sessions/archived", Cursor=first["cursor"], **asked).status_code == 200
    assert client.ask("constants").status_code == 404


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("chargers/0f0e1d2c-0000-4000-8000-000000000000/state", {}, 404),
        ("installation/0f0e1d2c-0000-4000-8000-000000000000", {}, 404),
        (f"installation/{FOREIGN}", {}, 403),
        (f"installation/{FOREIGN}/hierarchy", {}, 403),
        ("chargehistory", {"InstallationId": FOREIGN}, 403),
        ("chargehistory", {"From": "yesterday"}, 400),
        ("chargers", {"PageIndex": "x"}, 400),
        ("sessions/archived", {}, 400),
        ("sessions/archived", {"InstallationId": "x", "From": "2026-11-01"}, 400),
        ("sessions/archived", window(*MONTH), 400),
        ("sessions/archived", {"InstallationId": "x", "ChargerId": "y", **window(*MONTH)}, 400),
        ("sessions/archived", {"InstallationId": "x", "Cursor": "%", **window(*MONTH)}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused(
    client: Client, path: str, params: dict[str, str], status: int
) -> None:
    answer = client.ask(path, **params)
    assert answer.status_code == status
    if status == 404:
        assert answer.json()["errorCode"] == 512


def test_pages_are_no_bigger_than_allowed_and_empty_after_the_last(
    client: Client, truth: Fleet
) -> None:
    assert len(client.told("chargehistory", PageSize=5000)["Data"]) == 100
    assert len(client.told("chargehistory")["Data"]) == 50
    assert client.told("chargehistory", PageIndex=900)["Data"] == []
    asked = {"InstallationId": truth.sites[0].id, **window(NOW - timedelta(days=120), NOW)}
    assert len(client.told("sessions/archived", PageSize=5000, **asked)["sessions"]) == 200


def test_limits_are_kept_and_an_endpoint_can_be_gone() -> None:
    options = Options(now=NOW, zaptec_chargers=2, zaptec_token_seconds=3)
    with running(options.model_copy(update={"zaptec_sessions": "archived"})) as strict:
        client = Client(strict)
        given = time.monotonic()
        codes = Counter(client.ask("constants").status_code for _ in range(40))
        took = time.monotonic() - given
        assert 15 <= codes[200] <= 16 + took * 10
        assert codes[429] == 40 - codes[200] > 0
        answers = [login(strict) for _ in range(3)]
        assert [answer.status_code for answer in answers] in ([200, 503, 503], [200, 200, 503])
        assert answers[-1].headers["Content-Type"].startswith("text/html")
        assert "Retry-After" not in answers[-1].headers
        refused = until(lambda: client.ask("constants"), 429)
        assert refused.headers["Retry-After"] == "1"
        until(lambda: client.ask("chargehistory"), 410)
        until(lambda: client.ask("constants"), 401)
        assert time.monotonic() - given > 2.5


def until(ask: Any, status: int) -> requests.Response:
    """The first answer with this status."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer: requests.Response = ask()
        if answer.status_code == status:
            return answer
    raise AssertionError(f"never answered {status}")


def test_an_archive_that_is_not_there_yet_is_not_found() -> None:
    options = Options(now=NOW, zaptec_chargers=2, zaptec_rate=0, zaptec_sessions="chargehistory")
    with running(options) as old:
        client = Client(old)
        asked = {"ChargerId": fleet(options).chargers[0].id, **window(*MONTH)}
        assert client.ask("sessions/archived", **asked).status_code == 404
        assert client.ask("chargehistory", **asked).status_code == 200
