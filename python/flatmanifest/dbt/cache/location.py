"""The cache directory of a project, and the key that names an entry."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.adapters.factory import get_adapter_package_names
from dbt.version import __version__ as dbt_version

from flatmanifest._native import (
    CACHE_VERSION,
    __version__,
    cache_directories,
    require_trusted_directory,
)
from flatmanifest._native import entry_key as digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbt.config.runtime import RuntimeConfig

CACHE_VARIABLE = "FLATMANIFEST_CACHE_DIR"


def cache_directory(config: RuntimeConfig) -> Path:
    """The absolute path of a project's cache: FLATMANIFEST_CACHE_DIR, else in the target directory.

    Raises FormatError for a directory that another user may have written into; dbt then runs
    without the cache. Raises OSError.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    first = cache_directories(chosen)[0] if chosen else None
    # Absolute, because dbt changes its working directory.
    path = Path(first or Path(config.project_target_path) / "flatmanifest").absolute()
    require_trusted_directory(str(path))
    return path


def cache_layers() -> list[str]:
    """Further caches that FLATMANIFEST_CACHE_DIR names. Only their portable files are read."""
    return [
        os.path.abspath(layer)  # noqa: PTH100 - links as they are
        for layer in cache_directories(os.environ.get(CACHE_VARIABLE, ""))[1:]
    ]


def key_parts(parts: Iterable[str]) -> list[str]:
    """The parts of an entry's key: all that must be equal for the entry to be used again."""
    return [__version__, CACHE_VERSION, *parts]


def entry_key(parts: Iterable[str]) -> str:
    """The key of an entry: a digest of these parts and of the versions of flatmanifest."""
    return digest_of(key_parts(parts))


def adapter_versions(adapter: str) -> list[str]:
    """The packages of an adapter, each with its version: parts of a key."""
    return [f"{name}=={version_of(name)}" for name in get_adapter_package_names(adapter)]


def version_of(package: str) -> str:
    try:
        return metadata.version(package.replace("_", "-"))
    except metadata.PackageNotFoundError:
        return ""


def description_of(project: RuntimeConfig) -> dict[str, str]:
    """The parts of an entry's key, for `flatmanifest cache status`. Vars are without values."""
    return {
        "project": project.project_name,
        "profile": project.profile_name,
        "target": project.target_name,
        "vars": ", ".join(sorted(map(str, project.cli_vars))),
        "dbt": dbt_version,
        "adapter": project.credentials.type,
    }
