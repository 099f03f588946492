"""A press of the tab key in a project with a large manifest."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.contest import Contestant, run
from bench.figures import Report

ROUNDS = 20
WORDS = {
    "a name": "--select s",
    "a tag": "--select tag:",
    "a path": "--exclude path:models/",
    "a source": "--select +source:",
    "a configuration": "--select config.materialized:",
    "a selector": "--selector ",
}


def measure(report: Report, fman: Path, work: Path) -> None:
    """``fman``: the manifest, which stands in for a project's cache entry."""
    project = work / "completion"
    cache = project / "target" / "flatmanifest"
    cache.mkdir(parents=True, mode=0o700)
    (project / "dbt_project.yml").write_text("name: completion\n")
    shutil.copy(fman, cache / f"{'0' * 24}.fman")
    program = Path(sys.executable).with_name("flatmanifest")

    def press(words: str) -> bytes:
        command = [str(program), "completion", "--line", f"flatmanifest dbt ls {words}"]
        return subprocess.run(command, cwd=project, capture_output=True, check=True).stdout

    assert press(WORDS["a name"]), "completion finds nothing: the entry is not in its place"
    keys = [Contestant(name, partial(press, words)) for name, words in WORDS.items()]
    run(keys, ROUNDS)
    report.contests.append(("a press of the tab key, whole process", keys))
    slowest = max(key.median for key in keys)
    report.at_most(11, "completion, the slowest of six words", slowest * 1e3, 30, "ms")
    shutil.rmtree(project)
