"""Runs targets of make one after another, and prints the time of each.

    python3 tests/run_stages.py [--within SECONDS] [--patience SECONDS] STAGE[=SECONDS]...

A stage is a target of the Makefile. The table at the end has the wall time of each stage and the
processor time of all its processes. If a stage fails, the table is printed, too, and names that
stage. ``--within`` is for CI: a stage is left out if fewer than its SECONDS are left. A stage that
runs when the time is up is stopped, and counts as left out. ``--patience`` is how long an
interrupted stage may take to end by itself.

The run has its own directory for temporary files, which is removed at the end; the temporary files
of a failed stage are kept in build/failed/STAGE. An interrupted run ends every process that a stage
has started, also a process that has left its session.

Only Python's standard library is needed: this program runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

PR_SET_CHILD_SUBREAPER = 36
# Seconds for an interrupted stage to remove its files and to end its processes.
PATIENCE = 10.0
FAILED = Path("build") / "failed"


@dataclass
class Result:
    """The result of a stage: `passed`, `FAILED (status)` or why it did not run; its seconds."""

    stage: str
    outcome: str
    wall: float = 0.0
    processor: float = 0.0


class Interrupted(BaseException):
    """A signal has asked this program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def adopt_orphans() -> None:
    """Have Linux make this process the parent of orphans among its descendants."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processes() -> dict[int, tuple[int, str]]:
    """Return the parent and the command line of every process that has not ended."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # State, parent and so on follow the name, which may contain spaces and parentheses.
            state, parent = (directory / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (
                (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
            if state != "Z":
                found[int(directory.name)] = (int(parent), command.strip())
    return found


def descendants() -> dict[int, str]:
    """Return this process's descendants with their command lines (on Linux; elsewhere none)."""
    running = processes()
    found: dict[int, str] = {}
    generation = {os.getpid()}
    while generation:
        generation = {pid for pid, (parent, _) in running.items() if parent in generation}
        found |= {pid: running[pid][1] for pid in generation}
    return found


def reap() -> None:
    """Wait for the adopted processes that have ended, so that their processor time counts."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_until(is_done: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def end_processes(report: Callable[[str], None]) -> None:
    """End the processes that a stage has left after its make has ended or was interrupted."""

    def all_ended() -> bool:
        reap()
        return not descendants()

    if wait_until(all_ended, 1.0):
        return
    for pid, command in descendants().items():
        report(f"ending a process that the stage left: {pid} {command[:100]}")
    for number in (signal.SIGTERM, signal.SIGKILL):
        send(descendants(), number)
        if wait_until(all_ended, 5.0):
            return


def processor_seconds() -> float:
    """Return the user and system time of all descendants that have ended."""
    times = os.times()
    return times.children_user + times.children_system


class Run:
    """One run of several stages."""

    def __init__(self, make: str, within: float | None, patience: float = PATIENCE) -> None:
        self.make = make
        self.patience = patience
        self.deadline = None if within is None else time.monotonic() + within
        self.results: list[Result] = []
        self.scratch = Path(tempfile.mkdtemp(prefix="flatmanifest-stages-"))
        self.scratch.chmod(0o755)  # PostgreSQL passes through as its own user

    def left(self) -> float:
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def report(self, text: str) -> None:
        print(f"== {text}", flush=True)

    def run(self, stage: str, needed: float) -> bool:
        """Run a stage, and return whether the next stage may run."""
        if self.left() < needed:
            why = f"left out: needs {needed:.0f} s, {max(self.left(), 0):.0f} s are left"
            self.results.append(Result(stage, why))
            self.report(f"{stage}: {why}")
            return True
        self.report(f"{stage} ({time.strftime('%H:%M:%S')})")
        temporary = self.scratch / "tmp"
        temporary.mkdir()
        begin, used = time.monotonic(), processor_seconds()
        result = Result(stage, "interrupted")
        self.results.append(result)
        try:
            process = subprocess.Popen(
                [self.make, "--no-print-directory", stage],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"TMPDIR": str(temporary)},
                start_new_session=True,
            )
            status = self.wait(process)
        finally:
            end_processes(self.report)
            result.wall = time.monotonic() - begin
            result.processor = processor_seconds() - used
        if status is None:
            result.outcome = "left out: stopped, the time was up"
        else:
            result.outcome = f"FAILED (status {status})" if status else "passed"
        self.report(f"{stage}: {result.outcome}, {result.wall:.0f} s")
        if status:
            self.keep(temporary, stage)
        shutil.rmtree(temporary, ignore_errors=True)
        return not status

    def wait(self, process: subprocess.Popen[bytes]) -> int | None:
        """Return the exit status of a stage; None if it was stopped because the time was up."""
        try:
            return process.wait(None if self.deadline is None else max(self.left(), 1.0))
        except subprocess.TimeoutExpired:
            self.stop(process)
            return None
        except Interrupted:
            self.stop(process)
            raise

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Interrupt a stage as Ctrl-C does, which lets tests remove their files."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.patience)

    def keep(self, temporary: Path, stage: str) -> None:
        """Keep the temporary files of a failed stage, if there are any."""
        if not any(temporary.iterdir()):
            return
        kept = FAILED / stage
        shutil.rmtree(kept, ignore_errors=True)
        FAILED.mkdir(parents=True, exist_ok=True)
        shutil.move(temporary, kept)
        self.report(f"{stage}: its temporary files are in {kept}")

    def print_table(self) -> None:
        width = max([len(result.stage) for result in self.results] + [len("stage")])
        print(f"\n{'stage':{width}}  {'wall':>8}  {'processor':>9}  outcome")
        for each in self.results:
            print(
                f"{each.stage:{width}}  {each.wall:6.1f} s  {each.processor:7.1f} s  {each.outcome}"
            )
        wall = sum(result.wall for result in self.results)
        processor = sum(result.processor for result in self.results)
        print(f"{'total':{width}}  {wall:6.1f} s  {processor:7.1f} s", flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stages", nargs="+", metavar="STAGE[=SECONDS]")
    parser.add_argument("--within", type=float, metavar="SECONDS")
    parser.add_argument("--make", default="make", metavar="PROGRAM")
    parser.add_argument("--patience", type=float, default=PATIENCE, metavar="SECONDS")
    return parser.parse_args(arguments)


def raise_interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # one signal is enough; the cleanup must finish
    raise Interrupted(number)


def main(arguments: list[str]) -> int:
    """Return 0 if all stages that ran passed, 1 if one failed, 128 + the number of a signal."""
    options = parse(arguments)
    adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, raise_interrupted)
    run = Run(options.make, options.within, options.patience)
    status = 0
    try:
        for given in options.stages:
            stage, _, needed = given.partition("=")
            if not run.run(stage, float(needed or 0)):
                status = 1
                break
    except Interrupted as by:
        status = 128 + by.number
        run.report(f"interrupted by {by}")
    finally:
        shutil.rmtree(run.scratch, ignore_errors=True)
        run.print_table()
    failed = [result.stage for result in run.results if result.outcome.startswith("FAILED")]
    if failed:
        run.report(f"{failed[0]} failed; again by: make {failed[0]}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
