"""Runs ``flatmanifest profile`` as a user does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flatmanifest.profile.report import Report
from tests.dbt.template import PROGRAM
from tests.projects.parsed import PRIVATE
from tests.running import run_program

ROOT = Path(__file__).parents[2]
# For tests of imports, or of a process that is watched from outside: a new process, no copy.
REAL_PROGRAM = Path(sys.executable).with_name("flatmanifest")


def profile(
    project: Path,
    *given: str,
    switch: str = "1",
    status: int = 0,
    before: Callable[[], None] | None = None,
    program: Path = PROGRAM,
) -> subprocess.CompletedProcess[str]:
    variables = {**PRIVATE, "FLATMANIFEST": switch, "PYTHONPATH": str(ROOT)}
    command = [program, "profile", *given]
    return run_program(command, project, variables, status=status, preexec_fn=before)


def report_of(
    project: Path, *given: str, switch: str = "1", status: int = 0, program: Path = PROGRAM
) -> Report:
    """Return the report of ``OPTIONS -- COMMAND``."""
    file = project / "report.json"
    file.unlink(missing_ok=True)
    profile(project, "--json", str(file), *given, switch=switch, status=status, program=program)
    return Report.read(file)


def written(report: Report, format_: str) -> int:
    return sum(
        row.times
        for row in report.serialized
        if row.manifest and row.is_written and row.format == format_
    )
