"""What a login of Charge Amps says of itself, and the file that all processes share it by."""

from __future__ import annotations

import fcntl
import json
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import requests

ASSUMED = 100 * 60.0  # seconds that a token lives which does not say so; told are about 120 min
MARGIN = 10 * 60.0  # seconds before its end at which a token is renewed, at most a tenth of it


class Kept(msgspec.Struct, rename="camel", frozen=True):
    """A login as its file has it: from `until` (seconds since 1970) on it is renewed, and at `ends`
    it is void."""

    token: str = ""
    refresh_token: str = ""
    until: float = 0.0
    ends: float = 0.0


def granted(answer: requests.Response) -> Kept | None:
    """The login that they gave; None where it is none."""
    try:
        told: dict[str, Any] = json.loads(answer.content)
        token = told["token"]
        refresh = told.get("refreshToken")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(token, str) or not token:
        return None
    lives = lifetime(token)
    ends = time.time() + lives
    until = ends - min(MARGIN, lives / 10)
    return Kept(token, refresh if isinstance(refresh, str) else "", until, ends)


def lifetime(token: str) -> float:
    """Seconds that a token lives from when it was given: by its own clock where it says both when
    it was made and when it ends. It is read, not verified: that is the server's to do."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        end = float(claims["exp"])
        lives = end - float(claims["iat"] if "iat" in claims else time.time())
    except (ValueError, IndexError, KeyError, TypeError):
        return ASSUMED
    return lives if 0 < lives < float("inf") else ASSUMED


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Nobody else renews the login meanwhile; the kernel frees the lock of who died."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(file: Path) -> Kept:
    """The login that is kept; none where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return Kept()


def write(file: Path, kept: Kept) -> None:
    """Keep a login, whole or not at all, for its owner's eyes."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.encode(kept))
    part.replace(file)
