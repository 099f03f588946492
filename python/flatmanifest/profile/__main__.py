"""The command line of ``flatmanifest profile``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flatmanifest.profile import comparison, flame, page, phases, stacks, text
from flatmanifest.profile.clock import REST
from flatmanifest.profile.limits import Limit, LimitError, check_names, exceeded
from flatmanifest.profile.measurement import Wanted, measure
from flatmanifest.profile.report import Report, ReportError

FAILED = 1
WRONG_USAGE = 2
USAGE = "flatmanifest profile [OPTIONS] -- DBT ARGUMENTS"


class CannotProfileError(Exception):
    """Nothing can be measured; the message says why and what to do."""


def main() -> None:
    """Read the command line; exit."""
    # Python puts the working directory first on its path, and dbt would look for plugins there.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109
        del sys.path[0]
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    options = arguments_parser().parse_args(given[:cut])
    arguments = tuple(given[cut + 1 :])
    if cut == len(given) and options.script is None:
        sys.stderr.write(f"usage: {USAGE}\nflatmanifest: dbt's arguments are missing, after --\n")
        sys.exit(WRONG_USAGE)
    try:
        sys.exit(run(options, arguments))
    except (CannotProfileError, ReportError, LimitError) as error:
        sys.exit(f"flatmanifest: {error}")
    except OSError as error:
        sys.exit(f"flatmanifest: {error.filename}: {error.strerror}")


def arguments_parser() -> argparse.ArgumentParser:
    """The parser of the options before ``--``."""
    parser = argparse.ArgumentParser(
        prog="flatmanifest profile",
        usage=USAGE,
        description="Run a dbt command once, as it is, and say where its time goes.",
        epilog="Exit status: the command's; 1 also if a limit of --fail-above is exceeded.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--top", type=_count, default=20, metavar="N", help="functions to show; 0: no cProfile")
    add(
        "--prof",
        type=Path,
        default=Path("dbt.prof"),
        metavar="F",
        help="cProfile's file, for snakeviz (dbt.prof)",
    )
    add("--snakeviz", action="store_true", help="open that file in snakeviz afterwards")
    add("--memory", action="store_true", help="resident memory by phase")
    add("--native", action="store_true", help="stacks by py-spy, with native frames")
    add(
        "--flame",
        type=Path,
        metavar="F",
        help="write the stacks as a flame graph, SVG (with --native: dbt.flame.svg)",
    )
    add(
        "--speedscope",
        type=Path,
        metavar="F",
        help="write them for speedscope.app (with --native: dbt.speedscope.json)",
    )
    add(
        "--html",
        type=Path,
        metavar="F",
        help="write the report as one page, with a flame graph if py-spy is there",
    )
    add("--json", type=Path, metavar="F", help="write the report as JSON")
    add("--against", type=Path, metavar="F", help="show an earlier report (--json) beside this one")
    add(
        "--compare",
        action="store_true",
        help="run the command with dbt alone, the plugin and the front door, in turn, and compare",
    )
    add("--rounds", type=_positive, default=5, metavar="N", help="of --compare (5)")
    add(
        "--fail-above",
        action="append",
        default=[],
        metavar="LIMIT",
        help="exit with 1 if the command takes more SECONDS, or a phase or side: NAME=SECONDS",
    )
    add(
        "--script",
        type=Path,
        metavar="F",
        help="profile a Python program that uses dbt, instead of dbt; after --: its arguments",
    )
    add(
        "--report-to", type=Path, help=argparse.SUPPRESS
    )  # for the process under py-spy, which runs the command
    return parser


def run(options: argparse.Namespace, arguments: tuple[str, ...]) -> int:
    """Measure the command and show the report. Returns the exit status.

    Raises CannotProfileError, ReportError, LimitError or OSError.
    """
    if not has_dbt():
        raise CannotProfileError(f"there is no dbt in {sys.prefix}: pip install dbt-core there")
    if options.script is not None and not options.script.is_file():
        raise CannotProfileError(f"there is no program {options.script}")
    limits = [Limit.parse(limit) for limit in options.fail_above]
    check_names(limits, comparison.SIDES if options.compare else [*phases.PHASES, REST])
    if options.compare:
        return run_comparison(options, arguments, limits)
    wanted = Wanted(arguments, options.script, options.top, options.memory, options.prof)
    if options.report_to is not None:
        report = measure(wanted)
        options.report_to.write_text(report.to_json())
        return report.exit_status
    against = Report.read(options.against) if options.against is not None else None
    report, taken = measure_with_stacks(options, wanted)
    show(options, report, against, taken)
    return judge(
        limits,
        report.exit_status,
        {"": report.seconds, **{p.name: p.seconds for p in report.phases}},
    )


def has_dbt() -> bool:
    """Whether dbt-core is installed. Adapters alone also bring a package called dbt."""
    try:
        return importlib.util.find_spec("dbt.cli") is not None
    except ModuleNotFoundError:
        return False


def measure_with_stacks(
    options: argparse.Namespace, wanted: Wanted
) -> tuple[Report, stacks.Stacks | None]:
    """Measure the command: under py-spy if stacks are wanted and possible, else in this process."""
    if not (options.native or options.html or options.flame or options.speedscope):
        return measure(wanted), None
    try:
        stacks.check(native=options.native)
    except stacks.UnavailableError as error:
        report = measure(wanted)
        report.notes.append(str(error))
        return report, None
    with tempfile.TemporaryDirectory() as directory:
        report_file, stacks_file = (Path(directory) / name for name in ("report", "stacks"))
        command = [sys.executable, "-m", "flatmanifest.profile", *again(options, report_file)]
        command += ["--", *wanted.arguments]
        recording = stacks.recording(stacks_file, command, native=options.native)
        done = subprocess.run(recording, stderr=None, check=False)
        if not report_file.exists():
            raise CannotProfileError(
                f"the command ended without a report (py-spy's exit status: {done.returncode})"
            )
        report = Report.read(report_file)
        report.notes.append(
            "py-spy stops the process for each sample: phases are shorter without it"
        )
        taken = stacks.read(stacks_file) if stacks_file.exists() else None
        if not taken:
            report.notes.append("no stacks: py-spy took no sample while the command ran")
        return report, taken


def again(options: argparse.Namespace, report_file: Path) -> list[str]:
    """The options for the process that py-spy watches."""
    given = [
        "--top",
        str(options.top),
        "--prof",
        str(options.prof),
        "--report-to",
        str(report_file),
    ]
    if options.memory:
        given.append("--memory")
    if options.script is not None:
        given += ["--script", str(options.script)]
    return given


def show(
    options: argparse.Namespace,
    report: Report,
    against: Report | None,
    taken: stacks.Stacks | None,
) -> None:
    """Print the report, and write the files that were asked for."""
    sys.stdout.flush()
    print(*text.lines(report, against), sep="\n")
    if report.functions and options.prof.exists():
        print(f"wrote {options.prof}: snakeviz {options.prof}")
    if options.json is not None:
        write(options.json, report.to_json())
    if taken:
        name = " ".join(report.command)
        flame_file = options.flame or (Path("dbt.flame.svg") if options.native else None)
        scope_file = options.speedscope or (Path("dbt.speedscope.json") if options.native else None)
        if flame_file is not None:
            write(flame_file, flame.svg(taken))
        if scope_file is not None:
            write(scope_file, stacks.speedscope(taken, name))
    if options.html is not None:
        write(options.html, page.of_report(report, against, taken))
    if options.snakeviz:
        open_snakeviz(options.prof)


def write(path: Path, content: str) -> None:
    """Write a file and say so."""
    path.write_text(content, encoding="utf-8")
    print(f"wrote {path}")


def open_snakeviz(prof: Path) -> None:
    """Show cProfile's file in a browser until the user ends it."""
    if importlib.util.find_spec("snakeviz") is None:
        print("snakeviz is not installed: pip install snakeviz", file=sys.stderr)
        return
    subprocess.run([sys.executable, "-m", "snakeviz", str(prof)], check=False)


