"""The checker of words finds each refused word wherever it stands, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.settings import PROJECT
from tests import words


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("    told = json.loads(body)", "told"),
        ("def test_a_bad_row_is_told_once():", "told"),
        ("class Told(NamedTuple):", "Told"),
        ("TOLD = {}", "TOLD"),
        ("The newest telling counts.", "telling"),
        ("select is_homeless from samples", "homeless"),
        ("fields that are alike", "alike"),
        ("class Filled:", "Filled"),
        ("    login.forgive()", "forgive"),
        ("    played: Options", "played"),
        ("    plug = connectors[0]", "plug"),
        ("its plugs", "plugs"),
        ("from extract.vendors.acme import stays", "stays"),
        ("Whoever reads this", "Whoever"),
        ("a request, whatever came of it", "came of it"),
        ("not changed: nobody agreed", "nobody agreed"),
    ],
)
def test_a_refused_word_is_found_with_its_place_and_what_to_say(line: str, word: str) -> None:
    [hit] = words.hits_of("extract/some.py", f"first line\n{line}\n")

    assert (hit.file, hit.line, hit.word) == ("extract/some.py", 2, word)
    assert str(hit).startswith(f"extract/some.py:2: {word!r}: say ")
    assert hit.instead


@pytest.mark.parametrize("name", ["told.py", "test_homeless.py", "stays.py"])
def test_a_refused_word_is_found_in_the_name_of_a_file(name: str) -> None:
    assert [hit.line for hit in words.hits_of(f"extract/vendors/acme/{name}", "")] == [0]


@pytest.mark.parametrize(
    "line",
    [
        "an untold story",
        "plug_in = car.plug_in(now)  # a plug-in, plug_ins, plugged in, a plugin",
        "the form is filled in",
        "what has landed stays",
        "displayed",
    ],
)
def test_other_words_are_fine(line: str) -> None:
    assert list(words.hits_of("extract/some.py", line)) == []


def test_a_planted_word_is_found_in_every_kind_of_file(tmp_path: Path) -> None:
    for name in ("extract/a.py", "dags/b.py", "dbt_project/models/c.sql", "dbt_project/d.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("told\n")
    for name in ("docs/e.md", "README.md", "tests/f.toml", "dbt_project/target/not_ours.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("told\n")

    found = {hit.file for hit in words.hits(tmp_path)}
    assert found == {
        *("extract/a.py", "dags/b.py", "dbt_project/models/c.sql", "dbt_project/d.yml"),
        *("docs/e.md", "README.md", "tests/f.toml"),
    }


def test_every_allowed_place_exists_and_needs_its_allowance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed = dict(words.ALLOWED)
    monkeypatch.setattr(words, "ALLOWED", {})
    for (file, word), reason in allowed.items():
        found = {hit.word.lower() for hit in words.hits_of(file, (PROJECT / file).read_text())}
        assert reason
        assert found if word == "" else word in found, (file, word)


def test_the_command_fails_and_names_each_hit_or_counts_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("told and retold, told\n")
    monkeypatch.setattr(words, "PROJECT", tmp_path)
    assert words.main(["a.md"]) == 1
    assert [line.split(":")[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["a.md", "1"],
        ["a.md", "1"],
    ]
    assert words.main(["--count", "a.md"]) == 1
    assert capsys.readouterr().out.split() == ["2", "a.md"]
    (tmp_path / "a.md").write_text("plain\n")
    assert words.main(["a.md"]) == 0
