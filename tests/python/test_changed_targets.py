"""`make test` runs the fuzz targets whose code or fuzzer has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / "tests" / "fuzz" / "changed_targets.py"
ALL = {"reader", "convert", "select", "front"}
NOW = int(time.time())
LONG_AGO = NOW - 3 * 24 * 60 * 60


def git(root: Path, *arguments: str, at: int = NOW) -> None:
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    dates = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
    command = ["git", *who, *arguments]
    subprocess.run(command, cwd=root, check=True, env=os.environ | dates)


def commit(root: Path, *, at: int = NOW) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=change", at=at)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a checkout with a file in each of several rooms, committed three days before HEAD."""
    root = tmp_path / "checkout"
    names = ["format/cell.cc", "select/glob.cc", "select/state/resource.cc", "front/serve.cc"]
    for name in (*names, "cli/main.cc"):
        write(root, f"native/{name}", "int x;\n")
    for target in ALL:
        write(root, f"tests/fuzz/fuzz_{target}.cc", "int y;\n")
    write(root, "README.md", "text\n")
    git(root, "init", "--quiet")
    commit(root, at=LONG_AGO)
    commit(root)
    return root


def run(root: Path, *arguments: str) -> set[str]:
    stamps = root.parent / "stamps"
    done = subprocess.run(
        [sys.executable, SCRIPT, stamps, "--root", root, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


CHANGES = [
    ("native/format/cell.cc", ALL),
    ("native/format/new.cc", ALL),
    ("native/select/glob.cc", {"reader", "select", "front"}),
    ("native/select/state/resource.cc", {"reader", "select", "front"}),
    ("native/diff/renames.cc", {"reader"}),
    ("native/front/serve.cc", {"front"}),
    ("native/cli/main.cc", set()),
    ("tests/fuzz/fuzz_reader.cc", {"reader"}),
    ("tests/fuzz/require.h", ALL),
    ("schema/manifest.fbs", ALL),
    ("README.md", set()),
]


@pytest.mark.parametrize(("name", "expected"), CHANGES)
@pytest.mark.parametrize("how", ["committed", "uncommitted", "since it passed"])
def test_a_change_chooses_the_targets_made_of_it(
    root: Path, name: str, expected: set[str], how: str
) -> None:
    if how == "since it passed":
        for target in ALL:
            run(root, "--passed", target)
    assert run(root) == set()
    write(root, name, "int changed;\n")
    if how == "committed":
        commit(root)
    assert run(root) == expected


@pytest.mark.parametrize("passed", [False, True])
def test_a_removed_file_is_a_change(root: Path, *, passed: bool) -> None:
    for target in ALL if passed else ():
        run(root, "--passed", target)
    (root / "native/select/glob.cc").unlink()
    assert run(root) == {"reader", "select", "front"}


def test_a_target_that_passed_is_not_run_again(root: Path) -> None:
    write(root, "native/select/glob.cc", "int changed;\n")
    run(root, "--passed", "select")
    assert run(root) == {"reader", "front"}


def test_what_is_not_pushed_is_new_however_old(root: Path) -> None:
    git(root, "branch", "published", "HEAD~1")
    write(root, "native/front/serve.cc", "int changed;\n")
    commit(root, at=LONG_AGO)
    commit(root)
    assert run(root) == set()
    git(root, "branch", "--quiet", "--set-upstream-to=published")
    assert run(root) == {"front"}


def test_without_git_every_target_is_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Temporary directories are in build/, so they are inside this repository.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    (root / ".git").rename(root / "elsewhere")
    assert run(root) == ALL


def test_every_room_that_the_targets_link_is_known() -> None:
    # The resident room reads what a process of the same user sends; no target links it.
    rooms = {path.name for path in (REPOSITORY / "native").iterdir() if path.is_dir()}
    rooms -= {"cli", "resident"}
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        from changed_targets import ROOMS, SHARED  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    assert set().union(*ROOMS.values()) == rooms
    assert [name for name in SHARED if not (REPOSITORY / name).is_file()] == []
