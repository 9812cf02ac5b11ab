"""The gate, with the real Great Expectations, on partitions of a few rows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.lake.schemas import TABLES
from extract.quality.finding import Finding
from extract.quality.gate import Gate, Verdict
from extract.settings import Settings

DAY = date(2022, 1, 11)
MASTER_DATA = ("stations", "charging_points", "connectors")
Rows = dict[str, list[dict[str, Any]]]


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=UTC)


def good_rows(day: date = DAY) -> Rows:
    """Two polls of a city: one station, one point that stays as it is, one connector that changes.

    A third poll failed; it has no records.
    """
    own = {"source": "chargecloud", "stream": "poi", "date": day}
    here = {**own, "scope": "koeln"}
    first, last = at("20:58:22", day), at("21:08:23", day)
    good = {**here, "outcome": "ok", "records": 2, "unreadable_records": 0, "duplicate_records": 0}
    failed = {**good, "outcome": "http_error", "records": 0, "error": "HTTP 503"}
    both = {**here, "first_query_time": first, "last_query_time": last}
    point = {"unit": "chargingpoint", "unit_id": "DE*REK*E00025*001", "status": "AVAILABLE"}
    connector = {**here, "unit": "connector", "unit_id": "447"}
    then = {"first_query_time": first, "last_query_time": first, "status": "AVAILABLE", "polls": 1}
    now = {"first_query_time": last, "last_query_time": last, "status": "CHARGING", "polls": 1}
    return {
        "polls": [
            {**good, "query_time": first, "requested_at": first},
            {**good, "query_time": last, "requested_at": last},
            {**failed, "query_time": at("21:18:00", day), "requested_at": at("21:18:00", day)},
        ],
        "status_spans": [
            {**both, **point, "polls": 2},
            {**connector, **then},
            {**connector, **now},
        ],
        "stations": [{**both, "station_id": "25", "latitude": 50.9, "longitude": 6.9}],
        "charging_points": [{**both, "charging_point_id": "DE*REK*E00025*001"}],
        "connectors": [{**both, "connector_id": "447", "ampere": 32.0}],
        "quarantine": [],
    }


def feed_rows(day: date = DAY) -> Rows:
    """Good rows without master data, where that is of no interest: checks take their time."""
    return {table: rows for table, rows in good_rows(day).items() if table not in MASTER_DATA}


def arrow(rows: Rows) -> dict[str, pa.Table]:
    return {name: pa.Table.from_pylist(rows[name], schema=TABLES[name]) for name in rows}


WORDS = [
    {"source": "chargecloud", "source_status": "Available "},
    {"source": "chargecloud", "source_status": "CHARGING"},
    {"source": "zaptec", "source_status": "3"},
]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """One gate for many partitions, as in a load."""
    return Gate(Settings(home=tmp_path_factory.mktemp("home")), WORDS)


def check(gate: Gate, rows: Rows, history: list[int] | None = None) -> Verdict:
    return gate.check("chargecloud", "poi", DAY, arrow(rows), history or [])


@dataclass(frozen=True)
class Break:
    """A way to break a good partition, and the one finding that it should make."""

    name: str
    breaks: Callable[[Rows], object]
    where: str
    critical: bool
    example: str  # in the first example


def quarantined_record() -> dict[str, Any]:
    return {
        **{"source": "chargecloud", "stream": "poi", "date": DAY, "scope": "koeln", "polls": 1},
        **{"first_query_time": at("20:58:22"), "last_query_time": at("20:58:22")},
        **{"file": "raw/poll-1.parquet", "record": "data[3].evses[0]", "field": "roaming"},
        **{"value": '"perhaps"', "reason": "not a boolean"},
    }


def second_day(rows: Rows, table: str, column: str) -> None:
    rows[table][0][column] += timedelta(days=1)


RUN = "status_spans (last_query_time, first_query_time)"
BREAKS = [
    Break(
        "a poll without a scope",
        lambda rows: rows["polls"][2].update(scope=None),
        "polls.scope",
        True,
        "scope=NULL query_time=2022-01-11T21:18:00Z",
    ),
    Break(
        "a span without a unit id",
        lambda rows: rows["status_spans"][0].update(unit_id=None),
        "status_spans.unit_id",
        True,
        "scope=koeln unit=chargingpoint unit_id=NULL first_query_time=2022-01-11T20:58:22Z",
    ),
    Break(
        "a poll that is there twice",
        lambda rows: rows["polls"].append(rows["polls"][2]),
        "polls (scope, query_time)",
        True,
        "scope=koeln query_time=2022-01-11T21:18:00Z",
    ),
    Break(
        "a span that is there twice",
        lambda rows: (
            rows["status_spans"].append(rows["status_spans"][2]),
            rows["polls"][0].update(records=3),
        ),
        "status_spans (scope, unit, unit_id, first_query_time)",
        True,
        "scope=koeln unit=connector unit_id=447 first_query_time=2022-01-11T21:08:23Z",
    ),
    Break(
        "a station that is there twice",
        lambda rows: rows["stations"].append(rows["stations"][0]),
        "stations (scope, station_id, first_query_time)",
        True,
        "scope=koeln station_id=25 first_query_time=2022-01-11T20:58:22Z",
    ),
    Break(
        "a connector's master data of another date",
        lambda rows: rows["connectors"][0].update(date=DAY - timedelta(days=1)),
        "connectors.partition",
        True,
        "connector_id=447 first_query_time=2022-01-11T20:58:22Z: "
        "partition=chargecloud/poi/2022-01-10",
    ),
    Break(
        "a span without a source",
        lambda rows: rows["status_spans"][0].update(source=None),
        "status_spans.partition",
        True,
        "partition=NULL/poi/2022-01-11",
    ),
    Break(
        "a span that ends before it begins",
        lambda rows: rows["status_spans"][1].update(last_query_time=at("20:00")),
        RUN,
        True,
        "unit_id=447 first_query_time=2022-01-11T20:58:22Z: last_query_time=2022-01-11T20:00:00Z",
    ),
    Break(
        "a span without an end",
        lambda rows: rows["status_spans"][1].update(last_query_time=None),
        RUN,
        True,
        "unit_id=447 first_query_time=2022-01-11T20:58:22Z: last_query_time=NULL",
    ),
    Break(
        "a span that reaches into the next date",
        lambda rows: second_day(rows, "status_spans", "last_query_time"),
        "status_spans.last_query_time",
        True,
        "last_query_time=2022-01-12T21:08:23Z "
        "(expected 2022-01-11T00:00:00Z until 2022-01-12T00:00:00Z)",
    ),
    Break(
        "master data from the date before",
        lambda rows: rows["charging_points"][0].update(
            first_query_time=at("23:59", DAY - timedelta(days=1))
        ),
        "charging_points.first_query_time",
        True,
        "charging_point_id=DE*REK*E00025*001 first_query_time=2022-01-10T23:59:00Z",
    ),
    Break(
        "a poll at midnight of the next date",
        lambda rows: rows["polls"][2].update(query_time=at("00:00", DAY + timedelta(days=1))),
        "polls.query_time",
        True,
        "scope=koeln query_time=2022-01-12T00:00:00Z",
    ),
    Break(
        "a span of no polls",
        lambda rows: rows["status_spans"].append(
            {**rows["status_spans"][0], "unit_id": "x", "polls": 0}
        ),
        "status_spans.polls",
        True,
        "unit_id=x first_query_time=2022-01-11T20:58:22Z: polls=0 (expected 1 or more)",
    ),
    Break(
        "a span that does not say how many polls",
        lambda rows: rows["status_spans"].append(
            {**rows["status_spans"][0], "unit_id": "x", "polls": None}
        ),
        "status_spans.polls",
        True,
        "unit_id=x first_query_time=2022-01-11T20:58:22Z: polls=",
    ),
    Break(
        "a latitude beyond the pole",
        lambda rows: rows["stations"][0].update(latitude=509.0),
        "stations.latitude",
        True,
        "station_id=25 first_query_time=2022-01-11T20:58:22Z: latitude=509 (expected -90 to 90)",
    ),
    Break(
        "a longitude that is not a number",
        lambda rows: rows["stations"][0].update(longitude=float("nan")),
        "stations.longitude",
        True,
        "longitude=nan (expected -180 to 180)",
    ),
    Break(
        "an observation that got lost",
        lambda rows: rows["polls"][0].update(records=3),
        "answers (answered, observed)",
        True,
        "scope=koeln: answered=5 observed=4",
    ),
    Break(
        "observations in a scope that never answered",
        lambda rows: rows["status_spans"].append({**rows["status_spans"][0], "scope": "bonn"}),
        "answers (answered, observed)",
        True,
        "scope=bonn: answered=0 observed=2",
    ),
    Break(
        "a status word that nobody knows",
        lambda rows: rows["status_spans"][2].update(status="Dreaming"),
        "status_spans.status_word",
        False,
        "unit=connector unit_id=447 first_query_time=2022-01-11T21:08:23Z: status=Dreaming",
    ),
    Break(
        "a word of another source",
        lambda rows: rows["status_spans"][2].update(status="3"),
        "status_spans.status_word",
        False,
        "status=3",
    ),
    Break(
        "no status",
        lambda rows: rows["status_spans"][0].update(status=None),
        "status_spans.status",
        False,
        "unit_id=DE*REK*E00025*001 first_query_time=2022-01-11T20:58:22Z: status=NULL",
    ),
    Break(
        "a record that could not be read",
        lambda rows: rows["quarantine"].append(quarantined_record()),
        "quarantine.reason",
        False,
        "scope=koeln file=raw/poll-1.parquet record=data[3].evses[0]: "
        'field=roaming value="perhaps" reason=not a boolean',
    ),
    Break(
        "more failed polls than good ones",
        lambda rows: rows["polls"].extend(
            {**rows["polls"][2], "query_time": at(f"22:0{n}")} for n in range(2)
        ),
        "polls.outcome",
        False,
        "scope=koeln query_time=2022-01-11T21:18:00Z: outcome=http_error error=HTTP 503",
    ),
]


def test_a_good_partition_passes_without_a_word(gate: Gate) -> None:
    verdict = check(gate, good_rows(), history=[2, 2, 3])

    assert verdict.passed
    assert (verdict.critical, verdict.warnings, verdict.reason) == ((), (), "")
    assert verdict.checks > 40
    assert (verdict.rows, verdict.units) == (9, 2)


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_each_check_finds_just_what_was_broken_and_names_the_record(
    gate: Gate, broken: Break
) -> None:
    rows = good_rows()
    broken.breaks(rows)
    broken_table = broken.where.replace(".", " ").split()[0]
    rows = {name: rows[name] for name in (*feed_rows(), broken_table) if name in rows}

    verdict = check(gate, rows)

    (finding,) = verdict.critical + verdict.per_row + verdict.warnings
    assert finding.where == broken.where
    assert finding.critical is broken.critical
    assert verdict.passed is (not broken.critical or bool(finding.rows))
    assert broken.example in finding.examples[0]
    assert finding.advice


@settings(max_examples=6, deadline=None)
@given(broken=st.lists(st.sampled_from(BREAKS), min_size=1, max_size=4, unique=True))
def test_a_critical_finding_is_never_outvoted(gate: Gate, broken: list[Break]) -> None:
    rows = good_rows()
    for each in broken:
        each.breaks(rows)

    verdict = check(gate, rows)

    assert verdict.passed is (not verdict.critical)
    assert bool(verdict.reason) is not verdict.passed
    if any(each.critical for each in broken):
        assert not verdict.passed


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
    BREAKS[1].breaks(bad)

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


class Page(HTMLParser):
    """What a page would load, where it links to, and its text."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.text = ""
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def load(folder: Path, days: dict[date, str]) -> Page:
    """A load of its own: checks partitions with the given status, publishes, reads the page."""
    gate = Gate(Settings(home=folder), WORDS)
    for day, status in days.items():
        rows = feed_rows(day)
        rows["status_spans"][0]["status"] = status
        gate.check("chargecloud", "poi", day, arrow(rows), [])
    return Page(gate.publish(folder / "quality"))


