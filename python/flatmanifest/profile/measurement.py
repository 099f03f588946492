"""Running one command with clocks, ledger and profiler in place."""

from __future__ import annotations

import cProfile
import os
import platform
import runpy
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import wraps
from importlib import metadata
from pathlib import Path
from typing import Any

from flatmanifest.profile import functions, phases
from flatmanifest.profile.clock import Clock, seconds_per_call
from flatmanifest.profile.ledger import Entry, Ledger
from flatmanifest.profile.memory import Memory
from flatmanifest.profile.report import Call, PhaseRow, Report, Serialized

NOT_ADAPTERS = {
    "dbt-adapters",
    "dbt-common",
    "dbt-extractor",
    "dbt-protos",
    "dbt-semantic-interfaces",
}
OWN_PROFILER = {"-r", "--record-timing-info"}  # dbt's


@dataclass(frozen=True)
class Wanted:
    """A request: the command to measure, and the instruments to use."""

    arguments: tuple[str, ...]
    script: Path | None = None  # a program to run with the arguments instead of dbt
    top: int = 20  # functions shown; 0: no cProfile
    memory: bool = False
    prof: Path | None = None


def measure(wanted: Wanted) -> Report:
    """Run the command once in this process, and return the report.

    The command's output goes where it always does. The report has the command's exit status and
    error. An exception of the command is not passed on.
    """
    report = Report(_shown(wanted), datetime.now(timezone.utc).isoformat(timespec="seconds"))
    profiler = _profiler(wanted, report)
    clock = Clock(time.perf_counter())
    began = clock.start - seconds_since_process_start()
    clock.phase(phases.INTERPRETER).seconds = clock.start - began
    memory = Memory() if wanted.memory else None
    if memory is not None:
        clock.on_switch = memory.switch
    ledger = Ledger()
    ledger.watch_libraries()
    if profiler is not None:
        profiler.enable()
    try:
        _run(wanted, clock, ledger, report)
    finally:
        if profiler is not None:
            profiler.disable()
        clock.stop()
    report.seconds = clock.since - began
    _add_phases(report, clock, memory)
    _add_serialized(report, ledger)
    starts = clock.switches // 2
    report.wrapper_calls = starts + ledger.calls
    report.wrapper_seconds = starts * seconds_per_call(clock.on_switch)
    report.wrapper_seconds += ledger.calls * ledger.seconds_per_call()
    if memory is not None:
        memory.close()
    if profiler is not None:
        report.functions = functions.top(profiler, wanted.top)
        _save(profiler, wanted, report)
    report.environment = environment()
    return report


def _run(wanted: Wanted, clock: Clock, ledger: Ledger, report: Report) -> None:
    """Import dbt, put the clocks in, run the command, and note in the report how it ended."""
    sys.argv = _shown(wanted)
    try:
        with clock.within(phases.IMPORTS):
            from dbt.cli.main import cli  # noqa: PLC0415 - the seconds that are measured

            import dbt_flatmanifest  # noqa: F401, PLC0415 - seams come before the clocks around them
        phases.install(clock)
        ledger.watch_plugin()
        if wanted.script is None:
            _listen(report)
            cli(prog_name="dbt")
        else:
            sys.path[0:0] = [str(wanted.script.resolve().parent)]
            runpy.run_path(str(wanted.script), run_name="__main__")
    except SystemExit as ending:
        report.exit_status = _status(ending)
    except BaseException as error:  # noqa: BLE001 - the report says what ran before any error
        report.exit_status = 1 if not isinstance(error, KeyboardInterrupt) else 130
        report.error = "".join(traceback.format_exception_only(error)).strip()
        traceback.print_exc()


def _status(ending: SystemExit) -> int:
    """The exit status that the interpreter would use."""
    if ending.code is None or isinstance(ending.code, int):
        return ending.code or 0
    print(ending.code, file=sys.stderr)
    return 1


