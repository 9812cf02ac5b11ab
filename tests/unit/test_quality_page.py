"""The page of data quality, from loads of a few rows with the real Great Expectations."""

from __future__ import annotations

import json
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from extract.quality.gate import Gate
from extract.settings import Settings
from tests.quality_rows import DAY, WORDS, arrow, feed_rows


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
