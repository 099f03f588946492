"""Changes of a file's meaning, not only of its text: dbt, the plugin and the front door, warm.

Each case changes one file that dbt reads so that dbt's answer differs, lists, and undoes the
change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.meanings import MEANINGS, Step
from tests.dbt.sides import Side
from tests.dbt.template import PROGRAM
from tests.dbt.test_dbt_parity import SLOWER, compare
from tests.dbt.test_front_door import check as check_front
from tests.dbt.test_front_door import is_served, stable
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

LIST: Step = [
    *("dbt", "ls", "--output", "json", "--output-keys"),
    "unique_id alias schema tags description config",
]
NIGHTLY: Step = ["dbt", "ls", "--selector", "nightly", "--output", "name"]
# The first command parses, the second is recorded, so that the front door is warm for the change.
COMMANDS = [LIST, NIGHTLY]
CHUNKS = 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_file_that_means_something_else(tmp_path: Path, chunk: int) -> None:
    steps: list[Step] = [LIST, LIST, LIST]
    warm = len(steps)
    after: dict[int, str] = {}
    for name in list(MEANINGS)[chunk::CHUNKS]:
        edits, undone = MEANINGS[name]
        for part in (edits, undone):
            steps += part
            for command in COMMANDS:
                after[len(steps)] = name
                steps.append(command)
    sides = []
    for side, switch, program in (("0", "0", None), ("1", "1", None), ("2", "1", PROGRAM)):
        project = tmp_path / side / "project"
        generate("small_everything", project, None)
        variables = {"FLATMANIFEST": switch, "DBT_PROFILES_DIR": ""}
        sides.append(Side(project, steps, variables, program=program))
    has_gone_back = False
    for number, (step, vanilla, plugin, front) in enumerate(
        zip(steps, *(side.records() for side in sides), strict=True)
    ):
        if step[0] != "dbt":
            continue
        where = after.get(number, "warm")
        # If the plugin is back at an entry while dbt parses again, the files' order differs.
        has_gone_back |= is_parsed_anew(vanilla) and not is_parsed_anew(plugin)
        try:
            if has_gone_back:
                for side, record in (("plugin", plugin), ("front", front)):
                    assert said(record) == said(vanilla), f"{side}, {step}: {lost(vanilla, record)}"
            else:
                compare(step, vanilla, plugin, skipped=frozenset({"target/perf_info.json"}))
                check_front(step, vanilla, front)
        except AssertionError as error:
            raise AssertionError(f"after {where!r} (step {number}):\n{error}") from error
        assert number != warm - 1 or is_served(front), front["stderr"]


def is_parsed_anew(record: dict[str, Any]) -> bool:
    return any(SLOWER in line for line in record["stdout"])


def said(record: dict[str, Any]) -> tuple[bool, list[str]]:
    return record["success"], [line for line in stable(record["stdout"]) if SLOWER not in line]


def lost(vanilla: dict[str, Any], record: dict[str, Any]) -> str:
    """Return the lines that only one of two sides prints."""
    (_, before), (_, after) = said(vanilla), said(record)
    less = [f"- {line}" for line in before if line not in after]
    more = [f"+ {line}" for line in after if line not in before]
    return "\n".join(["", *[line[:200] for line in (*less, *more)][:20], *record.get("stderr", ())])
