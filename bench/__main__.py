"""``make bench``: every figure of targets that can be measured so far, each beside its competitors.

Without a corpus (FLATMANIFEST_CORPUS), the manifest is that of the 2,000-model chain project, made
by the real dbt.
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

from rich.console import Console
from rich.table import Table

import flatmanifest
from bench import dbt_commands, graph, manifest_file, memory, selection
from bench.figures import Report
from bench.projects import generate

LARGE = "dex_spellbook_v12"
SMALL = "jaffle_shop_v12_dbt1.11"
NATIVE_BENCH = Path("build/bench/native_bench")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--large", type=Path, help="a large manifest.json to measure on")
    parser.add_argument("--small", type=Path, help="a small manifest.json to compare with")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flatmanifest-bench-") as directory:
        work = Path(directory)
        large = options.large or _manifest(LARGE, work, chains=500)
        small = options.small or _manifest(SMALL, work, chains=10)
        report = Report()
        machine = f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}"
        report.facts["machine"] = machine
        report.facts["python"] = platform.python_version()
        report.facts["large manifest"] = f"{large.name}, {large.stat().st_size:,} bytes"
        report.facts["small manifest"] = f"{small.name}, {small.stat().st_size:,} bytes"
        manifest_file.measure(report, large, small, work)
        graph.measure(report, large, work)
        selection.measure(report, large, work)
        memory.measure(report, large, flatmanifest.convert(large, work / "large.fman"))
        dbt_commands.measure(report, work)
        _print(report)
        _run_native(large)
        if options.json:
            _save(report, options.json)


def _manifest(name: str, work: Path, chains: int) -> Path:
    """The corpus' manifest of that name; without a corpus, one that dbt makes of chains."""
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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(line.split(": ", 1)[1] for line in lines if line.startswith("model name"))


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
        growth = Table("ns each", *(f"{size:,}" for size in curve.sizes), title=curve.title)
        for step, seconds in curve.steps.items():
            growth.add_row(step, *(f"{value * 1e9:,.1f}" for value in seconds))
        console.print(growth)


def _run_native(large: Path) -> None:
    if NATIVE_BENCH.exists():
        subprocess.run(
            [NATIVE_BENCH], env={**os.environ, "FLATMANIFEST_BENCH_JSON": str(large)}, check=True
        )


def _save(report: Report, path: Path) -> None:
    document = {
        "facts": report.facts,
        "figures": [{**asdict(figure), "met": figure.met} for figure in report.figures],
        "contests": {
            title: {contestant.name: contestant.seconds for contestant in contestants}
            for title, contestants in report.contests
        },
        "curves": [asdict(curve) for curve in report.curves],
    }
    path.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
