"""Logs that arrive in pieces, twice, cut off or growing."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.vendors.ocpp import sandbox
from tests.ocpp_home import (
    COLUMNS,
    FRAMES,
    LOG,
    MORNING,
    Home,
    Tables,
    csv_of,
    lines_of,
)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


OPTIONS = sandbox.Options(seed=3, charge_points=4, heartbeat_s=1800, sample_s=1800)


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> dict[str, bytes]:
    """A day of four charge points, in four forms."""
    folder = tmp_path_factory.mktemp("log")
    paths = sandbox.write(folder, OPTIONS, MORNING, MORNING + timedelta(hours=15))
    return {path.name.split(".", 1)[1]: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def at_once(log, tmp_path_factory) -> Tables:
    """What the log's files give when each is delivered once, whole."""
    home = Home(tmp_path_factory.mktemp("at_once"))
    (home.settings.home / "pseudonym.key").write_text("0" * 64)
    for ending, content in log.items():
        assert home.deliver(f"log.{ending}", content) == []
    return home.typed()


def keyed(path: Path) -> Home:
    """A home with the key of `at_once`."""
    home = Home(path)
    (path / "pseudonym.key").write_text("0" * 64)
    return home


def test_a_file_is_taken_once_however_often_and_under_whatever_name_it_comes(
    log, at_once, tmp_path
):
    home = keyed(tmp_path)
    for name in ("a", "a", "b"):
        for ending, content in log.items():
            home.deliver(f"{name}.{ending}", content)
    assert home.typed() == at_once
    assert home.landed() < 1.1 * len(at_once["ocpp_messages"])


@pytest.mark.parametrize("share", [0.05, 0.5, 0.93, 0.9999])
def test_a_file_that_was_cut_off_is_reported_and_is_whole_when_the_rest_has_come(
    log, at_once, tmp_path, share
):
    home = keyed(tmp_path)
    for ending, content in log.items():
        cut = content[: int(len(content) * share)]
        failed = home.deliver(f"log.{ending}", cut)
        if ending in ("parquet", "csv.gz", "jsonl.gz"):
            assert failed
    assert len(home.poll()) >= 3  # and every poll says so again
    failed = []
    for ending, content in log.items():
        failed = home.deliver(f"log.{ending}", content)
    assert failed == []
    assert home.typed() == at_once


CUTS: dict[str, Callable[[bytes], bytes]] = {"jsonl": gzip.decompress, "csv": gzip.decompress}


@pytest.mark.parametrize("ending", CUTS)
@pytest.mark.parametrize("back", [1, 2, 5, 40, 120])
def test_a_text_that_ends_in_the_middle_of_a_line_never_lands_that_line(
    log, tmp_path, ending, back
):
    content = CUTS[ending](log[f"{ending}.gz"])
    cut, whole = keyed(tmp_path / "cut"), keyed(tmp_path / "whole")
    whole.deliver(f"log.{ending}", content)
    cut.deliver(f"log.{ending}", content[:-back])
    everything = {repr(r) for r in whole.typed()["ocpp_messages"]}
    assert {repr(r) for r in cut.typed().get("ocpp_messages", [])} <= everything
    assert cut.deliver(f"log.{ending}", content) == []
    assert cut.typed() == whole.typed()


def test_a_row_whose_last_column_is_cut_does_not_land_with_half_a_time(tmp_path):
    order = [0, 1, 2, 3, 5, 4]  # the time stands last
    rows = [tuple(found[n] for n in order) for found in LOG]
    content = csv_of(*rows, header=tuple(COLUMNS[n] for n in order))
    home = Home(tmp_path)
    home.deliver("a.csv", content[:-10])
    home.deliver("a.csv", content)
    assert len(home.messages()) == 6


def test_a_log_that_grows_gives_what_it_gives_at_once(log, tmp_path):
    lines = log["log"].splitlines(keepends=True)
    growing, whole = keyed(tmp_path / "growing"), keyed(tmp_path / "whole")
    whole.deliver("x.log", log["log"])
    for end in (10, 11, len(lines) // 2, len(lines)):
        assert growing.deliver("x.log", b"".join(lines[:end])) == []
    assert growing.typed() == whole.typed()
    assert growing.landed() == whole.landed()  # nothing twice


def test_a_growing_log_is_quarantined_line_by_line_once(home, tmp_path):
    whole = Home(tmp_path / "whole")
    lines = [b"\n", b"bad\n", *lines_of(*FRAMES[:2]).splitlines(keepends=True), b"worse\n"]
    lines += [*lines_of(*FRAMES[2:]).splitlines(keepends=True), b"worst\n"]
    whole.deliver("x.log", b"".join(lines))
    for end in range(1, len(lines) + 1):
        home.deliver("x.log", b"".join(lines[:end]))
        home.deliver("x.log", b"".join([*lines[:end], *lines[end : end + 1]])[:-5])
    home.deliver("x.log", b"".join(lines))
    assert home.typed()["quarantine"] == whole.typed()["quarantine"]
    records = sorted(r["record"] for r in home.typed()["quarantine"])
    assert records == ["line 10", "line 2", "line 5"]
    assert len(home.messages()) == 6


def test_a_file_that_was_replaced_by_another_is_read_from_its_beginning(home):
    home.deliver("x.log", csv_of(*LOG[:2]))
    home.deliver("x.log", csv_of(*LOG[2:]))
    assert len(home.messages()) == 6


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_order_and_repetition_of_deliveries_never_matter(log, tmp_path_factory, data):
    lines = log["log"].splitlines(keepends=True)[:120]
    whole = keyed(tmp_path_factory.mktemp("whole"))
    whole.deliver("all.log", b"".join(lines))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=3)))
    borders = [0, *cuts, len(lines)]
    pieces = [lines[a:b] for a, b in itertools.pairwise(borders)]
    again = data.draw(st.lists(st.sampled_from(range(len(pieces))), max_size=3))
    order = data.draw(st.permutations([*range(len(pieces)), *again]))
    home = keyed(tmp_path_factory.mktemp("pieces"))
    for number, piece in enumerate(order):
        (home.inbox / f"{number}.log").write_bytes(b"".join(pieces[piece]))
        if data.draw(st.booleans()):
            assert home.poll() == []
    assert home.poll() == []
    assert home.typed() == whole.typed()
