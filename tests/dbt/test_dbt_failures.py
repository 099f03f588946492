"""Failures that must not change dbt's results: damaged entries, a full disk, unknown releases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.session import text_of
from tests.dbt.template import PYTHON
from tests.dbt.test_dbt_parity import LS, PARSE, SLOWER, Step, compare, run_both
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

ROOT = Path(__file__).parents[2]
WARNING = "flatmanifest failed and leaves this to dbt"
OTHER = os.environ.get("FLATMANIFEST_OTHER_DBT", "")  # the programs beside another release


def without_warnings(record: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return a record without the plugin's warnings about its failures, and their number."""
    said = [line for line in record["stdout"] if WARNING in line]
    kept = [line for line in record["stdout"] if WARNING not in line]
    return {**record, "stdout": kept, "log": []}, len(said)


def check(directory: Path, steps: list[Step], failing: dict[int, int]) -> None:
    """``failing``: the number of the plugin's warnings by step."""
    for number, (step, records) in enumerate(zip(steps, run_both(directory, steps), strict=True)):
        if step[0] == "dbt":
            vanilla, ours = records
            ours, warnings = without_warnings(ours)
            assert warnings == failing.get(number, 0), (number, step, records[1]["stdout"])
            compare(step, {**vanilla, "log": []}, ours)


@pytest.mark.parametrize("how", ["byte", "end"])
def test_damaged_entries_are_left_and_made_anew(tmp_path: Path, how: str) -> None:
    entry = "target/flatmanifest/" + "[0-9a-f]" * 24 + ".fman"
    steps = [PARSE, ["damage", entry, how], PARSE, LS]
    check(tmp_path, steps, {2: 1})


@pytest.mark.parametrize("what", ["state", "artifacts"])
def test_damaged_notes_are_forgotten(tmp_path: Path, what: str) -> None:
    steps = [PARSE, ["damage", f"target/flatmanifest/*.{what}.fman", "byte"], PARSE, PARSE]
    check(tmp_path, steps, {})


def test_no_room_for_entries(tmp_path: Path) -> None:
    """If the cache cannot be written, dbt warns once and continues."""
    (tmp_path / "file").write_text("")
    steps = [["setenv", "FLATMANIFEST_CACHE_DIR", str(tmp_path / "file" / "cache")], PARSE, PARSE]
    check(tmp_path, steps, {1: 1})


def test_another_place_for_entries(tmp_path: Path) -> None:
    steps = [["setenv", "FLATMANIFEST_CACHE_DIR", str(tmp_path / "cache")], PARSE, PARSE]
    check(tmp_path, steps, {})
    kept = {path.name.partition(".")[2] for path in (tmp_path / "cache").iterdir()}
    assert kept >= {"fman", "state.fman", "artifacts.fman", "portable.fman"}
    assert not (tmp_path / "1" / "project" / "target" / "flatmanifest").exists()


def run_dbt(
    project: Path, before: str, python: Path = Path(sys.executable), **environment: str
) -> str:
    """Return the output of ``dbt parse`` in a process that runs some Python code first."""
    code = f"{before}\nfrom dbt.cli.main import cli\nimport sys\nsys.argv = ['dbt', 'parse']\ncli()"
    variables = {**PRIVATE, "FLATMANIFEST": "1", **environment}
    return run_program([python, "-c", code], project, variables).stdout


def test_an_unknown_dbt_is_left_alone(tmp_path: Path) -> None:
    generate("chain", tmp_path / "project", 1)
    said = run_dbt(tmp_path / "project", "import dbt.version; dbt.version.__version__ = '9.9.9'")
    assert said.count("flatmanifest knows dbt-core 1.10, 1.11, 1.12, not 9.9.9") == 1
    assert not (tmp_path / "project" / "target" / "flatmanifest").exists()


@pytest.mark.skipif(not OTHER, reason="no environment with another release is named")
def test_another_dbt_on_the_same_project(tmp_path: Path) -> None:
    """Upgrade dbt and go back: entries, answers and dbt's own file come from the other release."""
    own = Path(sys.executable).parent
    steps = [(Path(OTHER), "parse"), (own, "ls"), (own, "ls"), (Path(OTHER), "ls")]
    said: dict[str, list[Any]] = {}
    for switch, program in (("0", ["dbt"]), ("1", ["flatmanifest", "dbt"])):
        project = tmp_path / switch
        generate("small_everything", project, None)
        said[switch] = []
        for programs, command in steps:
            done = subprocess.run(
                [str(programs / program[0]), *program[1:], command],
                cwd=project,
                env={**os.environ, **PRIVATE, "PYTHONHASHSEED": "0", "FLATMANIFEST": switch},
                capture_output=True,
                text=True,
                check=False,
            )
            printed = text_of(done.stdout.replace(str(project), "PROJECT"))
            lines = [line for line in printed.splitlines() if SLOWER not in line]
            manifest = json.loads((project / "target" / "manifest.json").read_text())
            version = manifest["metadata"]["dbt_version"]
            said[switch].append((done.returncode, lines, version, sorted(manifest["nodes"])))
    for step, vanilla, ours in zip(steps, said["0"], said["1"], strict=True):
        assert ours == vanilla, step


def test_the_switch_leaves_dbt_alone(tmp_path: Path) -> None:
    generate("chain", tmp_path / "project", 1)
    shown = "import atexit, sys; atexit.register(lambda: print(*sys.modules, sep='\\n'))"
    said = run_dbt(tmp_path / "project", shown, FLATMANIFEST="0").splitlines()
    assert "dbt_flatmanifest" in said
    assert "flatmanifest.dbt.warm.loading" not in said
    assert not (tmp_path / "project" / "target" / "flatmanifest").exists()


def test_values_of_environment_variables_are_not_kept(tmp_path: Path) -> None:
    generate("small_everything", tmp_path / "project", None)
    run_dbt(tmp_path / "project", "", PYTHON, SMALL_EVERYTHING_SUFFIX="not_to_be_told")
    model = "models/staging/stg_customers.sql"
    (tmp_path / "project" / model).write_text("select '{{ env_var('HIDDEN')[:1] }}' as a")
    run_dbt(tmp_path / "project", "", PYTHON, HIDDEN="correct horse battery staple")
    for entry in (tmp_path / "project" / "target" / "flatmanifest").iterdir():
        assert b"correct horse" not in entry.read_bytes()


BROKEN_INSTALLATION = """
import sys
sys.modules["flatmanifest.dbt.cold.validation"] = None  # as if it could not be imported
from dbt.cli.main import cli
cli(["parse", "--no-use-colors"], prog_name="dbt")
"""


def test_an_installation_that_is_broken(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("chain", project, 1)
    variables = {**PRIVATE, "FLATMANIFEST": "1", "DBT_PROFILES_DIR": str(project)}
    done = run_program([sys.executable, "-c", BROKEN_INSTALLATION], project, variables)
    assert done.stdout.count("flatmanifest does not fit dbt-core") == 1
    assert "ModuleNotFoundError" in done.stdout
    assert (project / "target" / "manifest.json").exists()
