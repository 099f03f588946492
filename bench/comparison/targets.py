"""Every target beside its measurement by ``make bench`` or by the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.comparison.charts import times
from bench.comparison.results import Result, Results

LAST_ROW = 15
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class CommandTarget:
    """The least ratio of the times of dbt alone and of an engine with the same release of dbt."""

    row: int
    name: str
    project: str
    command: str
    engine: str  # the beginning of its name
    least: float


def _of_the_front_door(shown: str, command: str) -> CommandTarget:
    name = f"`flatmanifest dbt {shown}`, chain2000"
    return CommandTarget(11, name, "03_2000_chain", command, "front door", 200)


def _of_a_cold_parse(project: str, command: str, workers: str, least: float) -> CommandTarget:
    name = f"cold `dbt parse` with the plugin, {workers}, {project}"
    return CommandTarget(15, name, project, command, "plugin", least)


_LIST = "warm `dbt ls` with the plugin, whole process"
COMMAND_TARGETS = (
    _of_the_front_door("ls", "ls"),
    _of_the_front_door("ls --select +marts_0", "ls --select +last"),
    _of_the_front_door("parse", "parse"),
    CommandTarget(13, f"{_LIST}, chain2000", "03_2000_chain", "ls", "plugin", 2.5),
    CommandTarget(13, f"{_LIST}, 10,000 models", "10,000 models", "ls", "plugin", 6),
    CommandTarget(
        14,
        "`dbt parse` with the plugin, one model edited, chain2000",
        "03_2000_chain",
        "parse, one model edited",
        "plugin",
        2,
    ),
    *(
        _of_a_cold_parse(project, command, workers, least)
        for command, workers, least in (
            ("parse, cold, one worker", "one worker", 1.5),
            ("parse, cold", "a worker a core", 2.0),
        )
        for project in ("03_2000_chain", "01_2000_simple")
    ),
)


def rows(results: Results, figures: dict[str, Any]) -> list[Sequence[str]]:
    """Return the table of all targets in their order.

    A target without a measurement has no verdict. A target that ``make bench`` and the comparison
    both measured has two rows.
    """
    found = [*_of_figures(figures)]
    measured = {row for row, _ in found}
    found += [
        (row, cells)
        for row, cells in _of_commands(results)
        if row not in measured or NOT_MEASURED not in cells
    ]
    present = {row for row, _ in found}
    found += [
        (row, [str(row), "", NOT_MEASURED, "", ""])
        for row in range(1, LAST_ROW + 1)
        if row not in present
    ]
    found.sort(key=lambda pair: pair[0])
    return [["row", "figure", "measured", "asked", ""], *(cells for _, cells in found)]


def _of_figures(figures: dict[str, Any]) -> Iterator[tuple[int, Sequence[str]]]:
    for figure in figures["figures"]:
        sign = "≥" if figure["least"] else "≤"
        cells = [
            str(figure["row"]),
            figure["name"],
            with_unit(figure["value"], figure["unit"]),
            f"{sign} {figure['bound']:,g}"
            + ("x" if figure["unit"] == "x" else f" {figure['unit']}"),
            verdict(met=figure["met"]),
        ]
        yield figure["row"], cells


def with_unit(value: float, unit: str) -> str:
    """Write a value with its unit: three digits, or all digits before the point."""
    return times(value) if unit == "x" else f"{value:,.3g} {unit}"


def _of_commands(results: Results) -> Iterator[tuple[int, Sequence[str]]]:
    for target in COMMAND_TARGETS:
        asked = f"≥ {target.least:,g}x"
        sides = sides_of(results, target)
        if sides is None:
            yield target.row, [str(target.row), target.name, NOT_MEASURED, asked, ""]
            continue
        alone, other = sides
        gain = alone.median / other.median
        measured = f"{times(gain)} (processor time {times(alone.busy / other.busy)})"
        yield (
            target.row,
            [str(target.row), target.name, measured, asked, verdict(met=gain >= target.least)],
        )


def sides_of(results: Results, target: CommandTarget) -> tuple[Result, Result] | None:
    """Return dbt alone and the engine, of the first release that measured both."""
    for result in results:
        is_meant = (result.project, result.command) == (target.project, target.command)
        if is_meant and result.seconds and result.engine.startswith(target.engine):
            alone = results.get(result.project, result.command, result.reference)
            if alone is not None and alone.seconds:
                return alone, result
    return None


def verdict(*, met: bool) -> str:
    return "met" if met else "**not met**"
