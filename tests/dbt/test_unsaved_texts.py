"""An editor loads texts that are not on disk; later commands do not believe them, as dbt's do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.sides import ROOT
from tests.dbt.template import PROGRAM, PYTHON
from tests.dbt.test_front_door import run
from tests.dbt.unsaved_texts import ADDED, CHANGED
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

LIST = ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id tags"]
BY_DBT = [str(PYTHON), "-m", "tests.dbt.program"]
SIDES = {"dbt": ("0", BY_DBT), "plugin": ("1", BY_DBT), "front": ("1", [str(PROGRAM), "dbt"])}


def shown(project: Path) -> list[tuple[str, str, Any]]:
    """What manifest.json has of the models."""
    nodes = json.loads((project / "target" / "manifest.json").read_text())["nodes"]
    return sorted((name, node.get("raw_code", ""), node["tags"]) for name, node in nodes.items())


def told(project: Path, switch: str, program: list[str], loads: list[str]) -> list[Any]:
    """What commands say before and after an editor's loads, and after the text is saved."""
    generate("chain", project, 3)
    on_disk = "{{ config(tags=['on disk']) }} select 1 as a"
    (project / CHANGED).write_text(on_disk)
    variables = {"FLATMANIFEST": switch, "PYTHONPATH": str(ROOT)}
    found: list[Any] = []

    def command(arguments: list[str]) -> None:
        done = run(project, [*program, *arguments], **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        found.append((arguments[0], sorted(done.stdout.splitlines())))

    command(LIST)
    command(LIST)
    edited = run(project, [str(PYTHON), "-m", "tests.dbt.unsaved_texts", *loads], **variables)
    assert edited.returncode == 0, edited.stdout + edited.stderr
    found.append(("what the editor has", shown(project)))
    for _ in range(3):
        command(LIST)
    command(["parse", "--quiet"])
    found.append(("what is parsed", shown(project)))
    (project / ADDED).write_text("{{ config(tags=['saved']) }} select 2 as a")
    command(LIST)
    command(LIST)
    return found


@pytest.mark.parametrize(
    "loads", [["files", "texts"], ["texts", "texts"], ["texts", "files"]], ids=" ".join
)
def test_texts_of_an_editor_are_nobody_elses(tmp_path: Path, loads: list[str]) -> None:
    vanilla, *others = (
        told(tmp_path / side / "project", switch, program, loads)
        for side, (switch, program) in SIDES.items()
    )
    editors = json.dumps(vanilla[2])
    assert ("in the editor" in editors) == (loads[-1] == "texts"), (
        "the editor's texts are not loaded"
    )
    assert "in the editor" not in json.dumps(vanilla[3:])
    for side, ours in zip([*SIDES][1:], others, strict=True):
        for number, (expected, found) in enumerate(zip(vanilla, ours, strict=True)):
            assert found == expected, (side, number)
