"""Tokens of Charge Amps: how long they live, and the file by which all processes share one."""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from extract.login import Token

ASSUMED = 100 * 60.0  # seconds; of a token without an end. Documented are 120 minutes


def granted(body: bytes) -> Token | None:
    """The token in an answer; None where there is none."""
    try:
        grant = json.loads(body)
        refresh = grant.get("refreshToken")
        text = grant["token"]
        return Token.living(text, lifetime(text), refresh if isinstance(refresh, str) else "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def lifetime(token: str) -> float:
    """For how many seconds a token is valid: from its claims `exp` and `iat` (else the time of
    now). The token is read and not verified, which is the server's work."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        end = float(claims["exp"])
        lives = end - float(claims["iat"] if "iat" in claims else time.time())
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        return ASSUMED
    return lives if math.isfinite(lives) and lives > 0 else ASSUMED


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock, so that no other process replaces the token; it is freed if this one dies."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(file: Path) -> Token:
    """The token in a file; an empty one where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Token)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Token()


def write(file: Path, token: Token) -> None:
    """Replace a file, whole or not at all; only its owner may read it."""
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.encode(token))
    part.replace(file)
