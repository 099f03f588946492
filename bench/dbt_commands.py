"""Warm dbt commands by dbt, by dbt with the plugin and by the front door: rows 11 to 14.

Each side has its own copy of the project, parsed once before the clock starts. The sides run in
turn.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.contest import Contestant, ratio, run, run_measured
from bench.figures import Report
from tests.projects import generate

ROUNDS = 5
REPOSITORY = Path(__file__).parents[1]
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
PROJECTS: dict[str, tuple[str, int | None]] = {
    "chain2000": ("03_2000_chain", None),
    "02_500_chain": ("02_500_chain", None),
    "01_2000_simple": ("01_2000_simple", None),
    "chain10000": ("chain", 2500),
}
FRONT_DOOR = (("ls",), ("ls", "--select", "+marts_0"), ("parse",))
LEAST_GAIN = {"chain2000": 2.5, "chain10000": 6}
EDITED = "models/marts/000/marts_0.sql"


@dataclass
class Side:
    """A copy of the project, and the seconds of the phases of its commands."""

    name: str
    switch: str  # FLATMANIFEST
    project: Path
    phases: dict[str, list[float]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **QUIET,
            "FLATMANIFEST": self.switch,
            "DBT_PROFILES_DIR": str(self.project),
            "PYTHONPATH": str(REPOSITORY),
        }

    def run(self, module: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return done.stdout

    def command(self, *arguments: str) -> float:
        """Return the seconds of a dbt command as a whole process."""
        start = time.perf_counter()
        self.run("dbt.cli.main", *arguments)
        return time.perf_counter() - start

    def front_door(self, *arguments: str) -> float:
        """Return the seconds of a command that the front door answers without Python."""
        start = time.perf_counter()
        subprocess.run(
            [str(Path(sys.executable).with_name("flatmanifest")), "dbt", *arguments],
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - start

    def phase(self, *arguments: str) -> None:
        found = json.loads(self.run("bench.dbt_phases", *arguments).splitlines()[-1])
        for phase, seconds in found.items():
            self.phases.setdefault(phase, []).append(seconds)

    def share(self) -> float:
        """Return the seconds of all phases of the manifest in one command."""
        return sum(statistics.median(s) for p, s in self.phases.items() if p != "command")


def measure(
    report: Report,
    work: Path,
    names: Sequence[str] = tuple(PROJECTS),
    *,
    only_phases: bool = False,
    rounds: int = ROUNDS,
) -> None:
    """``rounds``: how many commands measure the phases."""
    for name in names:
        kind, size = PROJECTS[name]
        sides = make_sides(work / name, kind, size)
        phases(report, name, sides, rounds)
        if not only_phases:
            warm_list(report, name, sides)
        if name == "chain2000" and not only_phases:
            restored(report, sides[1])
            front_doors(report, sides)
            edited_parse(report, sides)
        shutil.rmtree(work / name)


def make_sides(directory: Path, kind: str, size: int | None) -> list[Side]:
    sides = []
    for name, switch in (("dbt", "0"), ("with the plugin", "1")):
        project = directory / switch
        generate(kind, project, size)
        side = Side(name, switch, project)
        side.command("ls", "--quiet")
        sides.append(side)
    return sides


def contest(sides: list[Side], *arguments: str, before: str | None = None) -> list[Contestant]:
    """Time a command on each side in turn; ``before`` names a file that each run edits first."""

    def edit_and_run(side: Side) -> float:
        if before is not None:
            with (side.project / before).open("a") as file:
                file.write("\n-- one more edit\n")
        return side.command(*arguments)

    return run_measured({side.name: partial(edit_and_run, side) for side in sides}, ROUNDS)


def warm_list(report: Report, name: str, sides: list[Side]) -> None:
    vanilla, ours = contest(sides, "ls", "--quiet")
    report.contests.append((f"dbt ls, warm, whole process, {name}", [vanilla, ours]))
    if name in LEAST_GAIN:
        gain = ratio(vanilla, ours)
        report.at_least(13, f"warm dbt ls with the plugin, {name}", gain, LEAST_GAIN[name])


def front_doors(report: Report, sides: list[Side]) -> None:
    vanilla, ours = sides
    for arguments in FRONT_DOOR:
        sides_of_command = {
            "dbt": partial(vanilla.command, *arguments),
            "flatmanifest dbt": partial(ours.front_door, *arguments),
        }
        # Two uncounted rounds: dbt runs and is recorded before the front door answers.
        contestants = run_measured(sides_of_command, ROUNDS, uncounted=2)
        shown = " ".join(arguments)
        report.contests.append((f"dbt {shown}, warm, whole process, chain2000", contestants))
        report.at_least(11, f"flatmanifest dbt {shown}, chain2000", ratio(*contestants), 200)


def restored(report: Report, side: Side) -> None:
    """Time every object of the manifest: as dbt reads it, and built from the entry, none lazy."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - takes seconds
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    from flatmanifest.dbt.cache.entry import Entry  # noqa: PLC0415

    target = side.project / "target"
    state = next(target.glob("flatmanifest/*.state.fman"))
    path = state.with_name(state.name.replace(".state", ""))
    packed = (target / "partial_parse.msgpack").read_bytes()

    def read_lazily_built() -> Any:
        manifest = Entry(path).manifest()
        for name in manifest.flatmanifest_entry.maps:
            getattr(manifest, name).build()
        return manifest

    contestants = [
        Contestant(
            "mashumaro, from partial_parse.msgpack",
            lambda: Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder),
        ),
        Contestant("from the entry", read_lazily_built),
    ]
    run(contestants, ROUNDS)
    report.contests.append(("every object of the manifest, chain2000", contestants))


def edited_parse(report: Report, sides: list[Side]) -> None:
    vanilla, ours = contest(sides, "parse", "--quiet", before=EDITED)
    report.contests.append(("dbt parse, one model edited, chain2000", [vanilla, ours]))
    report.at_least(14, "dbt parse with one model edited, chain2000", ratio(vanilla, ours), 2)


def phases(report: Report, name: str, sides: list[Side], rounds: int) -> None:
    for _ in range(rounds):
        for side in sides:
            side.phase("ls", "--quiet")
    vanilla, ours = sides
    for phase, seconds in vanilla.phases.items():
        if not any(seconds):  # this command has no such phase
            continue
        contestants = [
            Contestant(side.name, seconds=side.phases[phase]) for side in (vanilla, ours)
        ]
        report.contests.append((f"warm dbt ls in a process, {name}: {phase}", contestants))
    gain = vanilla.share() / ours.share()
    report.at_least(12, f"the manifest's share of a warm dbt ls, {name}", gain, 20)
