"""The inputs of a parse beside the contents of files: search paths, variables, flags."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dbt.constants import DEFAULT_ENV_PLACEHOLDER
from dbt.flags import get_flags
from dbt.parser.read_files import get_file_types_for_project
from dbt_common.context import try_get_invocation_context

from flatmanifest.dbt.dependencies.environment import plain_environment

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest.dbt.cache.entry import Entry

# Flags that do not affect parsing. A flag that is missing here costs a parse when it changes, as a
# change of target or vars does in dbt.
FLAGS_OF_COMMANDS = frozenset(
    (
        *("WHICH", "INVOCATION_COMMAND", "SELECT", "EXCLUDE", "MODELS", "SELECTOR", "INLINE"),
        *("INLINE_DIRECT", "OUTPUT", "OUTPUT_KEYS", "RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES"),
        *("INDIRECT_SELECTION", "STATE", "DEFER", "DEFER_STATE", "FAVOR_STATE", "LIMIT"),
        *("LOG_PATH", "LOG_LEVEL", "LOG_LEVEL_FILE", "LOG_FORMAT", "LOG_FORMAT_FILE"),
        *("LOG_FILE_MAX_BYTES", "LOG_CACHE_EVENTS", "QUIET", "PRINT", "PRINTER_WIDTH", "DEBUG"),
        *("USE_COLORS", "USE_COLORS_FILE", "USE_FAST_TEST_EDGES", "RECORD_TIMING_INFO"),
        *("TARGET", "PROFILE", "VARS", "THREADS", "PROJECT_DIR", "PROFILES_DIR", "TARGET_PATH"),
        *("WRITE_JSON", "FAIL_FAST", "SEND_ANONYMOUS_USAGE_STATS", "PARTIAL_PARSE"),
        *("PARTIAL_PARSE_FILE_DIFF", "PARTIAL_PARSE_FILE_PATH", "ANONYMOUS_USAGE_STATS"),
    )
)


def search_paths(projects: Any) -> list[str]:
    """The absolute paths that dbt searches for files, and each project's .dbtignore, sorted.

    Follows dbt.parser.read_files, get_file_types_for_project.
    """
    trees = set()
    for project in projects:
        trees.add(os.path.join(project.project_root, ".dbtignore"))  # noqa: PTH118
        for kind in get_file_types_for_project(project).values():
            trees.update(os.path.join(project.project_root, path) for path in kind["paths"])  # noqa: PTH118
        # dbt 1.12 reads these separately (ReadFilesFromFileSystem).
        for path in getattr(project, "osi_paths", ()):
            trees.add(os.path.join(project.project_root, path))  # noqa: PTH118
    return sorted(trees)


def is_repeatable(entry: Entry) -> bool:
    """Whether a full parse with the environment and flags of this command would give the entry."""
    known, now = entry.dependencies, flags_of_parse()
    if known is None or known.values or not known.is_environment(environment_of_parse()):
        return False
    return all(now[name] == value for name, value in entry.flags.items() if name in now)


def environment_of_parse() -> dict[str, str]:
    """All variables that a template may read, those of a .env file included."""
    context = try_get_invocation_context()
    # dict.items, because this access must not be recorded as a look-up of all variables.
    variables: Any = {} if context is None else context.env
    return {**plain_environment(), **dict(dict.items(variables))}


def flags_of_parse() -> dict[str, str]:
    """The flags of this command that may affect parsing, as text."""
    return {
        name: repr(value)
        for name, value in sorted(vars(get_flags()).items())
        if name.isupper() and name not in FLAGS_OF_COMMANDS
    }


def is_environment_same(manifest: Manifest) -> bool:
    """Whether the variables of a manifest have their old values (dbt.parser.partial)."""
    for name, value in manifest.env_vars.items():
        current = os.getenv(name)
        if current != value and not (current is None and value == DEFAULT_ENV_PLACEHOLDER):
            return False
    return True
