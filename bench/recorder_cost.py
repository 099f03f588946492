"""The cost of the dependency recorder for a command that dbt runs: docs/front.md.

Warm processes of ``python -m flatmanifest.dbt``, which runs dbt and records its reads, run in turn
with the recorder and without it. The figure is the processor time of whole processes.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from bench.contest import ratio, run_measured
from bench.figures import Report
from bench.processor_time import seconds_of
from tests.projects import generate

ROUNDS = 9
PROJECT = "03_2000_chain"
LIMIT = 0.03
WITH = "import flatmanifest.dbt.__main__ as program\nprogram.main()\n"
WITHOUT = f"""
from flatmanifest.dbt import seams
from flatmanifest.dbt.dependencies import DependencyRecorder
DependencyRecorder.start = DependencyRecorder.take_values = lambda recorder: None
install = seams.install
def install_others(all_of_them):
    of_recorder = "flatmanifest.dbt.dependencies."
    install([e for e in all_of_them if not e.replacement.__module__.startswith(of_recorder)])
seams.install = install_others
{WITH}"""


def measure(report: Report, work: Path) -> None:
    project = work / "recorder"
    generate(PROJECT, project, None)
    for command in ("ls", "parse"):
        sides = {
            name: partial(
                seconds_of,
                [sys.executable, "-c", program, command, "--quiet"],
                project,
                {"FLATMANIFEST": "1"},
            )
            for name, program in (("without the recorder", WITHOUT), ("with the recorder", WITH))
        }
        without, recorded = contestants = run_measured(sides, ROUNDS)
        title = f"flatmanifest dbt {command}, warm, run by dbt, {PROJECT}, processor time"
        report.contests.append((title, contestants))
        cost = ratio(recorded, without) - 1
        report.at_most(0, f"the recorder's share of a warm {command}", cost, LIMIT, "x")
