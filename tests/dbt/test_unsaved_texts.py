"""An editor parses unsaved texts. Later commands do not use these texts, as with dbt alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.dbt.sides import ROOT
from tests.dbt.template import PROGRAM, PYTHON
from tests.dbt.test_front_door import run
from tests.dbt.unsaved_texts import ADDED, CHANGED
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

LOADS = [["files", "texts"], ["texts", "texts"], ["texts", "files"]]
LIST = ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id tags"]
BY_DBT = [str(PYTHON), "-m", "tests.dbt.program"]
SIDES = {"dbt": ("0", BY_DBT), "plugin": ("1", BY_DBT), "front": ("1", [str(PROGRAM), "dbt"])}


def shown(project: Path) -> list[tuple[str, str, Any]]:
    """Return some fields of the models in manifest.json."""
    nodes = json.loads((project / "target" / "manifest.json").read_text())["nodes"]
    return sorted((name, node.get("raw_code", ""), node["tags"]) for name, node in nodes.items())


def told(project: Path, switch: str, program: list[str]) -> list[Any]:
    """Return the results of commands before and after an editor's loads, and after saving."""
    generate("chain", project, 3)
    (project / CHANGED).write_text("{{ config(tags=['on disk']) }} select 1 as a")
    variables = {"FLATMANIFEST": switch, "PYTHONPATH": str(ROOT)}
    found: list[Any] = []

    def command(*arguments: str) -> None:
        done = run(project, [*program, *arguments], **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        found.append([*arguments[:1], *sorted(done.stdout.splitlines())])

    command(*LIST)
    command(*LIST)
    for loads in LOADS:
        edited = run(project, [str(PYTHON), "-m", "tests.dbt.unsaved_texts", *loads], **variables)
        assert edited.returncode == 0, edited.stdout + edited.stderr
        found.append([*loads, shown(project)])
        command(*LIST)
        command(*LIST)
    command("parse", "--quiet")
    found.append(["what is parsed", shown(project)])
    (project / ADDED).write_text("{{ config(tags=['saved']) }} select 2 as a")
    command(*LIST)
    command(*LIST)
    return found


def test_unsaved_texts_do_not_reach_later_commands(tmp_path: Path) -> None:
    vanilla, *others = (
        told(tmp_path / side / "project", switch, program)
        for side, (switch, program) in SIDES.items()
    )
    for what, *texts in vanilla:
        has_texts = "in the editor" in json.dumps(texts)
        assert has_texts == (what in {"files", "texts"} and texts[0] == "texts"), (what, texts)
    for side, ours in zip([*SIDES][1:], others, strict=True):
        for number, (expected, found) in enumerate(zip(vanilla, ours, strict=True)):
            assert found == expected, (side, number)
