"""The plugin is active before a program that uses dbt's code directly reads a manifest."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

IS_ON = """
from dbt.parser.manifest import ManifestLoader
print(hasattr(ManifestLoader.read_manifest_for_partial_parse, "__wrapped__"))
"""


def told(program: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return done.stdout.split()


def test_activation_waits_until_dbt_is_imported() -> None:
    program = """
import sys
import flatmanifest.dbt.activate
print(any(name.partition(".")[0] == "dbt" for name in sys.modules))
import dbt.version
waits = lambda: any(type(finder).__name__ == "_Waiting" for finder in sys.meta_path)
print(waits(), "flatmanifest.dbt.warm.loading" in sys.modules)
from dbt.parser.manifest import ManifestLoader
print(waits(), "flatmanifest.dbt.warm.loading" in sys.modules)
"""
    dbt_is_there, *states = told(program + IS_ON)
    assert dbt_is_there == "False"
    assert states == ["True", "False", "False", "True", "True"], "the import hook is not removed"


def test_activation_is_immediate_if_dbt_is_imported() -> None:
    assert told(f"{IS_ON}\nimport flatmanifest.dbt.activate{IS_ON}") == ["False", "True"]


def test_the_switch_is_heeded() -> None:
    assert told(f"import flatmanifest.dbt.activate{IS_ON}", FLATMANIFEST="0") == ["False"]


@pytest.mark.parametrize(("name", "is_on"), [("dbt-osmosis", True), ("dbtosmosis", False)])
def test_programs_with_a_name_of_dbts_are_activated(
    tmp_path: Path, name: str, *, is_on: bool
) -> None:
    """By flatmanifest.pth, which Python runs when it starts."""
    program = tmp_path / name
    program.write_text(IS_ON)
    for switch in ("1", "0"):
        done = subprocess.run(
            [sys.executable, program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "FLATMANIFEST": switch},
        )
        assert done.stdout.split() == [str(is_on and switch == "1")]
        assert done.stderr == ""


def test_the_plugin_that_dbt_finds_goes_on_being_one() -> None:
    program = "import flatmanifest.dbt.activate, dbt_flatmanifest"
    assert told(f"{program}{IS_ON}") == ["True"]
    assert told(f"import dbt_flatmanifest, flatmanifest.dbt.activate{IS_ON}") == ["True"]


def test_without_dbt_nothing_happens() -> None:
    program = """
import sys
import flatmanifest.dbt.activate
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
try:
    import dbt.parser.manifest
except ImportError as error:
    print(error.name)
"""
    assert told(program) == ["dbt"]


LOCKS = """
from dbt.contracts.graph.manifest import Manifest
from dbt.mp_context import get_mp_context
locks = [Manifest()._lock, get_mp_context().Lock(), get_mp_context().RLock()]
import os, signal
print(get_mp_context().get_start_method(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("state", ["on", "off"])
def test_a_killed_dbt_leaves_no_lock_behind(state: str) -> None:
    environment = {**os.environ, "FLATMANIFEST": "0"} if state == "off" else None
    done = subprocess.run(
        [sys.executable, "-c", f"import flatmanifest.dbt.activate{LOCKS}"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stdout.split()[-1] == "spawn"
    assert ("leaked semaphore" in done.stderr) == (state == "off")


def test_sqlfluff_finds_it_by_its_entry_point() -> None:
    entry_points = distribution("flatmanifest").entry_points
    points = [point for point in entry_points if point.group == "sqlfluff"]
    assert [point.value for point in points] == ["flatmanifest.dbt.activate"]
    assert "dbt.parser.manifest" in points[0].load().AWAITED
