"""What root may pass on to PostgreSQL, by the folders above its files. No server is started."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.warehouse.embedded import programs, unprivileged
from extract.warehouse.embedded.unprivileged import ClosedError, _capability

READ_SEARCH, OVERRIDE = 2, 1
FULL_ROOT, CONTAINER, POWERLESS = "000001ffffffffff", "00000000a80425fb", "0000000000000000"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as above:
        Path(above).chmod(0o755)
        yield Path(above).resolve()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that gives this process's root some capabilities, or, for None, a macOS's."""

    def be(capabilities: str | None) -> None:
        file = tmp_path / "status"
        if capabilities:
            file.write_text(f"CapPrm:\t{capabilities}\nCapBnd:\t{capabilities}\n")
        monkeypatch.setattr(unprivileged, "_STATUS", file)

    return be


@pytest.mark.parametrize("capabilities", [FULL_ROOT, CONTAINER, POWERLESS, None])
def test_nothing_is_passed_on_where_everybody_may_enter(folder, machine, capabilities):
    machine(capabilities)
    assert _capability((folder,)) is None


@pytest.mark.parametrize(
    ("capabilities", "kept"), [(FULL_ROOT, READ_SEARCH), (CONTAINER, OVERRIDE)]
)
def test_linux_passes_on_the_least_that_opens_a_closed_folder(folder, machine, capabilities, kept):
    machine(capabilities)
    folder.chmod(0o700)
    assert _capability((folder,)) == kept


@pytest.mark.parametrize("capabilities", [POWERLESS, None])
def test_a_root_without_capabilities_learns_which_folder_to_open(folder, machine, capabilities):
    machine(capabilities)
    folder.chmod(0o700)
    with pytest.raises(ClosedError, match=f"chmod o\\+x {folder}, or set WATTSTAR_HOME"):
        _capability((folder / "..", folder))


UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ((256, UNLIMITED), [(4096, UNLIMITED)]),  # a terminal's on macOS
        ((256, 1000), [(1000, 1000)]),
        ((65_536, 65_536), []),
        ((UNLIMITED, UNLIMITED), []),
    ],
)
def test_open_files_are_raised_to_what_a_server_needs(monkeypatch, limits, raised):
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, new: done.append(new))
    programs.raise_open_files()
    assert done == raised
