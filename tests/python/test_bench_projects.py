"""The generated projects have the size in their name, are the same every time, and parse."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import PROJECTS, generate
from tests.projects.parsed import parse_once


def load(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(path.read_text())
    return manifest


def contents(project: Path) -> dict[str, bytes]:
    paths = (path for path in project.rglob("*") if path.is_file())
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in paths}


def count(manifest: dict[str, Any]) -> Counter[str]:
    return Counter(node["resource_type"] for node in manifest["nodes"].values())


def files(name: str, size: int | None = None) -> dict[str, str]:
    """Return the files of a project without writing them: there are thousands."""
    kind = PROJECTS[name]
    return dict(kind.files(size or kind.size))


@pytest.mark.parametrize("name", PROJECTS)
def test_same_files_every_time(name: str) -> None:
    assert files(name) == files(name)


@pytest.mark.parametrize("name", ["simple", "chain", "small_everything"])
def test_files_are_written_as_generated(name: str, tmp_path: Path) -> None:
    assert generate(name, tmp_path) == len(files(name))
    assert contents(tmp_path) == {path: text.encode() for path, text in files(name).items()}


@pytest.mark.parametrize(
    ("name", "models"), [("01_2000_simple", 2000), ("02_500_chain", 500), ("03_2000_chain", 2000)]
)
def test_size_is_in_the_name(name: str, models: int) -> None:
    paths = [path for path in files(name) if path.startswith("models/") and path.endswith(".sql")]
    assert len(paths) == models


def test_numbered_chain_is_the_chain_of_that_size() -> None:
    assert files("02_500_chain") == files("chain", size=125)


def test_chain_parses(generated: Callable[[str], Path]) -> None:
    manifest = load(generated("chain_of_10"))
    assert count(manifest) == {"model": 40, "test": 40}
    model, seen = "model.chain.marts_9", []
    while model:
        seen.append(model)
        model = next(iter(manifest["parent_map"][model]), "")
    layers = ("marts", "intermediate", "staging", "base")
    assert seen == [f"model.chain.{layer}_9" for layer in layers]


def test_simple_parses(tmp_path: Path) -> None:
    generate("simple", tmp_path, size=60)
    manifest = load(parse_once("simple", tmp_path))
    roots = 3
    assert count(manifest) == {"model": 60, "test": 60 * 3 - roots}
    parents = [len(manifest["parent_map"][f"model.simple.model_{number}"]) for number in range(60)]
    assert parents.count(0) == roots
    assert max(parents) == 5


def test_everything_has_every_resource_type(generated: Callable[[str], Path]) -> None:
    manifest = load(generated("small_everything"))
    assert set(count(manifest)) == {"model", "test", "seed", "snapshot", "analysis", "operation"}
    assert [section for section, content in manifest.items() if not content] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["chain", "new", "--models", "3"], "--models does not go with chain"),
        (["02_500_chain", "new", "--chains", "3"], "--chains does not go with 02_500_chain"),
        (["chain", "new", "--chains", "0"], "ask for 1 or more"),
        (["chain", "taken"], "taken is not empty"),
        (["no_such", "new"], "invalid choice: 'no_such'"),
    ],
)
def test_refusals(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    name, directory, *size = arguments
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    command = [sys.executable, "-m", "tests.projects", name, str(tmp_path / directory), *size]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert complaint in done.stderr
    assert not (tmp_path / "new").exists()
