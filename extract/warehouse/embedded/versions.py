"""What happens to a cluster that another major version of PostgreSQL has made.

A server reads only clusters of its own major version. Everything in the warehouse can be loaded
again from the lake, so nothing is converted: the old data folder is set aside and a new cluster
takes its place. The new ledger is empty, so the next load takes every partition for dirty.
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
    """Say a line where a command's result does not go."""
    print(text, file=sys.stderr, flush=True)


def set_aside(data: Path, program: Path, say: Callable[[str], None]) -> None:
    """Rename the data folder if its cluster is of another major version than `program`
    (`postgres`), and say so. No server may be running on it.

    PostgresError where the program does not tell its version.
    """
    made_by = _made_by(data)
    if made_by is None or made_by == (ours := _major(program)):
        return
    end_orphans(data)
    aside = _unused(data.with_name(f"{data.name}-{made_by}"))
    data.rename(aside)
    say(
        f"This home's data is of PostgreSQL {made_by} and the server is PostgreSQL {ours}: "
        f"a new warehouse takes its place. `wattstar load` and `wattstar build` fill it from the "
        f"lake; tariffs must be given again (`wattstar report --tariff`), and Airflow's history "
        f"starts anew. The old data is kept in {aside}: delete it when you do not need it."
    )


def clusters_aside(data: Path) -> list[Path]:
    """The data folders that were set aside."""
    return sorted(folder for folder in data.parent.glob(f"{data.name}-*") if _made_by(folder))


def delete_clusters_aside(data: Path) -> list[Path]:
    """Delete them, for they hold copies of personal data; the folders that were deleted."""
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
    """The folder, or, where it is taken, the first of folder-2, folder-3, … that is not."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
