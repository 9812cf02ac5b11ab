"""The gate, with the real Great Expectations, on partitions of a few rows."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from extract.lake.schemas import TABLES
from extract.quality.finding import Finding
from extract.quality.gate import Gate, Verdict
from extract.settings import Settings
from tests.quality_rows import DAY, WORDS, arrow, at, check, feed_rows, good_rows


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """One gate for many partitions, as in a load."""
    return Gate(Settings(home=tmp_path_factory.mktemp("home")), WORDS)


def test_a_good_partition_passes_without_a_word(gate: Gate) -> None:
    verdict = check(gate, good_rows(), history=[2, 2, 3])

    assert verdict.passed
    assert (verdict.critical, verdict.warnings, verdict.reason) == ((), (), "")
    assert verdict.checks > 40
    assert (verdict.rows, verdict.units) == (9, 2)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([2, 2], ()),  # too few to say what is usual
        ([2, 2, 100], ()),
        ([4, 4, 4], ()),  # 50 % is still usual
        ([5, 5, 5], ("units=2 median=5 (expected 2.5 to 7.5)",)),
        ([1, 1, 1], ("units=2 median=1 (expected 0.5 to 1.5)",)),
    ],
)
def test_volume_is_compared_with_the_median_of_the_partitions_before(
    gate: Gate, history: list[int], expected: tuple[str, ...]
) -> None:
    verdict = check(gate, feed_rows(), history)

    assert verdict.passed
    assert tuple(finding.examples[0] for finding in verdict.warnings) == expected


def test_a_bad_partition_says_nothing_about_the_next_one(gate: Gate) -> None:
    bad = feed_rows()
    bad["status_spans"][0]["unit_id"] = None

    passed = [check(gate, rows).passed for rows in (feed_rows(), bad, feed_rows())]

    assert passed == [True, False, True]


def test_words_are_known_whatever_their_case_and_blanks(gate: Gate) -> None:
    rows = feed_rows()
    rows["status_spans"][0]["status"] = " available\t"

    assert check(gate, rows).warnings == ()


def test_samples_of_a_moment_are_kept_apart_by_session_and_may_have_none(gate: Gate) -> None:
    own = {"source": "chargecloud", "stream": "poi", "date": DAY, "scope": "koeln"}
    sample = {**own, "connector_id": "447", "measured_at": at("20:58:22"), "phase": "total"}
    samples = [{**sample, "session_id": session} for session in (None, "a", "b")]

    assert check(gate, feed_rows() | {"measurements": samples}).passed
    for again in samples:
        verdict = check(gate, feed_rows() | {"measurements": [*samples, again]})
        assert not verdict.passed
        assert "measurements" in verdict.reason


def test_coordinates_may_be_missing(gate: Gate) -> None:
    rows = good_rows()
    rows["stations"][0].update(latitude=None, longitude=None)

    assert check(gate, rows).passed


def test_the_last_microsecond_of_the_date_is_inside(gate: Gate) -> None:
    rows = feed_rows()
    rows["polls"][2]["query_time"] = at("23:59:59.999999")

    assert check(gate, rows).passed


def test_unreadable_and_repeated_records_are_no_observations(gate: Gate) -> None:
    rows = feed_rows()
    rows["polls"][0].update(records=5, unreadable_records=1, duplicate_records=2)

    assert check(gate, rows).passed


def test_a_thousand_failures_make_five_examples(gate: Gate) -> None:
    rows = good_rows()
    connector = rows["connectors"][0]
    rows["connectors"] += [{**connector, "connector_id": None} for _ in range(1000)]
    for number, row in enumerate(rows["connectors"]):
        row["first_query_time"] = at("20:00") + timedelta(seconds=number)

    (finding,) = check(gate, rows).critical

    assert (finding.failed, finding.of, len(finding.examples)) == (1000, 1001, 5)


def test_absent_and_empty_tables_are_a_partition_with_nothing_in_it(gate: Gate) -> None:
    assert gate.check("chargecloud", "poi", DAY, {}, []).passed
    assert check(gate, {name: [] for name in TABLES}).passed


def test_a_check_that_cannot_run_is_critical(gate: Gate) -> None:
    tables = arrow(good_rows())
    tables["stations"] = tables["stations"].drop_columns(["latitude"])

    verdict = gate.check("chargecloud", "poi", DAY, tables, [])

    (finding,) = verdict.critical
    assert finding.where == "stations.latitude"
    assert "could not run" in finding.what
    assert "latitude" in finding.what


def test_a_finding_reads_like_a_sentence() -> None:
    finding = Finding(
        "stations", "an impossible latitude", ("latitude",), 2, 1200, ("id=1: 509",), "Ask.", True
    )

    assert str(finding) == (
        "stations.latitude: an impossible latitude (2 of 1,200), e.g. id=1: 509. Ask."
    )


def test_a_reason_is_one_line_however_many_findings() -> None:
    finding = Finding("polls", "two\nlines", (), 1, 1, (), "Ask.", True)
    verdict = Verdict(
        "chargecloud", "poi", DAY, at("22:00"), 50, 9, 2, critical=(finding, finding, finding)
    )

    assert verdict.reason == "polls: two lines (1 of 1). Ask. And 2 more."


def test_great_expectations_is_not_imported_before_the_first_check(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from extract.quality.gate import Gate; "
        "from extract.settings import Settings; "
        f"folder = pathlib.Path({str(tmp_path)!r}); "
        "Gate(Settings(home=folder), []).publish(folder / 'quality'); "
        "sys.exit('great_expectations' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert (tmp_path / "quality" / "index.html").exists()
