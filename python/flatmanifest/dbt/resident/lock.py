"""The lock of a socket: one template serves it. And the mark that a template would not serve."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE = "FLATMANIFEST_RESIDENT_IDLE"
DEFAULT_IDLE = 900.0  # seconds
_LOCK, _REFUSAL = ".lock", ".refused"


def idle_seconds(environment: Mapping[str, str]) -> float:
    """How long a template waits for a command. A value that is no number is the default."""
    try:
        return max(0.0, float(environment.get(IDLE, DEFAULT_IDLE)))
    except ValueError:
        return DEFAULT_IDLE


def held(path: str) -> int | None:
    """Take the lock for as long as this process lives; None if another process has it."""
    lock = os.open(path + _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def is_held(path: str) -> bool:
    """Whether a template has the lock, loads dbt or serves."""
    try:
        lock = os.open(path + _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def note_refusal(path: str, reason: str) -> None:
    """Note why a template does not serve: the next commands start none for the usual idle time."""
    with contextlib.suppress(OSError):
        Path(path + _REFUSAL).write_text(reason, "utf-8")


def has_refused(path: str) -> bool:
    try:
        return time.time() - Path(path + _REFUSAL).stat().st_mtime < DEFAULT_IDLE
    except OSError:
        return False
