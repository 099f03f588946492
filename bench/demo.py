"""``make demo``: converts dbt's manifest.json to a mapped file, and times reading it.

The demo generates the 2,000-model chain project, has dbt parse it, converts the manifest with the
``flatmanifest`` command, compares every value, and answers the same questions with ``json`` and
with flatmanifest. Then dbt, dbt with the plugin, and the front door run the same warm commands. In
the end a model is edited and compiled: by dbt, with the plugin, and in the resident dbt.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from bench.fresh_process import REPOSITORY, Measurement, measure
from bench.resident import await_template, edit
from tests.projects import generate

T = TypeVar("T")

FULL_SIZE = 500  # chains: 03_2000_chain
MODEL = "model.chain.marts_0"
ROOT = "model.chain.base_0"


@dataclass(frozen=True)
class Comparison:
    """One question for json and for flatmanifest, with the code that each side runs."""

    question: str
    json: str
    flatmanifest: str


COMPARISONS = (
    Comparison(
        question=f"How is {MODEL} materialized?",
        json="""\
manifest = json.load(open(json_path))
result = manifest["nodes"][model]["config"]["materialized"]
""",
        flatmanifest="""\
manifest = flatmanifest.open(fman_path)
result = manifest["nodes"][model]["config"]["materialized"]
""",
    ),
    Comparison(
        question=f"What depends on {ROOT}, directly or not?",
        json="""\
children = json.load(open(json_path))["child_map"]
found, todo = set(), [root]
while todo:
    for child in children[todo.pop()]:
        if child not in found:
            found.add(child)
            todo.append(child)
result = sorted(found)
""",
        flatmanifest="""\
graph = flatmanifest.open(fman_path).graph
indptr, indices = graph.indptr, graph.indices
found, todo = set(), [graph.row(root)]
while todo:
    row = todo.pop()
    for child in indices[indptr[row]:indptr[row + 1]]:
        if child not in found:
            found.add(child)
            todo.append(child)
