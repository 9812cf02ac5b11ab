"""OCPP logs through the real command line, the recorded log, and an inbox in an object store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from extract.lake import raw
from extract.lake.files import Lake
from extract.settings import Settings
from extract.steps import poll
from extract.vendors import flattener
from tests.integration.ocpp_log import RECORDED

LINE = '2023-01-01T08:01:{:02d}Z CP-7 [2,"m{}","Heartbeat",{{}}]\n'
LOG = "".join(LINE.format(second, second) for second in range(9)).encode()


def wattstar(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command, as a person calls it."""
    settings = {"WATTSTAR_HOME": str(home), "WATTSTAR_OCPP_INBOX": str(home / "inbox")}
    known = {key: value for key, value in os.environ.items() if not key.startswith("WATTSTAR_")}
    return subprocess.run(
        [Path(sys.executable).with_name("wattstar"), *args],
        env=known | settings,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def messages(settings: Settings) -> int:
    lake = Lake(settings.lake_url)
    return sum(
        flattener("ocpp").flatten(lake, partition, files)["ocpp_messages"].num_rows
        for partition, files in raw.partitions(lake, "ocpp").items()
    )


def test_the_command_takes_a_log_and_says_which_file_is_not_whole(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "log.txt").write_bytes(LOG[:-12])
    early = wattstar(tmp_path, "poll", "ocpp")
    assert early.returncode == 1
    (line,) = [line for line in early.stderr.splitlines() if "failed" in line]
    assert "log.txt" in line
    assert "cut off in the middle" in line
    assert "Traceback" not in early.stderr
    (tmp_path / "inbox" / "log.txt").write_bytes(LOG)
    whole = wattstar(tmp_path, "poll", "ocpp")
    assert (whole.returncode, "failed" in whole.stderr) == (0, False)
    assert messages(Settings(_env_file=None, home=tmp_path)) == 9


def test_a_trial_shows_what_would_land_or_why_nothing_would_and_lands_nothing(tmp_path):
    log = tmp_path / "log.txt"
    log.write_bytes(LOG.replace(b"Heartbeat", b"Authorize").replace(b"{}", b'{"idTag":"04AA11BB"}'))
    shown = wattstar(tmp_path, "poll", "ocpp", "--try", str(log))
    assert shown.returncode == 0
    assert "2023-01-01 08:01:00.000000Z CP-7 2 m0 Authorize" in shown.stdout
    assert "04AA11BB" not in shown.stdout
    log.write_bytes(b"Jane was here\n")
    refused = wattstar(tmp_path, "poll", "ocpp", "--try", str(log))
    assert refused.returncode == 1
    assert "it looks like text" in refused.stdout
    assert "Jane" not in refused.stdout + refused.stderr
    assert not (tmp_path / "lake" / "raw").exists()


def test_without_an_inbox_the_command_says_which_setting_is_missing(tmp_path):
    refused = wattstar(tmp_path, "poll", "ocpp")
    assert refused.returncode == 1
    assert "WATTSTAR_OCPP_INBOX" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_recorded_log_is_taken_in_full(tmp_path):
    if not RECORDED.exists():
        pytest.skip(f"no recorded log at {RECORDED}")
    settings = Settings(_env_file=None, home=tmp_path, ocpp_inbox=str(RECORDED.parent))
    polled = poll.poll(settings, "ocpp")
    assert (polled.failed, polled.exchanges) == ([], 46322)
    lake = Lake(settings.lake_url)
    counts: Counter[tuple] = Counter()
    rows = Counter[str]()
    for partition, files in raw.partitions(lake, "ocpp").items():
        tables = flattener("ocpp").flatten(lake, partition, files)
        rows.update({name: table.num_rows for name, table in tables.items()})
        found = tables["ocpp_messages"].select(["message_type", "action"]).to_pylist()
        counts.update((row["message_type"], row["action"]) for row in found)
    assert counts == {
        (kind, action): number
        for kind in (2, 3)
        for action, number in {
            "Heartbeat": 16210,
            "MeterValues": 6075,
            "StatusNotification": 676,
            "StartTransaction": 95,
            "StopTransaction": 95,
            "BootNotification": 10,
        }.items()
    }
    assert rows["status_spans"] == 676
    assert rows["measurements"] == 4 * 6075
    assert rows["quarantine"] == 0


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on loopback; gives what follows its name in a URL, and a file system for it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = f"endpoint_override={host}:{port}&scheme=http&allow_bucket_creation=true"
    filesystem, _ = fs.FileSystem.from_uri(f"s3://logs?{where}")
    filesystem.create_dir("logs")
    yield where, filesystem
    server.stop()


def test_an_inbox_may_be_a_folder_of_a_bucket(tmp_path, bucket):
    where, filesystem = bucket
    settings = Settings(_env_file=None, home=tmp_path, ocpp_inbox=f"s3://logs/in?{where}")
    assert poll.poll(settings, "ocpp").exchanges == 0  # nothing has ever arrived
    for name in ("a.log", "2023/01/Lübeck & co #1.log"):
        with filesystem.open_output_stream(f"logs/in/{name}") as stream:
            stream.write(LOG if name == "a.log" else LOG.replace(b"CP-7", b"CP-8"))
    polled = poll.poll(settings, "ocpp")
    assert (polled.failed, polled.exchanges) == ([], 18)
    assert poll.poll(settings, "ocpp").files == []
    with filesystem.open_output_stream("logs/in/a.log") as stream:
        stream.write(LOG + LINE.format(30, "new").encode())
    assert poll.poll(settings, "ocpp").files != []
    assert messages(settings) == 19


def test_the_day_of_a_message_does_not_depend_on_the_machine_s_time_zone(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.log").write_bytes(
        b'2023-01-01T23:59:59 CP-7 [2,"a","Heartbeat",{}]\n'
        b'2023-01-02T00:59:59+01:00 CP-7 [2,"b","Heartbeat",{}]\n'
    )
    assert wattstar(tmp_path, "poll", "ocpp").returncode == 0
    days = [part.day for part in raw.partitions(Lake(str(tmp_path / "lake")))]
    assert days == [datetime(2023, 1, 1, tzinfo=UTC).date()]
