"""Counting the commands that dbt ran, and why, for `flatmanifest cache status`.

The front door counts its own answers (native/front/history.h), and says in a variable why it has
left a command to dbt.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from flatmanifest._native import FormatError, cache_directory, count_run

if TYPE_CHECKING:
    from collections.abc import Iterable

# Why dbt runs (native/cli/dbt_command.cc).
VARIABLE = "FLATMANIFEST_DBT_RUNS"


def taken_reason() -> str:
    """Why the front door has left the command to dbt; "" without it. No child process sees it."""
    return os.environ.pop(VARIABLE, "")


def count(arguments: Iterable[str], because: str, not_recorded: str) -> None:
    """Count a run of dbt in the project's cache. Call it when the command has ended.

    ``not_recorded``: why the front door will not answer the next time; "" if it may. Raises
    nothing.
    """
    if because:
        # The output is complete, and a warning behind it would not be dbt's.
        with contextlib.suppress(OSError, FormatError):
            _count(arguments, because, not_recorded)


def _count(arguments: Iterable[str], because: str, not_recorded: str) -> None:
    from dbt.cli.main import cli  # noqa: PLC0415 - seconds of imports
    from dbt.flags import get_flags  # noqa: PLC0415

    flags = get_flags()
    project, target = (getattr(flags, name, None) for name in ("PROJECT_DIR", "TARGET_PATH"))
    directory = cache_directory(str(project or ""), str(target or ""))
    # Never an option's value, which may be a secret.
    command = next((each for each in arguments if each in cli.commands), "dbt")
    if directory is not None:
        count_run(directory, command, because, not_recorded)
