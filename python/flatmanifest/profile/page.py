"""A report or a comparison as one HTML page that needs no other file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flatmanifest.profile import flame
from flatmanifest.profile.comparison import Comparison
from flatmanifest.profile.report import PhaseRow, Report
from flatmanifest.profile.stacks import Stacks

TEMPLATE = "page.html.jinja"


@dataclass(frozen=True)
class Bar:
    """A phase as a bar. ``percent`` is its width relative to the longest bar of the page."""

    name: str
    seconds: float
    percent: float
    share: float
    is_before: bool = False


def of_report(report: Report, against: Report | None, stacks: Stacks | None) -> str:
    """The page of one command, beside an earlier run if there is one."""
    return _render(
        title=" ".join(report.command),
        report=report,
        against=against,
        bars=bars(report, against),
        flame=flame.svg(stacks) if stacks else "",
        comparison=None,
    )


def of_comparison(comparison: Comparison) -> str:
    """The page of a comparison."""
    longest = max(side.median for side in comparison.sides)
    return _render(
        title=" ".join(comparison.command),
        report=None,
        against=None,
        bars=[
            Bar(side.name, side.median, 100 * side.median / longest, comparison.ratio(side))
            for side in comparison.sides
        ],
        flame="",
        comparison=comparison,
    )


def bars(report: Report, against: Report | None) -> list[Bar]:
    """A bar for each phase of either run; the bar of the earlier run follows."""
    names = [phase.name for phase in report.phases]
    runs = [(report, False)]
    if against is not None:
        runs.append((against, True))
        names += [phase.name for phase in against.phases if phase.name not in names]
    longest = max((phase.seconds for run, _ in runs for phase in run.phases), default=0.0) or 1.0
    found = []
    for name in names:
        for run, is_before in runs:
            phase = run.phase(name) or PhaseRow(name, 0.0, 0)
            share = phase.seconds / run.seconds if run.seconds else 0.0
            percent = 100 * phase.seconds / longest
            found.append(Bar(name, phase.seconds, percent, share, is_before))
    return found


def _render(**values: Any) -> str:
    import jinja2  # noqa: PLC0415 - a dependency of dbt

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template(TEMPLATE).render(**values)
