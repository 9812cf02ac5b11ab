"""Run a program as `nobody` where we are root: PostgreSQL refuses to run as root.

The program and its data may lie below a folder that only root may enter (`/root`, a fresh
`mktemp -d`). Then, and only then, the program keeps one capability: to look up and read any file,
or, where a container's root lacks that one, to override permissions. See capabilities(7).

macOS has no capabilities: its root must put the home into a folder that everybody may enter.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import re
import stat
from collections.abc import Callable
from pathlib import Path

_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_SETPCAP = 1, 2, 8
_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_STATUS = Path("/proc/self/status")


class ClosedError(Exception):
    """`nobody` cannot get at a file that the program needs; the text says what to do."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def is_root() -> bool:
    """Whether this process is root, so that programs must run as another user."""
    return os.geteuid() == 0


def own(path: Path) -> None:
    """Give a file or folder to `nobody`."""
    nobody = pwd.getpwnam("nobody")
    os.chown(path, nobody.pw_uid, nobody.pw_gid)


def become_nobody(*needed: Path) -> Callable[[], None]:
    """What a child process does before it starts its program (`Popen(preexec_fn=…)`).

    `needed` are the programs and folders that it must access. Raises ClosedError where it cannot.
    """
    nobody = pwd.getpwnam("nobody")
    capability = _capability(needed)
    libc = ctypes.CDLL(None, use_errno=True)

    def become() -> None:
        if capability is not None:
            # Capabilities outlive the change of user, and access(2) heeds them: PostgreSQL asks
            # it whether its own programs can be run.
            _done(libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        if capability is not None:
            _keep_only(libc, capability)

    return become


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    """Give up all capabilities except one, and pass that one on to the program (ambient)."""
    sets = (_Sets * 2)()
    sets[0].effective = sets[0].permitted = sets[0].inheritable = 1 << capability
    _done(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), sets))
    _done(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def _done(status: int) -> None:
    """Raise OSError where a call of the C library has failed."""
    if status != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _capability(needed: tuple[Path, ...]) -> int | None:
    """The smallest capability that lets `nobody` access these files; None where none is needed."""
    closed = [
        path
        for target in needed
        for path in (*reversed(target.parents), target)
        if not path.stat().st_mode & stat.S_IXOTH
    ]
    if not closed:
        return None
    only_folders = all(path.is_dir() for path in closed)  # to look up is not to execute
    choice = (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE) if only_folders else (_CAP_DAC_OVERRIDE,)
    held = _held()
    for capability in choice:
        if held >> capability & held >> _CAP_SETPCAP & 1:
            return capability
    raise ClosedError(
        f"PostgreSQL refuses to run as root and runs as `nobody`, who cannot enter {closed[0]}: "
        f"chmod o+x {closed[0]}, or set WATTSTAR_HOME to a folder that everybody may enter"
    )


def _held() -> int:
    """The capabilities that this process has and may pass on, as bits; 0 on other systems than
    Linux."""
    text = _STATUS.read_text() if _STATUS.exists() else ""
    sets = dict(re.findall(r"^Cap(Prm|Bnd):\s*(\w+)$", text, re.MULTILINE))
    return int(sets.get("Prm", "0"), 16) & int(sets.get("Bnd", "0"), 16)
