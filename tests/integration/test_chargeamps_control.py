"""Control of a connector against a sandbox that obeys, ignores, alters, delays and refuses."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from airflow.sdk.exceptions import AirflowFailException
from typer.testing import CliRunner

from extract import cli
from extract.lake import raw
from extract.lake.files import Lake
from extract.sandbox import Options, Sandbox
from extract.settings import PROJECT, Settings
from extract.vendors.chargeamps import flatten
from extract.vendors.chargeamps.poll.control import (
    Change,
    ControlError,
    Controlled,
    Wanted,
    control,
)
from extract.vendors.chargeamps.sandbox import API_KEY, EMAIL, PASSWORD, garage_of
from extract.vendors.sandboxes import running

OPTIONS = Options(chargeamps_chargers=4)
GARAGE = garage_of(OPTIONS)
CONNECTOR = next(iter(GARAGE.chargers.values())).connectors[0]


@pytest.fixture(scope="module")
def vendor():
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(vendor: Sandbox):
    """As it was: faults and settings are put back."""
    before = charger_settings(vendor)
    yield vendor
    vendor.clear_faults()
    charger_settings(vendor, before)


@pytest.fixture
def settings(vendor: Sandbox, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        chargeamps_url=vendor.url_of("chargeamps"),
        chargeamps_email=EMAIL,
        chargeamps_password=PASSWORD,
        chargeamps_api_key=API_KEY,
    )


def charger_settings(sandbox: Sandbox, put: dict | None = None) -> dict:
    """The settings that the charger reports, or is given, without Wattstar."""
    base = f"{sandbox.url_of('chargeamps')}/api/v5"
    body = {"email": EMAIL, "password": PASSWORD}
    login = requests.post(f"{base}/auth/login", json=body, headers={"apiKey": API_KEY}, timeout=10)
    headers = {"Authorization": f"Bearer {login.json()['token']}"}
    url = f"{base}/chargepoints/{CONNECTOR.charger}/connectors/{CONNECTOR.number}/settings"
    if put:
        requests.put(url, json=put, headers=headers, timeout=10).raise_for_status()
    return requests.get(url, headers=headers, timeout=10).json()


def change(settings: Settings, wanted: Wanted, **more) -> Controlled:
    arguments: dict[str, Any] = {
        "by": "asa",
        "reason": "peak hour",
        "sleep": lambda seconds: None,
    } | more
    return control(settings, CONNECTOR.charger, str(CONNECTOR.number), wanted, **arguments)


@contextmanager
def speaking(answer: Callable[[str, str, bytes], tuple[int, object]]) -> Iterator[str]:
    """A server of another make, at a URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, sent = answer(self.command, self.path, self.rfile.read(length))
            body = b"" if sent is None else json.dumps(sent).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def counted(sandbox: Sandbox) -> dict:
    return requests.get(f"{sandbox.url_of('chargeamps')}/counts", timeout=10).json()


def landed(settings: Settings) -> list[dict]:
    """The bodies of all controls in the lake."""
    lake = Lake(settings.lake_url)
    rows = [
        row
        for files in raw.partitions(lake, "chargeamps").values()
        for file in files
        for row in lake.read(file.path).to_pylist()
    ]
    return [json.loads(row["body"]) for row in rows if row["body"] and b"wanted" in row["body"]]


def typed(settings: Settings) -> list[dict]:
    """The rows of connector_settings."""
    lake = Lake(settings.lake_url)
    found = []
    for partition, files in raw.partitions(lake, "chargeamps").items():
        tables = flatten.flatten(lake, partition, files)
        found += tables["connector_settings"].to_pylist()
    return found


def test_a_change_is_sent_read_back_and_kept_with_who_and_why(sandbox, settings):
    before = charger_settings(sandbox)
    made = change(settings, Wanted(max_current=10, rfid_lock=not before["rfidLock"]))
    assert (made.ok, made.outcome) == (True, "taken")
    wanted = {"maxCurrent": 10, "rfidLock": not before["rfidLock"]}
    assert charger_settings(sandbox) == before | wanted
    (kept,) = landed(settings)
    assert kept["wanted"] == wanted
    assert kept["before"] == before
    assert kept["after"] == before | wanted
    assert (kept["requestedBy"], kept["reason"], kept["outcome"]) == ("asa", "peak hour", "taken")
    rows = {row["kind"]: row for row in typed(settings)}
    assert rows["requested"]["connector_id"] == CONNECTOR.id
    assert rows["requested"]["max_current_a"] == 10
    assert rows["requested"]["requested_by"] == "asa"
    assert rows["observed"]["max_current_a"] == 10
    assert rows["observed"]["mode"] == before["mode"]


def test_nothing_is_sent_where_nothing_differs_or_nobody_agrees(sandbox, settings):
    before, sent = charger_settings(sandbox), counted(sandbox)["settings"]
    same = change(settings, Wanted(mode=before["mode"].upper()))
    assert (same.ok, same.outcome, same.changes) == (True, None, [])
    shown: list[Change] = []
    refused = change(settings, Wanted(cable_lock=True), agree=shown.extend)
    assert (refused.ok, refused.outcome) == (False, None)
    assert [str(one) for one in shown] == ["cable lock: off -> on"]
    assert counted(sandbox)["settings"] == sent
    assert landed(settings) == []


