"""The import rules of the design, held by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.settings import PROJECT


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


def violations(root: Path) -> list[str]:
    """`file imports name` for every import that the design forbids."""
    vendors = [folder.name for folder in (root / "extract" / "vendors").glob("[a-z]*/")]
    found = []
    for folder in ("extract", "dags"):
        for file in sorted((root / folder).rglob("*.py")):
            module = ".".join(file.relative_to(root).with_suffix("").parts)
            forbidden = (name for name in imports(file, root) if not allowed(module, name, vendors))
            found += [f"{file.relative_to(root)} imports {name}" for name in forbidden]
    return found


def allowed(module: str, name: str, vendors: list[str]) -> bool:
    """Whether `module` ("extract.warehouse.copy", "dags.warehouse") may import `name`."""
    packages = [f"extract.vendors.{vendor}" for vendor in vendors]
    if within(name, "airflow"):
        return within(module, "dags")
    if within(name, "dags"):
        return False
    if within(name, "great_expectations"):
        return within(module, "extract.quality")
    if within(name, "extract") and within(module, *packages):
        own = ".".join(module.split(".")[:3])
        if within(module, f"{own}.sandbox") and within(name, "extract.sandbox"):
            return True
        return within(name, "extract.lake", "extract.http", "extract.settings", own)
    if within(name, *packages):
        return not within(module, "extract.warehouse", "extract.quality", "extract.lake")
    return True


def test_every_import_goes_the_way_of_the_design() -> None:
    assert violations(PROJECT) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("extract/warehouse/copy.py", "from extract.vendors.acme import flatten"),
        ("extract/lake/typed.py", "from ..vendors import acme"),
        ("extract/quality/gate.py", "import extract.vendors.acme.flatten"),
        ("extract/steps/load.py", "def f():\n    import great_expectations.expectations"),
        ("extract/cli.py", "import importlib\nimportlib.import_module('great_expectations')"),
        ("extract/local/airflow.py", "from airflow.sdk import dag"),
        ("extract/steps/poll.py", "import dags.warehouse"),
        ("extract/vendors/acme/client.py", "from extract.load import copy"),
        ("extract/vendors/acme/client.py", "from extract.vendors.other import flatten"),
        ("extract/vendors/acme/client.py", "from extract.vendors import other"),
    ],
)
def test_an_import_against_the_design_is_found(tmp_path: Path, file: str, line: str) -> None:
    make(tmp_path, file, line)

    assert [found.split(" imports ")[0] for found in violations(tmp_path)] == [file]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("dags/acme.py", "from airflow.sdk import dag\nfrom extract import pipeline"),
        ("extract/steps/load.py", "from extract.vendors import flattener_of"),
        ("extract/quality/expectations.py", "import great_expectations as gx"),
        ("extract/vendors/acme/client.py", "from extract import http\nfrom . import flatten"),
        ("extract/vendors/acme/flatten.py", "from extract.lake.schemas import POLLS"),
        ("extract/vendors/__init__.py", "from extract.vendors import acme, other"),
    ],
)
def test_an_import_along_the_design_is_fine(tmp_path: Path, file: str, line: str) -> None:
    make(tmp_path, file, line)

    assert violations(tmp_path) == []


def make(root: Path, file: str, line: str) -> None:
    """A project with two vendors and one file of interest."""
    for vendor in ("acme", "other"):
        (root / "extract" / "vendors" / vendor).mkdir(parents=True)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(line + "\n")
