"""Stories of commands and edits, in copies of a template and by dbt alone, compare everything."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.residents import PROGRAM, Place, is_resident
from tests.dbt.sides import Side
from tests.dbt.test_front_door import FIRST_SEED, Story, check
from tests.projects import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 18
Step = list[Any]
MART = "models/marts/customers.sql"
EVERYTHING: list[Step] = [
    # With one thread, dbt 1.10 waits for ever for the second batch of a model.
    ["dbt", "build", "--threads", "1", "--exclude", "order_batches"],
    ["replace", MART, "select", "SELECT"],
    ["dbt", "ls", "--select", "customers+"],
    ["dbt", "compile", "--select", "customers"],
    ["dbt", "show", "--select", "customers", "--limit", "2"],
    ["dbt", "build", "--select", "customers", "--threads", "1"],
    ["dbt", "test", "--select", "customers", "--threads", "1"],
    ["write", "models/marts/broken.sql", "select {{ nothing.at.all }}"],
    ["dbt", "run", "--select", "broken"],
    ["dbt", "compile", "--select", "customers"],
    ["remove", "models/marts/broken.sql"],
    ["write", "models/marts/failing.sql", "select nothing from {{ ref('customers') }}"],
    ["dbt", "run", "--select", "failing"],
    ["dbt", "retry"],
    ["remove", "models/marts/failing.sql"],
    ["dbt", "seed", "--threads", "1"],
    ["dbt", "snapshot", "--threads", "1"],
    ["dbt", "source", "freshness"],
    ["dbt", "docs", "generate", "--threads", "1"],
    ["setenv", "FRONT_DOOR", "b"],
    ["dbt", "parse"],
    ["dbt", "ls", "--output", "json", "--select", "orders"],
    ["dbt", "run", "--select", "no_such_model"],
    ["dbt", "clean"],
    ["dbt", "compile", "--select", "customers"],
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("resident")
    found = Place(directory / "run")
    yield found
    found.stop()


def run_sides(directory: Path, place: Place, steps: list[Step]) -> Iterator[Any]:
    """Yield each step with the records of dbt and of the executable, whose copies run dbt."""
    sides = []
    for name in ("dbt", "copies"):
        project = directory / name / "project"
        generate("small_everything", project, None)
        if name == "dbt":
            sides.append(Side(project, steps, {"FLATMANIFEST": "0"}))
        else:
            # A first process of Python starts the template, and parses.
            own = Side(project, [["dbt", "ls"]], place.variables, program=PROGRAM)
            own.records()
            shutil.rmtree(project / "target")
            shutil.rmtree(project / "logs")
            place.await_templates(1, PYTHONHASHSEED="0")
            sides.append(Side(project, steps, place.variables, program=PROGRAM))
    yield from zip(steps, *(side.records() for side in sides), strict=True)


def compare_story(directory: Path, place: Place, steps: list[Step], least: int) -> None:
    copied = 0
    for number, (step, vanilla, ours) in enumerate(run_sides(directory, place, steps)):
        if step[0] != "dbt":
            continue
        said = "\n".join(ours["stderr"])
        try:
            check(step, vanilla, ours)
        except AssertionError as error:
            before = "\n".join(map(str, steps[max(number - 6, 0) : number + 1]))
            raise AssertionError(f"step {number}, after:\n{before}\n{said}\n{error}") from error
        assert "Python starts" not in said, (step, said)
        copied += is_resident(said)
    assert copied >= least


def test_every_kind_of_command(tmp_path: Path, place: Place) -> None:
    compare_story(tmp_path, place, EVERYTHING, least=18)


def test_random_edits_and_commands(tmp_path: Path, place: Place) -> None:
    steps = [step for step in Story(FIRST_SEED + 50).steps(STEPS) if step[0] != "damage"]
    compare_story(tmp_path, place, steps, least=3)