@pytest.mark.parametrize(
    ("fault", "outcome", "says"),
    [
        ("ignored", "ignored", "ignored it.*max. current .A. is .*, not 14"),
        ("altered", "altered", "something else.*max. current .A. is 12.0, not 14"),
        ("delayed", "ignored", "ignored it"),
        ("status", "failed", "refused: HTTP 403"),
    ],
)
def test_the_outcome_of_a_charger_that_does_not_obey_is_kept(
    sandbox, settings, fault, outcome, says
):
    scope = f"change:{CONNECTOR.charger}" if fault == "status" else CONNECTOR.id
    sandbox.add_fault(fault, scope, seconds=600, status=403)
    made = change(settings, Wanted(max_current=14))
    assert (made.ok, made.outcome) == (False, outcome)
    assert re.search(says, made.text)
    (kept,) = landed(settings)
    assert kept["outcome"] == outcome
    (row,) = [row for row in typed(settings) if row["kind"] == "requested"]
    assert (row["outcome"], row["max_current_a"]) == (outcome, 14)


def test_a_slow_charger_that_obeys_in_time_differs_from_one_that_obeys_at_once(sandbox, settings):
    sandbox.add_fault("delayed", CONNECTOR.id, seconds=1, times=1)
    made = control(
        settings,
        CONNECTOR.charger,
        str(CONNECTOR.number),
        Wanted(max_current=20),
        by="asa",
        reason=None,
    )
    assert (made.ok, made.outcome) == (True, "delayed")
    assert made.seconds >= 1
    assert re.fullmatch(r"taken, but only after \d+\.\d s", made.text)


def test_a_first_reading_that_fails_makes_a_change_delayed(sandbox, settings):
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        if not pauses:
            scope = f"settings:{CONNECTOR.charger}"
            sandbox.add_fault("status", scope, status=503, times=1)
        pauses.append(seconds)

    limit = 15 if charger_settings(sandbox)["maxCurrent"] != 15 else 16
    made = change(settings, Wanted(max_current=limit), sleep=sleep)
    assert (made.ok, made.outcome) == (True, "delayed")
    assert len(pauses) == 2
    assert made.text.startswith("taken, but only after")


def test_a_charger_that_cannot_be_read_back_has_failed(sandbox, settings):
    def sleep(_seconds: float) -> None:
        sandbox.add_fault("status", f"settings:{CONNECTOR.charger}", status=403, times=1)

    made = change(settings, Wanted(max_current=18), sleep=sleep)
    assert (made.ok, made.outcome) == (False, "failed")
    assert "could not be read back: HTTP 403" in made.text
    (kept,) = landed(settings)
    assert kept["after"] is None


def test_a_server_that_answers_a_change_without_content_is_understood(settings):
    now = {"chargePointId": "c", "connectorId": 1, "mode": "On", "maxCurrent": 16.0}
    now |= {"rfidLock": True, "cableLock": False}

    def answer(method: str, path: str, body: bytes) -> tuple[int, object]:
        if path.endswith("/login"):
            return 200, {"token": "one", "refreshToken": "two"}
        if method == "PUT":
            now.update(json.loads(body))
            return 204, None
        return 200, now

    with speaking(answer) as url:
        settings = settings.model_copy(update={"chargeamps_url": url})
        made = control(settings, "c", "1", Wanted(max_current=13), by="asa", reason=None)
    assert (made.outcome, now["maxCurrent"]) == ("taken", 13)


def test_whatever_the_settings_hold_nothing_personal_is_shown_or_lands(settings, caplog):
    now = {"chargePointId": "c", "connectorId": 1, "mode": "Linnea <l@example.se>"}
    now |= {"maxCurrent": int("9" * 400), "owner": "Linnea", "pin": "0815"}
    sent: list[dict] = []

    def answer(method: str, path: str, body: bytes) -> tuple[int, object]:
        if path.endswith("/login"):
            return 200, {"token": "one"}
        if method == "PUT":
            sent.append(json.loads(body))
            return 200, None
        return 200, now

    with speaking(answer) as url:
        settings = settings.model_copy(update={"chargeamps_url": url})
        made = control(
            settings, "c", "1", Wanted(max_current=13), by="asa", reason=None, sleep=lambda _: None
        )
    assert sent == [now | {"maxCurrent": 13}], "what is not understood is sent back as it came"
    assert made.outcome == "ignored"
    shown = f"{made} {landed(settings)} {caplog.text}".casefold()
    assert "linnea" not in shown and "0815" not in shown


def test_what_somebody_else_has_changed_in_the_meantime_is_not_undone(sandbox, settings):
    other = charger_settings(sandbox) | {"mode": "Off"}

    def agree(_changes: list[Change]) -> bool:
        return bool(charger_settings(sandbox, other))

    with pytest.raises(ControlError, match="in the meantime"):
        change(settings, Wanted(max_current=17), agree=agree)
    assert charger_settings(sandbox) == other
    assert landed(settings) == []


