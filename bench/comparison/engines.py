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
# The environments with other releases of dbt, which `make environments` makes.
ENVIRONMENTS = ".venv-dbt-*"
FRONT_DOOR = "flatmanifest"


class EngineError(Exception):
    """An engine that is missing or cannot be run; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A program, and the command line that runs it.

    ``directory`` names the engine's copy of each project, so that no engine warms up or disturbs
    another: the front door asks dbt again after another engine has written into the target
    directory.
    """

    name: str
    program: tuple[str, ...]
    switch: str  # FLATMANIFEST
    directory: str
    reference: str  # the engine whose answers count as right
    answers: frozenset[str] | None = None  # the commands that the engine answers itself

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
    """Return the engines of an environment: dbt alone, dbt with the plugin, the front door."""
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
    """Return the major and minor version of an environment's dbt-core."""
    script = "from importlib.metadata import version; print(version('dbt-core'))"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    found = re.match(r"\d+\.\d+", done.stdout)
    if found is None:
        raise EngineError(f"there is no dbt-core in {python.parent.parent}: pip install dbt-core")
    return found[0]


def discover(answers: frozenset[str]) -> list[list[Engine]]:
    """Return the engines of each environment, those of the running Python first."""
    pythons = [Path(sys.executable)]
    others = sorted(ROOT.glob(f"{ENVIRONMENTS}/bin/python"))
    pythons += [python for python in others if python.with_name(FRONT_DOOR).exists()]
    return [of_environment(python, answers) for python in pythons]


def named(text: str, reference: Engine) -> Engine:
    """Return the engine of ``NAME=PATH``: any other executable that takes dbt's arguments."""
    name, equals, path = text.partition("=")
    program = shutil.which(path)
    if not equals or not name:
        raise EngineError(f"--engine {text}: expected NAME=PATH, as in fusion=/usr/local/bin/dbt")
    if program is None:
        raise EngineError(f"--engine {text}: there is no program {path}")
    directory = re.sub(r"\W+", "-", name)
    return Engine(name, (str(Path(program).absolute()),), "0", directory, reference.name)
