"""The seams of the progress line: its begin, its counting and its end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from dbt.flags import get_flags
from dbt.parser.manifest import ManifestLoader

from flatmanifest.dbt.progress.line import PROGRESS, Progress
from flatmanifest.dbt.seams import Level, attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH = "progress"
# All classes that define parse_file themselves.
PARSERS = (
    "dbt.parser.macros:MacroParser",
    "dbt.parser.generic_test:GenericTestParser",
    "dbt.parser.base:SQLParser",
    "dbt.parser.snapshots:SnapshotParser",
    "dbt.parser.docs:DocumentationParser",
    "dbt.parser.fixtures:FixtureParser",
    "dbt.parser.schemas:SchemaParser",
)


def is_wanted() -> bool:
    """Whether to show the line: on a terminal, and not silenced by dbt's flags or NO_COLOR."""
    flags = get_flags()
    is_quiet = getattr(flags, "QUIET", False) or getattr(flags, "LOG_FORMAT", "") == "json"
    is_plain = not getattr(flags, "USE_COLORS", True) or bool(os.environ.get("NO_COLOR"))
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return is_terminal and not is_quiet and not is_plain


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load_and_parse_macros",
    "the progress line begins",
    switch=SWITCH,
    level=Level.PROGRESS,
)
def load_and_parse_macros(
    original: Callable[..., None], loader: ManifestLoader, project_parser_files: dict[str, Any]
) -> None:
    if attempt(is_wanted):
        total = sum(
            len(files) for parsers in project_parser_files.values() for files in parsers.values()
        )
        PROGRESS.set(Progress(total))
    original(loader, project_parser_files)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load",
    "the progress line ends, however loading ends",
    level=Level.PROGRESS,
)
def load(original: Callable[..., Any], loader: ManifestLoader) -> Any:
    """End the line, also if loading raises."""
    try:
        return original(loader)
    finally:
        end()


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "cleanup_disabled",
    "the progress line ends when all files are parsed",
    level=Level.PROGRESS,
)
def cleanup_disabled(original: Callable[..., None], loader: ManifestLoader) -> None:
    """End the line: dbt calls this function first after it has parsed all files."""
    end()
    original(loader)


def end() -> None:
    progress = PROGRESS.get()
    if progress is not None:
        PROGRESS.set(None)
        attempt(progress.end)


def parse_file(original: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    original(*args, **kwargs)
    progress = PROGRESS.get()
    if progress is not None:
        progress.advance()


for each in PARSERS:
    seam(each, "parse_file", "the progress line counts the file", level=Level.PROGRESS)(parse_file)
