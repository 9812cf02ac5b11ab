"""Whether every pinned package can be installed as a wheel on every machine that we support.

    python -m tests.platforms    ask the package index, write requirements.wheels (`make lock`)

requirements.wheels has a line per wheel that one of the machines would install: its SHA-256 and
its file name. The hashes are those of requirements.lock, so the tests can repeat the check without
a network, and a lock that was changed without `make lock` does not pass.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from extract.settings import PROJECT

LOCK, WHEELS = PROJECT / "requirements.lock", PROJECT / "requirements.wheels"
MACHINES = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("darwin", "x86_64"))
PYTHONS = ("3.11.0", "3.11.99", "3.12.0", "3.12.99", "3.13.0", "3.13.99")
GLIBC = (2, 28)
MACOS = (12, 0)  # of macOS 11 on Apple silicon scipy, and of macOS 11 pyarrow, has no wheel


@dataclass
class Pin:
    """An entry of requirements.lock."""

    requirement: Requirement
    hashes: set[str] = field(default_factory=set)

    @property
    def release(self) -> tuple[str, Version]:
        """Name and version, as a wheel has them."""
        (version,) = self.requirement.specifier
        return canonicalize_name(self.requirement.name), Version(version.version)


def pins(lock: str) -> list[Pin]:
    """Every pin of a requirements file with hashes."""
    found: list[Pin] = []
    for line in (line.strip().removesuffix("\\").strip() for line in lock.splitlines()):
        if line.startswith("--hash=sha256:"):
            found[-1].hashes.add(line.removeprefix("--hash=sha256:"))
        elif line and not line.startswith("#"):
            found.append(Pin(Requirement(line)))
    return found


@dataclass(frozen=True)
class Platform:
    """A Python version on a kind of machine."""

    system: str
    machine: str
    python: str

    def __str__(self) -> str:
        return f"{self.system} {self.machine}, Python {self.python}"

    def wants(self, pin: Pin) -> bool:
        """Whether the pin's marker holds here."""
        environment = {
            "sys_platform": self.system,
            "platform_system": self.system.title(),
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "os_name": "posix",
            "python_version": self.python.rpartition(".")[0],
            "python_full_version": self.python,
        }
        return pin.requirement.marker is None or pin.requirement.marker.evaluate(environment)

    def tags(self) -> set[tags.Tag]:
        """The tags of the wheels that can be installed here."""
        version = (int(self.python.split(".")[0]), int(self.python.split(".")[1]))
        names = list(self._names())
        return {
            *tags.cpython_tags(version, platforms=names),
            *tags.compatible_tags(version, f"cp{version[0]}{version[1]}", names),
        }

    def _names(self) -> Iterator[str]:
        if self.system == "darwin":
            yield from tags.mac_platforms(MACOS, self.machine)
            return
        for minor in range(GLIBC[1], 4, -1):
            yield f"manylinux_{GLIBC[0]}_{minor}_{self.machine}"
        for old in ("manylinux2014", "manylinux2010", "manylinux1"):
            yield f"{old}_{self.machine}"


PLATFORMS = [Platform(*machine, python) for machine, python in product(MACHINES, PYTHONS)]


def chosen(lock: list[Pin], wheels: Mapping[str, str]) -> Iterator[tuple[Platform, Pin, list[str]]]:
    """For every platform and every pin it wants: the hashes of the wheels that fit, if any.

    `wheels` has the file name of each wheel by its hash.
    """
    read = {digest: parse_wheel_filename(name) for digest, name in wheels.items()}
    for platform in PLATFORMS:
        supported = platform.tags()
        for pin in filter(platform.wants, lock):
            fitting = [
                digest
                for digest in pin.hashes & read.keys()
                if read[digest][:2] == pin.release and not supported.isdisjoint(read[digest][3])
            ]
            yield platform, pin, fitting


def missing(lock: list[Pin], wheels: Mapping[str, str]) -> list[str]:
    """`package==version on platform` for everything that has no wheel."""
    return [
        f"{pin.requirement.name}{pin.requirement.specifier} on {platform}"
        for platform, pin, fitting in chosen(lock, wheels)
        if not fitting
    ]


def recorded(text: str) -> dict[str, str]:
    """The wheels of requirements.wheels: file names by hash."""
    return dict(line.split() for line in text.splitlines() if not line.startswith("#"))


def indexed() -> dict[str, str]:
    """All wheels of the pinned versions that the package index has: file names by hash."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pylock.toml"
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet"),
                *("--universal", "--python-version", "3.11", "--no-deps", "--no-header"),
                *(str(LOCK), "--output-file", str(file)),
            ],
            check=True,
        )
        packages = tomllib.loads(file.read_text())["packages"]
    return {
        wheel["hashes"]["sha256"]: wheel.get("name") or wheel["url"].rsplit("/", 1)[1]
        for package in packages
        for wheel in package.get("wheels", [])
    }


def main() -> str | None:
    """What has no wheel; None where everything has one, and requirements.wheels is written."""
    lock, wheels = pins(LOCK.read_text()), indexed()
    if lacking := missing(lock, wheels):
        return "no wheel for:\n" + "\n".join(lacking)
    used = {digest for _, _, fitting in chosen(lock, wheels) for digest in fitting}
    lines = sorted(f"{digest} {wheels[digest]}" for digest in used)
    lines.sort(key=lambda line: line.split()[1])
    WHEELS.write_text("# `make lock` writes this; tests/platforms.py says what for.\n")
    with WHEELS.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
    return None


if __name__ == "__main__":
    sys.exit(main())
