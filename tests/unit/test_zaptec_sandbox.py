"""The Zaptec sandbox, over HTTP on loopback: its fleet, sessions, states, limits and errors."""

from __future__ import annotations

import json
from collections import defaultdict
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
from extract.vendors.zaptec.sandbox.sessions import milliseconds

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

    def get_json(self, path: str, **params: Any) -> Any:
        answer = self.ask(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Everything, page by page."""
        first = self.get_json(path, **params)
        rest = (self.get_json(path, PageIndex=n, **params) for n in range(1, first["Pages"]))
        return first["Data"] + [row for page in rest for row in page["Data"]]

    def archive(self, **params: Any) -> list[dict[str, Any]]:
        """Every session, cursor by cursor."""
        found, page = [], self.get_json("sessions/archived", **params)
        while page["hasMore"]:
            found += page["sessions"]
            page = self.get_json("sessions/archived", Cursor=page["cursor"], **params)
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


def test_a_mere_user_sees_hardly_more_than_ids(client: Client, truth: Fleet) -> None:
    (site,) = [site for site in truth.sites if site.is_limited]
    assert "Name" not in client.get_json(f"installation/{site.id}")
    assert client.ask(f"installation/{site.id}/hierarchy").status_code == 204
    chargers = client.get_json("chargers", InstallationId=site.id)["Data"]
    assert {key for row in chargers for key in row} == {"Id", "OperatingMode", "IsOnline"}
    assert client.get_json("chargehistory", InstallationId=site.id)["Data"]


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
    sent = fields(client.get_json(path.format(site=truth.sites[0].id)))
    assert {
        key: kinds - recorded[key] for key, kinds in sent.items() if kinds - recorded[key]
    } == {}


@needs_recordings
def test_sessions_and_states_have_fields_of_the_recordings(client: Client, truth: Fleet) -> None:
    recorded = fields(json.loads((RECORDINGS / "chargehistory_detail1.json").read_bytes()))
    sent = fields(client.get_json("chargehistory", DetailLevel=1))
    user = {"UserFullName", "UserEmail", "UserUserName", "UserId", "TokenName"}
    more = {f".Data[].{name}" for name in (*user, "ExternalId", "ReplacedBySessionId")}
    assert set(sent) - set(recorded) <= more
    assert set(recorded) - set(sent) == set()
    recording = json.loads((RECORDINGS / "charger_state.json").read_bytes())
    known = {row["StateId"] for row in recording}
    state = client.get_json(f"chargers/{truth.chargers[0].id}/state")
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
    sent = [
        row
        for site in truth.sites
        for row in client.pages("chargehistory", InstallationId=site.id, PageSize=30)
    ]
    start = NOW - timedelta(days=120)
    assert {row["Id"]: row["Energy"] for row in sent} == {
        session.id: session.energy_kwh
        for session in truth.reported(truth.chargers, start, NOW + timedelta(days=1), NOW)
    }
    assert len(sent) == len({row["Id"] for row in sent}) > 2000
    ends = [row["EndDateTime"][:19] for row in client.pages("chargehistory", PageSize=100)]
    assert ends == sorted(ends, reverse=True)


def test_windows_are_of_the_end_the_beginning_in_and_the_end_out(
    client: Client, truth: Fleet
) -> None:
    first, second = truth.reported(truth.chargers[:1], *MONTH, NOW)[:2]
    for end, found in ((second.ended_at, 1), (second.ended_at + timedelta(milliseconds=1), 2)):
        asked = {"ChargerId": first.charger.id, **window(first.ended_at, end)}
        assert len(client.archive(**asked)) == found
        assert len(client.pages("chargehistory", **asked)) == found


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
            sent = [
                milliseconds(datetime.fromisoformat(p["Timestamp"])) for p in row["EnergyDetails"]
            ]
            assert [milliseconds(datetime.fromisoformat(time)) for time in times] == sent
    assert signed > 100
    assert noisy > 100


# --- state ---------------------------------------------------------------------------------------


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


# --- personal data -------------------------------------------------------------------------------


def test_every_personal_text_that_is_sent_is_known(client: Client, truth: Fleet) -> None:
    known = truth.personal()
    sent = client.pages("chargehistory", PageSize=100)
    assert {row["UserEmail"] for row in sent if "UserEmail" in row} <= set(known["email"])
    assert {row["UserFullName"] for row in sent if "UserFullName" in row} <= set(known["full_name"])
    assert {row["TokenName"] for row in sent if "TokenName" in row} <= set(known["card_name"])
    assert {row["DeviceName"] for row in sent} <= set(known["parking_place"])
    everything = json.dumps(sent, ensure_ascii=False) + "".join(
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


def test_a_wrong_password_is_an_invalid_grant(sandbox: Sandbox) -> None:
    answer = login(sandbox, "wrong")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_without_a_token_or_a_user_agent_nothing_is_answered(
    client: Client, sandbox: Sandbox
) -> None:
    url = f"{sandbox.url_of('zaptec')}/api/chargers"
    assert requests.get(url, timeout=30).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer x"}, timeout=30).status_code == 401
    assert client.get(url, headers={"User-Agent": ""}, timeout=30).status_code == 401
    assert client.ask("chargers").status_code == 200


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
