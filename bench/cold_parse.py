"""A cold dbt parse: row 15 of the targets, its stages, and how workers share the work.

Whole processes, in turn, on copies of one project whose target directory is removed each time.
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
from pathlib import Path
from typing import Any

import psutil

from bench.contest import Contestant, ratio
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
    """The same in a program that is not dbt's: its workers are copies of another process."""
    contestants = in_turn(project, THREADED_PROGRAM)
    report.contests.append((f"dbt parse, cold, in a thread, {name}", list(contestants.values())))


def in_turn(project: Path, program: str) -> dict[str, Contestant]:
    contestants = {side: Contestant(side, lambda: None) for side in SIDES}
    for number in range(ROUNDS + 1):
        for side, contestant in contestants.items():
            start = time.perf_counter()
            run(project, SIDES[side], program, *PARSE)
            if number > 0:
                contestant.seconds.append(time.perf_counter() - start)
    return contestants


def memory(report: Report, name: str, project: Path) -> None:
    """The most that all processes of a parse hold together, in runs of their own."""
    peaks = {side: peak_of_tree(start(project, SIDES[side], DBT_PROGRAM, *PARSE)) for side in SIDES}
    in_threads = peak_of_tree(start(project, SIDES[TWO], THREADED_PROGRAM, *PARSE))
    said = ", ".join(f"{side} {peak / 1e6:.0f} MB" for side, peak in peaks.items())
    said += f", {TWO}, in a thread {in_threads / 1e6:.0f} MB"
    report.facts[f"cold parse, {name}, most memory of all processes (PSS)"] = said
    for side in LEAST_GAIN:
        times = peaks[side] / peaks[DBT]
        report.at_most(15, f"memory of a cold dbt parse, {name}, {side}", times, 2.0, "x dbt's")


def peak_of_tree(process: subprocess.Popen[str]) -> int:
    """Bytes, with pages that several processes share counted once (proportional set size)."""
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
    return 0  # it has just ended


def stages(report: Report, name: str, project: Path) -> None:
    """Where the time of one such process goes, by ``flatmanifest profile``."""
    figures = project / "profile.json"
    for side, variables in SIDES.items():
        profile = ("--top", "0", "--json", str(figures), "--")
        run(project, variables, "flatmanifest.profile", *profile, "parse", "--quiet")
        found = json.loads(figures.read_text())
        rows = [("the whole command", found["seconds"])]
        rows += [(row["name"], row["seconds"]) for row in found["phases"]]
        contestants = [Contestant(phase, lambda: None, [seconds]) for phase, seconds in rows]
        report.contests.append((f"stages of a cold dbt parse, {name}, {side}", contestants))


def divided(report: Report, name: str, project: Path) -> None:
    """Processor time, which does not depend on how many cores there are here."""
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
    """Seconds of processor time of each worker, by stage: models, schema files."""
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
    """In a process of its own: one cold parse by COUNT workers, and what each of them took."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    import dbt_flatmanifest  # noqa: F401, PLC0415 - the seams first
    from flatmanifest.dbt.workers import pool  # noqa: PLC0415

    parallel: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
    rounds: list[pool.Copies] = []

    def counted(_count: int, task_count: int, copies: pool.Copies) -> pool.Workers:
        rounds.append(copies)
        return pool.Workers(int(os.environ["COUNT"]), task_count, copies)

    os.environ[pool.VARIABLE] = "8"  # tasks as for eight, whoever does them
    parallel.Workers = counted
    result = dbtRunner().invoke(["parse", "--quiet"])
    if result.exception is not None:
        raise result.exception
    print(json.dumps([each.cpu_seconds for each in rounds]))


if __name__ == "__main__":
    main()
