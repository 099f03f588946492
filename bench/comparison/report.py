"""Writes the results as Markdown, as a page, and into docs/performance.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.comparison import charts, targets
from bench.comparison.charts import shown, times
from bench.comparison.results import Result, Results

MARK = "<!-- {name}: written by bench.comparison -->\n{text}<!-- end of {name} -->"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem;
  color: #1c1c1c; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { text-align: right; padding: .15rem .7rem; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; }
"""
GROWTH = "growth.svg"
Table = Sequence[Sequence[str]]
Pictures = dict[str, str]


class MarkError(Exception):
    """A document lacks the marks between which a table belongs."""


def markdown(results: Results, figures: dict[str, Any] | None, charted: Pictures) -> str:
    """Return the whole report as Markdown that refers to the charts' files."""
    parts = ["# dbt's commands, engine beside engine", facts(results)]
    for project, reference in pairs(results):
        parts += [f"## {project}, {reference}", markdown_table(table(results, project, reference))]
        if chart(project, reference) in charted:
            parts.append(f"![Seconds of each command]({quote(chart(project, reference))})")
    if grown(results):
        parts += ["## Growth", f"![Seconds of each command by the number of models]({GROWTH})"]
    if problems(results):
        parts += ["## What did not run", problems(results)]
    if figures is not None:
        parts += ["## Targets", markdown_table(targets.rows(results, figures))]
        parts += ["## Parts", contests(figures)]
    return "\n\n".join(parts) + "\n"


def page(results: Results, figures: dict[str, Any] | None, charted: Pictures) -> str:
    """Return the whole report as an HTML page that contains the charts."""
    body = ["<h1>dbt's commands, engine beside engine</h1>", html_list(results.facts)]
    for project, reference in pairs(results):
        body.append(f"<h2>{escape(project)}, {escape(reference)}</h2>")
        body.append(html_table(table(results, project, reference)))
        body.append(charted.get(chart(project, reference), ""))
    if grown(results):
        body += ["<h2>Growth</h2>", charted[GROWTH]]
    if problems(results):
        body += ["<h2>What did not run</h2>", f"<pre>{escape(problems(results))}</pre>"]
    if figures is not None:
        body += ["<h2>Targets</h2>", html_table(targets.rows(results, figures))]
        body.append("<h2>Parts</h2>")
        for title, contestants in figures["contests"].items():
            body += [f"<h3>{escape(title)}</h3>", html_table(contest_rows(contestants))]
    head = f'<meta charset="utf-8"><title>dbt compared</title><style>{STYLE}</style>'
    head += '<link rel="icon" href="data:,">'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>'


def pictures(results: Results) -> Pictures:
    """Return the charts: SVG by file name."""
    found = {
        chart(*pair): charts.bars(results, *pair)
        for pair in pairs(results)
        if any(result.seconds for result in of_pair(results, *pair))
    }
    if grown(results):
        found[GROWTH] = curves(results)
    return found


def chart(project: str, reference: str) -> str:
    """Return the file name of a project's chart."""
    return f"{project}, {reference}.svg"


def write_into(document: Path, results: Results, figures: dict[str, Any] | None) -> None:
    """Replace the text between a document's marks. Raises MarkError if a mark is missing."""
    parts = {
        "machine": facts(results),
        "projects": projects(results),
        "failures": problems(results),
    }
    if figures is not None:
        parts["targets"] = markdown_table(targets.rows(results, figures))
        parts["parts"] = contests(figures)
    text = document.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = MARK.format(name=name, text="\n").split("\n\n")
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise MarkError(f"{document} has no place for {name}: {begin} … {end}")
        text = "\n\n".join(filter(None, (f"{before}{begin}", part, f"{end}{after}")))
    document.write_text(text, encoding="utf-8")


def facts(results: Results) -> str:
    return "\n".join(f"- {name}: {text}" for name, text in results.facts.items())


def projects(results: Results) -> str:
    """Return a table for each project and release of dbt."""
    parts = []
    for project, reference in pairs(results):
        parts += [f"**{project}**", markdown_table(table(results, project, reference))]
    return "\n\n".join(parts)


def pairs(results: Results) -> list[tuple[str, str]]:
    """Return each project with each of its reference engines."""
    return list(dict.fromkeys((result.project, result.reference) for result in results))


def of_pair(results: Results, project: str, reference: str) -> list[Result]:
    return [r for r in results if (r.project, r.reference) == (project, reference)]


def table(results: Results, project: str, reference: str) -> Table:
    """Return a table with a row for each command and a column for each engine."""
    present = of_pair(results, project, reference)
    engines = list(dict.fromkeys(result.engine for result in present))
    rows = [["", *engines]]
    for command in dict.fromkeys(result.command for result in present):
        alone = results.get(project, command, reference)
        cells = (cell(results.get(project, command, engine), alone) for engine in engines)
        rows.append([command, *cells])
    return rows


def cell(result: Result | None, alone: Result | None) -> str:
    """Return the median, the range, the processor time and the ratio to dbt alone."""
    if result is None:
        return ""
    if not result.seconds:
        return result.why.split(":")[0]
    text = shown(result.median)
    if len(result.seconds) > 1:
        text += f" ({shown(min(result.seconds))} to {shown(max(result.seconds))})"
    text += f", processor {shown(result.busy)}"
    if alone is not None and alone is not result and alone.seconds:
        text += f", {times(alone.median / result.median)}"
    return text


def problems(results: Results) -> str:
    return "\n".join(
        f"- {result.project}, {result.command}, {result.engine}: {result.why}"
        for result in results
        if result.why
    )


def grown(results: Results) -> list[str]:
    """Return the commands that were run on chains of several sizes."""
    sizes: dict[str, set[int]] = {}
    for result in results:
        if result.seconds and is_chain(result.project):
            sizes.setdefault(result.command, set()).add(result.models)
    return [command for command, found in sizes.items() if len(found) > 1]


def is_chain(project: str) -> bool:
    return project.endswith(("_chain", " models"))


def curves(results: Results) -> str:
    """Return the chart of the commands' seconds by the number of models, as SVG."""
    chains = [project for project in results.names("project") if is_chain(project)]
    return charts.growth(results, grown(results), chains)


def contests(figures: dict[str, Any]) -> str:
    """Return the tables of all contests in the figures of ``make bench``."""
    parts = []
    for title, contestants in figures["contests"].items():
        parts += [f"**{title}**", markdown_table(contest_rows(contestants))]
    return "\n\n".join(parts)


def contest_rows(contestants: dict[str, list[float]]) -> Table:
    rows = [["", "median", "min", "max", "vs the first"]]
    medians = {name: sorted(seconds)[len(seconds) // 2] for name, seconds in contestants.items()}
    first = next(iter(medians.values()))
    for name, seconds in contestants.items():
        taken = (shown(value) for value in (medians[name], min(seconds), max(seconds)))
        rows.append([name, *taken, times(medians[name] / first)])
    return rows


def markdown_table(rows: Table) -> str:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *rest])


def html_table(rows: Table) -> str:
    head, *rest = rows
    lines = ["<tr>" + "".join(f"<th>{escape(text)}</th>" for text in head) + "</tr>"]
    for row in rest:
        cells = "".join(f"<td>{escape(text.replace('**', ''))}</td>" for text in row)
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def html_list(found: dict[str, str]) -> str:
    items = (f"<li>{escape(name)}: {escape(text)}</li>" for name, text in found.items())
    return f"<ul>{''.join(items)}</ul>"


def read_figures(path: Path) -> dict[str, Any]:
    """Read the file that ``python -m bench --json`` has written."""
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures
