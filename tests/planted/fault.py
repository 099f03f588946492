"""A planted fault: a patch, the promise that it breaks, and the tests that should notice.

A patch file begins with lines of the form ``Name: value``, followed by a diff that ``git apply``
takes::

    Promise: a sentence
    Kind: native (C++ is compiled again) or python
    Test: SuiteOfGoogleTest.Name, or test_file.py::test_name; one line for each
    Seconds: how long the tests may take (120 by default)
    Dbt: the release whose environment (.venv-dbt-1.12) runs the tests, instead of .venv

A Python test is named by the name of its file, which may lie anywhere below tests/. A name without
parameters stands for all cases of the test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

KINDS = {"native", "python"}
HEADER = re.compile(r"(\w+): (.+)")
FILE = re.compile(r"^(?:---|\+\+\+) [ab]/(\S+)", re.MULTILINE)
DEFAULT_SECONDS = 120


class PatchError(Exception):
    """A patch file that breaks the layout above."""


@dataclass(frozen=True)
class Fault:
    """The content of one patch file."""

    path: Path
    promise: str
    kind: str
    tests: list[str]
    seconds: float
    dbt: str
    files: list[str] = field(default_factory=list)  # the files that the diff changes

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def native_tests(self) -> list[str]:
        """Return the GoogleTest tests, as patterns of ``--gtest_filter``."""
        return [test for test in self.tests if ".py::" not in test]

    @property
    def python_tests(self) -> list[str]:
        return [test for test in self.tests if ".py::" in test]


def read_fault(path: Path) -> Fault:
    """Read a patch file. Raises PatchError with the mistake and its line."""
    header, begin, diff = path.read_text(encoding="utf-8").partition("\n--- ")
    files = sorted(set(FILE.findall(begin + diff)))
    if not files:
        raise PatchError(f"{path}: there is no diff in it (lines --- a/… and +++ b/…)")
    values: dict[str, list[str]] = {}
    for number, line in enumerate(header.splitlines(), 1):
        found = HEADER.fullmatch(line)
        if found is not None:
            values.setdefault(found[1], []).append(found[2])
        elif line:
            raise PatchError(f"{path}:{number}: not of the form 'Name: value': {line}")
    missing = {"Promise", "Kind", "Test"} - values.keys()
    unknown = values.keys() - {"Promise", "Kind", "Test", "Seconds", "Dbt"}
    if missing or unknown:
        raise PatchError(
            f"{path}: a patch begins with Promise, Kind, Test and perhaps Seconds and Dbt"
            f" (missing: {sorted(missing)}, unknown: {sorted(unknown)})"
        )
    kind = values["Kind"][0]
    if kind not in KINDS:
        raise PatchError(f"{path}: Kind is native or python, not {kind}")
    seconds = float(values.get("Seconds", [DEFAULT_SECONDS])[0])
    dbt = values.get("Dbt", [""])[0]
    return Fault(path, values["Promise"][0], kind, values["Test"], seconds, dbt, files)


def read_faults(directory: Path, names: list[str]) -> list[Fault]:
    """Read all patches of a directory, or the named ones."""
    paths = sorted(directory.glob("*.patch"))
    unknown = set(names) - {path.stem for path in paths}
    if unknown:
        raise PatchError(f"{directory} has no patch of this name: {', '.join(sorted(unknown))}")
    if not paths:
        raise PatchError(f"{directory} has no *.patch")
    return [read_fault(path) for path in paths if not names or path.stem in names]