result = sorted(graph.id(row) for row in found)
""",
    ),
)

EQUALITY = """\
manifest = flatmanifest.open(fman_path)
result = manifest == json.load(open(json_path))
"""

JSON_PROGRAM = f"""\
import json
print(json.load(open("manifest.json"))["nodes"]["{MODEL}"]["config"]["materialized"])
"""
COMMANDS = (
    ("flatmanifest", "show", "manifest.fman", "marts_0", "--field", "config.materialized"),
    ("flatmanifest", "info", "manifest.fman"),
)
# The shown command, the program, and the value of FLATMANIFEST.
SIDES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("FLATMANIFEST=0 dbt …", ("dbt",), "0"),
    ("dbt …", ("dbt",), "1"),
    ("flatmanifest dbt …", ("flatmanifest", "dbt"), "1"),
)
COMPILE = ("compile", "--select", "marts_0")
# As SIDES, and the value of FLATMANIFEST_RESIDENT.
EDITED_SIDES: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("FLATMANIFEST=0 dbt …", ("dbt",), "0", "0"),
    ("dbt …", ("dbt",), "1", "0"),
    ("fdbt …", ("fdbt",), "1", "1"),
)
EDITS = 3
DBT_COMMANDS: tuple[tuple[str, ...], ...] = (("ls",), ("ls", "--select", "+marts_0"), ("parse",))


class DemoError(Exception):
    """A step failed; the message is for the user."""


@dataclass(frozen=True)
class Demo:
    """The steps of the demo, in the order in which they run."""

    console: Console
    project: Path
    chains: int
    repeat: int

    @property
    def json_path(self) -> Path:
        """Return the path of the manifest that dbt writes."""
        return self.project / "target" / "manifest.json"

    @property
    def fman_path(self) -> Path:
        """Return the path of the converted manifest."""
        return self.json_path.with_suffix(".fman")

    def run(self, *, reuse: bool) -> None:
        """Run every step; with ``reuse``, on the manifest of an earlier demo if one exists."""
        self.console.print(Panel.fit("[bold]flatmanifest[/]: a dbt manifest, read in place"))
        if reuse and self.json_path.exists():
            self.console.print("[dim]Using the project and manifest of an earlier demo.[/]")
        else:
            self.make_manifest()
        self.convert()
        self.check()
        self.console.rule("[bold]from Python", align="left", style="dim")
        for comparison in COMPARISONS:
            self.compare(comparison)
        self.console.print(
            f"[dim]Medians of {self.repeat} new processes. The time is that of the shown lines "
            "(json's lines are in bench/demo.py), without the imports. Private memory (USS) is "
            "memory that no other process shares, less the bare interpreter's. It includes "
            "imports, and pages of the mapped file while only one process maps it. The page cache "
            "is warm.[/]\n"
        )
        self.console.rule("[bold]from the shell", align="left", style="dim")
        self.show_commands()
        self.console.rule("[bold]instead of dbt", align="left", style="dim")
        self.run_dbt()
        if sys.platform == "linux":
            self.console.rule("[bold]after an edit", align="left", style="dim")
            self.edit_and_compile()

    def make_manifest(self) -> None:
        """Generate the project and have dbt parse it cold."""
        if self.project.exists():
            shutil.rmtree(self.project)
        files, seconds = _timed(lambda: generate("chain", self.project, self.chains))
        self._step(f"Generated {self.chains * 4:,} models: {files:,} files", seconds)
        # The plugin stays off: the figures start from the manifest that dbt itself writes.
        with self.console.status("dbt parse …"):
            _, seconds = _timed(
                lambda: _run("dbt", "--quiet", "parse", cwd=self.project, FLATMANIFEST="0")
            )
        self._step(f"[bold]dbt parse[/], cold, in {os.path.relpath(self.project)}", seconds)

    def convert(self) -> None:
        """Convert the manifest with the command."""
        command = ("flatmanifest", "convert", self.json_path.name)
        _, seconds = self._median_of(lambda: _run(*command, cwd=self.json_path.parent))
        json_size, fman_size = self.json_path.stat().st_size, self.fman_path.stat().st_size
        self._step(
            f"[bold]{shlex.join(command)}[/]: {_bytes(json_size)} of JSON to {_bytes(fman_size)}, "
            f"{fman_size / json_size:.2f} of it",
            seconds,
        )

    def check(self) -> None:
        """Compare every value of the converted manifest with the JSON."""
        equality = self._measure("import flatmanifest, json", EQUALITY, repeat=1)
        if equality.result is not True:
            raise DemoError(f"{self.fman_path} does not equal {self.json_path}: a bug, report it")
        self._step("Compared every value with what json.load gives: equal", equality.seconds)

    def compare(self, comparison: Comparison) -> None:
        """Answer a question with json and with flatmanifest, and print the time of each."""
        with self.console.status(comparison.question):
            slow = self._measure("import json", comparison.json, self.repeat)
            fast = self._measure("import flatmanifest", comparison.flatmanifest, self.repeat)
        if slow.result != fast.result:
            raise DemoError(
                f"{comparison.question} json says {slow.result}, flatmanifest {fast.result}"
            )
        answer = ", ".join(slow.result) if isinstance(slow.result, list) else slow.result
        self.console.print(f"\n{comparison.question} [bold]{answer}[/]")
        code = comparison.flatmanifest.rstrip()
        self.console.print(Padding(Syntax(code, "python", background_color="default"), (1, 4)))
        table = Table("", box=box.SIMPLE_HEAD)
        for heading in ("time", "", "private memory", "peak memory"):
            table.add_column(heading, justify="right")
        table.add_row("json.load", _seconds(slow.seconds), "", *_memory(slow))
        ratio = f"[bold green]{slow.seconds / fast.seconds:,.0f}x[/] faster"
        table.add_row("flatmanifest.open", _seconds(fast.seconds), ratio, *_memory(fast))
        self.console.print(table)

    def show_commands(self) -> None:
        """Run commands as from a shell, and print the output and the time."""
        commands = {
            "python -c 'import json; …'": ("python", "-c", JSON_PROGRAM),
            **{shlex.join(command): command for command in COMMANDS},
        }
        for shown, command in commands.items():
            output, seconds = self._median_of(partial(_run, *command, cwd=self.json_path.parent))
            self._step(f"$ [bold]{shown}[/]", seconds)
            self.console.print(output.rstrip(), style="dim", markup=False)
        self.console.print(f"[dim]Whole processes, start to exit; the median of {self.repeat}.[/]")

    def run_dbt(self) -> None:
        """Run warm commands by dbt, by dbt with the plugin, and by the front door."""
        table = Table("", box=box.SIMPLE_HEAD)
        for heading in (*(shown for shown, _, _ in SIDES), "", ""):
            table.add_column(heading, justify="right")
        for arguments in DBT_COMMANDS:
            shown = shlex.join(arguments)
            with self.console.status(f"dbt {shown} …"):
                found = [self._run_side(*side, arguments) for side in SIDES]
            outputs = {output for output, _ in found}
            if len(outputs) != 1:
                raise DemoError(f"dbt {shown} prints something else with flatmanifest: report it")
            slow, plugin, front = (seconds for _, seconds in found)
            ratios = (f"{slow / plugin:.1f}x", f"[bold green]{slow / front:,.0f}x[/] faster")
            table.add_row(shown, *map(_seconds, (slow, plugin, front)), *ratios)
        self.console.print(table)
        self.console.print(
            "[dim]Whole processes of an unchanged project; all three print the same lines. "
            f"Medians of {self.repeat}. With the plugin, dbt's imports and settings take most of "
            "the time; the front door starts no Python.[/]"
        )

    def edit_and_compile(self) -> None:
        """Edit a model and compile it, on each side."""
        sockets = self.project / ".sockets"
        sockets.mkdir(mode=0o700, exist_ok=True)
        place = {"XDG_RUNTIME_DIR": str(sockets)}
        table = Table("", box=box.SIMPLE_HEAD)
        for heading in (*(shown for shown, *_ in EDITED_SIDES), "", ""):
            table.add_column(heading, justify="right")
        try:
            slow, plugin, resident = (self._edited(side, place) for side in EDITED_SIDES)
        finally:
            _run("flatmanifest", "resident", "stop", cwd=None, **place)
        ratios = (f"{slow / plugin:.1f}x", f"[bold green]{slow / resident:.1f}x[/] faster")
        table.add_row(shlex.join(COMPILE), *map(_seconds, (slow, plugin, resident)), *ratios)
        self.console.print(table)
        self.console.print(
            f"[dim]Whole processes, each after an edit of that model; medians of {EDITS}. In a "
            "terminal, fdbt runs commands in copies of a process that has dbt loaded.[/]"
        )

    def _edited(self, side: tuple[str, tuple[str, ...], str, str], place: dict[str, str]) -> float:
        """The median of the seconds of a command after edits; the first is not counted."""
        shown, program, switch, mode = side
        variables = {"FLATMANIFEST": switch, "FLATMANIFEST_RESIDENT": mode, **place}
        command = partial(_run, *program, "--quiet", *COMPILE, cwd=self.project, **variables)
        seconds = []
        with self.console.status(f"{shown} {shlex.join(COMPILE)}"):
            for number in range(1 + EDITS):
                edit(self.project, f"{shown} {number}")
                seconds.append(_timed(command)[1])
                if number == 0 and mode == "1":
                    await_template({**os.environ, **place})
        return statistics.median(seconds[1:])

    def _run_side(
        self, _: str, program: tuple[str, ...], switch: str, arguments: tuple[str, ...]
    ) -> tuple[str, float]:
        command = partial(
            _run, *program, "--quiet", *arguments, cwd=self.project, FLATMANIFEST=switch
        )
        for _round in range(2):  # the first run leaves the cache that the second run finds
            command()
        return self._median_of(command)

    def _step(self, text: str, seconds: float) -> None:
        line = f"[green]✓[/] {text}  [bold cyan]{_seconds(seconds)}[/]"
        self.console.print(line, soft_wrap=True)

    def _median_of(self, step: Callable[[], T]) -> tuple[T, float]:
        runs = [_timed(step) for _ in range(self.repeat)]
        return runs[-1][0], statistics.median(seconds for _, seconds in runs)

    def _measure(self, setup: str, statement: str, repeat: int) -> Measurement:
        names = {"json_path": str(self.json_path), "fman_path": str(self.fman_path)}
        try:
            return measure(setup, statement, repeat, model=MODEL, root=ROOT, **names)
        except subprocess.CalledProcessError as error:
            raise DemoError(f"these lines failed, as shown above:\n{statement}") from error


def main() -> int:
    """Run the demo and return its exit status."""
    options = _arguments().parse_args()
    console = Console(highlight=False)
    name = "03_2000_chain" if options.chains == FULL_SIZE else f"chain_{options.chains}"
    demo = Demo(console, options.directory / name, options.chains, options.repeat)
    try:
        demo.run(reuse=options.reuse)
    except DemoError as error:
        console.print(f"demo: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.demo", description=__doc__)
    add = parser.add_argument
    add("--chains", type=int, default=FULL_SIZE, metavar="N", help="N chains: 4 N models (500)")
    add("--repeat", type=int, default=5, metavar="N", help="runs of each measurement (5)")
    add("--reuse", action="store_true", help="keep the project and manifest of an earlier demo")
    add("--directory", type=Path, default=REPOSITORY / "build" / "demo", help="for the projects")
    return parser


def _run(program: str, *arguments: str, cwd: Path | None = None, **environment: str) -> str:
    """Run a program of this environment and return its output."""
    # Programs beside the interpreter, not those of another environment on PATH.
    command = [str(Path(sys.executable).parent / program), *arguments]
    private = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **private, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise DemoError(f"there is no {command[0]}: run `make build`") from error
    except subprocess.CalledProcessError as error:
        told = f"`{shlex.join(command)}` exited with {error.returncode}:\n{error.stdout}"
        raise DemoError(told) from error
    return done.stdout


def _timed(step: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    outcome = step()
    return outcome, time.perf_counter() - started


def _memory(measurement: Measurement) -> tuple[str, str]:
    return _bytes(measurement.private_bytes), _bytes(measurement.peak_bytes)


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds >= 0.01:
        return f"{seconds * 1e3:.0f} ms"
    if seconds >= 0.001:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e6:.0f} µs"


if __name__ == "__main__":
    sys.exit(main())
