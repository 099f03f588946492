"""Sharing portable files by the remote that FLATMANIFEST_CACHE_URL names: docs/guides/sharing.md.

Nothing is done without that variable. A remote that fails is given up for the rest of the process,
after a line on standard error; dbt's result and exit status stay the same.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest._native import transcript_path
from flatmanifest.dbt.dependencies.record import encoded
from flatmanifest.dbt.seams import is_on
from flatmanifest.remote.supervision import (
    OF_DBT,
    is_push_wanted,
    performed,
    tell,
    url_of_environment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flatmanifest.dbt.cache.portable import ParsePlace

# Set for the front door's second try, so that there is no third one.
PULLED_VARIABLE = "FLATMANIFEST_CACHE_PULLED"

_gave_up = False
# The stems of the portable files that this process has written, by cache directory.
_exported: dict[Path, set[str]] = {}


def answer_from_remote(arguments: list[str]) -> None:
    """Pull the transcript of ``dbt ARGUMENTS``, and have the front door answer if there was one.

    Does not return if there was one: the front door takes the place of this process.
    """
    is_second_try = os.environ.pop(PULLED_VARIABLE, "") != ""
    if is_second_try or not url_of_environment() or not is_on():
        return
    programs = os.path.dirname(sys.executable)  # noqa: PTH120 - links as they are
    transcript = transcript_path(arguments, programs)
    if transcript is None:
        return
    done = _performed(
        {
            "do": "pull_command",
            "directory": os.path.dirname(transcript),  # noqa: PTH120
            "arguments": arguments,
            "programs": programs,
        }
    )
    program = os.path.join(programs, "flatmanifest")  # noqa: PTH118
    if _is_new(done) and os.access(program, os.X_OK):
        os.environ[PULLED_VARIABLE] = "1"
        os.execv(program, [program, "dbt", *arguments])  # noqa: S606


def pull_entry(place: ParsePlace, environment: Mapping[str, str]) -> bool:
    """Pull the entry that holds in a place; return whether something new has come."""
    key = place.sought_key if url_of_environment() else None
    if key is None:
        return False
    programs = os.path.dirname(sys.executable)  # noqa: PTH120
    request = {
        "do": "pull_entry",
        "directory": str(place.directory),
        "key": key,
        "project": place.project,
        "target": place.target,
        "programs": programs,
    }
    return _is_new(_performed(request, encoded(environment)))


def note_exported(directory: Path, stem: str) -> None:
    """Note that this process has written a portable file, for :func:`push_exported`."""
    if is_push_wanted() and url_of_environment():
        _exported.setdefault(directory, set()).add(stem)


def push_exported() -> None:
    """Send what this process has written, if FLATMANIFEST_CACHE_PUSH asks for it."""
    for directory in list(_exported):
        stems = sorted(_exported.pop(directory))
        _performed({"do": "push", "directory": str(directory), "stems": stems})


def push_after_the_command() -> None:
    """Have :func:`push_exported` called at the end of the dbt command that runs."""
    import click  # noqa: PLC0415 - dbt's

    context = click.get_current_context(silent=True)
    if _exported and context is not None:
        context.call_on_close(push_exported)
    else:
        push_exported()


def _is_new(counts: Mapping[str, int]) -> bool:
    return counts.get("entries", 0) + counts.get("transcripts", 0) > 0


def _performed(
    request: Mapping[str, Any], environment: Mapping[bytes, bytes] | None = None
) -> Mapping[str, int]:
    global _gave_up  # noqa: PLW0603 - one bad remote costs a process its time once
    url = url_of_environment()
    if _gave_up or not url:
        return {}
    whole = {**request, "url": url, "may_be_missing": is_push_wanted()}
    outcome = performed(whole, OF_DBT, environment)
    if outcome.failure:
        _gave_up = True
        tell(url, f"{outcome.failure}; dbt goes on without it")
    return outcome.counts
