"""A layout file describes a form that is not known; `--try` shows what is read with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.steps import poll
from extract.vendors.ocpp.poll import try_file
from extract.vendors.ocpp.poll.layout import LayoutError, Layouts, charge_point_of
from tests.ocpp_feed import TAG, deliver, later, settings, typed
from tests.ocpp_systems import MESSAGES, frame

TEXT = "".join(
    f"{m.at:%d/%m/%Y %H.%M.%S}|kiosk {m.point} in the yard|IN|{frame(m)}\n" for m in MESSAGES
).encode()
LAYOUT = rb"""
[[log]]
files = "kiosk*.log"
time_format = "%d/%m/%Y %H.%M.%S"
pattern = '^(?P<time>[^|]+)\|kiosk (?P<charge_point>\S+)[^|]*\|(?P<direction>\w+)\|(?P<frame>.*)'
"""


def points(home: Path) -> set[str]:
    return {row["charge_point_id"] for row in typed(home)["ocpp_messages"]}


def test_a_pattern_reads_a_log_that_was_refused(tmp_path):
    assert len(deliver(tmp_path, kiosk_log=TEXT).failed) == 1
    polled = deliver(tmp_path, layout_toml=LAYOUT)
    assert (polled.failed, polled.exchanges) == ([], len(MESSAGES))
    found = sorted(row["message_time"] for row in typed(tmp_path)["ocpp_messages"])
    assert found == sorted(m.at for m in MESSAGES)
    assert points(tmp_path) == {"CP-7"}


def test_a_pattern_may_give_the_parts_of_a_message(tmp_path):
    groups = ["time", "charge_point", "message_id", "message_type", "action", "payload"]
    pattern = " ".join(rf"(?P<{name}>\S+)" for name in groups)
    layout = f"[[log]]\npattern = '{pattern}'\n".encode()
    line = b"2023-01-01T08:00:00Z CP-7 m1 request Heartbeat {}\nsomething else\n"
    assert deliver(tmp_path, layout_toml=layout, a_log=line).exchanges == 1


def test_columns_of_a_table_without_a_header_are_named_by_the_layout(tmp_path):
    layout = b"""
    [[log]]
    header = ["No", "When", "Kiosk", "Text"]
    columns = { time = "When", charge_point = "Kiosk", frame = "Text" }
    delimiter = ";"
    timezone = "Europe/Berlin"
    """
    rows = b'1;2023-01-01 09:00:00;K1;"[2,""m"",""Heartbeat"",{}]"\n' * 2
    polled = deliver(tmp_path, layout_toml=layout, a_txt=rows)
    assert (polled.failed, polled.exchanges) == ([], 2)
    assert {row["message_time"] for row in typed(tmp_path)["ocpp_messages"]} == {later(0)}


def test_fields_of_json_are_named_by_the_layout(tmp_path):
    layout = b'[[log]]\ncolumns = { charge_point = "key", frame = "value" }\n'
    line = b'{"key": "CP-9", "timestamp": 1672560000000, "value": [2, "m", "Heartbeat", {}]}\n'
    assert deliver(tmp_path, layout_toml=layout, a_json=line).failed == []
    assert points(tmp_path) == {"CP-9"}


def test_the_charge_point_may_be_taken_from_the_path(tmp_path):
    layout = b"[[log]]\ncharge_point = 'site-(\\w+)/'\n"
    deliver(tmp_path, layout_toml=layout)
    folder = tmp_path / "inbox" / "site-A7"
    folder.mkdir()
    (folder / "x.log").write_bytes(b'2023-01-01T08:00:00Z some text [2,"m","Heartbeat",{}]\n')
    assert deliver(tmp_path).failed == []
    assert points(tmp_path) == {"A7"}


def test_the_nearest_layout_file_counts_and_only_for_the_files_it_names(tmp_path):
    layouts = Layouts(
        {
            "": b'[[log]]\ntimezone = "Europe/Berlin"\n',
            "a": b'[[log]]\nfiles = "*.log"\ntimezone = "Asia/Tokyo"\n',
        }
    )
    zones = [
        str(layouts.hints(path).clock.zone) for path in ("x.log", "b/x.log", "a/x.log", "a/x.csv")
    ]
    assert zones == ["Europe/Berlin", "Europe/Berlin", "Asia/Tokyo", "None"]


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (b"[[log]]\npattern = '(?P<time>'", "is no regular expression"),
        (b"[[log]]\npattern = '(?P<when>.)(?P<frame>.)'", "groups that are not known: when"),
        (b"[[log]]\npattern = '(?P<time>.)'", "needs the groups time, and frame or payload"),
        (b'[[log]]\ntimezone = "Berlin"', "no IANA time zone"),
        (b'[[log]]\ncolumns = { when = "x" }', "fields that are not known: when"),
        (b'[[log]]\nzone = "x"', "zone"),
        (b"[[log]]\ncharge_point = 'x'", "needs a group"),
        (b"[[log", "is no TOML"),
        (b"\xff", "is no TOML"),
    ],
)
def test_a_wrong_layout_file_refuses_its_files_and_says_why(tmp_path, layout, message):
    with pytest.raises(LayoutError, match=r"layout\.toml"):
        Layouts({"": layout}).hints("x.log")
    (line,) = deliver(tmp_path, layout_toml=layout, a_log=TEXT).failed
    assert message in line


def test_a_change_of_the_layout_does_not_land_twice_what_has_landed(tmp_path):
    assert deliver(tmp_path, layout_toml=LAYOUT, kiosk_log=TEXT).exchanges == len(MESSAGES)
    again = deliver(tmp_path, layout_toml=LAYOUT + b'timezone = "Asia/Tokyo"\n')
    assert (again.exchanges, again.failed) == (0, [])


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("CP-7/messages.log", "CP-7"),
        ("log_CP-7_2023-01-01.csv.gz", "CP-7"),
        ("CP1/2023-01-01.log", "CP1"),
        ("EVB-P20140012.log.3", "EVB-P20140012"),
        ("2023/01/libocpp_messages.log", "libocpp_messages"),
        ("ocpp-20230101.log", "ocpp"),
    ],
)
def test_a_path_names_the_charge_point_where_the_log_does_not(path, point):
    assert charge_point_of(path) == point


# --- wattstar poll ocpp --try --------------------------------------------------------------------


def test_a_trial_shows_the_first_messages_without_a_person_and_lands_nothing(tmp_path):
    where = settings(tmp_path)
    path = Path(tmp_path, "inbox", "kiosk.log")
    path.write_bytes(TEXT + b"01/01/2023 08.00.00|kiosk CP-7 x|IN|[2]\n")
    refused = try_file(where, path)
    assert not refused.ok
    assert "layout.toml" in str(refused)
    Path(tmp_path, "inbox", "layout.toml").write_bytes(LAYOUT)
    trial = poll.try_file(where, "ocpp", path)
    assert trial.ok
    first = trial.messages[0]
    assert (first["time"], first["charge_point_id"], first["message_type"]) == (later(0), "CP-7", 2)
    assert (first["action"], first["message_id"]) == ("BootNotification", "m0")
    assert len(trial.messages) == 10
    assert TAG not in str(trial) + repr(trial)
    assert trial.unreadable == [{"place": "kiosk.log, line 15", "error": "is no OCPP-J frame"}]
    assert not (tmp_path / "lake" / "raw").exists()


def test_only_a_source_with_an_inbox_has_a_log_to_try(tmp_path):
    with pytest.raises(ValueError, match="zaptec has none"):
        poll.try_file(settings(tmp_path), "zaptec", tmp_path)
