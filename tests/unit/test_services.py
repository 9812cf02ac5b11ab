"""Services: small real processes, stopped whole in every way that their parent can end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.local.services import ServiceError, members, services

FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], process_group=0)
print("child", child.pid, flush=True)
time.sleep(60)
"""
PARENT = """
import os, signal, sys
from pathlib import Path
from extract.local.services import services
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
with services(Path(sys.argv[1])) as started:
    started.start("family", [sys.executable, "-c", sys.argv[2]], os.environ, Path.cwd())
    print(started.running[0].process.pid, flush=True)
    signal.pause()
"""


def wait_for(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not look():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def start(logs: Path, code: str, inside) -> int:
    """Start a service; its session, once it has written a line."""
    inside.start("family", [sys.executable, "-c", code], os.environ, Path.cwd())
    wait_for(lambda: (logs / "family.log").read_text() != "")
    return inside.running[0].process.pid


def test_a_service_ends_with_the_block_and_so_does_what_it_started(tmp_path):
    with services(tmp_path) as inside:
        session = start(tmp_path, FAMILY, inside)
        assert len(members([session])) == 2
        inside.check()
    assert members([session]) == []


def test_a_service_that_will_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("extract.local.services.PATIENCE", 0.1)
    monkeypatch.setattr("extract.local.services.CLEAN_UP", 0.1)
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FAMILY
    with services(tmp_path) as inside:
        session = start(tmp_path, deaf, inside)
    assert members([session]) == []


def test_a_service_that_ends_on_its_own_is_an_error_with_the_last_lines_of_its_log(tmp_path):
    with services(tmp_path) as inside:
        start(tmp_path, "import sys; print('no such table'); sys.exit(3)", inside)
        wait_for(lambda: inside.running[0].process.poll() is not None)
        with pytest.raises(ServiceError, match=r"(?s)family ended with status 3.*no such table"):
            inside.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind_when_the_parent_is_asked_to_end_or_killed(tmp_path, number):
    command = [sys.executable, "-c", PARENT, str(tmp_path), FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        session = int(parent.stdout.readline())
        wait_for(lambda: (tmp_path / "family.log").read_text() != "")
        parent.send_signal(number)
        parent.wait(20)
    wait_for(lambda: members([session]) == [])
