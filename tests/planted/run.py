"""Plants each fault of tests/planted/*.patch in a scratch copy, and checks that its tests fail.

``python -m tests.planted [NAME …]`` prints a line for each fault:

- ``caught``: one of the fault's tests has failed
- ``missed``: all of the fault's tests have passed; write a test that notices the fault
- ``stale``: the patch does not apply, or one of its tests does not exist; mend the patch
- ``unsure``: one of the tests fails or is skipped without the fault, too
- ``did not build``, ``did not run``: the patched code does not compile, or pytest failed before its
  first test; mend the patch

The exit status is 0 if all faults are caught, 1 if not, 2 for wrong usage. The runner only reads
the working tree.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.planted.fault import Fault, PatchError, read_faults
from tests.planted.outcomes import VARIABLE, names_of
from tests.planted.processes import Processes
from tests.planted.scratch import (
    BuildError,
    BusyError,
    NoEnvironmentError,
    Scratch,
    StaleError,
    python_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
LAST_LINES = 15
NATIVE_TESTS = "native_tests"
PACKAGE = ["_native", "flatmanifest"]  # CMake's names of the extension module and the program

Outcomes = dict[str, str]  # test id to "passed", "failed" or "skipped"


@dataclass(frozen=True)
class Verdict:
    word: str
    why: str = ""


class NoTestRunError(Exception):
    """pytest failed before its first test, for example because of an import error."""


class StoppedError(Exception):
    """SIGTERM has come: undo the planted fault, as after Ctrl-C."""


class Planting:
    def __init__(self, scratch: Scratch, faults: list[Fault]) -> None:
        self.scratch = scratch
        self.faults = faults
        self.clean: dict[str, Outcomes] = {}  # by release of dbt; "" is the running environment

    # The tests without a fault.

    def run_clean(self) -> None:
        """Run the tests of all faults without a fault: a test that fails now proves nothing."""
        if any(fault.kind == "native" for fault in self.faults):
            say("building the scratch copy without faults")
            self.scratch.make(targets_of(self.faults))
        for release in sorted({fault.dbt for fault in self.faults}):
            faults = [fault for fault in self.faults if fault.dbt == release]
            try:
                self.scratch.with_dbt(release)
            except NoEnvironmentError:
                continue
            native = sorted({test for fault in faults for test in fault.native_tests})
            python = sorted({test for fault in faults for test in fault.python_tests})
            seconds = sum(fault.seconds for fault in faults)
            outcomes = self.clean.setdefault(release, {})
            if native:
                outcomes |= self._run_native(native, seconds)
            if python:
                outcomes |= self._run_python(python, release, seconds, stop_early=False)

    def doubt(self, fault: Fault) -> Verdict | None:
        """Return the reason why a fault's tests would prove nothing, or None."""
        if fault.dbt not in self.clean:
            return Verdict("unsure", f"there is no .venv-dbt-{fault.dbt}: make environments")
        for test in fault.tests:
            found = chosen(self.clean[fault.dbt], test)
            if not found:
                return Verdict("stale", f"there is no test {test}")
            if "failed" in found.values():
                return Verdict("unsure", f"{test} fails without the fault, too")
            if "passed" not in found.values():
                return Verdict("unsure", f"{test} is skipped here")
        return None

    # The tests with a fault.

    def verdict(self, fault: Fault) -> Verdict:
        try:
            with self.scratch.planted(fault):
                return self.doubt(fault) or self._try(fault)
        except StaleError as error:
            return Verdict("stale", str(error))
        except BuildError as error:
            return Verdict("did not build", last_lines(str(error)))
        except NoTestRunError as error:
            return Verdict("did not run", last_lines(str(error)))

    def _try(self, fault: Fault) -> Verdict:
        if fault.kind == "native":
            self.scratch.make(targets_of([fault]))
        try:
            if fault.native_tests:
                found = self._run_native(fault.native_tests, fault.seconds)
                if "failed" in found.values():
                    return Verdict("caught", first_failed(found))
            if fault.python_tests:
                if fault.kind == "native":
                    self.scratch.use_built()
                tests, seconds = fault.python_tests, fault.seconds
                found = self._run_python(tests, fault.dbt, seconds, stop_early=True)
                if "failed" in found.values():
                    return Verdict("caught", first_failed(found))
        finally:
            if fault.kind == "native" and fault.python_tests:
                self.scratch.use_installed()
        return Verdict("missed", fault.promise)

    def _run_native(self, tests: list[str], seconds: float) -> Outcomes:
        with tempfile.TemporaryDirectory(dir=self.scratch.directory) as directory:
            report = Path(directory) / "report.json"
            command = [
                *[str(self.scratch.native_tests), "--gtest_brief=1"],
                *[f"--gtest_filter={':'.join(tests)}", f"--gtest_output=json:{report}"],
            ]
            environment = self.scratch.environment("", TMPDIR=directory)
            self.scratch.processes.run(command, Path(directory), environment, seconds)
            if not report.exists():  # the tests crashed, or took too long
                return dict.fromkeys(tests, "failed")
            suites = json.loads(report.read_text())["testsuites"]
        return {
            f"{suite['name']}.{test['name']}": native_outcome(test)
            for suite in suites
            for test in suite["testsuite"]
        }

    def _run_python(
        self, tests: list[str], release: str, seconds: float, *, stop_early: bool
    ) -> Outcomes:
        files = {}
        for test in tests:
            name = test.partition("::")[0]
            found = sorted((self.scratch.tree / "tests").rglob(name))
            if len(found) == 1:
                files[name] = str(found[0].relative_to(self.scratch.tree))
        if not files:
            return {}
        with tempfile.TemporaryDirectory(dir=self.scratch.directory) as directory:
            report = Path(directory) / "outcomes.json"
            report.write_text(json.dumps({"wanted": tests}))
            command = [
                *[str(python_in(self.scratch.venvs[release])), "-m", "pytest", "-q"],
                *[
                    "-p",
                    "tests.planted.outcomes",
                    "-p",
                    "no:cacheprovider",
                    *(["-x"] if stop_early else []),
                ],
                *[f"--basetemp={Path(directory) / 'tests'}", *sorted(files.values())],
            ]
            variables = {VARIABLE: str(report), "TMPDIR": directory}
            environment = self.scratch.environment(release, **variables)
            done = self.scratch.processes.run(command, self.scratch.tree, environment, seconds)
            if done.status is None or done.status < 0:  # pytest took too long, or crashed
                return dict.fromkeys(tests, "failed")
            outcomes: Outcomes = json.loads(report.read_text()).get("outcomes", {})
        if done.status not in {0, 1} and outcomes == {}:
            raise NoTestRunError(done.output)
        return outcomes


