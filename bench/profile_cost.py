"""What ``flatmanifest profile`` costs the command that it watches: docs/profiling.md.

Twice: as what its clocks and its ledger were called times what a call costs, which the report
itself says, and as processor time of whole processes with and without, in turn.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.contest import Contestant
from bench.figures import Report
from tests.projects import generate

ROUNDS = 3
PROJECT = "02_500_chain"
# The command with the most calls, and the shortest one that there is much of.
COMMANDS = (("parse", "--quiet", "--no-partial-parse"), ("ls", "--quiet"))
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "FLATMANIFEST": "0"}


def measure(report: Report, work: Path) -> None:
    project = work / "profile"
    generate(PROJECT, project, None)
    for command in COMMANDS:
        alone, profiled = sides = [Contestant(n, lambda: None) for n in ("dbt", "profiled")]
        shares = []
        for number in range(ROUNDS + 1):
            for side in sides:
                seconds = processor_seconds(side is profiled, project, *command)
                if number > 0:
                    side.seconds.append(seconds)
            shares.append(share(project))
        shown = " ".join(("dbt", *command))
        report.contests.append((f"{shown}, {PROJECT}, processor time", sides))
        paired = statistics.median(
            p / a - 1 for a, p in zip(alone.seconds, profiled.seconds, strict=True)
        )
        report.facts[f"profile --top 0 -- {' '.join(command)}"] = (
            f"clocks and ledger {statistics.median(shares):.2%} of the command; whole process "
            f"{paired:+.1%} processor time"
        )


def processor_seconds(is_profiled: bool, project: Path, *command: str) -> float:  # noqa: FBT001
    """User and system time of a process and its children."""
    profile = ("flatmanifest.profile", "--top", "0", "--json", "profile.json", "--")
    module = profile if is_profiled else ("dbt.cli.main",)
    process = subprocess.Popen(
        [sys.executable, "-m", *module, *command],
        cwd=project,
        env={**os.environ, **QUIET, "DBT_PROFILES_DIR": str(project)},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def share(project: Path) -> float:
    """Of the last profiled command, what watching it took by the profile's own account."""
    found: dict[str, Any] = json.loads((project / "profile.json").read_text())
    seconds: float = found["wrapper_seconds"] / found["seconds"]
    return seconds