def test_a_change_that_is_broken_off_is_kept_as_failed(sandbox, settings):
    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(settings, Wanted(max_current=22), sleep=sleep)
    (kept,) = landed(settings)
    assert (kept["outcome"], kept["wanted"]) == ("failed", {"maxCurrent": 22})


def test_an_unknown_connector_is_a_plain_word_and_nothing_lands(sandbox, settings):
    with pytest.raises(ControlError, match=r"cannot be read .HTTP 404.*nothing was changed"):
        control(settings, CONNECTOR.charger, "9", Wanted(mode="on"), by="asa", reason=None)
    assert landed(settings) == []


@pytest.fixture
def command(sandbox: Sandbox, settings: Settings, monkeypatch):
    """`wattstar control …` for the connector, without a terminal."""
    values = {
        "HOME": str(settings.home),
        "CHARGEAMPS_URL": sandbox.url_of("chargeamps"),
        "CHARGEAMPS_EMAIL": EMAIL,
        "CHARGEAMPS_PASSWORD": PASSWORD,
        "CHARGEAMPS_API_KEY": API_KEY,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WATTSTAR_{name}", value)
    where = ["control", "chargeamps", CONNECTOR.charger, str(CONNECTOR.number)]
    return lambda *options: CliRunner().invoke(cli.app, [*where, *options])


def test_the_command_shows_what_changes_and_says_that_it_was_taken(command, sandbox, settings):
    assert charger_settings(sandbox)["maxCurrent"] != 10
    done = command("--max-current", "10", "--no-cable-lock", "--yes", "--reason", "too hot")
    assert done.exit_code == 0, done.output
    assert "-> 10.0" in done.output
    assert "warning: 10 A may end charging" in done.output
    assert "taken, and read back" in done.stdout
    assert charger_settings(sandbox)["maxCurrent"] == 10
    (kept,) = landed(settings)
    assert kept["reason"] == "too hot"
    assert kept["requestedBy"]


def test_the_command_fails_loudly_where_the_charger_does_something_else(
    command, sandbox, monkeypatch
):
    monkeypatch.setattr("extract.vendors.chargeamps.poll.control.PAUSES", (0.0,))
    sandbox.add_fault("altered", CONNECTOR.id)
    done = command("--max-current", "24", "--by", "asa", "--yes", "--json")
    assert done.exit_code == 1
    assert "failed: the charger made something else of it" in done.stderr
    assert json.loads(done.stdout)["outcome"] == "altered"


def test_without_a_terminal_and_without_yes_nothing_is_asked_for(command, sandbox):
    before = counted(sandbox)
    done = command("--mode", "off")
    assert done.exit_code == 1
    assert "use --yes" in str(done.exception)
    assert counted(sandbox) == before


def test_the_dag_changes_what_its_form_says_in_the_name_of_who_triggered_it(
    sandbox, settings, monkeypatch
):
    monkeypatch.setattr(sys, "path", [str(PROJECT / "dags"), *sys.path])
    module = importlib.import_module("chargeamps_control")
    monkeypatch.setattr(module, "settings", lambda: settings)
    form = {"charge_point": CONNECTOR.charger, "connector": CONNECTOR.number, "max_current": 8.0}
    form |= {"mode": "leave", "rfid_lock": "leave", "cable_lock": "on", "reason": "a test run"}
    run = SimpleNamespace(run_type="manual", triggering_user_name="signe")
    look, change_it = (
        module.chargeamps_control().get_task(name).python_callable for name in ("look", "change")
    )
    before = charger_settings(sandbox)
    shown = look(params=form, dag_run=run)
    assert [line.split(":")[0] for line in shown] == ["max. current (A)", "cable lock"]
    assert charger_settings(sandbox) == before
    assert change_it(params=form, dag_run=run)["outcome"] == "taken"
    assert charger_settings(sandbox) == before | {"maxCurrent": 8, "cableLock": True}
    (kept,) = landed(settings)
    assert (kept["requestedBy"], kept["reason"]) == ("signe", "a test run")
    sandbox.add_fault("ignored", CONNECTOR.id, times=1)
    monkeypatch.setattr("extract.vendors.chargeamps.poll.control.PAUSES", (0.0,))
    with pytest.raises(AirflowFailException, match="ignored it"):
        change_it(params=form | {"max_current": 16.0}, dag_run=run)
    with pytest.raises(AirflowFailException, match="6 to 32 A"):
        look(params=form | {"max_current": 3.0}, dag_run=run)


def test_no_command_to_a_charger_exists_in_the_code(sandbox):
    sources = [
        *PROJECT.glob("dags/*.py"),
        *(
            path
            for path in PROJECT.glob("extract/**/*.py")
            if not {"sandbox", "ocpp"} & {*path.parts}
        ),
    ]
    forbidden = re.compile(r"remote_?(start|stop)(?!_id)|reboot", re.IGNORECASE)
    assert [path for path in sources if forbidden.search(path.read_text("utf-8"))] == []
    assert counted(sandbox)["commands"] == 0
