"""After a command of plain ``dbt``, ``flatmanifest dbt`` answers the same command natively."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.dbt.residents import PROGRAM
from tests.dbt.sides import Side
from tests.dbt.test_front_door import check
from tests.dbt.test_one_run import MODEL, add_a_model
from tests.dbt.warm import LINE, SELECTED, dbt, is_told
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.warm import Done

DBT = PROGRAM.with_name("dbt")
WHY = "the command was dbt, not fdbt"
# Each second command goes to the front door.
IN_TURN = f"""#!/bin/sh
shift
if [ -e "$0.next" ]; then rm "$0.next"; exec "{PROGRAM}" dbt "$@"; fi
: > "$0.next"
exec "{DBT}" "$@"
"""
COMMANDS = [
    ["ls", "--select", "+orders", "--output", "json"],
    ["--log-format", "json", "ls", "--resource-type", "source"],
    ["parse"],
]


def plain(project: Path, *arguments: str, **variables: str) -> Done:
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1", "FLATMANIFEST_EXPLAIN": "1"}
    return subprocess.run(
        [DBT, *arguments],
        cwd=project,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_is_as_without_the_plugin(tmp_path: Path) -> None:
    steps = [["dbt", *command] for command in COMMANDS for _ in range(2)]
    edit = ["replace", MODEL, "select", "SELECT"]
    steps = [*steps, edit, ["dbt", "ls"], ["dbt", "ls"]]
    program = tmp_path / "in_turn"
    program.write_text(IN_TURN)
    program.chmod(0o755)
    sides = []
    for name, of_tests, variables in (
        ("dbt", None, {"FLATMANIFEST": "0"}),
        ("plain", program, {"FLATMANIFEST_EXPLAIN": "1"}),
    ):
        project = tmp_path / name / "project"
        generate("small_everything", project, None)
        sides.append(Side(project, steps, variables, program=of_tests))
    vanilla, ours = (side.records() for side in sides)
    is_plain = True
    for step, theirs, mine in zip(steps, vanilla, ours, strict=True):
        if step[0] != "dbt":
            continue
        said = "\n".join(mine["stderr"])
        if is_plain:
            assert mine["success"] == theirs["success"], said
            assert "not recorded" not in said
        else:
            check(step, theirs, mine)
            assert "dbt runs" not in said
        is_plain = not is_plain


def test_one_command_of_dbt_is_enough(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    first = plain(project, *SELECTED)
    assert first.returncode == 0, first.stdout
    told = dbt(project, *SELECTED, program=PROGRAM)
    assert is_told(told), told.stderr
    assert told.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]
    status = subprocess.run(
        [PROGRAM, "cache", "status"], cwd=project, capture_output=True, text=True, check=True
    )
    assert WHY in status.stdout


def test_an_edit_is_seen(warm: Path) -> None:
    add_a_model(warm)
    first = plain(warm, "ls")
    assert first.returncode == 0, first.stdout
    told = dbt(warm, "ls", program=PROGRAM)
    assert is_told(told), told.stderr
    assert "one_more" in told.stdout


def test_the_record_is_pushed(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    project = tmp_path / "project"
    generate("small_everything", project, None)
    remote = tmp_path / "remote"
    variables = {"FLATMANIFEST_CACHE_URL": str(remote), "FLATMANIFEST_CACHE_PUSH": "1"}
    done = plain(project, *SELECTED, **variables)
    assert done.returncode == 0, done.stdout
    assert len([*remote.glob("*/*.portable.fman")]) == 2  # an entry and a transcript


def test_nothing_is_recorded_where_the_plugin_is_off(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    done = plain(project, "ls", "--no-such-option", FLATMANIFEST="0")
    assert done.returncode == 2
    assert "flatmanifest" not in done.stderr
    assert not (project / "target" / "flatmanifest").exists()


LOADED = "import sys; print([name for name in sys.modules if 'flatmanifest' in name])"


def test_the_recorder_begins_before_dbt() -> None:
    """An import of dbt while dbt is being imported would make two modules of it."""
    program = """
import sys
from flatmanifest.dbt.recorded_command import RecordedCommand
RecordedCommand("why")
print([name for name in sys.modules if name.partition(".")[0] == "dbt"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_no_other_program_imports_anything(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    script.write_text(LOADED)
    for command in ([script], ["-c", LOADED, "/bin/dbt"]):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert "flatmanifest.dbt" not in done.stdout
        assert not done.stderr


def test_a_program_named_dbt_that_is_another(tmp_path: Path) -> None:
    script = tmp_path / "dbt"
    script.write_text("print('not of dbt')")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("not of dbt\n", "")


def test_dbt_runs_where_the_recorder_cannot_begin(tmp_path: Path) -> None:
    """A module of the package that cannot be imported costs the recording, not the command."""
    project = tmp_path / "project"
    generate("small_everything", project, None)
    broken = tmp_path / "broken"
    broken.mkdir()
    module = "flatmanifest.dbt.recorded_command"
    (broken / "sitecustomize.py").write_text(f"import sys\nsys.modules[{module!r}] = None")
    done = plain(project, *SELECTED, PYTHONPATH=str(broken))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == LINE
    assert not [*(project / "target" / "flatmanifest").glob("*.transcript*")]


def test_it_exits_as_dbt_does(kept_warm: Path) -> None:
    ours, theirs = (
        plain(kept_warm, "ls", "--no-such-option", FLATMANIFEST=side) for side in ("1", "0")
    )
    assert ours.returncode == theirs.returncode == 2
    assert ours.stdout == theirs.stdout
    assert ours.stderr.endswith(theirs.stderr)
