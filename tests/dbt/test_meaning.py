"""What a file means is changed, not only its text: dbt beside the plugin and the front door, warm.

Each case changes one file that dbt reads so that dbt answers otherwise, lists, and undoes the
change. The last of them take a file away, add one that was absent, or put one where dbt finds it
first.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.sides import Side
from tests.dbt.template import PROGRAM
from tests.dbt.test_dbt_parity import SLOWER, compare
from tests.dbt.test_front_door import check as check_front
from tests.dbt.test_front_door import is_served, stable
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

Step = list[Any]
RELEASE = tuple(map(int, version("dbt-core").split(".")[:2]))
LIST: Step = [
    *("dbt", "ls", "--output", "json", "--output-keys"),
    "unique_id alias schema tags description config",
]
NIGHTLY: Step = ["dbt", "ls", "--selector", "nightly", "--output", "name"]
PROJECT, SELECTORS, PROFILES = "dbt_project.yml", "selectors.yml", "profiles.yml"
OTHER_SELECTOR = """selectors:
  - name: nightly
    definition: {method: tag, value: staging}
  - {name: everything, default: true, definition: "fqn:*.staging.*"}
"""
PACKAGE: list[Step] = [
    ["write", "dbt_packages/extra/dbt_project.yml", "name: extra\nversion: 1.0.0\n"],
    ["write", "dbt_packages/extra/models/extra.sql", "select 1 as a"],
    ["write", "packages.yml", "packages:\n  - {package: acme/extra, version: 1.0.0}\n"],
]
NO_PACKAGE: list[Step] = [["remove", "packages.yml"], ["remove_tree", "dbt_packages"]]
CATALOGS = "catalogs:\n  - {name: c, active_write_integration: 7}\n"


def replaced(path: str, old: str, new: str) -> tuple[list[Step], list[Step]]:
    return [["replace", path, old, new]], [["replace", path, new, old]]


def added(path: str, text: str) -> tuple[list[Step], list[Step]]:
    return [["write", path, text]], [["remove", path]]


def moved(path: str, other: str) -> tuple[list[Step], list[Step]]:
    return [["rename", path, other]], [["rename", other, path]]


# What is changed: how, and how it is undone.
CASES: dict[str, tuple[list[Step], list[Step]]] = {
    "project: tags": replaced(PROJECT, "+tags: staging", "+tags: [staging, another]"),
    "project: a variable": replaced(PROJECT, "currency: EUR", "currency: USD"),
    "project: where models are": (
        [
            ["append", PROJECT, "\nmodel-paths: [models, more]\n"],
            *added("more/m.sql", "select 1")[0],
        ],
        [["remove_tree", "more"], ["replace", PROJECT, "\nmodel-paths: [models, more]\n", ""]],
    ),
    "selectors: a definition": replaced(SELECTORS, "value: nightly", "value: staging"),
    "selectors: the default": replaced(SELECTORS, "default: false", "default: true"),
    "selectors: others": (
        [["copy_file", SELECTORS, "kept.txt"], ["write", SELECTORS, OTHER_SELECTOR]],
        [["rename", "kept.txt", SELECTORS]],
    ),
    "selectors: none": moved(SELECTORS, "kept.txt"),
    "a model: its config": (
        [
            [
                "replace",
                "models/staging/stg_orders.sql",
                "select\n",
                "{{ config(alias='o') }} select\n",
            ]
        ],
        [
            [
                "replace",
                "models/staging/stg_orders.sql",
                "{{ config(alias='o') }} select\n",
                "select\n",
            ]
        ],
    ),
    "a model: one more": added("models/staging/one_more.sql", "select 1 as a"),
    "a schema file": replaced("models/staging/_staging.yml", "score: 0.1", "score: 0.2"),
    "a doc block": replaced("docs/descriptions.md", "{% enddocs %}", "more{% enddocs %}"),
    "a macro that names schemas": added(
        "macros/schemas.sql",
        "{% macro generate_schema_name(custom, node) %}all_in_one{% endmacro %}",
    ),
    "a seed": added("seeds/more.csv", "a\n1\n"),
    "a snapshot": added(
        "snapshots/more.sql",
        "{% snapshot more %}{{ config(unique_key='a', strategy='check', check_cols='all',"
        " target_schema='s') }}select 1 as a{% endsnapshot %}",
    ),
    "a singular test": added("tests/more.sql", "select 1 where false"),
    "a generic test": replaced("tests/generic/amount_above.sql", "{% test", "{% test  "),
    "an analysis": added("analyses/more.sql", "select 1"),
    "what is ignored": added(".dbtignore", "models/marts/retired_report.sql\n"),
    "a package": (PACKAGE, NO_PACKAGE),
    "a package that is not installed": added("packages.yml", PACKAGE[-1][2]),
    "dependencies": added("dependencies.yml", "projects:\n  - name: upstream\n"),
    "a broken dependencies.yml": added("dependencies.yml", "packages: 7\n"),
    "catalogs": added("catalogs.yml", CATALOGS),
    "profile: the schema": replaced(PROFILES, "threads: 2", "threads: 2\n      schema: another"),
    "profile: the target": replaced(PROFILES, "'dev') }}", "'prod') }}"),
    "a profile that is wrong": replaced(PROFILES, "type: duckdb", "type: no_such"),
}
if RELEASE >= (1, 12):
    CASES["vars.yml"] = (
        [
            ["replace", PROJECT, "vars:\n", "models_vars:\n"],
            [
                "write",
                "vars.yml",
                "vars: {currency: CHF, minimum_amount: 1, audit: {enabled: false}}",
            ],
        ],
        [["remove", "vars.yml"], ["replace", PROJECT, "models_vars:\n", "vars:\n"]],
    )
    CASES[".env"] = (
        [["write", ".env", "SMALL_EVERYTHING_TARGET=prod\n"]],
        [["remove", ".env"]],
    )
    CASES["a document of semantic models"] = added("osi/more.json", "{}")
# The first parses, the second is recorded: what is changed next finds the front door warm.
COMMANDS = [LIST, NIGHTLY]
CHUNKS = 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_file_that_means_something_else(tmp_path: Path, chunk: int) -> None:
    steps: list[Step] = [LIST, LIST, LIST]
    warm = len(steps)
    after: dict[int, str] = {}
    for name in list(CASES)[chunk::CHUNKS]:
        edits, undone = CASES[name]
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
        # Back at an entry, where dbt parses anew: its files have another order from then on.
        has_gone_back |= is_parsed_anew(vanilla) and not is_parsed_anew(plugin)
        try:
            if has_gone_back:
                assert said(vanilla) == said(plugin) == said(front), step
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