def test_the_page_needs_no_network_and_runs_no_script(tmp_path: Path) -> None:
    page = load(tmp_path, {DAY: "<script>alert(1)</script>"})

    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert "@import" not in page.text
    assert "url(" not in page.text
    assert set(page.references) == {"gx/index.html", f"#chargecloud-poi-{DAY}"}
    assert "status=<script>alert(1)</script>" in page.text
    assert (tmp_path / "quality" / "gx" / "index.html").exists()


def test_the_page_keeps_the_latest_verdict_of_earlier_loads(tmp_path: Path) -> None:
    next_day = DAY + timedelta(days=1)

    load(tmp_path, {DAY: "DREAMING"})
    second = load(tmp_path, {next_day: "AVAILABLE"})
    third = load(tmp_path, {DAY: "AVAILABLE"})

    assert "status=DREAMING" in second.text
    assert "2 partitions checked: 0 quarantined,\n1 loaded with warnings" in second.text
    assert "DREAMING" not in third.text
    content = json.loads((tmp_path / "quality" / "summary.json").read_text())
    assert [entry["date"] for entry in content["partitions"]] == [str(next_day), str(DAY)]
    assert all(entry["checks_failed"] == 0 for entry in content["partitions"])


def test_an_emptied_partition_leaves_the_page(tmp_path: Path) -> None:
    load(tmp_path, {DAY: "DREAMING"})
    gate = Gate(Settings(home=tmp_path), WORDS)

    gate.forget("chargecloud", "poi", DAY)
    page = Page(gate.publish(tmp_path / "quality"))

    assert "DREAMING" not in page.text
    assert "0 partitions checked" in page.text


def test_a_damaged_summary_starts_anew_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "quality").mkdir()
    (tmp_path / "quality" / "summary.json").write_text("{half")

    page = load(tmp_path, {})

    assert "0 partitions checked" in page.text
    assert "cannot be read" in caplog.text


def test_a_long_replay_documents_the_partitions_with_findings_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.quality.expectations.DOCUMENTED", 2)
    days = [DAY + timedelta(days=number) for number in range(4)]
    words = ["AVAILABLE", "DREAMING", "AVAILABLE", "AVAILABLE"]

    load(tmp_path, dict(zip(days, words, strict=True)))

    documented = (tmp_path / "quality" / "gx" / "validations" / "status_spans").iterdir()
    assert {folder.name for folder in documented} == {
        f"chargecloud-poi-{days[1]}",
        f"chargecloud-poi-{days[3]}",
    }
