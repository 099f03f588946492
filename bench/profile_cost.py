"""The cost of ``flatmanifest profile`` for the command that it watches: docs/profiling.md.

Measured twice: by the report, as the number of calls of its clocks and its ledger times the cost of
a call; and as the processor time of whole processes with the profile and without, in turn.
"""

from __future__ import annotations

import json
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

from bench.contest import ratio, run_measured
from bench.figures import Report
from bench.processor_time import seconds_of
from tests.projects import generate

ROUNDS = 3
PROJECT = "02_500_chain"
# The command with the most calls, and a short command in which calls weigh more.
COMMANDS = (("parse", "--quiet", "--no-partial-parse"), ("ls", "--quiet"))


def measure(report: Report, work: Path) -> None:
    project = work / "profile"
    generate(PROJECT, project, None)
    for command in COMMANDS:
        shares: list[float] = []
        sides = {
            "dbt": partial(seconds_alone, project, command),
            "profiled": partial(seconds_profiled, project, command, shares),
        }
        alone, profiled = contestants = run_measured(sides, ROUNDS)
        shown = " ".join(("dbt", *command))
        report.contests.append((f"{shown}, {PROJECT}, processor time", contestants))
        paired = ratio(profiled, alone) - 1
        report.facts[f"profile --top 0 -- {' '.join(command)}"] = (
            f"clocks and ledger {statistics.median(shares):.2%} of the command; whole process "
            f"{paired:+.1%} processor time"
        )


def seconds_alone(project: Path, command: tuple[str, ...]) -> float:
    return processor_seconds(project, "dbt.cli.main", *command)


def seconds_profiled(project: Path, command: tuple[str, ...], shares: list[float]) -> float:
    """Profile a command, and add the profile's own share of it to ``shares``."""
    options = ("--top", "0", "--json", "profile.json", "--")
    seconds = processor_seconds(project, "flatmanifest.profile", *options, *command)
    shares.append(share(project))
    return seconds


def processor_seconds(project: Path, module: str, *arguments: str) -> float:
    program = [sys.executable, "-m", module, *arguments]
    return seconds_of(program, project, {"FLATMANIFEST": "0"})


def share(project: Path) -> float:
    """Return the profile's own share of the last profiled command, as its report says."""
    found: dict[str, Any] = json.loads((project / "profile.json").read_text())
    seconds: float = found["wrapper_seconds"] / found["seconds"]
    return seconds
