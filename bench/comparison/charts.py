"""Charts as SVG, by matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.comparison.results import Result, Results

COLORS = ("#8a8f98", "#2b7a78", "#d08c2f", "#7b4b94", "#b3424a", "#3b6ea5")
COLUMNS = 2  # of curves
mpl.rcParams["svg.hashsalt"] = "flatmanifest"  # equal charts give equal files
mpl.rcParams["font.family"] = "sans-serif"


def bars(results: Results, project: str, reference: str) -> str:
    """Draw all commands on one project with one dbt release: medians and the range of the runs."""
    found = {
        command: [r for r in _found(results, project, command) if r.reference == reference]
        for command in results.names("command")
    }
    commands = [command for command, timed in found.items() if timed]
    figure = Figure(figsize=(9, 0.9 + 0.75 * len(commands)), layout="constrained")
    axes = figure.subplots()
    engines = results.names("engine")
    for row, command in enumerate(commands):
        present = found[command]
        height = 0.8 / len(present)
        for place, result in enumerate(present):
            y = row + (place - (len(present) - 1) / 2) * height
            color = COLORS[engines.index(result.engine) % len(COLORS)]
            low, high = min(result.seconds), max(result.seconds)
            error = [[result.median - low], [high - result.median]]
            axes.barh(
                y, result.median, height * 0.9, color=color, xerr=error, ecolor="#444",
                label=result.engine,
            )  # fmt: skip
            axes.annotate(f" {shown(result.median)}", (high, y), va="center", fontsize=8)
    axes.set_yticks(range(len(commands)), commands)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("seconds, whole process")
    axes.set_title(f"{project}, {reference}")
    _legend(figure)
    return _svg(figure)


def growth(results: Results, commands: Sequence[str], projects: Sequence[str]) -> str:
    """Draw the seconds of commands by the number of models, one chart beside the other."""
    rows = -(-len(commands) // COLUMNS)
    figure = Figure(figsize=(5 * COLUMNS, 3.5 * rows), layout="constrained")
    for place, command in enumerate(commands, 1):
        axes = figure.add_subplot(rows, COLUMNS, place)
        _draw_growth(axes, results, command, projects)
    _legend(figure)
    return _svg(figure)


def _draw_growth(
    axes: mpl.axes.Axes, results: Results, command: str, projects: Sequence[str]
) -> None:
    engines = results.names("engine")
    for engine in engines:
        points = sorted(
            (result.models, result.median)
            for result in results
            if result.seconds
            and (result.engine, result.command) == (engine, command)
            and result.project in projects
        )
        if len(points) > 1:
            color = COLORS[engines.index(engine) % len(COLORS)]
            models, seconds = zip(*points, strict=True)
            axes.plot(models, seconds, marker="o", color=color, label=engine)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("models")
    axes.set_ylabel("seconds")
    axes.set_title(command)
    axes.grid(visible=True, which="major", alpha=0.3)


def shown(seconds: float) -> str:
    """Write seconds or milliseconds with three digits, or with all digits before the point."""
    if seconds >= 1000:
        return f"{seconds:,.0f} s"
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{seconds * 1e3:,.3g} ms"


def times(ratio: float) -> str:
    """Write a ratio with three digits, or with all digits before the point."""
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:,.3g}x"


def _found(results: Results, project: str, command: str) -> list[Result]:
    return [r for r in results if (r.project, r.command) == (project, command) and r.seconds]


def _legend(figure: Figure) -> None:
    """Put the legend under the axes: bars and lines leave no corner of them free."""
    entries = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if entries:
        figure.legend(
            entries.values(),
            entries.keys(),
            loc="outside lower center",
            ncols=3,
            fontsize=8,
            frameon=False,
        )


def _svg(figure: Figure) -> str:
    """Return the figure as an SVG element for a page."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=False, metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", file.getvalue(), flags=re.DOTALL)
