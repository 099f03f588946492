"""Warnings of a parse are said once: the native answer after it warns as a warm dbt does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.meanings import RELEASE
from tests.dbt.session import replace, text_of
from tests.dbt.warm import dbt, is_told
from tests.projects import generate

MARTS = "models/marts/_marts.yml"
DUPLICATE = """
models:
  - name: twice
    description: one
    description: two
"""
UNKNOWN_KEY = """
models:
  - name: odd
    an_unknown_key: true
"""


def nothing(_project: Path) -> None:
    pass


def past_deprecation(project: Path) -> None:
    """Each command of dbt warns of it, after the parse."""
    replace(project / MARTS, "deprecation_date: 2099-12-31", "deprecation_date: 2020-12-31")


def unknown_key(project: Path) -> None:
    """The parse of the file warns of it (dbt 1.10)."""
    (project / "models" / "odd.sql").write_text("select 1 as id")
    (project / "models" / "odd.yml").write_text(UNKNOWN_KEY)


def unused_path(project: Path) -> None:
    """Each command warns of it, after it has loaded the manifest."""
    replace(project / "dbt_project.yml", "models:", "models:\n  nowhere:\n    +enabled: true")


def duplicate_key(project: Path) -> None:
    """Each command warns of it, while it reads files."""
    (project / "models" / "twice.sql").write_text("select 1 as id")
    (project / "models" / "twice.yml").write_text(DUPLICATE)


def missing_reference(project: Path) -> None:
    """The parse warns of a test of a model that is not there."""
    (project / "models" / "missing.yml").write_text("models:\n  - name: not_there\n")


def unexpected_block(project: Path) -> None:
    """The parse of the file meets a deprecation, which dbt sums up at the end."""
    (project / "macros" / "_dangling.sql").write_text(
        "{% macro dangling() %}1{% endmacro %}\n{% endmacro %}"
    )


def all_of_them(project: Path) -> None:
    for each in (past_deprecation, unknown_key, unused_path, missing_reference):
        each(project)


EVERY = ["--show-all-deprecations"]
CASES: list[Any] = [
    (nothing, []),
    (past_deprecation, []),
    pytest.param(unknown_key, [], marks=pytest.mark.one_story),
    (unknown_key, EVERY),
    pytest.param(unexpected_block, [], marks=pytest.mark.one_story),
    (unexpected_block, EVERY),
    (unused_path, []),
    (duplicate_key, []),
    (missing_reference, []),
    pytest.param(all_of_them, EVERY, marks=pytest.mark.one_story),
]
# The number of the first command that is native: the third where dbt has mixed the warnings.
LATER = {"duplicate_key": 2, "all_of_them": 2}


def said(text: str) -> list[str]:
    """The lines without what differs from command to command."""
    return [
        line
        for line in map(text_of, text.splitlines())
        if not re.search(r"Unable to do partial|Command `|Resource report", line)
    ]


@pytest.mark.parametrize(("cause", "options"), CASES)
def test_a_native_answer_warns_as_a_warm_dbt(
    tmp_path: Path, cause: Callable[[Path], None], options: list[str]
) -> None:
    command = ["ls", "--select", "stg_orders", *options]
    found = {}
    for side in ("0", "1"):
        project = tmp_path / side / "project"
        generate("small_everything", project, None)
        cause(project)
        found[side] = [dbt(project, *command, FLATMANIFEST=side) for _ in range(3)]
    native = [is_told(done) for done in found["1"]]
    latest = LATER.get(cause.__name__, 1)
    assert all(native[latest:]), [done.stderr for done in found["1"]]
    for vanilla, ours in zip(found["0"], found["1"], strict=True):
        assert vanilla.returncode == ours.returncode == 0
        assert said(vanilla.stdout) == said(ours.stdout)
    if cause is unexpected_block:
        assert "Summary of encountered deprecations" in found["0"][0].stdout
    if cause is not nothing and (RELEASE >= (1, 12) or cause is past_deprecation):
        assert any("WARNING" in line for line in said(found["0"][0].stdout))