def targets_of(faults: Iterable[Fault]) -> list[str]:
    """Return the targets of the native build that the tests of some faults need."""
    faults = [fault for fault in faults if fault.kind == "native"]
    targets = [NATIVE_TESTS] if any(fault.native_tests for fault in faults) else []
    return targets + (PACKAGE if any(fault.python_tests for fault in faults) else [])


def native_outcome(test: dict[str, object]) -> str:
    if "failures" in test:
        return "failed"
    return "skipped" if test["result"] == "SKIPPED" else "passed"


def chosen(outcomes: Outcomes, test: str) -> Outcomes:
    """Return the outcomes of the tests that a fault's line ``Test:`` names."""
    if ".py::" in test:
        return {
            name: outcome
            for name, outcome in outcomes.items()
            if test == name or ("::" in name and test in names_of(name))
        }
    return {
        name: outcome
        for name, outcome in outcomes.items()
        if ".py::" not in name and fnmatch.fnmatchcase(name, test)
    }


def first_failed(outcomes: Outcomes) -> str:
    return next(name for name, outcome in outcomes.items() if outcome == "failed")


def last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LAST_LINES:])


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def plant_all(planting: Planting) -> int:
    start = time.monotonic()
    planting.run_clean()
    counts = Counter(word for found in planting.clean.values() for word in found.values())
    said = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    say(f"without faults: {said} ({time.monotonic() - start:.0f} s)")
    words: Counter[str] = Counter()
    for fault in planting.faults:
        begin = time.monotonic()
        verdict = planting.verdict(fault)
        words[verdict.word] += 1
        seconds = time.monotonic() - begin
        say(f"{verdict.word:13} {seconds:5.1f} s  {fault.name}: {verdict.why}")
    total = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    say(f"{len(planting.faults)} faults: {total} ({time.monotonic() - start:.0f} s)")
    return 0 if words["caught"] == len(planting.faults) else 1


def stop(*_: object) -> None:
    raise StoppedError


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.planted", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these faults")
    parser.add_argument("--list", action="store_true", help="only name the faults")
    parser.add_argument("--patches", type=Path, default=Path(__file__).parent)
    parser.add_argument("--scratch", type=Path, default=ROOT / "build" / "planted")
    parser.add_argument("--jobs", type=int, help="how many compilers run at once")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, stop)
    try:
        faults = read_faults(options.patches.resolve(), options.names)
        if options.list:
            for fault in faults:
                say(f"{fault.name:36} {fault.promise}")
            return 0
        scratch = Scratch(ROOT, options.scratch.resolve(), Processes(), options.jobs)
        with scratch.locked():
            scratch.prepare()
            return plant_all(Planting(scratch, faults))
    except (PatchError, BuildError, BusyError, NoTestRunError) as error:
        print(f"planted: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except (KeyboardInterrupt, StoppedError):
        print("planted: stopped; nothing is left planted", file=sys.stderr)  # noqa: T201
        return 1
