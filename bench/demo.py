"""``make demo``: one project from dbt's manifest.json to a mapped file, and what reading it back takes.

Generates the 2,000-model chain project, has the real dbt parse it, converts its manifest with the ``flatmanifest`` command,
checks that nothing was lost, and reads the same things with ``json`` and with flatmanifest, side by side.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from bench.fresh_process import REPOSITORY, Measurement, measure
from bench.projects import generate

T = TypeVar("T")

# Beside the interpreter, so that the demo shows this environment's and not another one on PATH.
COMMANDS = Path(sys.executable).parent
MODEL = "model.chain.marts_0"
ROOT = "model.chain.base_0"


@dataclass(frozen=True)
class Comparison:
    """The same question to json and to flatmanifest; the snippets are what runs and what is shown."""

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


class DemoError(Exception):
    """A step failed; the message is for the user."""


def main() -> int:
    options = _arguments().parse_args()
    console = Console(highlight=False)
    try:
        _demo(console, options)
    except DemoError as error:
        console.print(f"[bold red]demo:[/] {error}", soft_wrap=True)
        return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.demo", description=__doc__)
    parser.add_argument(
        "--chains", type=int, default=500, metavar="N", help="4 N models (default 500)"
    )
    parser.add_argument(
        "--repeat", type=int, default=5, metavar="N", help="runs of each measurement (default 5)"
    )
    parser.add_argument(
        "--reuse", action="store_true", help="keep the project and manifest of an earlier demo"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=REPOSITORY / "build" / "demo",
        help="where the projects go",
    )
    return parser


def _demo(console: Console, options: argparse.Namespace) -> None:
    project: Path = options.directory / f"chain_{options.chains}"
    json_path = project / "target" / "manifest.json"
    fman_path = json_path.with_suffix(".fman")

    console.print(Panel.fit("[bold]flatmanifest[/]: a dbt manifest, read in place"))
    if options.reuse and json_path.exists():
        console.print(f"[dim]Using the manifest of an earlier demo, {_relative(json_path)}.[/]")
    else:
        _make_manifest(console, project, options.chains)
    _convert(console, json_path, fman_path, options.repeat)
    _compare(console, json_path, fman_path, options.repeat)
    _command_line(console, json_path, fman_path, options.repeat)


def _make_manifest(console: Console, project: Path, chains: int) -> None:
    if project.exists():
        shutil.rmtree(project)
    files, seconds = _timed(lambda: generate("chain", project, chains))
    _step(
        console, f"Generated {chains * 4:,} models in {chains:,} chains: {files:,} files", seconds
    )
    # The measurements are to start from the manifest that dbt itself writes, so the plugin stays out of it.
    with console.status("dbt parse, cold …"):
        _, seconds = _timed(
            lambda: _run(["dbt", "--quiet", "parse"], cwd=project, FLATMANIFEST="0")
        )
    _step(console, f"[bold]dbt parse[/], cold, in {_relative(project)}", seconds)


def _convert(console: Console, json_path: Path, fman_path: Path, repeat: int) -> None:
    command = ["flatmanifest", "convert", str(json_path), "-o", str(fman_path)]
    seconds = statistics.median(_timed(lambda: _run(command))[1] for _ in range(repeat))
    json_size, fman_size = json_path.stat().st_size, fman_path.stat().st_size
    _step(
        console,
        f"[bold]flatmanifest convert[/]: {_bytes(json_size)} of JSON to {_bytes(fman_size)}, "
        f"{fman_size / json_size:.2f} of it",
        seconds,
    )
    equality = _measure("import flatmanifest, json", EQUALITY, json_path, fman_path)
    if equality.result is not True:
        raise DemoError(f"{fman_path} does not equal {json_path}: this is a bug, please report it")
    _step(console, "Compared every value with what json.load gives: equal", equality.seconds)


def _compare(console: Console, json_path: Path, fman_path: Path, repeat: int) -> None:
    console.print("\n[bold]From Python, a new process each time[/]")
    for comparison in COMPARISONS:
        with console.status(comparison.question):
            slow = _measure("import json", comparison.json, json_path, fman_path, repeat)
            fast = _measure(
                "import flatmanifest", comparison.flatmanifest, json_path, fman_path, repeat
            )
        if slow.result != fast.result:
            raise DemoError(
                f"{comparison.question} json: {slow.result}, flatmanifest: {fast.result}"
            )
        console.print(f"\n{comparison.question} [bold]{_shown(slow.result)}[/]")
        console.print(
            Syntax(comparison.flatmanifest.rstrip(), "python", background_color="default")
        )
        table = Table("", box=box.SIMPLE_HEAD)
        for heading in ("time", "", "private memory", "peak memory"):
            table.add_column(heading, justify="right")
        table.add_row("json.load", _seconds(slow.seconds), "", *_memory(slow))
        table.add_row(
            "flatmanifest.open",
            _seconds(fast.seconds),
            f"[bold green]{slow.seconds / fast.seconds:,.0f}x[/] faster",
            *_memory(fast),
        )
        console.print(table)
    console.print(
        f"[dim]The median of {repeat} processes. Time is that of the lines shown (json's are in "
        "bench/demo.py), after the imports. Private memory is what the process shares with no "
        "other (USS), imports included, over the bare interpreter's. The page cache is warm.[/]"
    )


def _command_line(console: Console, json_path: Path, fman_path: Path, repeat: int) -> None:
    console.print("\n[bold]From the shell[/]")
    program = "import json, sys; print(json.load(open(sys.argv[1]))['nodes'][sys.argv[2]]['config']['materialized'])"
    commands: tuple[tuple[str, list[str]], ...] = (
        ("python -c 'json.load …'", [sys.executable, "-c", program, str(json_path), MODEL]),
        (
            "flatmanifest show manifest.fman marts_0 --field config.materialized",
            ["flatmanifest", "show", str(fman_path), "marts_0", "--field", "config.materialized"],
        ),
        ("flatmanifest info manifest.fman", ["flatmanifest", "info", str(fman_path)]),
    )
    for shown, command in commands:
        runs = [_timed(lambda command=command: _run(command)) for _ in range(repeat)]
        _step(console, f"$ [bold]{shown}[/]", statistics.median(seconds for _, seconds in runs))
        console.print(runs[-1][0].rstrip(), style="dim")
    console.print(f"[dim]Whole processes, from start to exit; the median of {repeat}.[/]")


def _measure(
    setup: str, statement: str, json_path: Path, fman_path: Path, repeat: int = 1
) -> Measurement:
    try:
        return measure(
            setup,
            statement,
            repeat,
            json_path=str(json_path),
            fman_path=str(fman_path),
            model=MODEL,
            root=ROOT,
        )
    except subprocess.CalledProcessError as error:
        raise DemoError(f"a measurement failed, as shown above, of:\n{statement}") from error


def _run(command: Sequence[str], cwd: Path | None = None, **environment: str) -> str:
    """Runs a command of this environment and returns its output."""
    program = shutil.which(COMMANDS / command[0]) or command[0]
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=cwd,
            env=os.environ
            | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except FileNotFoundError as error:
        raise DemoError(f"{command[0]} is not installed in {COMMANDS}: run `make build`") from error
    if done.returncode != 0:
        raise DemoError(f"`{' '.join(command)}` exited with {done.returncode}:\n{done.stdout}")
    return done.stdout


def _timed(step: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    outcome = step()
    return outcome, time.perf_counter() - started


def _step(console: Console, text: str, seconds: float) -> None:
    console.print(f"[green]✓[/] {text}  [bold cyan]{_seconds(seconds)}[/]", soft_wrap=True)


def _memory(measurement: Measurement) -> tuple[str, str]:
    return _bytes(measurement.private_bytes), _bytes(measurement.peak_bytes)


def _shown(result: object) -> str:
    return ", ".join(result) if isinstance(result, list) else str(result)


def _relative(path: Path) -> str:
    return os.path.relpath(path)


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
