"""Who may import whom, held by reading the source: the rooms, their floors and arrows.

A room is a folder of `extract` (each vendor, and `warehouse/embedded`, is a room of its own); the
files directly in `extract` are the room `base`, but for the command line. An arrow goes from a room
to each room that it imports.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from extract.settings import PROJECT

FLOORS = {
    "base": 1,  # errors, settings, about, results, http, login, transport
    "sandbox": 1,
    "lake": 2,
    "warehouse": 3,
    "warehouse.embedded": 3,
    "quality": 3,
    "reference": 3,
    "vendors": 3,  # the registry, and each vendor's own room
    "steps": 4,
    "report": 4,
    "local": 5,
    "dags": 5,
    "cli": 6,
}
MOST_FLOORS, MOST_ARROWS = 6, 60


@dataclass(frozen=True)
class Rule:
    """`why` in one sentence; `breaks(room, imported, room_of_imported)` says whether it is broken.
    `imported` is a dotted name: "extract.lake.raw", "airflow.sdk"."""

    why: str
    breaks: Callable[[str, str, str], bool]


def only(importer: str, *allowed: str) -> Callable[[str, str, str], bool]:
    """A room may import these rooms of ours and no others."""
    return lambda room, _, other: room == importer and other not in ("", *allowed)


def is_vendor(room: str) -> bool:
    return room.startswith("vendors.")


RULES = [
    Rule(
        "Airflow belongs to dags/ alone, so that all it does can be typed and tested without it.",
        lambda room, name, _: within(name, "airflow") and room != "dags",
    ),
    Rule(
        "Nothing imports the DAGs: they call, and are not called.",
        lambda room, name, other: within(name, "dags") or (other == "dags" and room != "dags"),
    ),
    Rule(
        "Great Expectations takes seconds to import, so quality/ alone pays for it.",
        lambda room, name, _: within(name, "great_expectations") and room != "quality",
    ),
    Rule(
        "dbt is run by one step; everything else asks that step.",
        lambda room, name, _: within(name, "dbt") and room != "steps",
    ),
    Rule(
        "The warehouse stores what it is given and knows no vendor and no step.",
        only("warehouse", "base", "lake", "warehouse.embedded"),
    ),
    Rule(
        "Who stores, checks or reports has no need to ask a vendor over HTTP.",
        lambda room, name, _: (
            within(name, "extract.http") and room in ("warehouse", "quality", "report")
        ),
    ),
    Rule(
        "The embedded server is a server: it knows nothing of what is stored in it.",
        only("warehouse.embedded", "base"),
    ),
    Rule(
        "The lake is files and schemas; who fills or reads it is not its business.",
        only("lake", "base"),
    ),
    Rule(
        "Quality checks typed tables, whatever vendor or server they come from or go to.",
        only("quality", "base", "lake"),
    ),
    Rule(
        "A vendor turns answers into typed tables, so it needs the lake and the base, its own "
        "folder, and in its sandbox what sandboxes share.",
        lambda room, _, other: is_vendor(room) and other not in ("", "base", "lake", "sandbox"),
    ),
    Rule(
        "A file that a person gives lands like an answer: its room needs the lake and no server.",
        only("reference", "base", "lake"),
    ),
    Rule(
        "The shared part of the sandbox gets its vendors from its caller.",
        only("sandbox", "base"),
    ),
    Rule(
        "A step must run where there is no Airflow and no demonstration, as in a DAG's task.",
        lambda room, _, other: room == "steps" and other == "local",
    ),
]


# --- reading the source --------------------------------------------------------------------------


def imports(file: Path, root: Path) -> Iterator[str]:
    """Every dotted name that a file imports, at the top or inside a function.

    `from a.b import c` gives `a.b.c`, and `a.b.*` as `a.b`; relative imports are resolved.
    `importlib.import_module("a")` and `__import__("a")` count as well.
    """
    package = file.relative_to(root).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield from (module if a.name == "*" else f"{module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.Call) and _is_import(node.func):
            yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def _is_import(function: ast.expr) -> bool:
    return ast.unparse(function).split(".")[-1] in {"import_module", "__import__"}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def room_of(name: str, root: Path) -> str:
    """The room of a dotted name; "" where it is none of ours."""
    parts = name.split(".")
    if parts[0] == "dags":
        return "dags"
    if parts[0] != "extract":
        return ""
    first, inner = [*parts[1:], "", ""][:2]
    folder = root / "extract" / first
    if first in ("vendors", "warehouse") and inner and (folder / inner).is_dir():
        return f"{first}.{inner}"
    if first == "cli":
        return "cli"
    return first if first and folder.is_dir() else "base"


def found(root: Path) -> Iterator[tuple[Path, str, str, str]]:
    """(file, its room, what it imports, the room of that), for everything but its own room."""
    for folder in ("extract", "dags"):
        for file in sorted((root / folder).rglob("*.py")):
            room = room_of(".".join(file.relative_to(root).with_suffix("").parts), root)
            for name in imports(file, root):
                if (other := room_of(name, root)) != room:
                    yield file.relative_to(root), room, name, other


def floor(room: str) -> int:
    return FLOORS["vendors" if is_vendor(room) else room]


def violations(root: Path) -> list[str]:
    """`file imports name: why not` for every import that a rule forbids, or that goes upward."""
    broken = []
    for file, room, name, other in found(root):
        broken += [
            f"{file} imports {name}: {rule.why}" for rule in RULES if rule.breaks(room, name, other)
        ]
        if other and floor(other) > floor(room):
            broken.append(f"{file} imports {name}: upward, from floor {floor(room)}")
    return broken


def arrows(root: Path) -> set[tuple[str, str]]:
    """Room to room. The registry imports each vendor by a name that is put together, so these
    arrows are added here."""
    drawn = {(room, other) for _, room, _, other in found(root) if other}
    vendors = (file.parent.name for file in (root / "extract" / "vendors").glob("*/about.py"))
    return drawn | {("vendors", f"vendors.{name}") for name in vendors}


# --- the project ---------------------------------------------------------------------------------


def test_every_import_follows_the_rules_and_none_goes_upward() -> None:
    assert violations(PROJECT) == []


def test_the_rooms_are_those_of_the_table() -> None:
    rooms = {room for arrow in arrows(PROJECT) for room in arrow}
    assert {"vendors" if is_vendor(room) else room for room in rooms} == FLOORS.keys()
    assert max(FLOORS.values()) <= MOST_FLOORS


def test_no_rooms_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for room, other in arrows(PROJECT):
        graph.setdefault(room, set()).add(other)
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_there_are_few_enough_arrows_to_keep_in_mind() -> None:
    drawn = arrows(PROJECT)
    of_one_vendor = {tuple("a vendor" if is_vendor(end) else end for end in one) for one in drawn}
    assert len(of_one_vendor) <= MOST_ARROWS, "vendors count once: they are the same room again"


def test_every_step_is_a_command_of_its_name() -> None:
    from extract.cli import app

    commands = {
        command.callback.__name__ for command in app.registered_commands if command.callback
    }
    files = {file.stem for file in (PROJECT / "extract" / "steps").glob("*.py")}
    commands |= {str(group.name) for group in app.registered_groups}
    helpers = {
        "__init__",
        "dbt",
        "digest",
        "forget_search",
        "front_page",
        "tariffs",
        "health",
        "alert",
    }
    assert files - helpers <= commands
    assert helpers <= files


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("extract/warehouse/copy.py", "from extract.vendors.acme import flatten"),
        ("extract/warehouse/copy.py", "from extract.steps import load"),
        ("extract/warehouse/copy.py", "from extract import http"),
        ("extract/warehouse/embedded/postgres.py", "from extract.lake import raw"),
        ("extract/lake/typed.py", "from ..vendors import acme"),
        ("extract/quality/gate.py", "import extract.vendors.acme.flatten"),
        ("extract/quality/gate.py", "from extract.warehouse import ledger"),
        ("extract/steps/load.py", "def f():\n    import great_expectations.expectations"),
        ("extract/steps/load.py", "from extract.local import up"),
        ("extract/cli/daily.py", "import importlib\nimportlib.import_module('great_expectations')"),
        ("extract/local/airflow.py", "from airflow.sdk import dag"),
        ("extract/local/demo.py", "import dbt.cli"),
        ("extract/steps/poll.py", "import dags.warehouse"),
        ("extract/sandbox/app.py", "from extract.vendors import acme"),
        ("extract/vendors/acme/client.py", "from extract.warehouse import copy"),
        ("extract/vendors/acme/client.py", "from extract.vendors.other import flatten"),
        ("extract/vendors/acme/client.py", "from extract.vendors import other"),
        ("extract/vendors/acme/client.py", "from extract.vendors import settings_of"),
        ("extract/settings.py", "from extract.lake import raw"),
    ],
)
def test_an_import_against_the_rules_is_found(tmp_path: Path, file: str, line: str) -> None:
    make(tmp_path, file, line)

    assert {broken.split(" imports ")[0] for broken in violations(tmp_path)} == {file}


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("dags/acme.py", "from airflow.sdk import dag\nfrom extract.steps import poll"),
        ("extract/steps/load.py", "from extract.vendors import flattener"),
        ("extract/steps/dbt.py", "from dbt.cli.main import dbtRunner"),
        ("extract/quality/expectations.py", "import great_expectations as gx"),
        ("extract/vendors/acme/client.py", "from extract import http\nfrom . import flatten"),
        ("extract/vendors/acme/flatten.py", "from extract.lake.schemas import POLLS"),
        ("extract/vendors/acme/sandbox.py", "from extract.sandbox.faults import Faults"),
        ("extract/vendors/__init__.py", "from extract.vendors import acme, other"),
        ("extract/cli/daily.py", "from extract.local import up\nfrom extract.errors import X"),
    ],
)
def test_an_import_along_the_rules_is_fine(tmp_path: Path, file: str, line: str) -> None:
    make(tmp_path, file, line)

    assert violations(tmp_path) == []


def make(root: Path, file: str, line: str) -> None:
    """A project with two vendors, all rooms, and one file of interest."""
    rooms = [room.replace(".", "/") for room in FLOORS if room not in ("base", "cli", "dags")]
    for folder in (*rooms, "vendors/acme", "vendors/other"):
        (root / "extract" / folder).mkdir(parents=True, exist_ok=True)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(line + "\n")
