"""Makes manifests of the projects in tests/projects by dbt."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.projects import generate
from tests.running import run_program

# By the name of the manifest in tests: the project and its size.
GENERATED: dict[str, tuple[str, int | None]] = {
    "small_everything": ("small_everything", None),
    "chain_of_10": ("chain", 10),
}

# Turns the plugin and dbt's usage statistics off.
PRIVATE = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1", "FLATMANIFEST": "0"}

# Manifests of earlier runs, for tests that are not about parsing. `make clean` removes them.
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
    run_program(
        [sys.executable, "-m", "dbt.cli.main", "parse", "--no-use-colors"], project, PRIVATE
    )
    return project / "target" / "manifest.json"


def make_manifest(name: str, directory: Path) -> Path:
    """Generate one of GENERATED in a new directory and return the path of its manifest."""
    project, size = GENERATED[name]
    generate(project, directory, size)
    return parse_once(name, directory)


def parse_once(name: str, directory: Path) -> Path:
    """Return the path of the manifest of a project in which nothing has run yet.

    If the same dbt has parsed the same files before, the manifest is a copy of the earlier one;
    otherwise dbt parses the project.
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
    """Return a digest of the files of a project in which nothing has run, and of the dbt here."""
    told = [sys.version, *(f"{name} {metadata.version(name)}" for name in DBTS)]
    for path in sorted(project.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            told.append(f"{path.relative_to(project)} {content}")
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]
