"""``fdbt``, and the executable under the name ``dbt``, behave like ``flatmanifest dbt``."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import PROGRAM
from tests.dbt.warm import LINE, SELECTED, is_told
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from tests.dbt.warm import Done

FDBT = PROGRAM.with_name("fdbt")


def run(project: Path, *command: str | Path, **variables: str) -> Done:
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1", "FLATMANIFEST_EXPLAIN": "1"}
    return subprocess.run(
        command,
        cwd=project,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def names(tmp_path: Path) -> dict[str, Path]:
    """Return paths of the executable, as a tool's setting or a directory of links has them."""
    links = tmp_path / "links"
    links.mkdir()
    found = {"fdbt": FDBT, "link to fdbt": links / "tool", "link to flatmanifest": links / "dbt"}
    (links / "tool").symlink_to(FDBT)
    (links / "dbt").symlink_to(PROGRAM)
    return found


@pytest.mark.parametrize("name", ["fdbt", "link to fdbt", "link to flatmanifest"])
def test_a_warm_listing_is_told_natively(
    kept_warm: Path, names: dict[str, Path], name: str
) -> None:
    done = run(kept_warm, names[name], *SELECTED)
    assert done.returncode == 0
    assert is_told(done), done.stderr
    assert done.stdout.splitlines()[-1] == LINE


def test_it_is_found_on_the_path(kept_warm: Path) -> None:
    script = 'found=$1; shift; PATH=$(dirname "$found"):$PATH; exec "$(basename "$found")" "$@"'
    done = run(kept_warm, "sh", "-c", script, "sh", FDBT, "--version")
    assert "installed:" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["fdbt", "link to flatmanifest"])
def test_everything_else_is_dbts(kept_warm: Path, names: dict[str, Path], name: str) -> None:
    """Arguments, output and exit status are those of ``flatmanifest dbt``."""
    for arguments in (["ls", "--no-such-option"], ["show", "--inline", "select 7 as seven"]):
        done = run(kept_warm, names[name], *arguments)
        expected = run(kept_warm, PROGRAM, "dbt", *arguments)
        assert done.returncode == expected.returncode
        assert len(done.stdout.splitlines()) == len(expected.stdout.splitlines())
    assert "seven" in done.stdout


def test_a_command_named_dbt_is_an_argument_of_dbt(kept_warm: Path) -> None:
    done = run(kept_warm, FDBT, "dbt", "ls")
    assert done.returncode == 2
    assert "No such command 'dbt'" in done.stderr + done.stdout


def test_it_dies_with_the_signal_of_what_it_has_become(kept_warm: Path) -> None:
    """The process of fdbt becomes dbt, so that a signal reaches dbt, whose end is that of fdbt."""
    command: list[str | Path] = [
        FDBT,
        "show",
        "--inline",
        "select count(*) from range(100000000000)",
    ]
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1"}
    with subprocess.Popen(
        command, cwd=kept_warm, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # dbt has started
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_without_flatmanifest_beside_it_it_says_what_to_do(tmp_path: Path) -> None:
    alone = tmp_path / "fdbt"
    shutil.copy2(FDBT, alone)
    done = run(tmp_path, alone, "ls")
    assert done.returncode == 1
    message = f"fdbt: cannot run {tmp_path}/flatmanifest: No such file or directory: "
    assert done.stderr == message + "install flatmanifest again\n"
