"""The releases of dbt that the seams are made for, and how they differ.

``native/select/dialect.h`` is the same for what the native selector does.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

Release = tuple[int, int]

SUPPORTED: tuple[Release, ...] = ((1, 10), (1, 11), (1, 12))
# dbt says that nothing has changed before it skips partial parsing, and what a command took.
SINCE_1_11 = SUPPORTED[1:]
# Another parser may work (--use-v2-parser); models have direct parents; OSI documents.
SINCE_1_12 = SUPPORTED[2:]


def release_of(version: str) -> Release | None:
    """The release that a version is of; None where that is none of the supported ones."""
    found = re.match(r"(\d+)\.(\d+)", version)
    release = None if found is None else (int(found[1]), int(found[2]))
    return release if release in SUPPORTED else None


@cache
def installed_release() -> Release | None:
    """That of the installed dbt-core, without importing it."""
    try:
        return release_of(metadata.version("dbt-core"))
    except metadata.PackageNotFoundError:
        return None
