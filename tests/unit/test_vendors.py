"""What is derived from each vendor's about.py, and what that file must say."""

from __future__ import annotations

import logging
import re

import pytest
from pydantic import SecretStr, ValidationError

from extract.errors import UnknownNameError
from extract.local.airflow import environment
from extract.settings import PROJECT, Settings
from extract.steps import poll
from extract.vendors import (
    SOURCES,
    about,
    all_about,
    controllable,
    controller,
    in_use,
    poller,
    readme_table,
    settings_class,
    settings_of,
    source_rows,
    status_words,
    streams,
)
from extract.vendors.chargeamps.about import Settings as ChargeAmpsSettings
from extract.vendors.chargecloud.about import Settings as ChargeCloudSettings
from extract.vendors.zaptec.about import Settings as ZaptecSettings

OCPI = set(
    "AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN".split()
)
SECRET = "hunter2-of-the-garage"


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path) -> None:
    """No settings of this machine."""
    monkeypatch.chdir(tmp_path)


def test_the_sources_are_the_folders_with_an_about():
    assert SOURCES == ("chargeamps", "chargecloud", "ocpp", "zaptec")
    assert [each.name for each in all_about()] == list(SOURCES)
    with pytest.raises(UnknownNameError, match="no source 'tesla'; known are: chargeamps, "):
        about("tesla")


@pytest.mark.parametrize("source", SOURCES)
def test_an_about_names_settings_and_streams_that_exist(source):
    what, fields = about(source), settings_class(source).model_fields.keys()
    assert {*what.in_use_by, *what.connection.settings} <= fields
    assert {name for name, _ in what.demo.settings} <= fields
    assert set(what.demo.streams) <= streams(source).keys()
    assert what.demo.every or what.demo.streams, "wattstar run would show nothing of it"
    assert (PROJECT / "dags" / f"{source}.py").exists()
    assert callable(poller(source).poll)


@pytest.mark.parametrize("source", SOURCES)
def test_status_words_are_in_upper_case_and_mean_one_of_ocpis(source):
    words = about(source).statuses
    names = [word.source_status for word in words]
    assert names == [name.strip().upper() for name in names]
    assert len(set(names)) == len(names)
    assert {word.status for word in words} <= OCPI


def test_rows_of_reference_have_the_columns_of_the_warehouse():
    assert {tuple(row) for row in source_rows()} == {
        ("source", "is_event", "name", "public_site", "licence")
    }
    assert [row["source"] for row in source_rows() if row["is_event"]] == ["ocpp"]
    assert {tuple(row) for row in status_words()} == {
        ("source", "source_status", "status", "is_occupied", "is_charging", "is_operational")
    }
    occupied = {"source": "ocpp", "source_status": "OCCUPIED", "status": "BLOCKED"}
    flags = {"is_occupied": True, "is_charging": None, "is_operational": True}
    assert occupied | flags in status_words()


def test_the_readme_has_the_table_of_sources():
    readme = (PROJECT / "README.md").read_text()
    (found,) = re.findall(r"<!-- sources: .*? -->\n(.*?)\n<!-- /sources -->", readme, re.DOTALL)
    assert found == readme_table()


def test_the_readme_has_every_setting_and_no_other():
    """A row's second name may be the end of a name: `WATTSTAR_ZAPTEC_URL`, `_SESSIONS`."""
    prefixes = [f"WATTSTAR_{source.upper()}" for source in SOURCES]
    written = set()
    for row in re.findall(r"^\| (`WATTSTAR_.*?) \|", (PROJECT / "README.md").read_text(), re.M):
        first, *others = re.findall(r"`(\w+)`", row)
        prefix = next((prefix for prefix in prefixes if first.startswith(prefix)), "")
        written |= {first, *(prefix + other for other in others)}
    common = {f"WATTSTAR_{name.upper()}" for name in Settings.model_fields}
    own = {
        f"WATTSTAR_{source.upper()}_{name.upper()}"
        for source in SOURCES
        for name in settings_class(source).model_fields
    }
    assert written == common | own


# --- settings ------------------------------------------------------------------------------------


def test_a_sources_settings_are_given_by_keyword_or_by_a_variable(monkeypatch):
    given = Settings(_env_file=None, chargeamps_url="http://one", chargeamps_interval=5)
    assert ChargeAmpsSettings.of(given).url == "http://one"
    assert ChargeAmpsSettings.of(given).interval == 5
    monkeypatch.setenv("WATTSTAR_CHARGEAMPS_URL", "http://two")
    monkeypatch.setenv("WATTSTAR_CHARGECLOUD_CITIES", "")
    assert ChargeAmpsSettings.of(Settings(_env_file=None)).url == "http://two"
    assert ChargeAmpsSettings.of(given).url == "http://one", "the keyword comes first"
    assert len(ChargeCloudSettings.of(given).city_keys) == 38, "an empty variable is not set"