def run_comparison(
    options: argparse.Namespace, arguments: tuple[str, ...], limits: Sequence[Limit]
) -> int:
    """Compare the sides and show the result. Returns the exit status; that of a side that fails."""
    if options.script is not None:
        raise CannotProfileError("--compare runs dbt, not a --script")
    try:
        found = comparison.compare(
            arguments, options.rounds, lambda line: print(line, file=sys.stderr)
        )
    except comparison.SideFailedError as error:
        print(error.output, file=sys.stderr)
        print(f"flatmanifest: nothing to compare: {error}", file=sys.stderr)
        return error.status if error.status > 0 else FAILED
    print(*comparison.lines(found), sep="\n")
    if options.json is not None:
        write(options.json, found.to_json())
    if options.html is not None:
        write(options.html, page.of_comparison(found))
    plugin = next(side for side in found.sides if side.switch == "1")
    return judge(limits, 0, {"": plugin.median, **{side.name: side.median for side in found.sides}})


def judge(limits: Sequence[Limit], status: int, seconds: dict[str, float]) -> int:
    """Print a line for each limit that is exceeded. Returns the exit status."""
    sentences = list(exceeded(limits, seconds))
    for sentence in sentences:
        print(f"flatmanifest: {sentence}", file=sys.stderr)
    return status or (FAILED if sentences else 0)


def _count(value: str) -> int:
    number = int(value)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    main()
