"""Seams are declared, and installed all together or not at all (flatmanifest.dbt.seams)."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.sides import ROOT
from tests.dbt.template import PYTHON
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "from dbt.cli.main import cli; cli(prog_name='dbt')"
# Two ways to start: dbt finds the plugin, or `flatmanifest dbt` runs dbt.
WAYS = {
    "dbt": "os.environ['FLATMANIFEST'] = '1'; " + PLAIN,
    "flatmanifest dbt": (
        "os.environ['FLATMANIFEST'] = '1'; from flatmanifest.dbt.__main__ import main; main()"
    ),
}
UNKNOWN_RELEASE = """
import os
import dbt.version
dbt.version.__version__ = dbt.version.installed = "1.13.0"
"""
# The name is missing only while flatmanifest imports it; dbt itself continues to use it.
MISSING_NAME = """
import os
import dbt_common.events.logger as logger
from flatmanifest.dbt import switch
declare = switch.declare
def declare_without(release):
    missing = logger._TextLogger
    del logger._TextLogger
    try:
        declare(release)
    finally:
        logger._TextLogger = missing
switch.declare = declare_without
"""


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the template without the plugin."""
    return subprocess.run(
        [str(PYTHON), *arguments],
        cwd=project,
        env={
            **os.environ,
            **PRIVATE,
            "FLATMANIFEST": "0",
            "DBT_PROFILES_DIR": str(project),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_one_target_nothing_is_replaced(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "tests.dbt.missing_targets")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert len(found["each"]) > 60
    for target, told in found["each"].items():
        assert not told["is_on"], target
        assert told["said"].startswith("does not fit dbt-core")
        # Two classes may inherit a function: the message names the first that misses it.
        assert f".{target.rpartition('.')[2]})" in told["said"], told
        assert told["is_unchanged"], target
    assert found["is_on"], found["said"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (UNKNOWN_RELEASE, "flatmanifest knows dbt-core 1.10, 1.11, 1.12, not 1.13.0"),
        (MISSING_NAME, "cannot import name '_TextLogger'"),
    ],
    ids=["another release", "a missing name"],
)
def test_dbt_says_what_it_says_without_the_plugin(
    tmp_path: Path, way: str, change: str, warning: str
) -> None:
    said = []
    for side, program in (("vanilla", PLAIN), ("ours", WAYS[way])):
        project = tmp_path / side
        generate("chain", project, 1)
        done = run(project, "-c", f"{change}\n{program}", "--no-use-colors", "ls")
        assert done.returncode == 0, done.stdout + done.stderr
        said.append([line.partition("  ")[2] or line for line in done.stdout.splitlines()])
    vanilla, ours = said
    warnings = [line for line in ours if line.startswith("flatmanifest ")]
    assert len(warnings) == 1, ours
    assert warning in warnings[0]
    assert "dbt runs without it" in warnings[0]
    assert [line for line in ours if line not in warnings] == vanilla
    assert not (tmp_path / "ours" / "target" / "flatmanifest").exists()


def test_the_lock_is_of_the_installed_dbt() -> None:
    """If this fails, read dbt's changes of the functions; then write the lock (docs/seams.md)."""
    done = run(ROOT, "-m", "flatmanifest.dbt.seams_command")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "each replaces a function that is known" in done.stdout
    assert "  dbt.task.list.ListTask.output_results: all lines at once" in done.stdout


def test_the_document_has_every_seam() -> None:
    """If this fails, put `flatmanifest seams --markdown` with dbt 1.12 into docs/seams.md."""
    done = run(ROOT, "-m", "flatmanifest.dbt.seams_command", "--markdown")
    document = (ROOT / "docs" / "seams.md").read_text("utf-8")
    of_this_release = [line for line in done.stdout.splitlines() if line.startswith("| `")]
    written = [line for line in document.splitlines() if line.startswith("| `")]
    assert [line for line in of_this_release if line not in written] == []
    others = [line for line in written if line not in of_this_release]
    assert all(line.endswith("| 1.12 |") for line in others), others


OTHER_FUNCTION = """
import json, os, pathlib, sys
os.environ["FLATMANIFEST"] = "1"
from flatmanifest.dbt import seam_lock, switch
from flatmanifest.dbt.releases import installed_release
known = seam_lock.lock()
of_release = known[seam_lock.name_of(installed_release())]
of_release["packages"]["Jinja2"] = "0"
of_release["targets"][sys.argv[1]] = "another"
seam_lock.LOCK = pathlib.Path("seams.lock.json")
seam_lock.LOCK.write_text(json.dumps(known))
is_on = switch.switch_on(records=True)
from flatmanifest.dbt.seams import REGISTRY, not_installed
left = sorted({each.target for each in not_installed(REGISTRY)})
print(json.dumps([is_on, switch._refusal, left]))
"""


def test_an_unknown_function_with_a_switch_is_left_to_dbt(tmp_path: Path) -> None:
    path = "dbt.parser.read_files.load_file_contents"
    done = run(tmp_path, "-c", OTHER_FUNCTION, path)
    is_on, refusal, left = json.loads(done.stdout)
    assert is_on, refusal
    others = ["filesystem_search", "get_source_files", "load_file_contents"]
    replaced = "dbt.parser.read_files."
    assert [name for name in left if name.startswith(replaced)] == [replaced + o for o in others]
    assert "dbt.parser.manifest.ManifestLoader.load" not in left


def test_dbt_is_left_alone_for_an_unknown_function_without_a_switch(tmp_path: Path) -> None:
    path = "dbt.parser.manifest.ManifestLoader.load"
    is_on, refusal, left = json.loads(run(tmp_path, "-c", OTHER_FUNCTION, path).stdout)
    assert not is_on
    assert refusal.startswith("does not fit dbt-core")
    assert f"(UnknownFunctionError: {path})" in refusal
    assert len(left) > 60


def test_a_lock_is_written_for_the_installed_release_alone(tmp_path: Path) -> None:
    known = json.loads((ROOT / "python/flatmanifest/dbt/seams.lock.json").read_text())
    path = tmp_path / "lock.json"
    path.write_text(json.dumps({"1.9": {"packages": {}, "targets": {}}, **known}))
    done = run(ROOT, "-m", "flatmanifest.dbt.seams_command", "--write", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(path.read_text()) == known