def test_a_dot_env_file_is_read_for_the_sources_too(tmp_path):
    (tmp_path / ".env").write_text("WATTSTAR_ZAPTEC_USERNAME=kari\nWATTSTAR_TIMEZONE=Europe/Oslo\n")
    assert ZaptecSettings.of(Settings()).username == "kari"
    assert Settings().timezone == "Europe/Oslo"
    assert in_use(Settings()) == ["zaptec"]
    assert in_use(Settings(_env_file=None)) == []


def test_a_copy_keeps_what_was_given_and_changes_the_rest():
    first = Settings(_env_file=None, zaptec_username="kari", zaptec_url="http://one")
    second = first.model_copy(update={"zaptec_url": "http://two", "timezone": "Europe/Oslo"})
    changed = ZaptecSettings.of(second)
    assert (changed.username, changed.url, second.timezone) == ("kari", "http://two", "Europe/Oslo")
    assert ZaptecSettings.of(first).url == "http://one"


def test_cities_are_each_polled_once_in_the_order_given():
    given = Settings(_env_file=None, chargecloud_cities="bonn, koeln,,bonn ")
    assert ChargeCloudSettings.of(given).city_keys == ["bonn", "koeln"]


def test_a_value_that_cannot_be_is_refused_without_being_shown():
    wrong = Settings(_env_file=None, chargeamps_window=0, chargeamps_password=SECRET)
    with pytest.raises(ValidationError) as refused:
        ChargeAmpsSettings.of(wrong)
    assert refused.value.title == "WATTSTAR_CHARGEAMPS_"
    with pytest.raises(ValidationError) as badly:
        ChargeAmpsSettings.of(Settings(_env_file=None, chargeamps_password=[SECRET]))
    assert SECRET not in f"{badly.value} {refused.value}"


def test_a_name_that_no_setting_has_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="zaptec has no setting user"):
        settings_of(Settings(_env_file=None, zaptec_user="kari"), "zaptec")


@pytest.mark.parametrize("secret", [SECRET, SecretStr(SECRET)])
def test_a_secret_never_prints(secret, caplog):
    given = Settings(_env_file=None, zaptec_username="kari", zaptec_password=secret)
    own = ZaptecSettings.of(given)
    with caplog.at_level(logging.INFO):
        logging.getLogger("wattstar").info("%s %r %s %r", given, given, own, own)
    shown = [repr(given), str(given), str(vars(given)), repr(own)]
    shown += [given.model_dump_json(), own.model_dump_json(), caplog.text]
    assert SECRET not in " ".join(shown)
    assert own.password is not None
    assert own.password.get_secret_value() == SECRET


def test_tasks_are_handed_all_that_was_set_and_nothing_else(tmp_path):
    given = Settings(
        _env_file=None,
        home=tmp_path,
        zaptec_username="kari",
        zaptec_password=SECRET,
        ocpp_inbox="s3://logs",
    )
    assert environment(given) == {
        "WATTSTAR_HOME": str(tmp_path),
        "WATTSTAR_ZAPTEC_USERNAME": "kari",
        "WATTSTAR_ZAPTEC_PASSWORD": SECRET,
        "WATTSTAR_OCPP_INBOX": "s3://logs",
    }


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({}, []),
        ({"chargecloud_cities": "bonn"}, ["chargecloud"]),
        ({"zaptec_url": "http://x"}, ["zaptec"]),
        ({"zaptec_password": SECRET}, []),
        ({"chargeamps_email": "a@x.no", "ocpp_inbox": "/logs"}, ["chargeamps", "ocpp"]),
    ],
)
def test_a_source_is_in_use_when_its_place_or_its_user_is_set(given, used):
    assert in_use(Settings(_env_file=None, **given)) == used


# --- rooms ---------------------------------------------------------------------------------------


def test_only_a_source_with_a_control_can_be_controlled():
    assert controllable() == ["chargeamps"]
    assert controller("chargeamps").Wanted("on", None, None, None).fields() == {"mode": "On"}
    with pytest.raises(UnknownNameError, match=r"zaptec cannot be controlled.* can: chargeamps"):
        controller("zaptec")


def test_a_stream_that_a_source_lacks_is_named_with_those_it_has(tmp_path):
    with pytest.raises(UnknownNameError, match="zaptec has no stream poi; it has assets, state"):
        poll.poll(Settings(_env_file=None, home=tmp_path), "zaptec", ["poi"])
