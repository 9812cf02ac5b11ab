"""Every pinned package has a wheel for every machine that is supported; no network is asked."""

from __future__ import annotations

import tomllib

import pytest
from packaging.specifiers import SpecifierSet

from extract.settings import PROJECT
from tests.platforms import LOCK, PYTHONS, WHEELS, missing, pins, recorded

PINS = pins(LOCK.read_text())
RECORDED = recorded(WHEELS.read_text())


def test_every_pinned_package_has_a_wheel_on_every_platform():
    assert missing(PINS, RECORDED) == []


def test_every_recorded_wheel_is_one_of_the_lock():
    pinned = {digest for pin in PINS for digest in pin.hashes}
    assert len(RECORDED) > 500
    assert RECORDED.keys() <= pinned


def test_files_of_pins_hold_no_address():
    for file in (LOCK, WHEELS, PROJECT / "requirements.constraints"):
        assert "://" not in file.read_text()


def lock(name: str, marker: str = "") -> str:
    return f"{name}==1.0{marker} \\\n    --hash=sha256:a \\\n    --hash=sha256:b\n    # via x\n"


@pytest.mark.parametrize(
    ("file", "lacking"),
    [
        ("x-1.0-py3-none-any.whl", None),
        ("x-1.1-py3-none-any.whl", "linux aarch64, Python 3.13.0"),  # another version
        ("x-1.0-cp311-abi3-manylinux_2_28_x86_64.whl", "linux aarch64, Python 3.13.0"),
        ("x-1.0-cp311-abi3-manylinux_2_34_x86_64.whl", "linux x86_64, Python 3.11.0"),
        ("x-1.0-cp311-abi3-macosx_12_0_arm64.whl", "darwin x86_64, Python 3.12.0"),
        ("x-1.0-cp311-abi3-macosx_13_0_arm64.whl", "darwin arm64, Python 3.12.0"),
        ("x-1.0-cp312-cp312-macosx_11_0_universal2.whl", "darwin arm64, Python 3.11.0"),
    ],
)
def test_a_platform_without_a_fitting_wheel_is_named(file, lacking):
    found = missing(pins(lock("x")), {"a": file})
    assert f"x==1.0 on {lacking}" in found if lacking else found == []


def test_a_wheel_whose_hash_is_not_in_the_lock_does_not_count():
    assert len(missing(pins(lock("x")), {"c": "x-1.0-py3-none-any.whl"})) == 24


def test_a_pin_is_needed_only_where_its_marker_holds():
    found = missing(pins(lock("x", " ; sys_platform == 'darwin'")), {})
    assert {line.split()[2] for line in found} == {"darwin"}
    assert missing(pins(lock("x", " ; sys_platform == 'win32'")), {}) == []


def test_the_python_versions_are_those_of_the_project():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    supported = SpecifierSet(project["requires-python"])
    assert {python.rpartition(".")[0] for python in PYTHONS} == {
        f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in supported
    }
