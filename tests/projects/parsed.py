"""The manifests that dbt makes of the projects in tests/projects."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

# By the name that tests know them by: the project and its size.
GENERATED: dict[str, tuple[str, int | None]] = {
    "small_everything": ("small_everything", None),
    "chain_of_10": ("chain", 10),
}

# dbt left to itself, and quiet about it.
PRIVATE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "FLATMANIFEST": "0"}


def parse(project: Path) -> Path:
    """Let dbt parse a project and return the path of the manifest that it writes."""
    for module in ("dbt.cli.main", "dbt.adapters.duckdb"):
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            pytest.fail(
                f"there is no {module} to make a manifest with: install dbt-core and dbt-duckdb "
                "(pip install -r setup/requirements-dev.txt)"
            )
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "parse", "--no-use-colors"],
        cwd=project,
        env={**os.environ, **PRIVATE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "target" / "manifest.json"


def make_manifest(name: str, directory: Path) -> Path:
    """Generate one of GENERATED in a new directory and return the path of its manifest."""
    project, size = GENERATED[name]
    generate(project, directory, size)
    return parse(directory)
