"""The commands, the projects, and which engines run which command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.comparison.engines import Engine

MODELS_A_CHAIN = 4


@dataclass(frozen=True)
class Project:
    """A generated project (tests.projects) and its number of models."""

    name: str
    kind: str
    size: int | None
    models: int
    last: str  # the model whose ancestors are selected
    edited: str  # the file that is edited


def chain(models: int) -> Project:
    """Return a project of chains with that many models, to measure growth."""
    return Project(f"{models:,} models", "chain", models // MODELS_A_CHAIN, models, *_OF_CHAINS)


_OF_CHAINS = ("marts_0", "models/marts/000/marts_0.sql")
_OF_SIMPLE = ("model_0", "models/simple/000/model_0.sql")
SEED_PROJECTS = (
    Project("02_500_chain", "02_500_chain", None, 500, *_OF_CHAINS),
    Project("01_2000_simple", "01_2000_simple", None, 2000, *_OF_SIMPLE),
    Project("03_2000_chain", "03_2000_chain", None, 2000, *_OF_CHAINS),
)
SIZES = (100, 1000, 10_000)


@dataclass(frozen=True)
class Command:
    """A dbt command, and the change of the project before each run."""

    name: str
    arguments: tuple[str, ...]
    # "cold": remove the target directory; "edit": add a line to a model; "empty": no database.
    before: str = ""
    variables: tuple[tuple[str, str], ...] = ()  # environment variables
    # Rough seconds of dbt alone, for estimates and for leaving out runs that take too long.
    start: float = 2.0
    per_model: float = 0.0022

    def seconds(self, project: Project) -> float:
        return self.start + self.per_model * project.models

    def on(self, project: Project) -> tuple[str, ...]:
        return tuple(part.format(last=project.last) for part in self.arguments)


_ONE_WORKER = (("FLATMANIFEST_PARSE_WORKERS", "1"),)
COMMANDS = MappingProxyType(
    {
        command.name: command
        for command in (
            Command("parse, cold", ("parse",), "cold", per_model=0.0145),
            Command("parse, cold, one worker", ("parse",), "cold", _ONE_WORKER, per_model=0.0145),
            Command("parse", ("parse",)),
            Command("parse, one model edited", ("parse",), "edit", per_model=0.0025),
            Command("ls", ("ls",)),
            Command("ls --select +last", ("ls", "--select", "+{last}")),
            Command("compile", ("compile",), per_model=0.006),
            Command("run", ("run",), "empty", per_model=0.03),
        )
    }
)
# The front door leaves all other commands to dbt with the plugin.
OF_THE_FRONT_DOOR = frozenset({"parse", "ls", "ls --select +last"})


@dataclass(frozen=True)
class Contest:
    """One command on one project, run by several engines in turn."""

    project: Project
    command: Command
    engines: tuple[Engine, ...]


def contests(
    projects: Sequence[Project], commands: Sequence[Command], engines: Sequence[Engine]
) -> Iterator[Contest]:
    """Return all contests by project; an engine takes part in the commands that it answers."""
    for project in projects:
        for command in commands:
            taking_part = tuple(
                engine
                for engine in engines
                if engine.answers is None or command.name in engine.answers
            )
            if taking_part:
                yield Contest(project, command, taking_part)


def estimate(contest: Contest, budget: float, rounds: int, longest: float) -> float:
    """Return the seconds of a contest if every engine were as slow as dbt alone."""
    once = contest.command.seconds(contest.project)
    if once > longest:
        return 0.0
    return once * max(1, min(rounds, -int(-budget // once))) * len(contest.engines)


def edit(project: Project, directory: Path, number: int) -> None:
    """Change a model; each ``number`` is a different change."""
    with (directory / project.edited).open("a", encoding="utf-8") as file:
        file.write(f"\n-- edit {number}\n")
