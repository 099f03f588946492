"""Running ``flatmanifest profile`` as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flatmanifest.profile.report import Report
from tests.dbt.template import PROGRAM
from tests.projects.parsed import PRIVATE

ROOT = Path(__file__).parents[2]
# A new process, where it is about imports, or about who looks into a process.
REAL_PROGRAM = Path(sys.executable).with_name("flatmanifest")


def profile(
    project: Path,
    *given: str,
    switch: str = "1",
    status: int = 0,
    before: Callable[[], None] | None = None,
    program: Path = PROGRAM,
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [program, "profile", *given],
        cwd=project,
        env={**os.environ, **PRIVATE, "FLATMANIFEST": switch, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def report_of(
    project: Path, *given: str, switch: str = "1", status: int = 0, program: Path = PROGRAM
) -> Report:
    """The report of ``OPTIONS -- COMMAND``."""
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
