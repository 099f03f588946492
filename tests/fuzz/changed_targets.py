"""Says which fuzz targets are to be run, because what they are made of has changed.

    python3 tests/fuzz/changed_targets.py STAMPS            prints their names, one a line
    python3 tests/fuzz/changed_targets.py STAMPS --passed TARGET      notes that one found nothing

A target is made of its own files here, the schema, and the rooms that it links. STAMPS is a
directory in which each target that ran and found nothing has a digest of these files.

Without a digest, as in a fresh clone, git tells what is new: what differs from the branch's
upstream or, if there is nothing to push, what was committed in the last day before HEAD. Outside a
git checkout, and in a shallow clone that does not reach that far, every target is to be run.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READING = ("format", "store", "graph", "convert")
ROOMS = {
    "reader": (*READING, "select", "diff"),
    "convert": READING,
    "select": (*READING, "select"),
    "front": (*READING, "select", "freshness", "listing", "portable", "front"),
}
SHARED = (
    "schema/manifest.fbs",
    "tests/fuzz/CMakeLists.txt",
    "tests/fuzz/custom_mutator.cc",
    "tests/fuzz/file_mutator.cc",
    "tests/fuzz/file_mutator.h",
    "tests/fuzz/make_seeds.py",
    "tests/fuzz/read_everything.cc",
    "tests/fuzz/read_everything.h",
    "tests/fuzz/require.h",
    "tests/native/testing/reseal.cc",
    "tests/native/testing/reseal.h",
)
DAY = 24 * 60 * 60


def sources(target: str, root: Path) -> list[str]:
    """Return the files that a target is made of, relative to the checkout."""
    found = [*SHARED, f"tests/fuzz/fuzz_{target}.cc"]
    for room in ROOMS[target]:
        files = (root / "native" / room).rglob("*")
        found += [path.relative_to(root).as_posix() for path in files if path.is_file()]
    return sorted(found)


def digest(target: str, root: Path) -> str:
    """Return a digest of the names and the contents of a target's files."""
    total = hashlib.sha256()
    for name in sources(target, root):
        path = root / name
        contents = path.read_bytes() if path.is_file() else b"missing"
        total.update(f"{name} {len(contents)}\n".encode() + contents)
    return total.hexdigest()


def git(root: Path, *arguments: str) -> str | None:
    """Return what git prints; None if it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def changed_files(root: Path) -> set[str] | None:
    """Return the files that are new by git; None if it cannot tell."""
    base = git(root, "merge-base", "HEAD", "@{upstream}")
    if not base or base == git(root, "rev-parse", "HEAD"):
        time = git(root, "log", "-1", "--format=%ct")
        base = time and git(root, "rev-list", "-1", f"--before={int(time) - DAY}", "HEAD")
    if not base:
        return None
    committed = git(root, "diff", "--name-only", "--no-renames", base)
    untracked = git(root, "ls-files", "--others", "--exclude-standard")
    if committed is None or untracked is None:
        return None
    return {*committed.splitlines(), *untracked.splitlines()}


def targets_to_run(stamps: Path, root: Path) -> list[str]:
    """Return the targets whose files have changed since they last ran and found nothing."""
    chosen = []
    changed = changed_files(root)
    for target, rooms in ROOMS.items():
        stamp = stamps / target
        if stamp.is_file():
            is_chosen = stamp.read_text() != digest(target, root)
        else:
            # A removed file is no longer among the sources, but its room's directory is known.
            within = (*sources(target, root), *(f"native/{room}/" for room in rooms))
            is_chosen = changed is None or any(name.startswith(within) for name in changed)
        if is_chosen:
            chosen.append(target)
    return chosen


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stamps", type=Path)
    parser.add_argument("--passed", choices=sorted(ROOMS))
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args(arguments)
    if options.passed:
        options.stamps.mkdir(parents=True, exist_ok=True)
        (options.stamps / options.passed).write_text(digest(options.passed, options.root))
    else:
        print("\n".join(targets_to_run(options.stamps, options.root)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
