"""The commands of CI, orchestrators and editors, by dbt and by the front door: rows 11 and 25.

One project each, warm. The front door answers each kind of command many times, then dbt alone runs
it a few times: dbt writes manifest.json anew, after which the front door would have to begin again.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.contest import Contestant
from bench.dbt_commands import QUIET, REPOSITORY
from bench.figures import Report
from tests.projects import generate

NATIVE_ROUNDS = 15
ROUNDS = 2
PROGRAM = Path(sys.executable).with_name("flatmanifest")
LOOM = REPOSITORY / "build" / "dbt-loom"
SELECTORS = "selectors:\n  - {name: usual, default: true, definition: 'marts_0+'}\n"
LONG = 10_000  # models
CHAINS = LONG // 4


@dataclass
class Kind:
    """A kind of command: the arguments of each command in turn, and how the project differs."""

    name: str
    commands: list[list[str]]
    variables: dict[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Aim:
    """The place of a figure, and the least gain that it must show."""

    shown: str
    row: int
    least: float


PLAIN = [
    Kind("ls", [["ls"]]),
    Kind("ls --select", [["ls", "--select", "+marts_0"]]),
    Kind("parse", [["parse"]]),
]
KINDS = [
    Kind("logs of JSON", [["--log-format", "json", "--log-format-file", "json", "ls"]]),
    Kind("state:modified+", [["ls", "--select", "state:modified+", "--state", "earlier"]]),
    Kind("a selection of nothing", [["ls", "--select", "no_such_model"]]),
    Kind("a default selector", [["ls"]], files={"selectors.yml": SELECTORS}),
    Kind("alternating options", [["ls", "-s", "marts_1"], ["ls", "--output", "json"]]),
    Kind("LANG unset", [["ls"]], unset=("LANG", "LC_ALL", "LC_CTYPE")),
    Kind("a secret in the environment", [["ls"]], {"DBT_ENV_SECRET_TOKEN": "a-password"}),
    Kind("dbt-loom", [["ls"]], {"PYTHONPATH": str(LOOM)}),
]
EDITED = "models/marts/000/marts_0.sql"


def measure(report: Report, work: Path) -> None:
    chain = make(work / "chain2000", "03_2000_chain", None)
    keep_earlier_run(chain)
    for kind in PLAIN:
        compare(report, chain, kind, Aim("chain2000", 11, 500))
    for kind in KINDS:
        if kind.name != "dbt-loom" or LOOM.is_dir():
            compare(report, chain, kind, Aim("chain2000", 25, 300))
    shutil.rmtree(chain)
    long = make(work / "chain10000", "chain", CHAINS)
    shown = f"a chain of {LONG:,} models"
    for kind in PLAIN:
        milliseconds = 1000 * compare(report, long, kind, Aim(shown, 11, 1000))
        report.at_most(11, f"flatmanifest dbt {kind.name}, {shown}", milliseconds, 25, "ms")
    shutil.rmtree(long)


def make(project: Path, kind: str, size: int | None) -> Path:
    generate(kind, project, size)
    run(project, ["ls", "--quiet"], Kind("", []), switch="1")
    return project


def keep_earlier_run(project: Path) -> None:
    """Make the present manifest.json the earlier one, and edit a model."""
    (project / "earlier").mkdir()
    shutil.copy(project / "target" / "manifest.json", project / "earlier")
    with (project / EDITED).open("a") as file:
        file.write("\n-- edited\n")


def compare(report: Report, project: Path, kind: Kind, aim: Aim) -> float:
    """Report how many times sooner the front door answers; return its median of the seconds."""
    for name, text in kind.files.items():
        (project / name).write_text(text)
    found = {}
    for switch, rounds, uncounted in (("1", NATIVE_ROUNDS, 3), ("0", ROUNDS, 0)):
        seconds = []
        for number in range(uncounted + rounds):
            is_counted = number >= uncounted
            taken = [
                run(project, command, kind, switch=switch, is_native=is_counted and switch == "1")
                for command in kind.commands
            ]
            if is_counted:
                seconds.append(statistics.mean(taken))
        found[switch] = Contestant("flatmanifest dbt" if switch == "1" else "dbt", seconds=seconds)
    for name in kind.files:
        (project / name).unlink()
    title = f"{kind.name}, warm, whole process, {aim.shown}"
    report.contests.append((title, [found["0"], found["1"]]))
    gain = found["0"].median / found["1"].median
    report.at_least(aim.row, f"flatmanifest dbt, {kind.name}, {aim.shown}", gain, aim.least)
    return found["1"].median


def run(
    project: Path, command: list[str], kind: Kind, *, switch: str, is_native: bool = False
) -> float:
    """Return the seconds of a command. dbt alone runs by its own program, as users start it.

    Raises RuntimeError if a command that must be native is not.
    """
    given = {name: value for name, value in os.environ.items() if name not in kind.unset}
    program = [str(PROGRAM), "dbt"] if switch == "1" else [str(PROGRAM.with_name("dbt"))]
    variables = {"FLATMANIFEST": switch, "DBT_PROFILES_DIR": str(project), **kind.variables}
    start = time.perf_counter()
    done = subprocess.run(
        [*program, *command],
        cwd=project,
        env={**given, **QUIET, **variables, "FLATMANIFEST_EXPLAIN": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if is_native and done.stderr:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return seconds
