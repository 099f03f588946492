"""What ``flatmanifest profile`` costs the command that it watches: docs/profiling.md.

Twice: as what its clocks and its ledger were called times what a call costs, which the report
itself says, and as processor time of whole processes with and without, in turn.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from bench.contest import Contestant, ratio
from bench.figures import Report
from bench.processor_time import seconds_of
from tests.projects import generate

ROUNDS = 3
PROJECT = "02_500_chain"
# The command with the most calls, and the shortest one that there is much of.
COMMANDS = (("parse", "--quiet", "--no-partial-parse"), ("ls", "--quiet"))


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
        paired = ratio(profiled, alone) - 1
        report.facts[f"profile --top 0 -- {' '.join(command)}"] = (
            f"clocks and ledger {statistics.median(shares):.2%} of the command; whole process "
            f"{paired:+.1%} processor time"
        )


def processor_seconds(is_profiled: bool, project: Path, *command: str) -> float:  # noqa: FBT001
    """Those of one of dbt's commands, alone or profiled."""
    profile = ("flatmanifest.profile", "--top", "0", "--json", "profile.json", "--")
    module = profile if is_profiled else ("dbt.cli.main",)
    return seconds_of([sys.executable, "-m", *module, *command], project, {"FLATMANIFEST": "0"})


def share(project: Path) -> float:
    """Of the last profiled command, what watching it took by the profile's own account."""
    found: dict[str, Any] = json.loads((project / "profile.json").read_text())
    seconds: float = found["wrapper_seconds"] / found["seconds"]
    return seconds
