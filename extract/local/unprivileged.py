"""Run a program as `nobody` where we are root: PostgreSQL refuses to run as root.

The program and its data may lie below a folder that only root may enter (a fresh `mktemp -d`), so
the one capability to look files up and read them is kept (CAP_DAC_READ_SEARCH); where a container
does not have it to give, the folders must be open to others.
"""

from __future__ import annotations

import ctypes
import os
import pwd
from collections.abc import Callable
from pathlib import Path

_CAP_DAC_READ_SEARCH = 2
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def is_root() -> bool:
    """Whether programs must be started as somebody else."""
    return os.geteuid() == 0


def own(folder: Path) -> None:
    """Give a folder to `nobody`."""
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def become_nobody() -> Callable[[], None]:
    """What a child does before it starts its program (`Popen(preexec_fn=…)`)."""
    nobody = pwd.getpwnam("nobody")
    libc = ctypes.CDLL(None, use_errno=True)

    def become() -> None:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        sets = (_Sets * 2)()
        bit = 1 << _CAP_DAC_READ_SEARCH
        sets[0].effective = sets[0].permitted = sets[0].inheritable = bit
        if libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), sets) == 0:
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)

    return become