def _listen(report: Report) -> None:
    """Note the error with which dbt or click ends the command: both exit with a number only."""

    def noting(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def noted(ending: Any, *args: Any, **kwargs: Any) -> Any:
            result = call(ending, *args, **kwargs)
            error = getattr(ending, "exception", None) or ending.format_message()
            report.error = " ".join(str(error).split())
            return result

        return noted

    phases.replace("dbt.cli.exceptions:ExceptionExit.__init__", noting)
    phases.replace("click.exceptions:UsageError.show", noting)


def _shown(wanted: Wanted) -> list[str]:
    return ["dbt" if wanted.script is None else str(wanted.script), *wanted.arguments]


def _profiler(wanted: Wanted, report: Report) -> cProfile.Profile | None:
    if wanted.top == 0:
        return None
    if OWN_PROFILER & set(wanted.arguments):
        report.notes.append(
            "no functions: dbt's own --record-timing-info uses the profiler; leave it out"
        )
        return None
    report.notes.append(
        "cProfile slows the command, calls of Python functions most: --top 0 runs without cProfile"
    )
    return cProfile.Profile()


def _save(profiler: cProfile.Profile, wanted: Wanted, report: Report) -> None:
    if wanted.prof is None:
        return
    try:
        profiler.dump_stats(wanted.prof)
    except OSError as error:
        report.notes.append(f"cannot write {wanted.prof}: {error.strerror}")


def _add_phases(report: Report, clock: Clock, memory: Memory | None) -> None:
    order = [*phases.PHASES, *(name for name in clock.phases if name not in phases.PHASES)]
    for name in order:
        phase = clock.phases.get(name)
        if phase is None or (phase.calls == 0 and phase.seconds == 0):
            continue
        calls = [
            Call(row.name, row.calls, row.seconds) for row in phase.functions.values() if row.calls
        ]
        row = PhaseRow(name, phase.seconds, phase.calls, calls)
        usage = None if memory is None else memory.phases.get(name)
        if usage is not None:
            row.growth, row.peak = usage.growth, usage.peak
        report.phases.append(row)
    if memory is not None:
        report.peak = max(memory.peak, memory.resident)
        if not memory.can_reset:
            report.notes.append(
                "peaks include earlier phases: this system cannot reset the peak of a process"
            )


def _add_serialized(report: Report, ledger: Ledger) -> None:
    groups: dict[tuple[bool, str, bool, str], Serialized] = {}
    for entry in ledger.entries:
        key = (entry.manifest is not None, entry.format, entry.is_written, entry.caller)
        row = groups.setdefault(key, Serialized(*key[:3], 0, 0, 0.0, entry.caller))
        row.times += 1
        row.bytes += entry.bytes
        row.seconds += entry.seconds
    report.serialized = sorted(groups.values(), key=lambda row: -row.bytes)
    report.double = [double(entries) for entries in ledger.double()]


def double(entries: Sequence[Entry]) -> str:
    """The sentence about a manifest that was serialized more than once."""
    manifest = entries[0].manifest
    assert manifest is not None
    size = sum(entry.bytes for entry in entries[1:])
    seconds = sum(entry.seconds for entry in entries[1:])
    return (
        f"double serialization: the same manifest ({manifest.nodes:,} nodes, {manifest.sources:,} "
        f"sources) was made into {entries[0].format} {len(entries)} times: "
        + ", ".join(entry.caller for entry in entries)
        + f". All but the first: {size / 1e6:,.1f} MB, {seconds:,.2f} s"
    )


def seconds_since_process_start() -> float:
    """The age of this process in seconds, to a hundredth; 0 if unknown."""
    try:
        # proc(5): the 22nd field, counted after the name, which may have spaces and parentheses.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0.0, uptime - ticks / os.sysconf("SC_CLK_TCK"))


def environment() -> dict[str, str]:
    """The versions and the machine, which a reader needs to compare two reports."""
    found = {"flatmanifest": _version("flatmanifest")}
    if os.environ.get("FLATMANIFEST") == "0":
        found["flatmanifest"] += ", off"
    adapters = (
        name
        for name in {distribution.name for distribution in metadata.distributions()}
        if name.startswith("dbt-") and name not in NOT_ADAPTERS
    )
    found |= {name: _version(name) for name in sorted(adapters)}
    found["Python"] = f"{platform.python_implementation()} {platform.python_version()}"
    found["system"] = platform.platform()
    found["processor"] = f"{processor()}, {os.cpu_count()} cores"
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def processor() -> str:
    """The processor's name from the kernel, else from ``platform``."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
