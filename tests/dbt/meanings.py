"""Edits that change the meaning of each file of small_everything that dbt reads, and their undoing.

dbt's answer differs after each edit. The last edits remove a file, add a missing file, or put a
file where dbt finds it first.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

Step = list[Any]
RELEASE = tuple(map(int, version("dbt-core").split(".")[:2]))
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


# By the name of the change: the edit and its undoing.
MEANINGS: dict[str, tuple[list[Step], list[Step]]] = {
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
    MEANINGS["vars.yml"] = (
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
    MEANINGS[".env"] = (
        [["write", ".env", "SMALL_EVERYTHING_TARGET=prod\n"]],
        [["remove", ".env"]],
    )
    MEANINGS["a document of semantic models"] = added("osi/more.json", "{}")
    MEANINGS["a hidden one"] = added("osi/.more.json", "{}")
