"""One message when something begins to need a person, one when nothing does any more."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from extract.settings import Settings
from extract.steps import alert
from extract.steps.health import Problem

LATE = Problem("late", "acme/state", "LATE: nothing has landed yet", "wattstar poll acme")
RECORDS = Problem(
    "quarantined_records",
    "acme/state 2026-11-01",
    'c1: connector 1 field label value "Ola Nordmann" is wrong',
    "look at typed.quarantine",
    count=3,
)


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict]]]:
    """A server that takes JSON; its address, and what it was sent."""
    got: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/services/T0KEN", got
        server.shutdown()


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """An SMTP server that takes one mail after the other; its address, and their texts."""
    got: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            lines: list[str] | None = None
            for line in self.rfile:
                text = line.decode().rstrip("\r\n")
                if lines is not None:
                    if text == ".":
                        got.append("\n".join(lines))
                        lines = None
                        self.wfile.write(b"250 taken\r\n")
                    else:
                        lines.append(text)
                elif text.upper() == "DATA":
                    lines = []
                    self.wfile.write(b"354 go on\r\n")
                elif text.upper() == "QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 fine\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", got
        server.shutdown()


def settings(home: Any, **more: Any) -> Settings:
    return Settings(_env_file=None, home=home, **more)


def test_each_change_of_health_sends_one_message(tmp_path) -> None:
    with webhook() as (url, got):
        where = settings(tmp_path, alert_url=url)
        sent = [alert.tell(where, problems) for problems in ([], [LATE], [LATE, RECORDS], [], [])]

    assert sent == [False, True, False, True, False]
    red, green = (message["text"] for message in got)
    assert red.startswith("Wattstar: something needs you")
    assert "acme/state: nothing has landed for a while" in red
    assert "wattstar poll acme" in red
    assert green.startswith("Wattstar: all is well again")


def test_a_message_shows_counts_and_no_value_of_a_record() -> None:
    _, text = alert.message([RECORDS])

    assert "acme/state 2026-11-01: records could not be read (3)" in text
    assert "Ola" not in text


def test_every_kind_of_problem_has_a_meaning() -> None:
    for kind in alert.MEANINGS:
        assert alert.message([Problem(kind, "acme", "", "wattstar status")])[1].startswith(
            "- acme:"
        )


def test_a_mail_goes_to_the_address_that_is_set(tmp_path) -> None:
    with mailbox() as (url, got):
        where = settings(tmp_path, alert_email="ops@example.org", smtp_url=url)
        assert alert.tell(where, [LATE])

    (mail,) = got
    assert "To: ops@example.org" in mail
    assert "Subject: Wattstar: something needs you" in mail
    assert "acme/state: nothing has landed for a while" in mail


@pytest.mark.parametrize("status", [403, 500])
def test_a_message_that_was_not_taken_is_sent_again_and_the_address_is_not_logged(
    tmp_path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with webhook(status) as (url, refused):
        where = settings(tmp_path, alert_url=url)
        assert not alert.tell(where, [LATE])
        assert not alert.tell(where, [LATE])
    assert len(refused) == 2
    assert "WATTSTAR_ALERT_URL" in caplog.text
    assert "T0KEN" not in caplog.text
    assert "T0KEN" not in repr(where)


def test_without_an_address_nothing_is_sent(tmp_path) -> None:
    assert not alert.tell(settings(tmp_path), [LATE])
