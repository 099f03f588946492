"""The manifests that dbt makes of the projects in tests/projects."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.projects import generate

# By the name that tests know them by: the project and its size.
GENERATED: dict[str, tuple[str, int | None]] = {
    "small_everything": ("small_everything", None),
    "chain_of_10": ("chain", 10),
}

# dbt left to itself, and quiet about it.
PRIVATE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "FLATMANIFEST": "0"}

# What dbt made of a project once, for tests that are not about how it does. `make clean` forgets.
KEPT = Path(__file__).parents[2] / "build" / "manifests"
DBTS = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")


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
    return parse_once(name, directory)


def parse_once(name: str, directory: Path) -> Path:
    """Return the path of the manifest of a project that nothing has run in yet.

    dbt parses it unless the same dbt has parsed the same files before: then the manifest is a copy
    of that one.
    """
    manifest = directory / "target" / "manifest.json"
    kept = KEPT / f"{name}-{digest_of(directory)}.json"
    if kept.exists():
        manifest.parent.mkdir()
        shutil.copyfile(kept, manifest)
        return manifest
    parse(directory)
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=KEPT, delete=False) as file:
        file.write(manifest.read_bytes())
    Path(file.name).rename(kept)
    return manifest


def digest_of(project: Path) -> str:
    """Of the files of a project that nothing has run in, and of the dbt that is here."""
    told = [sys.version, *(f"{name} {metadata.version(name)}" for name in DBTS)]
    for path in sorted(project.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            told.append(f"{path.relative_to(project)} {content}")
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]
