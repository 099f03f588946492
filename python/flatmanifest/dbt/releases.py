"""The releases of dbt that the seams are made for, and how they differ.

``native/select/dialect.h`` says how the releases differ for the native selector.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

Release = tuple[int, int]

SUPPORTED: tuple[Release, ...] = ((1, 10), (1, 11), (1, 12))
# dbt fires a note before it skips partial parsing: "Nothing changed, skipping partial parsing."
# Manifests have functions (Manifest.functions, Manifest.add_function): has_functions.
SINCE_1_11 = SUPPORTED[1:]
# dbt may run another parser (--use-v2-parser). Models have direct parents. There are OSI documents.
SINCE_1_12 = SUPPORTED[2:]


def release_of(version: str) -> Release | None:
    """The release of a version; None if it is not supported."""
    found = re.match(r"(\d+)\.(\d+)", version)
    release = None if found is None else (int(found[1]), int(found[2]))
    return release if release in SUPPORTED else None


@cache
def installed_release() -> Release | None:
    """The release of the installed dbt-core, found without importing it; None if unsupported."""
    try:
        return release_of(metadata.version("dbt-core"))
    except metadata.PackageNotFoundError:
        return None


def has_functions() -> bool:
    """Whether manifests of the installed dbt have functions, a type of resource."""
    return installed_release() in SINCE_1_11
