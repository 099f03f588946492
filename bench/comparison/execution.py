"""Runs engines in turn, timed by hyperfine, after comparing their answers."""

from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from bench.comparison import plan
from bench.comparison.engines import Engine, EngineError
from bench.comparison.plan import Command, Contest, Project
from bench.comparison.results import Result, Results
from tests.projects import generate

SHOWN = 3  # lines of an error
SHORT = 0.5  # seconds; shorter commands run more often in a round
RUNS_OF_THE_SHORT = 10


class RunFailedError(Exception):
    """An engine's command failed; the message is the end of its output."""


@dataclass
class Executor:
    """Runs contests within limits of time.

    ``budget``: seconds for the runs of an engine in a contest, after which the engine rests.
    ``longest``: a run with a longer estimate is left out. ``at_once``: the engines of a round run
    at the same time, a core each; in turn they would take too long.
    """

    work: Path
    results: Results
    rounds: int
    budget: float
    longest: float
    say: Callable[[str], None]
    deadline: float = math.inf  # on time.monotonic's clock; no contest begins later
    at_once: bool = False
    edits: int = 0
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self, contests: Iterable[Contest]) -> None:
        """Run the contests that the results lack, and keep the results of each when it ends."""
        for contest in contests:
            if time.monotonic() > self.deadline:
                self.say("the time is up; --resume goes on")
                return
            engines = [
                engine
                for engine in contest.engines
                if self.results.get(contest.project.name, contest.command.name, engine.name) is None
            ]
            if not engines:
                continue
            self.say(f"{contest.project.name}: {contest.command.name}")
            for result in self._contest(contest, engines):
                self.results.add(result)

    def _contest(self, contest: Contest, engines: list[Engine]) -> list[Result]:
        project, command = contest.project, contest.command
        found = {
            engine.name: Result(
                project.name, project.models, command.name, engine.name, engine.reference
            )
            for engine in engines
        }
        expected = command.seconds(project)
        if expected > self.longest:
            for result in found.values():
                result.why = f"not run: would take dbt about {expected:,.0f} s"
            return [*found.values()]
        for engine in engines:
            found[engine.name].why = self._make_ready(project, command, engine)
        for _ in range(self.rounds):
            self._round_of_all(
                project,
                command,
                [
                    (engine, result)
                    for engine in engines
                    if not (result := found[engine.name]).why and sum(result.seconds) < self.budget
                ],
            )
        for engine in engines:
            result = found[engine.name]
            result.why = result.why or self._check(project, engine)
            if result.why:
                result.seconds, result.processor = [], []
        return [*found.values()]

    def _round_of_all(
        self, project: Project, command: Command, ready: list[tuple[Engine, Result]]
    ) -> None:
        if not self.at_once:
            for engine, result in ready:
                self._round(project, command, engine, result)
            return
        cores = sorted(os.sched_getaffinity(0))
        free: SimpleQueue[int] = SimpleQueue()
        for core in cores:
            free.put(core)

        def on_a_core(ready: tuple[Engine, Result]) -> None:
            core = free.get()
            os.sched_setaffinity(0, {core})  # for this thread and its processes
            self._round(project, command, *ready)
            free.put(core)

        with ThreadPoolExecutor(len(cores)) as executor:
            list(executor.map(on_a_core, ready))

    def _round(self, project: Project, command: Command, engine: Engine, result: Result) -> None:
        directory = self._directory(project, engine)
        if command.before == "cold":
            shutil.rmtree(directory / "target", ignore_errors=True)
        elif command.before == "empty":
            for database in directory.glob("*.duckdb*"):
                database.unlink()
        elif command.before == "edit":
            self.edits += 1
            plan.edit(project, directory, self.edits)
        is_short = bool(result.seconds) and result.seconds[0] < SHORT and not command.before
        try:
            runs = time_runs(
                engine, directory, command, project, RUNS_OF_THE_SHORT if is_short else 1
            )
        except RunFailedError as error:
            result.why = f"failed: {error}"
            return
        result.seconds += [run["seconds"] for run in runs]
        result.processor += [run["processor"] for run in runs]

    def _make_ready(self, project: Project, command: Command, engine: Engine) -> str:
        """Make the project, compare the engine's list with its reference's, and warm up.

        Returns the reason why the engine cannot take part, or "". The list of a cold parse is
        compared after its runs: before them it would cost a second cold parse.
        """
        directory = self._directory(project, engine)
        if not directory.exists():
            generate(project.kind, directory, project.size)
        if command.before == "cold":
            return ""
        wrong = self._check(project, engine)
        if wrong or engine.answers is None:  # the comparison has warmed the project up
            return wrong
        for _ in range(2):  # the front door answers from the second time on
            done = start(engine, directory, command.on(project), command.variables)
            if done.returncode != 0:
                return f"failed: {said(done)}"
        return ""

    def _check(self, project: Project, engine: Engine) -> str:
        """Return how the engine's list differs from its reference's, or ""; once for a project."""
        key = (project.name, engine.name)
        if key not in self.wrong:
            done = start(engine, self._directory(project, engine), ("ls", "--quiet"))
            if done.returncode != 0:
                self.wrong[key] = f"failed: ls: {said(done)}"
                return self.wrong[key]
            listed = sorted(filter(None, done.stdout.splitlines()))
            file = self.work / f"{project.kind}-{project.models}-{engine.reference}.list"
            if engine.name == engine.reference:
                file.write_text(json.dumps(listed))
            is_right = not file.exists() or json.loads(file.read_text()) == listed
            self.wrong[key] = "" if is_right else f"wrong: its ls is not that of {engine.reference}"
        return self.wrong[key]

    def _directory(self, project: Project, engine: Engine) -> Path:
        return self.work / f"{project.kind}-{project.models}" / engine.directory


def start(
    engine: Engine,
    directory: Path,
    arguments: tuple[str, ...],
    variables: Iterable[tuple[str, str]] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a command once without measuring it."""
    return subprocess.run(
        [*engine.program, *arguments],
        cwd=directory,
        env=engine.environment(directory, variables),
        capture_output=True,
        text=True,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the exit status and the last lines of a failed command."""
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return f"exit status {done.returncode}: " + " / ".join(lines[-SHOWN:])


def time_runs(
    engine: Engine, directory: Path, command: Command, project: Project, runs: int
) -> list[dict[str, float]]:
    """Return the seconds of whole processes, timed by hyperfine without a shell.

    One call of hyperfine runs one engine in one round. With several programs, hyperfine would
    finish one before the next, and a machine that slows down would slow down the last.
    """
    found = directory / "hyperfine.json"
    arguments = command.on(project)
    timing = ["hyperfine", "--shell=none", "--style=none", f"--runs={runs}"]
    timing += [f"--export-json={found}", shlex.join([*engine.program, *arguments])]
    done = subprocess.run(
        timing,
        cwd=directory,
        env=engine.environment(directory, command.variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RunFailedError(said(start(engine, directory, arguments, command.variables)))
    [measured] = json.loads(found.read_text())["results"]
    # hyperfine gives user and system time as means over the runs.
    processor = measured["user"] + measured["system"]
    return [{"seconds": seconds, "processor": processor} for seconds in measured["times"]]


def check_hyperfine() -> str:
    """Return hyperfine's version. Raises EngineError if hyperfine is missing."""
    if shutil.which("hyperfine") is None:
        raise EngineError("hyperfine is missing: apt-get install hyperfine")
    done = subprocess.run(["hyperfine", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
