"""A cold dbt parse: row 15 of the targets, its stages, and how workers share the work.

The sides run in turn, as whole processes, in one project whose target directory is removed before
each run.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from bench.contest import Contestant, ratio, run_measured
from bench.dbt_commands import PROJECTS, QUIET, REPOSITORY
from bench.figures import Report
from tests.projects import generate

ROUNDS = 3
NAMES = ("chain2000", "01_2000_simple")
DIVISIONS = (1, 2, 4, 8)
SECONDS_BETWEEN_LOOKS = 0.02


DBT = "dbt"
ALONE = "with the plugin, one process"
TWO = "with the plugin, two workers"
SIDES = {
    DBT: {"FLATMANIFEST": "0"},
    ALONE: {"FLATMANIFEST_PARSE_WORKERS": "1"},
    TWO: {"FLATMANIFEST_PARSE_WORKERS": "2"},
}
DBT_PROGRAM, THREADED_PROGRAM = "dbt.cli.main", "bench.threaded_parse"
PARSE = ("parse", "--quiet")
LEAST_GAIN = {ALONE: 1.5, TWO: 2.0}


def measure(report: Report, work: Path) -> None:
    for name in NAMES:
        project = work / f"cold-{name}"
        kind, size = PROJECTS[name]
        generate(kind, project, size)
        whole_processes(report, name, project)
        in_a_thread(report, name, project)
        memory(report, name, project)
        stages(report, name, project)
        divided(report, name, project)
        shutil.rmtree(project)


def whole_processes(report: Report, name: str, project: Path) -> None:
    contestants = in_turn(project, DBT_PROGRAM)
    report.contests.append((f"dbt parse, cold, whole process, {name}", list(contestants.values())))
    for side, least in LEAST_GAIN.items():
        gain = ratio(contestants[DBT], contestants[side])
        report.at_least(15, f"cold dbt parse, {name}, {side}", gain, least)


def in_a_thread(report: Report, name: str, project: Path) -> None:
    """Time dbt in a thread of another program, whose workers are copies of a third process."""
    contestants = in_turn(project, THREADED_PROGRAM)
    report.contests.append((f"dbt parse, cold, in a thread, {name}", list(contestants.values())))


def in_turn(project: Path, program: str) -> dict[str, Contestant]:
    actions = {side: partial(seconds_of_parse, project, side, program) for side in SIDES}
    return {each.name: each for each in run_measured(actions, ROUNDS)}


def seconds_of_parse(project: Path, side: str, program: str) -> float:
    start = time.perf_counter()
    run(project, SIDES[side], program, *PARSE)
    return time.perf_counter() - start


def memory(report: Report, name: str, project: Path) -> None:
    """Measure the peak memory of all processes of a parse together, in separate runs."""
    peaks = {side: peak_of_tree(start(project, SIDES[side], DBT_PROGRAM, *PARSE)) for side in SIDES}
    in_threads = peak_of_tree(start(project, SIDES[TWO], THREADED_PROGRAM, *PARSE))
    said = ", ".join(f"{side} {peak / 1e6:.0f} MB" for side, peak in peaks.items())
    said += f", {TWO}, in a thread {in_threads / 1e6:.0f} MB"
    report.facts[f"cold parse, {name}, most memory of all processes (PSS)"] = said
    for side in LEAST_GAIN:
        times = peaks[side] / peaks[DBT]
        report.at_most(15, f"memory of a cold dbt parse, {name}, {side}", times, 2.0, "x dbt's")


def peak_of_tree(process: subprocess.Popen[str]) -> int:
    """Return the peak bytes of a process and its children (PSS: a shared page counts once)."""
    tree, most = psutil.Process(process.pid), 0
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            members = (tree, *tree.children(recursive=True))
            most = max(most, sum(map(pss_of, members)))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return most


def pss_of(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return int(process.memory_full_info().pss)
    return 0  # the process has just ended


def stages(report: Report, name: str, project: Path) -> None:
    """Measure the stages of one parse by ``flatmanifest profile``."""
    figures = project / "profile.json"
    for side, variables in SIDES.items():
        profile = ("--top", "0", "--json", str(figures), "--")
        run(project, variables, "flatmanifest.profile", *profile, "parse", "--quiet")
        found = json.loads(figures.read_text())
        rows = [("the whole command", found["seconds"])]
        rows += [(row["name"], row["seconds"]) for row in found["phases"]]
        contestants = [Contestant(phase, seconds=[seconds]) for phase, seconds in rows]
        report.contests.append((f"stages of a cold dbt parse, {name}, {side}", contestants))


def divided(report: Report, name: str, project: Path) -> None:
    """Measure how workers share the work, in processor time: it does not depend on the cores."""
    alone = sum(map(sum, shares(project, 1)))
    for count in DIVISIONS:
        found = shares(project, count)
        most = sum(max(each) for each in found)
        uneven = sum(max(each) - statistics.mean(each) for each in found) / most
        report.facts[f"cold parse, {name}, {count} workers"] = (
            f"the busiest takes {most:.2f} s of processor time, {alone / most:.1f}x less than one "
            f"alone ({alone:.2f} s); {uneven:.0%} more than its share"
        )


def shares(project: Path, count: int) -> list[list[float]]:
    """Return the processor seconds of each worker, by stage: models, schema files."""
    text = run(project, {"COUNT": str(count)}, "bench.cold_parse")
    found: list[list[float]] = json.loads(text.splitlines()[-1])
    return found


def run(project: Path, variables: dict[str, str], module: str, *arguments: str) -> str:
    process = start(project, variables, module, *arguments)
    output, _ = process.communicate()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args, output)
    return output


def start(
    project: Path, variables: dict[str, str], module: str, *arguments: str
) -> subprocess.Popen[str]:
    shutil.rmtree(project / "target", ignore_errors=True)
    places = {"DBT_PROFILES_DIR": str(project), "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env={**os.environ, **QUIET, **places, **variables},
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    """Parse once with COUNT workers and print the seconds of each; needs a process of its own."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    import dbt_flatmanifest  # noqa: F401, PLC0415 - the seams before the first look at dbt
    from flatmanifest.dbt.workers import pool  # noqa: PLC0415

    parallel: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
    rounds: list[pool.Copies] = []

    def counted(_count: int, task_count: int, copies: pool.Copies) -> pool.Workers:
        rounds.append(copies)
        return pool.Workers(int(os.environ["COUNT"]), task_count, copies)

    os.environ[pool.VARIABLE] = "8"  # the same tasks for any number of workers
    parallel.Workers = counted
    result = dbtRunner().invoke(["parse", "--quiet"])
    if result.exception is not None:
        raise result.exception
    print(json.dumps([each.cpu_seconds for each in rounds]))


if __name__ == "__main__":
    main()
