"""The cost of the recorder of dependencies to a command that dbt runs: docs/front.md.

Processor time of whole warm processes of ``python -m flatmanifest.dbt``, which runs dbt and records
each time, with the recorder and without it, in turn.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.contest import Contestant, ratio
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
    sides = {"without the recorder": WITHOUT, "with the recorder": WITH}
    for command in ("ls", "parse"):
        contestants = [Contestant(name, lambda: None) for name in sides]
        for number in range(ROUNDS + 1):
            for contestant in contestants:
                program = [sys.executable, "-c", sides[contestant.name], command, "--quiet"]
                seconds = seconds_of(program, project, {"FLATMANIFEST": "1"})
                if number > 0:
                    contestant.seconds.append(seconds)
        title = f"flatmanifest dbt {command}, warm, run by dbt, {PROJECT}, processor time"
        report.contests.append((title, contestants))
        without, recorded = contestants
        cost = ratio(recorded, without) - 1
        report.at_most(0, f"the recorder's share of a warm {command}", cost, LIMIT, "x")
