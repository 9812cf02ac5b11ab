"""What happens to a cluster that another major version of PostgreSQL has made.

A server reads only clusters of its own major version. The lake holds everything, so nothing is
converted: the old data folder is renamed, and a new cluster takes its place. The new ledger is
empty, so the next load takes up every partition.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from extract.warehouse.embedded.cluster import PostgresError
from extract.warehouse.embedded.postmaster import end_orphans


def to_stderr(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def set_aside(data: Path, program: Path, say: Callable[[str], None]) -> None:
    """Rename the data folder if its cluster is of another major version than `program`
    (`postgres`), and say so. No server may be running on it.

    Raises PostgresError where the program does not print its version.
    """
    made_by = _made_by(data)
    if made_by is None or made_by == (ours := _major(program)):
        return
    end_orphans(data)
    aside = _unused(data.with_name(f"{data.name}-{made_by}"))
    data.rename(aside)
    say(
        f"This home's data is of PostgreSQL {made_by} and the server is PostgreSQL {ours}: "
        f"a new, empty warehouse takes its place. Fill it from the lake: `wattstar load` and "
        f"`wattstar build`. Airflow's history is lost. The old data is kept in {aside}: delete it "
        f"when you do not need it."
    )


def clusters_aside(data: Path) -> list[Path]:
    """The data folders that were set aside."""
    return sorted(folder for folder in data.parent.glob(f"{data.name}-*") if _made_by(folder))


def delete_clusters_aside(data: Path) -> list[Path]:
    """Delete these folders, because they hold personal data; returns their paths."""
    folders = clusters_aside(data)
    for folder in folders:
        shutil.rmtree(folder)
    return folders


def _made_by(data: Path) -> str | None:
    """The major version of a cluster; None where there is no cluster."""
    file = data / "PG_VERSION"
    return file.read_text().strip() if file.exists() else None


def _major(program: Path) -> str:
    """The major version of a server's program: "postgres (PostgreSQL) 18.6 (…)" gives "18"."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or len(words) < 3:
        raise PostgresError(f"{program} --version failed: {(done.stderr or done.stdout).strip()}")
    return words[2].split(".")[0]


def _unused(folder: Path) -> Path:
    """The folder, or the first of folder-2, folder-3, … that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
