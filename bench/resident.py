"""Commands of one node in the resident dbt: rows 28 to 30.

One project for all sides. Commands run in copies of a template, in a new Python with the plugin,
and by dbt alone: each side's rounds follow one another, because dbt alone leaves artifacts that the
plugin does not know.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.contest import Contestant
from bench.dbt_commands import EDITED, QUIET
from bench.figures import Report
from tests.projects import generate

ROUNDS = {"copy": 8, "plugin": 3, "dbt": 2}
MODES = {"copy": ("1", "1"), "plugin": ("1", "0"), "dbt": ("0", "0")}
PROGRAM = Path(sys.executable).with_name("flatmanifest")
NODE = "marts_0"
OF_ONE_NODE = [[name, "--select", NODE] for name in ("compile", "show", "build", "test")]
AFTER_AN_EDIT = [["ls"], ["parse"], ["compile", "--select", NODE]]
# dbt's own work in it is small: what is left is fork, hand-over, set-up and exit.
NEARLY_NOTHING = ["debug", "--config-dir"]
SECONDS_TO_START = 60


def measure(report: Report, work: Path) -> None:
    project, sockets = work / "chain2000", work / "sockets"
    generate("03_2000_chain", project, None)
    sockets.mkdir(mode=0o700)
    variables = {**os.environ, **QUIET, "XDG_RUNTIME_DIR": str(sockets)}
    try:
        run(project, ["build", "--select", f"+{NODE}"], variables, "copy")
        await_template(variables)
        for command in OF_ONE_NODE:
            compare(report, project, command, variables, is_edited=False)
        for command in AFTER_AN_EDIT:
            compare(report, project, command, variables, is_edited=True)
        seconds = [run(project, NEARLY_NOTHING, variables, "copy") for _ in range(10)]
        milliseconds = 1000 * statistics.median(seconds)
        report.at_most(30, "`debug --config-dir` in a copy, whole process", milliseconds, 150, "ms")
    finally:
        subprocess.run([PROGRAM, "resident", "stop"], env=variables, check=False)


def await_template(variables: dict[str, str]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        done = subprocess.run(
            [PROGRAM, "resident", "status", "--json"],
            env=variables,
            capture_output=True,
            check=True,
        )
        if json.loads(done.stdout):
            return
        time.sleep(0.1)
    raise RuntimeError("no template has started")


def compare(
    report: Report, project: Path, command: list[str], variables: dict[str, str], *, is_edited: bool
) -> None:
    """Time a command on each side, after an uncounted one, and report the gain over dbt."""
    sides = {}
    for side, rounds in ROUNDS.items():
        seconds = []
        for number in range(-1, rounds):
            if is_edited:
                edit(project, f"{side} {number}")
            taken = run(project, command, variables, side)
            if number >= 0:
                seconds.append(taken)
        sides[side] = Contestant(side, seconds=seconds)
    shown = f"{' '.join(command)}{' after an edit' if is_edited else ''}"
    contestants = [sides[side] for side in reversed(sides)]
    report.contests.append((f"{shown}, whole process, chain2000", contestants))
    gain = sides["dbt"].median / sides["copy"].median
    report.at_least(29 if is_edited else 28, f"resident: {shown}, chain2000", gain, 10)


def edit(project: Path, word: str) -> None:
    path = project / EDITED
    text = path.read_text().partition("\n-- edited")[0]
    path.write_text(f"{text}\n-- edited {word}\n")
    time.sleep(0.05)  # out of the tick of the clock in which a file counts as changing


def run(project: Path, command: list[str], variables: dict[str, str], side: str) -> float:
    """Return the seconds of a command. Raises RuntimeError if it did not run as it should."""
    plugin, resident = MODES[side]
    program: list[Path | str] = [PROGRAM, "dbt"] if side != "dbt" else [PROGRAM.with_name("dbt")]
    start = time.perf_counter()
    done = subprocess.run(
        [*program, *command],
        cwd=project,
        env={
            **variables,
            "FLATMANIFEST": plugin,
            "FLATMANIFEST_RESIDENT": resident,
            "DBT_PROFILES_DIR": str(project),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr}")
    return seconds
