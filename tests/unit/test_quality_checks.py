"""Each way to break a good partition is found by the real Great Expectations, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.quality.gate import Gate
from extract.settings import Settings
from tests.quality_rows import DAY, WORDS, Rows, at, check, feed_rows, good_rows


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """One gate for many partitions, as in a load."""
    return Gate(Settings(home=tmp_path_factory.mktemp("home")), WORDS)


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
        lambda rows: rows.update(
            status_spans=[*rows["status_spans"], rows["status_spans"][2]],
            polls=[{**rows["polls"][0], "records": 3}, *rows["polls"][1:]],
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
        assert verdict.critical or verdict.per_row
