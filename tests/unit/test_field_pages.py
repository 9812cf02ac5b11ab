"""The pages of the sources are made from the declarations, and are committed as they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.lake.field_pages import page
from extract.lake.fields import KEY, LIST, NUMBER, PERSON, Field, Record
from extract.vendors import field_pages
from extract.vendors.chargecloud.fields import RECORDS

OUTLET = Record("outlet", (Field("power", NUMBER, "power_kw", "kW", "a | b", least=0, most=22),))
SITE = Record(
    "site",
    (
        Field("id", KEY, "station_id", meaning="the vendor's id"),
        Field("owner", PERSON),
        Field("outlets", LIST, inside=OUTLET),
    ),
)


def test_a_page_has_a_row_for_each_field() -> None:
    text = page("Acme", [SITE, OUTLET], "Sent hourly.")
    assert text.startswith("# Acme\n\nSent hourly.\n\n")
    assert "| `id` | key |  | the vendor's id | `station_id` | no |" in text
    assert "| `owner` | person |  |  |  | pseudonym |" in text
    assert "| `outlets` | list: [outlet](#outlet) |  |  |  | no |" in text
    assert "| `power` | number | kW 0 to 22 | a \\| b | `power_kw` | no |" in text


@pytest.mark.parametrize("path", field_pages.pages(), ids=lambda path: path.stem)
def test_the_committed_page_is_as_the_declarations_say(path: Path) -> None:
    assert path.exists(), "run python -m extract.vendors.field_pages"
    assert path.read_text(encoding="utf-8") == field_pages.pages()[path]


def test_chargecloud_has_a_page_and_its_fields_say_what_they_mean() -> None:
    assert "chargecloud" in {path.stem for path in field_pages.pages()}
    bare = [field.name for record in RECORDS for field in record.fields if not field.meaning]
    assert bare == []


def test_an_outdated_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(field_pages, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["field_pages", "--check"])
    assert field_pages.main() == 1
    assert str(tmp_path / "chargecloud.md") in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["field_pages"])
    assert field_pages.main() == 0
    assert field_pages.outdated() == []
