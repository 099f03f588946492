"""Putting files from a remote into a cache directory, whole and verified."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flatmanifest._native import require_trusted_directory
from flatmanifest.remote.records import SUFFIX, Record, RefusedError, read

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".transfer-"
PRIVATE = 0o700
# An empty directory of that age without a lock belongs to a process that was killed.
SECONDS_ABANDONED = 600.0


def prepare(directory: Path) -> None:
    """Make the cache directory. Raises FormatError for one that others may write to, OSError."""
    directory.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    require_trusted_directory(str(directory))


@contextmanager
def temporary(directory: Path) -> Iterator[Path]:
    """Give a directory on the file system of the cache that is removed at the end.

    Removes those of killed processes, too. Raises OSError.
    """
    remove_left_behind(directory)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=directory))
    try:
        with locked(made):
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def locked(directory: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a directory's lock, as the front door does while it imports (native/front/serve.cc).

    Raises OSError if another process has it and ``how`` has LOCK_NB.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def remove_left_behind(directory: Path) -> None:
    """Remove the temporary directories of killed processes. Raises nothing.

    A young, empty directory may be one that another process is about to lock.
    """
    for other in directory.glob(f"{PREFIX}*"):
        with suppress(OSError):
            is_old = time.time() - other.lstat().st_mtime > SECONDS_ABANDONED
            if is_old or any(other.iterdir()):
                with locked(other, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(other, ignore_errors=True)


def known(directory: Path, stem: str, *, verify: bool = False) -> Record | None:
    """The record that a cache has, if it can be read and its packed files are there.

    ``verify``: they must have the contents that the record says, too.
    """
    try:
        record = read(directory / (stem + SUFFIX), stem)
        if verify:
            for each in record.packed:
                each.verify(directory / each.local_name)
    except (OSError, RefusedError):
        return None
    is_whole = all((directory / each.local_name).is_file() for each in record.packed)
    return record if is_whole else None


def is_wanted(record: Record, there: Record | None) -> bool:
    """Whether a record is better than the one that is there.

    Two parses of the same files give different entries. The first one stays, so that the artifacts
    that were made of it remain right; only artifacts are added.
    """
    return there is None or record.adds_to(there)


def land(record: Record, source: Path, directory: Path, *, verify: bool) -> bool:
    """Move verified files into a cache: packed files first, the record last.

    False if the cache has the record already; ``verify`` as in :func:`known`. Raises OSError.
    """
    with locked(directory):
        if not is_wanted(record, known(directory, record.stem, verify=verify)):
            return False
        for each in record.packed:
            (source / each.local_name).rename(directory / each.local_name)
        (source / record.name).rename(directory / record.name)
        return True
