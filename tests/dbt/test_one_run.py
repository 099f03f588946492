"""After one run by dbt the front door answers: a run that parses is recorded, too."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.warm import dbt, is_told
from tests.projects import generate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dbt.warm import Done


MODEL = "models/staging/stg_orders.sql"


def edit_a_model(project: Path) -> None:
    path = project / MODEL
    path.write_text(path.read_text().replace("select", "select 1 as one_more,", 1))


def add_a_model(project: Path) -> None:
    (project / MODEL).with_name("one_more.sql").write_text("select * from {{ ref('stg_orders') }}")


def remove_a_model(project: Path) -> None:
    (project / MODEL).with_name("one_more.sql").unlink()


def set_a_flag(project: Path) -> None:
    path = project / "dbt_project.yml"
    path.write_text(path.read_text().replace("flags:", "flags:\n  indirect_selection: cautious", 1))


def remove_the_cache(project: Path) -> None:
    for path in (project / "target" / "flatmanifest").iterdir():
        path.unlink()


def change_nothing(_project: Path) -> None:
    pass


def recorded(project: Path, *arguments: str) -> Done:
    done = dbt(project, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not recorded" not in done.stderr
    return done


# Steps of one project, in this order: a change and a command.
CHANGES: list[tuple[Callable[[Path], None], list[str]]] = [
    (change_nothing, ["ls"]),  # everything is parsed
    (change_nothing, ["parse"]),
    (edit_a_model, ["ls"]),
    (add_a_model, ["parse"]),
    (remove_a_model, ["ls", "--output", "json"]),
    (change_nothing, ["ls", "--vars", "{a: 1}"]),
    (change_nothing, ["ls", "--target", "prod"]),
    (change_nothing, ["ls", "--quiet"]),
    (set_a_flag, ["ls", "-s", "stg_orders", "--indirect-selection", "eager"]),
    (remove_the_cache, ["ls"]),
]


def test_the_run_that_parses_records(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    for change, arguments in CHANGES:
        change(project)
        by_dbt = recorded(project, *arguments)
        native = dbt(project, *arguments)
        assert is_told(native), (change.__name__, arguments, native.stderr)
        if "json" not in arguments and arguments[0] == "ls":
            lines = [line for line in by_dbt.stdout.splitlines() if "small_everything." in line]
            assert lines == native.stdout.splitlines()[-len(lines) :]


def form_of(metadata: dict[str, Any]) -> str:
    """The text of a manifest's metadata without digits and ids: times keep their form."""
    text = json.dumps({**metadata, "invocation_id": ""})
    return re.sub(r"\d+", "N", text)


@pytest.mark.parametrize("command", ["ls", "parse"])
def test_a_native_answer_writes_the_metadata_of_a_warm_start(tmp_path: Path, command: str) -> None:
    """A parse and a warm start write times in different forms, of different lengths."""
    found: list[Any] = []
    for side in ("0", "1"):
        project = tmp_path / side / "project"
        generate("small_everything", project, None)
        for _ in range(3):
            done = dbt(project, command, FLATMANIFEST=side)
            assert done.returncode == 0, done.stdout
            manifest = json.loads((project / "target" / "manifest.json").read_text())
            found.append([side, form_of(manifest["metadata"]), len(manifest["nodes"])])
        assert is_told(done) == (side == "1")
    assert [each[1:] for each in found[:3]] == [each[1:] for each in found[3:]]
    assert found[0][1] != found[1][1]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("one-run") / "project"
    generate("small_everything", project, None)
    assert not is_told(recorded(project, "ls", "--indirect-selection", "cautious"))
    return project


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls"],
        ["ls", "-s", "stg_orders"],
        ["ls", "--output", "json"],
        ["ls", "--exclude", "tag:nightly", "--indirect-selection", "empty"],
        ["ls", "--resource-type", "model", "--output", "path"],
    ],
)
def test_a_transcript_serves_other_options(warm: Path, arguments: list[str]) -> None:
    """A transcript has the value of each option without the command line, also of a given one."""
    assert is_told(dbt(warm, *arguments))


def test_the_default_of_an_option_is_the_projects(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    set_a_flag(project)
    arguments = ["ls", "-s", "stg_orders"]
    recorded(project, *arguments, "--indirect-selection", "eager")
    native = dbt(project, *arguments)
    assert is_told(native), native.stderr
    vanilla = dbt(project, *arguments, FLATMANIFEST="0")
    eager = dbt(project, *arguments, "--indirect-selection", "eager")
    listed = [
        [line for line in done.stdout.splitlines() if line.startswith("small_everything.")]
        for done in (native, vanilla, eager)
    ]
    assert listed[0] == listed[1]
    assert listed[0] != listed[2]
