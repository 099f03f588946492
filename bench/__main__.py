"""``make bench``: measures every figure that has a target, each beside its competitors.

Without a corpus (FLATMANIFEST_CORPUS), the manifest is the one that dbt makes of the 2,000-model
chain project.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import flatmanifest
from bench import (
    cold_parse,
    completion,
    dbt_commands,
    diff,
    front,
    graph,
    growth,
    manifest_file,
    memory,
    places,
    profile_cost,
    recorder_cost,
    resident,
    selection,
)
from bench.figures import Report
from flatmanifest.profile.measurement import processor
from tests.projects import generate

LARGE = "dex_spellbook_v12"
SMALL = "jaffle_shop_v12_dbt1.11"
NATIVE_BENCH = Path("build/bench/native_bench")
OF_A_MANIFEST = ("file", "graph", "selection", "diff", "memory", "completion")
NATIVE = "native"
PARTS = (
    *OF_A_MANIFEST,
    *dbt_commands.PROJECTS,
    "cold",
    "front",
    "places",
    "profile",
    "recorder",
    "resident",
    "growth",
    NATIVE,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--large", type=Path, help="a large manifest.json to measure on")
    parser.add_argument("--small", type=Path, help="a small manifest.json to compare with")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--add", action="store_true", help="keep its figures of other parts")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, metavar="P", help=" ".join(PARTS)
    )
    parser.add_argument(
        "--only-phases", action="store_true", help="of dbt's commands, measure only row 12"
    )
    parser.add_argument(
        "--most", type=int, default=growth.USUAL_MOST, metavar="N",
        help=f"size of the largest manifest of the part growth ({growth.USUAL_MOST:,})",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=dbt_commands.ROUNDS, help="rounds of row 12")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flatmanifest-bench-") as directory:
        work = Path(directory)
        report = Report()
        report.facts["machine"] = f"{processor()}, {os.cpu_count()} cores, {platform.platform()}"
        report.facts["python"] = platform.python_version()
        if {*OF_A_MANIFEST, NATIVE} & {*options.parts}:
            measure_manifests(report, options, work)
        names = [part for part in options.parts if part in dbt_commands.PROJECTS]
        dbt_commands.measure(
            report, work, names, only_phases=options.only_phases, rounds=options.rounds
        )
        if "cold" in options.parts:
            cold_parse.measure(report, work)
        if "front" in options.parts:
            front.measure(report, work)
        if "places" in options.parts:
            places.measure(report, work)
        if "profile" in options.parts:
            profile_cost.measure(report, work)
        if "recorder" in options.parts:
            recorder_cost.measure(report, work)
        if "resident" in options.parts:
            resident.measure(report, work)
        if "growth" in options.parts:
            growth.measure(report, work, [size for size in growth.SIZES if size <= options.most])
        if options.json:
            _save(report, options.json, add=options.add)
        _print(report)


def measure_manifests(report: Report, options: argparse.Namespace, work: Path) -> None:
    """The parts that need no dbt project."""
    large = options.large or manifest_of(LARGE, work, chains=500)
    small = options.small or manifest_of(SMALL, work, chains=10)
    report.facts["large manifest"] = f"{large.name}, {large.stat().st_size:,} bytes"
    report.facts["small manifest"] = f"{small.name}, {small.stat().st_size:,} bytes"
    if "file" in options.parts:
        manifest_file.measure(report, large, small, work)
    if "graph" in options.parts:
        graph.measure(report, large, work)
    if "selection" in options.parts:
        selection.measure(report, large, work)
    if "diff" in options.parts:
        diff.measure(report, large, work)
    if "memory" in options.parts:
        memory.measure(report, large, flatmanifest.convert(large, work / "large.fman"))
    if "completion" in options.parts:
        fman = flatmanifest.convert(large, work / "large.fman")
        completion.measure(report, fman, work)
    if NATIVE in options.parts:
        _run_native(large)


def manifest_of(name: str, work: Path, chains: int) -> Path:
    """Return the corpus's manifest of that name; without a corpus, one that dbt makes of chains."""
    corpus = os.environ.get("FLATMANIFEST_CORPUS")
    if corpus:
        target = work / f"{name}.json"
        with gzip.open(Path(corpus) / f"{name}.json.gz") as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        return target
    project = work / f"chain_{chains}"
    generate("chain", project, chains)
    subprocess.run(
        ["dbt", "parse", "--quiet", "--project-dir", project, "--profiles-dir", project], check=True
    )
    return project / "target" / "manifest.json"


def _print(report: Report) -> None:
    console = Console(width=110)
    for fact, text in report.facts.items():
        console.print(f"[dim]{fact}:[/] {text}", highlight=False)
    table = Table("row", "figure", "measured", "target", "", title="Targets")
    for figure in report.figures:
        table.add_row(
            str(figure.row),
            figure.name,
            f"{figure.value:,.3g} {figure.unit}",
            f"{'≥' if figure.least else '≤'} {figure.bound:,g} {figure.unit}",
            "[green]met[/]" if figure.met else "[red]not met[/]",
        )
    console.print(table)
    for title, contestants in report.contests:
        times = Table("", "min", "median", "max", "vs the first", title=title)
        for contestant in contestants:
            seconds = contestant.seconds
            times.add_row(
                contestant.name,
                *(
                    f"{value * 1e3:,.3f} ms"
                    for value in (min(seconds), contestant.median, max(seconds))
                ),
                f"{contestant.median / contestants[0].median:,.2f} x",
            )
        console.print(times)
    for curve in report.curves:
        table = Table(
            "ns each", *(f"{size:,}" for size in curve.sizes), "a decade", "n to the",
            title=curve.title,
        )  # fmt: skip
        for step, seconds in curve.steps.items():
            table.add_row(
                step,
                *(f"{value * 1e9:,.1f}" for value in seconds),
                " ".join(f"{times:.1f}x" for times in curve.per_decade(step)),
                f"{curve.exponent(step):.2f}",
            )
        console.print(table)


def _run_native(large: Path) -> None:
    if NATIVE_BENCH.exists():
        subprocess.run(
            [NATIVE_BENCH], env={**os.environ, "FLATMANIFEST_BENCH_JSON": str(large)}, check=True
        )


def _save(report: Report, path: Path, *, add: bool) -> None:
    document: dict[str, Any] = {
        "facts": report.facts,
        "figures": [{**asdict(figure), "met": figure.met} for figure in report.figures],
        "contests": {
            title: {contestant.name: contestant.seconds for contestant in contestants}
            for title, contestants in report.contests
        },
        "curves": [asdict(curve) for curve in report.curves],
    }
    if add and path.exists():
        join(json.loads(path.read_text()), document)
    path.write_text(json.dumps(document, indent=1))


def join(earlier: dict[str, Any], document: dict[str, Any]) -> None:
    """Add to ``document`` what only ``earlier`` has."""
    for key in ("facts", "contests"):
        document[key] = {**earlier[key], **document[key]}
    names = {figure["name"] for figure in document["figures"]}
    document["figures"] += [f for f in earlier["figures"] if f["name"] not in names]
    document["figures"].sort(key=lambda figure: figure["row"])
    titles = {curve["title"] for curve in document["curves"]}
    document["curves"] += [c for c in earlier["curves"] if c["title"] not in titles]


if __name__ == "__main__":
    main()
