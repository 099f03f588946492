"""The small project with one of everything, kept as plain dbt files in ``small_everything/``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.projects.scaffold import ProjectFile

SOURCE = Path(__file__).parent / "small_everything"
# Files that dbt leaves if somebody runs it in the source directory itself.
DBT_OUTPUT = ("target", "logs", ".user.yml", "small_everything.duckdb", "__pycache__")


def everything_project() -> Iterator[ProjectFile]:
    """Yield the files of ``small_everything/``, in order of their names."""
    for path in sorted(SOURCE.rglob("*")):
        relative = path.relative_to(SOURCE)
        if (
            path.is_file()
            and relative.parts[0] not in DBT_OUTPUT
            and "__pycache__" not in relative.parts
        ):
            yield ProjectFile(relative.as_posix(), path.read_text(encoding="utf-8"))
