"""How the command line ends: one line for what can be expected, the log for anything else."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import psycopg2
import pytest

from extract import cli
from extract.errors import WattstarError
from extract.steps.forget import Forgotten

SECRET = "hunter2-of-the-garage"


@pytest.fixture
def ends(monkeypatch, tmp_path, capfd):
    """Runs `wattstar …`; gives its exit status and what it wrote on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATTSTAR_HOME", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["wattstar", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capfd.readouterr().err

    return run


def failing(monkeypatch, error: Exception) -> None:
    """`wattstar status` fails with this."""

    def status(*_: object) -> None:
        raise error

    monkeypatch.setattr("extract.steps.status.status", status)


@pytest.mark.parametrize(
    "error", [WattstarError("the disk is full"), psycopg2.Error("the disk is full\n")]
)
def test_an_expected_error_is_one_line(ends, monkeypatch, error):
    failing(monkeypatch, error)
    assert ends("status") == (1, "wattstar: the disk is full\n")


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError("x"), OSError("x"), TypeError("x")])
def test_any_other_error_keeps_its_traceback_in_the_log(ends, monkeypatch, tmp_path, error):
    failing(monkeypatch, error)
    status, text = ends("status")
    log = tmp_path / "logs" / "wattstar.log"
    assert status == 1
    assert text == f"wattstar: unexpected {type(error).__name__}: the traceback is in {log}\n"
    assert f"raise error\n{type(error).__name__}: " in log.read_text()
    assert "wattstar status" in log.read_text()


def test_the_log_does_not_name_the_person_that_a_command_was_about(ends, monkeypatch, tmp_path):
    def forget(_settings: object, _source: str, user: str, **_: object) -> None:
        raise RuntimeError(f"lost {user}")

    monkeypatch.setattr("extract.steps.forget.forget", forget)
    assert ends("forget", "zaptec", "ola@example.no")[0] == 1
    log = (tmp_path / "logs" / "wattstar.log").read_text()
    assert "ola@example.no" not in log
    assert "RuntimeError" in log
    assert 'raise RuntimeError(f"lost {user}")' in log


def given(monkeypatch, content: bytes) -> list[tuple[str, ...]]:
    """Standard input has this content; whom `forget` is called for."""
    asked: list[tuple[str, ...]] = []

    def forget(_settings: object, _source: str, *users: str, **_: object) -> Forgotten:
        asked.append(users)
        return Forgotten(pseudonyms=2, files=1, searched=["the lake: 0 places"])

    monkeypatch.setattr("extract.steps.forget.forget", forget)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return asked


def test_forget_reads_identifiers_from_standard_input_one_a_line(ends, monkeypatch):
    asked = given(monkeypatch, "\ufeff ola@example.no \r\n\nKåre Ås\n".encode())
    status, text = ends("forget", "zaptec", "-")
    assert (status, asked) == (0, [("ola@example.no", "Kåre Ås")])
    assert "history" not in text
    assert "ola" not in text


def test_forget_says_how_to_keep_the_shells_history_clean(ends, monkeypatch):
    given(monkeypatch, b"")
    status, text = ends("forget", "zaptec", "ola@example.no")
    assert status == 0
    assert "wattstar forget zaptec -" in text
    assert "HISTCONTROL" in text


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", "standard input is empty: nobody"), (b" \n\n", "empty"), (b"\xff\xfeo", "not UTF-8")],
)
def test_forget_without_anybody_on_standard_input_is_an_error(ends, monkeypatch, content, line):
    asked = given(monkeypatch, content)
    status, text = ends("forget", "zaptec", "-")
    assert (status, asked) == (1, [])
    assert line in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "WATTSTAR_TIMEZONE",
            "Mars",
            "WATTSTAR_TIMEZONE: Value error, 'Mars' is no IANA time zone",
        ),
        ("WATTSTAR_CHARGEAMPS_WINDOW", "0", "WATTSTAR_CHARGEAMPS_WINDOW: Input should be greater"),
        ("WATTSTAR_ZAPTEC_SESSIONS", SECRET, "WATTSTAR_ZAPTEC_SESSIONS: Input should be 'auto', "),
    ],
)
def test_a_wrong_setting_is_named_whatever_the_command(ends, monkeypatch, name, value, line):
    monkeypatch.setenv(name, value)
    status, text = ends("status")
    assert (status, text[: len(line) + 10]) == (2, f"wattstar: {line}")
    assert SECRET not in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["poll", "tesla"], "there is no source 'tesla'; known are: chargeamps, chargecloud"),
        (["poll", "zaptec", "--stream", "poi"], "zaptec has no stream poi; it has assets"),
        (["backfill", "chargecloud", "--from", "2026-03-01"], "chargecloud answers only for the"),
        (["forget", "zaptec", " "], "say who: an id, an address, a card or a pseudonym"),
        (["forget", "tesla", "x"], "there is no source 'tesla'"),
        (["control", "chargeamps", "M", "1", "--max-current", "3"], "the limit is 0 A (nothing)"),
        (["sandbox", "--recordings", "."], "holds no recording (*_cities.json)"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_one_line(ends, tmp_path: Path, arguments, line):
    status, text = ends(*arguments)
    assert status == 1
    assert line in text.splitlines()[-1]
    assert not (tmp_path / "logs" / "wattstar.log").exists()


def test_a_source_that_cannot_be_controlled_is_a_wrong_argument(ends):
    status, text = ends("control", "zaptec", "X", "1", "--mode", "on", "--yes")
    assert status == 2
    assert "only chargeamps can" in " ".join(text.replace("│", " ").split())
