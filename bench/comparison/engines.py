"""The programs that answer dbt's commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
# Besides the one that this runs in: where `make test-releases` has put them.
ENVIRONMENTS = ".venv-dbt-*"
FRONT_DOOR = "flatmanifest"


class EngineError(Exception):
    """There is no such engine, or it cannot be run; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A program, and how it is told to run.

    ``directory``: of its copy of each project, so that no engine warms up or disturbs another: the
    front door asks dbt once again whenever another has written into the target directory.
    """

    name: str
    program: tuple[str, ...]
    switch: str  # FLATMANIFEST
    directory: str
    reference: str  # the engine whose answers are the right ones
    answers: frozenset[str] | None = None  # the commands that it does not leave to another

    def environment(
        self, project: Path, variables: Iterable[tuple[str, str]] = ()
    ) -> dict[str, str]:
        return {
            **os.environ,
            **QUIET,
            **dict(variables),
            "FLATMANIFEST": self.switch,
            "DBT_PROFILES_DIR": str(project),
        }


def of_environment(python: Path, answers: frozenset[str]) -> list[Engine]:
    """Those of an environment that has flatmanifest: dbt alone, with the plugin, the front door."""
    release = release_of(python)
    dbt = (str(python), "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')")
    front_door = (str(python.with_name(FRONT_DOOR)), "dbt")
    alone = f"dbt {release}"
    return [
        Engine(alone, dbt, "0", f"alone-{release}", alone),
        Engine(f"plugin, {release}", dbt, "1", f"plugin-{release}", alone),
        Engine(f"front door, {release}", front_door, "1", f"front-{release}", alone, answers),
    ]


def release_of(python: Path) -> str:
    """dbt-core's major and minor version there."""
    script = "from importlib.metadata import version; print(version('dbt-core'))"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    found = re.match(r"\d+\.\d+", done.stdout)
    if found is None:
        raise EngineError(f"there is no dbt-core in {python.parent.parent}: pip install dbt-core")
    return found[0]


def discover(answers: frozenset[str]) -> list[list[Engine]]:
    """The engines of each environment, this one's first."""
    pythons = [Path(sys.executable)]
    others = sorted(ROOT.glob(f"{ENVIRONMENTS}/bin/python"))
    pythons += [python for python in others if python.with_name(FRONT_DOOR).exists()]
    return [of_environment(python, answers) for python in pythons]


def named(text: str, reference: Engine) -> Engine:
    """``NAME=PATH`` of any other dbt: dbt-oxide, Fusion, a dbt of one's own."""
    name, equals, path = text.partition("=")
    program = shutil.which(path)
    if not equals or not name:
        raise EngineError(f"--engine {text}: expected NAME=PATH, as in fusion=/usr/local/bin/dbt")
    if program is None:
        raise EngineError(f"--engine {text}: there is no program {path}")
    directory = re.sub(r"\W+", "-", name)
    return Engine(name, (str(Path(program).absolute()),), "0", directory, reference.name)
