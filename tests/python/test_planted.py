"""The runner of planted faults reports caught and missed faults; the patches apply."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import psutil
import pytest

from tests.planted.fault import Fault, PatchError, read_fault, read_faults

ROOT = Path(__file__).parents[2]
PATCHES = ROOT / "tests" / "planted"
REPRS = "python/flatmanifest/_reprs.py"
SHORT = "_brief.maxstring = _brief.maxother = 60"
TEST = "test_reprs.py::test_reprs_of_large_values_are_short"
HEADER = "Promise: reprs are short.\nKind: python\nTest: {test}\nSeconds: {seconds}\n\n"


def patch(old: str, new: str, test: str = TEST, seconds: int = 60) -> str:
    """Return a patch that replaces a text of _reprs.py, even if the file lacks the text."""
    before = (ROOT / REPRS).read_text()
    if old not in before:
        before = old + before
    lines, changed = (text.splitlines(True) for text in (before, before.replace(old, new)))  # noqa: FBT003
    diff = difflib.unified_diff(lines, changed, f"a/{REPRS}", f"b/{REPRS}", n=1)
    return HEADER.format(test=test, seconds=seconds) + "".join(diff)


PLANTED = {
    "caught": patch(SHORT, "_brief.maxstring = _brief.maxother = 60_000"),
    "hanging": patch(SHORT, f"{SHORT}\nwhile True:\n    pass", seconds=3),
    "missed": patch(SHORT, f"{SHORT}  # harmless"),
    "nameless": patch(SHORT, f"{SHORT}  # harmless", test="test_reprs.py::test_no_such"),
    "stale": patch("what_no_file_has = 1\n", "what_no_file_has = 2\n"),
}


def run(scratch: Path, patches: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.planted", "--scratch", str(scratch)]
    return subprocess.run(
        [*command, "--patches", str(patches), *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_caught_and_what_is_not(tmp_path: Path) -> None:
    for name, text in PLANTED.items():
        (tmp_path / f"{name}.patch").write_text(text)
    scratch = tmp_path / "scratch"
    before = (ROOT / REPRS).read_bytes()
    done = run(scratch, tmp_path)
    lines = re.findall(r"^(\w+) +[\d.]+ s  (\w+):", done.stdout, re.MULTILINE)
    said = {name: word for word, name in lines}
    assert said == {
        "caught": "caught",
        "hanging": "caught",
        "missed": "missed",
        "nameless": "stale",
        "stale": "stale",
    }, done.stdout + done.stderr
    assert "there is no test test_reprs.py::test_no_such" in done.stdout
    assert f"patch failed: {REPRS}" in done.stdout
    assert "5 faults: 2 caught, 1 missed, 2 stale" in done.stdout
    assert done.returncode == 1
    # Working tree and copy are unchanged, and no process is left.
    assert (ROOT / REPRS).read_bytes() == before
    assert (scratch / "tree" / REPRS).read_bytes() == before
    left = [each.info["cmdline"] for each in psutil.process_iter(["cmdline"])]
    assert [command for command in left if str(scratch) in " ".join(command or [])] == []
    done = run(scratch, tmp_path, "caught")
    assert done.returncode == 0, done.stdout


def test_a_fault_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path / "scratch", PATCHES, "no-such-fault")
    assert done.returncode == 2
    assert "has no patch of this name: no-such-fault" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Promise: a\nKind: python\nTest: b\n", "there is no diff in it"),
        (PLANTED["missed"].replace("Kind", "Sort"), "missing: ['Kind'], unknown: ['Sort']"),
        (PLANTED["missed"].replace("python\n", "rust\n"), "Kind is native or python, not rust"),
        (PLANTED["missed"].replace("Kind: ", "Kind "), ":2: not of the form 'Name: value'"),
    ],
)
def test_a_patch_without_its_header(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "some.patch"
    path.write_text(text)
    with pytest.raises(PatchError, match=re.escape(message)):
        read_fault(path)


FAULTS = read_faults(PATCHES, [])


@cache
def native_tests() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "tests" / "native").glob("*_test.cc"))


@cache
def python_tests() -> dict[str, list[Path]]:
    """Return the paths of Python test files by file name."""
    found: dict[str, list[Path]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        found.setdefault(path.name, []).append(path)
    return found


def test_there_is_a_fault_for_each_promise() -> None:
    assert len(FAULTS) >= 40
    promises = [fault.promise for fault in FAULTS]
    assert sorted({*promises}) == sorted(promises)
    assert all(promise.endswith(".") for promise in promises)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_patch_applies_and_its_tests_are_there(fault: Fault) -> None:
    """If this fails, the code has changed: mend the patch (CONTRIBUTING.md)."""
    done = subprocess.run(
        ["git", "apply", "--check", str(fault.path)],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for test in fault.native_tests:
        suite, name = test.split("/")[test.startswith("*/")].split(".")
        found = re.findall(rf"^TEST(?:_[FP])?\({suite},\s*(\w+)\)", native_tests(), re.MULTILINE)
        assert found if name == "*" else name in found, test
    for test in fault.python_tests:
        file, name = test.split("::")
        paths = python_tests().get(file, [])
        assert len(paths) == 1, test
        assert f"\ndef {name.partition('[')[0]}(" in paths[0].read_text(), test
