"""One command run by dbt alone, by dbt with the plugin, and by the front door, in turn."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from flatmanifest.profile.measurement import environment
from flatmanifest.profile.text import table

FORMAT = "flatmanifest-comparison-1"
SIDES = ("dbt alone", "with the plugin", "front door")
WARM_UPS = 1
SHOWN_OF_A_FAILURE = 12  # lines


class SideFailedError(Exception):
    """A side's command ended with an error, so that there is nothing to compare."""

    def __init__(self, side: str, status: int, output: str) -> None:
        """``output``: the last lines that the command printed."""
        super().__init__(f"{side} ended with exit status {status}")
        self.status = status
        self.output = output


@dataclass
class Side:
    """One way to run the command. ``seconds`` and ``peaks`` (bytes) have a figure per round."""

    name: str
    program: list[str]
    switch: str  # FLATMANIFEST
    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)
    warm_ups: int = WARM_UPS

    @property
    def median(self) -> float:
        """The median of the seconds of all rounds."""
        return statistics.median(self.seconds)


@dataclass
class Comparison:
    """The figures of all rounds. The other sides are compared with the first side."""

    command: list[str]
    environment: dict[str, str]
    sides: list[Side]

    def ratio(self, side: Side) -> float:
        """The speed relative to the first side: the median of the ratios of all rounds."""
        first = self.sides[0].seconds
        return statistics.median(f / s for f, s in zip(first, side.seconds, strict=True))

    def to_json(self) -> str:
        """All figures, medians and ratios as JSON, for programs."""
        sides = [
            {**asdict(side), "median": side.median, "ratio": self.ratio(side)}
            for side in self.sides
        ]
        document = {"command": self.command, "environment": self.environment, "sides": sides}
        return json.dumps({"format": FORMAT, **document}, indent=1)


def compare(arguments: Sequence[str], rounds: int, progress: Callable[[str], None]) -> Comparison:
    """Run the command ``rounds`` times a side, after runs that do not count.

    The sides take turns, so that a drift of the machine's speed affects all of them alike. Each
    side writes into a target directory of its own, which is removed in the end. ``progress`` is
    called with a line for each run. Raises SideFailedError for the first run that fails.
    """
    with tempfile.TemporaryDirectory(prefix="flatmanifest-profile-") as directory:
        sides = list(_sides())
        for side in sides:
            progress(f"warm-up, {side.name}")
            for _ in range(side.warm_ups):
                _run(side, arguments, Path(directory) / side.name)
        for number in range(rounds):
            for side in sides:
                progress(f"round {number + 1} of {rounds}, {side.name}")
                seconds, peak = _run(side, arguments, Path(directory) / side.name)
                side.seconds.append(seconds)
                side.peaks.append(peak)
    return Comparison(["dbt", *arguments], environment(), sides)


def _sides() -> Iterator[Side]:
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')"]
    alone, plugin, through_the_door = SIDES
    yield Side(alone, dbt, "0")
    yield Side(plugin, dbt, "1")
    beside = Path(sys.executable).with_name("flatmanifest")
    front_door = str(beside) if beside.exists() else shutil.which("flatmanifest")
    if front_door is not None:
        # The front door answers from its second run on: the first run records dbt.
        yield Side(through_the_door, [front_door, "dbt"], "1", warm_ups=1 + WARM_UPS)


def _run(side: Side, arguments: Sequence[str], target: Path) -> tuple[float, int]:
    """Run the command in a process. Returns its seconds and its peak of resident bytes."""
    target_path = [] if "--target-path" in arguments else ["--target-path", str(target)]
    variables = {**os.environ, "FLATMANIFEST": side.switch}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [*side.program, *arguments, *target_path],
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            printed = output.read().decode(errors="replace").splitlines()[-SHOWN_OF_A_FAILURE:]
            raise SideFailedError(side.name, process.returncode, "\n".join(printed))
    return elapsed, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def lines(comparison: Comparison) -> Iterator[str]:
    """The lines of the comparison for the terminal."""
    yield f"flatmanifest profile --compare: {' '.join(comparison.command)}"
    yield ", ".join(f"{name} {text}" for name, text in comparison.environment.items())
    yield ""
    rows = [["", "median", "min", "max", "spread", "peak memory", "faster"]]
    for side in comparison.sides:
        least, most = min(side.seconds), max(side.seconds)
        rows.append(
            [
                side.name,
                *(f"{seconds:,.3f} s" for seconds in (side.median, least, most)),
                f"{(most - least) / side.median:.0%}",
                f"{statistics.median(side.peaks) / 1e6:,.1f} MB",
                f"{comparison.ratio(side):,.2f}x",
            ]
        )
    yield from table(rows, left={0})
    count = len(comparison.sides[0].seconds)
    yield f"({count} rounds in turn; faster: the median of the rounds' ratios)"
