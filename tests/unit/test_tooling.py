"""What surrounds the code says what is so: one version, the hooks, the workflow, the container."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import extract
from extract import http
from extract.settings import PROJECT
from tests.platforms import MACHINES, PYTHONS

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
MAKEFILE = (PROJECT / "Makefile").read_text()
BIN = Path(sys.executable).parent
HOOKS_FILE = PROJECT / ".pre-commit-config.yaml"
REPOSITORIES = yaml.safe_load(HOOKS_FILE.read_text())["repos"]
HOOKS = [hook for repository in REPOSITORIES for hook in repository["hooks"]]
WORKFLOW = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
JOB = WORKFLOW["jobs"]["ci"]


def target(name: str) -> list[list[str]]:
    """The commands of a target of the Makefile, as words."""
    lines = re.search(rf"^{name}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert lines is not None
    return [shlex.split(line.strip()) for line in lines[1].splitlines()]


def test_the_version_is_pyprojects_everywhere():
    assert extract.__version__ == PYPROJECT["version"]
    assert http.session().headers["User-Agent"].split()[0] == f"Wattstar/{PYPROJECT['version']}"


def test_the_version_is_written_nowhere_else_in_the_code():
    written = re.compile(rf"(?<![\d.]){re.escape(PYPROJECT['version'])}(?![\d.])")
    sources = [*PROJECT.glob("extract/**/*.py"), *PROJECT.glob("dags/*.py"), PROJECT / "Makefile"]
    assert [str(file) for file in sources if written.search(file.read_text())] == []


def test_the_hooks_are_valid_and_download_nothing(tmp_path):
    done = subprocess.run(
        [BIN / "pre-commit", "validate-config", HOOKS_FILE],
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert {repository["repo"] for repository in REPOSITORIES} == {"local"}
    assert {hook["language"] for hook in HOOKS} == {"system"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_calls_a_program_that_is_installed_with_options_that_it_knows(hook):
    program, *options = shlex.split(hook["entry"])
    assert Path(program).parent == Path(".venv/bin")
    done = subprocess.run(
        [BIN / Path(program).name, *options, "--help"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_the_hooks_are_the_checks_of_make_lint():
    def check(words: list[str]) -> str:
        """The program with its subcommand or module, without where and how it is called."""
        program = Path(words[0].replace("$(BIN)", "")).name
        if words[1:2] == ["-m"]:
            return " ".join([program, *words[1:3]])
        return " ".join([program, *(word for word in words[1:2] if word.isalpha())])

    hooks = {check(shlex.split(hook["entry"])) for hook in HOOKS}
    assert hooks == {check(words) for words in target("lint")}


def test_the_workflow_runs_what_every_change_must_pass():
    commands = [step["run"] for step in JOB["steps"] if "run" in step]
    assert commands == [".ci/run"]
    assert os.access(PROJECT / ".ci" / "run", os.X_OK)
    assert {"push", "pull_request"} <= WORKFLOW[True].keys()  # YAML reads `on` as a truth value


def test_the_workflow_has_a_machine_of_every_kind_and_every_python_version():
    matrix = JOB["strategy"]["matrix"]
    assert len(matrix["machine"]) == len(MACHINES)
    kinds = {
        ("linux" if name.startswith("ubuntu") else "darwin", "arm" in name or name == "macos-15")
        for name in matrix["machine"]
    }
    assert kinds == {(system, machine in {"aarch64", "arm64"}) for system, machine in MACHINES}
    pythons = {*matrix["python"], *(extra["python"] for extra in matrix["include"])}
    assert pythons == {python.rpartition(".")[0] for python in PYTHONS}


def test_the_container_sets_up_by_make_with_a_supported_python():
    container = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"].split(" && ")[0] == "make setup"
    assert re.search(r"^setup:", MAKEFILE, re.MULTILINE)
    image, _, python = container["image"].partition(":")
    assert image == "python"
    assert python.partition("-")[0] + ".0" in SpecifierSet(PYPROJECT["requires-python"])
