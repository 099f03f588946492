"""The command line of the comparison: ``make compare``."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from bench.comparison import plan, report
from bench.comparison.engines import Engine, EngineError, discover, named
from bench.comparison.execution import Executor, check_hyperfine
from bench.comparison.plan import COMMANDS, SEED_PROJECTS, SIZES, Contest
from bench.comparison.results import Results, ResultsError
from flatmanifest.profile.measurement import processor

FAILED = 1
WRONG_USAGE = 2
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "flatmanifest")


def main() -> None:
    options = arguments_parser().parse_args()
    try:
        write(options, Results.read(options.from_) if options.from_ else measure(options))
    except (EngineError, ResultsError, report.MarkError) as error:
        sys.exit(f"bench.comparison: {error}")


def arguments_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.comparison", description=__doc__)
    add = parser.add_argument
    projects = ", ".join(project.name for project in SEED_PROJECTS)
    add("--projects", nargs="*", default=None, metavar="P", help=f"some of: {projects}")
    add("--sizes", nargs="*", type=int, default=SIZES, metavar="N", help="models of more chains")
    add("--commands", nargs="*", default=None, metavar="C", help=f"some of: {'; '.join(COMMANDS)}")
    add("--engines", nargs="*", default=None, metavar="E", help="some of the engines (see --list)")
    add("--engine", action="append", default=[], metavar="NAME=PATH", help="another dbt executable")
    add("--list", action="store_true", help="print the engines and exit")
    add("--rounds", type=int, default=5, help="most rounds of a contest (5)")
    add("--budget", type=float, default=12.0, help="seconds for an engine's runs of a command (12)")
    add("--longest", type=float, default=200.0, help="skip runs that take dbt longer (200)")
    add("--out", type=Path, default=Path("build/comparison"), help="where to write results")
    add("--note", default="", help="a remark about this run for the report")
    add("--minutes", type=float, default=math.inf, help="start no contest after so many")
    add("--at-once", action="store_true", help="run engines at once, a core each (Linux)")
    add("--resume", action="store_true", help="continue the last run in --out")
    add("--work", type=Path, metavar="D", help="keep the projects there, for --resume")
    add("--from", dest="from_", type=Path, metavar="F", help="only show these results (JSON lines)")
    add("--figures", type=Path, metavar="F", help="figures of `python -m bench --json F`")
    add("--docs", type=Path, metavar="F", help="write the tables into this document, too")
    return parser


def measure(options: argparse.Namespace) -> Results:
    """Run every contest of the options; an interruption keeps the results so far."""
    if options.at_once and not hasattr(os, "sched_setaffinity"):
        raise EngineError("--at-once: only Linux gives each engine a core; leave it out")
    environments = discover(plan.OF_THE_FRONT_DOOR)
    others = [named(text, environments[0][0]) for text in options.engine]
    if options.list:
        print(*(engine.name for group in environments for engine in group), sep="\n")
        sys.exit(0)
    contests = planned(options, environments, others)
    version = check_hyperfine()
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "results.jsonl"
    if options.resume and file.exists():
        results = Results.read(file)
    else:
        results = Results(file)
        results.begin(machine(version) | ({"beside it": options.note} if options.note else {}))
    limits = (options.budget, options.rounds, options.longest)
    seconds = sum(plan.estimate(contest, *limits) for contest in contests)
    print(f"{len(contests)} contests, at most about {seconds / 60:,.0f} minutes", file=sys.stderr)
    begin = time.monotonic()

    def say(what: str) -> None:
        print(f"{(time.monotonic() - begin) / 60:5.1f} min  {what}", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="flatmanifest-comparison-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        deadline = begin + 60 * options.minutes
        limits = (options.rounds, options.budget, options.longest)
        executor = Executor(
            work.absolute(), results, *limits, say, deadline, at_once=options.at_once
        )
        try:
            executor.run(contests)
        except KeyboardInterrupt:
            print(f"interrupted; --resume goes on from {file}", file=sys.stderr)
    return results


def planned(
    options: argparse.Namespace, environments: Sequence[Sequence[Engine]], others: list[Engine]
) -> list[Contest]:
    """Return the seed's projects with each dbt release, then longer chains with this release."""
    known = [engine.name for group in environments for engine in group]
    engines = chosen(options.engines, known, "engine")
    projects = chosen(options.projects, [project.name for project in SEED_PROJECTS], "project")
    commands = [COMMANDS[name] for name in chosen(options.commands, list(COMMANDS), "command")]
    here, *elsewhere = (
        [engine for engine in group if engine.name in engines] for group in environments
    )
    here += others
    seeds = [project for project in SEED_PROJECTS if project.name in projects]
    chains = [plan.chain(size) for size in options.sizes]
    found = list(plan.contests(seeds, commands, here))
    for group in elsewhere:
        found += plan.contests(seeds, commands, group)
    found += plan.contests(chains, commands, here)
    return found


def chosen(wanted: Sequence[str] | None, known: Sequence[str], what: str) -> Sequence[str]:
    """Return ``wanted``, or all of ``known``. Raises EngineError for an unknown name."""
    if wanted is None:
        return known
    for name in wanted:
        if name not in known:
            raise EngineError(f"there is no {what} {name!r}; there are: {'; '.join(known)}")
    return wanted


def machine(hyperfine: str) -> dict[str, str]:
    """Describe the machine and the versions for readers of the figures."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores, {gigabytes:,.0f} GB",
        "system": platform.platform(),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
        **{package: metadata.version(package) for package in PACKAGES},
        "timed by": hyperfine,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def write(options: argparse.Namespace, results: Results) -> None:
    """Write the report into --out, and the tables into the document of --docs."""
    figures = report.read_figures(options.figures) if options.figures is not None else None
    options.out.mkdir(parents=True, exist_ok=True)
    charted = report.pictures(results)
    files = {
        **charted,
        "report.md": report.markdown(results, figures, charted),
        "report.html": report.page(results, figures, charted),
        "results.json": json.dumps({"facts": results.facts, "results": [vars(r) for r in results]}),
    }
    for name, content in files.items():
        (options.out / name).write_text(content, encoding="utf-8")
        print(f"wrote {options.out / name}")
    if options.docs is not None:
        report.write_into(options.docs, results, figures)
        if report.GROWTH in charted:
            picture = options.docs.with_name(report.GROWTH)
            picture.write_text(charted[report.GROWTH], encoding="utf-8")
        print(f"wrote {options.docs}")


if __name__ == "__main__":
    main()
