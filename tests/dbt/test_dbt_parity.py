"""dbt with the plugin, compared with dbt alone after every step: artifacts, lines, exit status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.sides import Side
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Callable

Step = list[str]
THREAD = ["--threads", "1"]  # results come in one order
# dbt 1.10 deadlocks if one thread runs a microbatch model.
RUN = [*THREAD, "--exclude", "order_batches"] if version("dbt-core").startswith("1.10.") else THREAD
PARSE = ["dbt", "parse"]
LS = ["dbt", "ls"]
SLOWER = "Unable to do partial parsing"  # dbt's message when only the plugin starts warm


def make_small_everything(project: Path) -> None:
    generate("small_everything", project, None)


def run_both(  # noqa: PLR0913 - each has a default
    directory: Path,
    steps: list[Step],
    switches: tuple[str, str] = ("0", "1"),
    make: Callable[[Path], None] = make_small_everything,
    variables: tuple[dict[str, str], dict[str, str]] = ({}, {}),
    *,
    is_remembered: bool = True,
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the records without and with the plugin, in projects that ``make`` makes."""
    sides = []
    for number, switch in enumerate(switches):
        project = directory / str(number) / "project"
        make(project)
        profiles = {"DBT_PROFILES_DIR": str(project)}
        own = {"FLATMANIFEST": switch, **profiles, **variables[number]}
        sides.append(Side(project, steps, own, is_remembered=is_remembered))
    return list(zip(*(side.records() for side in sides), strict=True))


def difference(vanilla: Any, ours: Any) -> str:
    """Return the surroundings of the first difference of two texts."""
    one, other = str(vanilla), str(ours)
    at = next(
        (at for at in range(min(len(one), len(other))) if one[at] != other[at]),
        min(len(one), len(other)),
    )
    window = slice(max(at - 200, 0), at + 200)
    return f"\n  dbt:  ...{one[window]}\n  ours: ...{other[window]}"


NUMBERED = re.compile(r"\b\d+ of (\d+) (?=[A-Z])")


def in_order(lines: list[str]) -> list[str]:
    """Sort the lines of nodes: dbt takes nodes that are ready in any order."""
    numbered = sorted(NUMBERED.sub(r"N of \1 ", line) for line in lines if NUMBERED.search(line))
    return [*(line for line in lines if not NUMBERED.search(line)), *numbered]


def compare(
    step: Step,
    vanilla: dict[str, Any],
    ours: dict[str, Any],
    *,
    warmer: bool = False,
    skipped: frozenset[str] = frozenset(),
) -> None:
    """``warmer``: dbt alone parses everything, and the plugin does not."""
    for name in ("success", "exception"):
        assert vanilla.get(name) == ours.get(name), (step, name)
    if not warmer:
        for name in ("stdout", "log"):
            only = [line for line in vanilla[name] if line not in ours[name]]
            added = [line for line in ours[name] if line not in vanilla[name]]
            assert in_order(vanilla[name]) == in_order(ours[name]), (step, name, only, added)
    else:
        assert not any(SLOWER in line for line in ours["stdout"]), step
        said = [line for line in vanilla["stdout"] if SLOWER not in line]
        assert said == ours["stdout"], step
    assert set(vanilla["artifacts"]) == set(ours["artifacts"]), step
    for path in set(vanilla["artifacts"]) - skipped:
        one, other = vanilla["artifacts"][path], ours["artifacts"][path]
        assert one == other, f"{step} {path}: {difference(one, other)}"


def check(
    directory: Path,
    steps: list[Step],
    warmer: frozenset[int] = frozenset(),
    **projects: Any,
) -> list[dict[str, Any]]:
    """Compare the records of the steps, and return those of dbt. ``projects``: see run_both."""
    records = run_both(directory, steps, **projects)
    # The file stays as the last parse wrote it, and describes that parse.
    skipped = frozenset({"target/perf_info.json"} if warmer else ())
    for number, (step, (vanilla, ours)) in enumerate(zip(steps, records, strict=True)):
        if step[0] == "dbt":
            compare(step, vanilla, ours, warmer=number in warmer, skipped=skipped)
    return [vanilla for vanilla, _ in records]


def test_two_runs_of_dbt_itself_are_equal(tmp_path: Path) -> None:
    steps = [PARSE, PARSE, LS]
    records = run_both(tmp_path, steps, ("0", "0"), is_remembered=False)
    for step, (one, other) in zip(steps, records, strict=True):
        compare(step, one, other)


def test_commands_cold_and_warm(tmp_path: Path) -> None:
    each = [
        PARSE,
        LS,
        *[[*LS, "--output", output] for output in ("name", "path", "json")],
        [*LS, "--select", "+customers", "tag:nightly", "--exclude", "resource_type:test"],
        [*LS, "--resource-type", "test", "--quiet"],
        [*LS, "--output", "json", "--output-keys", "name", "config.materialized"],
        [*LS, "--select", "no_such_model"],
        ["dbt", "seed", *RUN],
        ["dbt", "run", *RUN],
        ["dbt", "compile", *RUN],
        ["dbt", "test", *RUN],
        ["dbt", "snapshot", *RUN],
        ["dbt", "build", *RUN],
        ["dbt", "docs", "generate", *THREAD],
        ["dbt", "show", "--select", "customers", *THREAD],
        ["dbt", "source", "freshness", *THREAD],
        ["dbt", "run-operation", "log_run", "--args", "{moment: now}"],
    ]
    prod = ["--target", "prod"]
    state = ["copy", "target", "state"]
    with_state = [
        [*LS, "--select", "state:modified", "--state", "state"],
        ["dbt", "clone", "--state", "state", *prod, *THREAD],
        ["dbt", "run", "--defer", "--state", "state", "--select", "customers", *prod, *THREAD],
    ]
    failing = [
        ["write", "models/marts/failing.sql", "select 1 / 'x'"],
        ["dbt", "run", "--select", "failing", *THREAD],
        ["dbt", "retry", *THREAD],
        ["remove", "models/marts/failing.sql"],
        ["dbt", "run", *RUN],
    ]
    check(tmp_path, [*each, *each, *failing, state, *with_state])


SELECTIONS = [
    ["--select", "+customers"],
    ["--select", "@stg_orders", "--exclude", "tag:nightly"],
    ["--select", "2+customers+1", "source:*+", "--output", "name"],
    ["--select", "path:models/marts", "--output", "path"],
    ["--select", "path:models/no_such_directory"],
    ["--select", "file:customers.sql", "package:this"],
    ["--select", "config.materialized:incremental,resource_type:model", "resource_type:metric"],
    ["--select", "test_type:unit", "test_type:generic", "--output", "name"],
    ["--select", "state:modified"],
    ["--select", "customers", "--indirect-selection", "cautious"],
    ["--select", "stg_orders", "--indirect-selection", "buildable"],
    ["--select", "stg_orders", "--indirect-selection", "empty"],
    ["--selector", "nightly"],
    ["--selector", "sources_and_children", "--output", "name"],
    ["--selector", "no_such_selector"],
    ["--exclude", "resource_type:test", "resource_type:unit_test"],
    ["--exclude", "no_such_model"],
    ["--models", "customers"],
    ["--models", "customers", "--select", "customers"],
    ["--select", "no_such_method:x"],
    ["--select", "customers", "no_such_model"],
    ["--resource-type", "all", "--output", "path"],
    ["--exclude-resource-type", "test", "unit_test"],
    ["--resource-type", "analysis"],
    ["--select", "version:latest", "--output", "json"],
    ["--select", "group:finance", "access:public", "exposure:*", "semantic_model:*"],
]


def test_selections(tmp_path: Path) -> None:
    listed = [[*LS, *selection] for selection in SELECTIONS]
    selected = [
        ["dbt", "compile", "--select", "+customers", *THREAD],
        ["dbt", "build", "--select", "+customers", "--exclude", "resource_type:unit_test", *THREAD],
        ["dbt", "test", "--select", "stg_orders", *THREAD],
        ["dbt", "run", "--selector", "nightly", *THREAD],
        ["dbt", "ls", "--select", "result:success", "--state", "target"],
    ]
    check(tmp_path, [PARSE, *listed, *listed[::-1], *selected])


EDITS: list[Step] = [
    ["append", "models/staging/stg_orders.sql", "\n-- edited\n"],
    ["replace", "models/staging/_staging.yml", "One row for each order.", "One row an order."],
    ["append", "macros/money.sql", "\n{% macro added() %}1{% endmacro %}\n"],
    ["append", "macros/audit.sql", "\n"],
    ["append", "tests/generic/amount_above.sql", "\n"],
    ["append", "seeds/countries.csv", "ZZ,Zed,1.0\n"],
    ["replace", "models/staging/_sources.yml", "loader: hand", "loader: foot"],
    ["append", "docs/descriptions.md", "\n{% docs added %}more{% enddocs %}\n"],
    ["replace", "docs/descriptions.md", "{% enddocs %}", " changed{% enddocs %}"],
    ["replace", "models/metrics/_exposures.yml", "maturity: high", "maturity: low"],
    ["replace", "models/metrics/_semantic_layer.yml", "description: Orders as", "description: As"],
    ["replace", "models/metrics/_semantic_layer.yml", "fill_nulls_with: 0", "fill_nulls_with: 1"],
    ["replace", "models/metrics/_semantic_layer.yml", "limit: 100", "limit: 50"],
    ["replace", "models/marts/_marts.yml", "{ticket: 17}", "{ticket: 18}"],
    ["append", "tests/fixtures/one_customer.csv", "\n"],
    ["replace", "tests/_tests.yml", "kind: sanity", "kind: check"],
    ["append", "selectors.yml", "\n# edited\n"],
    ["append", "snapshots/_snapshots.yml", "\n# edited\n"],
    ["append", "functions/_functions.yml", "\n# edited\n"],
    ["append", "analyses/best_customers.sql", "\n-- edited\n"],
    ["replace", "models/marts/_marts.yml", "latest_version: 2", "latest_version: 1"],
    ["write", "models/marts/orders_v3.sql", "select * from {{ ref('orders', v=2) }}"],
    ["replace", "models/marts/_marts.yml", "      - v: 2\n", "      - v: 3\n      - v: 2\n"],
    ["replace", "models/marts/_marts.yml", "latest_version: 1", "latest_version: 3"],
    ["replace", "models/marts/_marts.yml", "grants: {}", "enabled: false"],
    ["replace", "models/marts/_marts.yml", "enabled: false", "grants: {}"],
    ["replace", "dbt_project.yml", "minimum_amount: 0.5", "minimum_amount: 0.6"],
    ["replace", "dbt_project.yml", "+tags: staging", "+tags: stages"],
    ["replace", "profiles.yml", "schema: prod", "schema: production"],
    ["replace", "profiles.yml", "path: small_everything.duckdb", "path: another.duckdb"],
    ["rename", "models/staging/stg_countries.sql", "models/staging/stg_countries2.sql"],
    ["rename", "models/staging/stg_countries2.sql", "models/staging/stg_countries.sql"],
    ["write", "models/new.sql", "{{ config(enabled=false) }} select {{ env_var('ADDED', '1') }}"],
    ["write", "models/new.sql", "select {{ env_var('ADDED', '1') }} as a"],
    ["setenv", "ADDED", "7"],
    ["unsetenv", "ADDED"],
    ["setenv", "SMALL_EVERYTHING_SUFFIX", "renamed"],
    ["unsetenv", "SMALL_EVERYTHING_SUFFIX"],
    ["write", "models/new.sql", "select * from {{ ref('no_such_model') }}"],
    ["write", "models/new.sql", "select {{ "],
    ["remove", "models/new.sql"],
    ["write", "models/.hidden.sql", "select 1"],
    ["write", ".dbtignore", "models/marts/retired_report.sql\n"],
    ["touch", "models/staging/stg_orders.sql"],
]
LOSSES: list[Step] = [
    ["remove", "target/manifest.json"],
    ["append", "target/manifest.json", " "],
    ["remove", "target/graph.gpickle"],
    ["remove", "target/partial_parse.msgpack"],
]


# The possible first commands after an edit.
AFTER_AN_EDIT: list[Step] = [
    PARSE,
    LS,
    ["dbt", "compile", *RUN],
    ["dbt", "seed", *THREAD],
    ["dbt", "run", *RUN],
    ["dbt", "test", *RUN],
    ["dbt", "retry", *THREAD],
    ["dbt", "snapshot", *RUN],
    ["dbt", "docs", "generate", *THREAD],
    ["dbt", "show", "--select", "stg_orders", *THREAD],
    ["dbt", "build", *RUN],
    ["dbt", "source", "freshness", *THREAD],
    ["dbt", "clone", "--state", "state", *THREAD],
]
# Asks for every command after every edit, for which `make test` has no time.
EVERY_COMMAND = os.environ.get("FLATMANIFEST_EVERY_COMMAND") == "1"
EDITS_AT_ONCE = 11


def edits_with_commands(begin: int) -> list[Step]:
    """Return some edits, with commands, in a project that has all earlier edits."""
    steps = [*EDITS[:begin], PARSE, LS, ["copy", "target", "state"]]
    for number, edited in enumerate(EDITS[begin : begin + EDITS_AT_ONCE], begin):
        turned = number % len(AFTER_AN_EDIT)
        commands = AFTER_AN_EDIT[turned:] + AFTER_AN_EDIT[:turned]
        steps += [edited, *(commands if EVERY_COMMAND else [commands[0], LS])]
    return [*steps, ["dbt", "build", *RUN]]


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(begin, marks=[pytest.mark.one_story] if begin == EDITS_AT_ONCE else [])
        for begin in range(0, len(EDITS), EDITS_AT_ONCE)
    ],
)
def test_edits_of_the_project(tmp_path: Path, begin: int) -> None:
    """Follow each edit by one of the commands; with FLATMANIFEST_EVERY_COMMAND, by every one."""
    check(tmp_path, edits_with_commands(begin))


def test_artifacts_that_are_lost(tmp_path: Path) -> None:
    steps = [PARSE, LS]
    for lost in LOSSES:
        steps += [lost, PARSE, LS]
    check(tmp_path, steps)


def test_a_variable_that_nothing_uses_any_more(tmp_path: Path) -> None:
    """The value that dbt keeps is that of the variable's last use."""
    steps: list[Step] = [
        *[["setenv", "ADDED", "7"], PARSE],
        *[["write", "models/new.sql", "select {{ env_var('ADDED') }} as a"], PARSE, PARSE],
        *[["remove", "models/new.sql"], LS, ["setenv", "ADDED", "8"], PARSE, LS],
        *[["append", "models/staging/stg_orders.sql", "\n-- edited\n"], PARSE, LS],
        *[["append", "macros/money.sql", "\n"], LS, ["setenv", "ADDED", "7"], LS],
        *[["setenv", "ADDED", "9"], PARSE, ["unsetenv", "ADDED"], LS],
    ]
    check(tmp_path, steps)


PACKAGE = "packages/extra"
PACKAGE_FILES: list[Step] = [
    ["write", f"{PACKAGE}/dbt_project.yml", "name: extra\nversion: 1.0.0\nprofile: none\n"],
    ["write", f"{PACKAGE}/models/extra_model.sql", "select {{ extra.one() }} as one"],
    ["write", f"{PACKAGE}/macros/one.sql", "{% macro one() %}1{% endmacro %}"],
    ["write", "packages.yml", f"packages:\n  - local: {PACKAGE}\n"],
]
PACKAGE_EDITS: list[Step] = [
    ["append", f"{PACKAGE}/models/extra_model.sql", ", 2 as two"],
    ["replace", f"{PACKAGE}/macros/one.sql", "1{%", "11{%"],
    ["replace", f"{PACKAGE}/dbt_project.yml", "version: 1.0.0", "version: 1.1.0"],
    ["write", "models/on_extra.sql", "select * from {{ ref('extra', 'extra_model') }}"],
    ["write", f"{PACKAGE}/models/added.yml", "models:\n  - {name: extra_model, description: it}\n"],
    ["rename", f"{PACKAGE}/models/added.yml", f"{PACKAGE}/models/moved.yml"],
    ["remove", f"{PACKAGE}/models/moved.yml"],
    ["write", f"{PACKAGE}/models/off.sql", "{{ config(enabled=false) }} select 1"],
]


def test_edits_of_a_package(tmp_path: Path) -> None:
    steps = [PARSE, *PACKAGE_FILES, ["dbt", "deps"], PARSE, LS]
    for edited in PACKAGE_EDITS:
        steps += [edited, PARSE, LS]
    check(tmp_path, [*steps, ["dbt", "compile", *THREAD], ["dbt", "clean"], ["dbt", "deps"], PARSE])


def test_targets_and_vars_stay_warm_side_by_side(tmp_path: Path) -> None:
    prod, variables = ["--target", "prod"], ["--vars", "{currency: USD}"]
    touched = ["touch", "models/staging/stg_orders.sql"]
    steps: list[Step] = [
        *[PARSE, [*PARSE, *prod], [*PARSE, *variables]],
        *[PARSE, [*PARSE, *prod], [*PARSE, *variables], LS, [*LS, *prod]],
        *[[*LS, *prod], ["dbt", "parse", "--no-partial-parse"], PARSE],
        *[touched, [*PARSE, *prod], touched, PARSE],
    ]
    check(tmp_path, steps, warmer=frozenset({3, 4, 5, 6, 7, 12, 14}))


def test_clean_removes_the_entries_of_both_sides(tmp_path: Path) -> None:
    steps = [PARSE, ["dbt", "clean"], PARSE, PARSE]
    check(tmp_path, steps)
    assert (tmp_path / "1" / "project" / "target" / "flatmanifest").is_dir()
    assert not (tmp_path / "0" / "project" / "target" / "flatmanifest").exists()
    shutil.rmtree(tmp_path / "1")


@pytest.mark.parametrize("path", ["saved.msgpack"])
def test_another_path_of_the_partial_parse_file(tmp_path: Path, path: str) -> None:
    own = ["dbt", "parse", "--partial-parse-file-path", path]
    steps = [PARSE, ["copy", "target", "kept"], ["rename", "kept/partial_parse.msgpack", path]]
    check(tmp_path, [*steps, own, own, PARSE])


AS_PROCESSES = [[*PARSE, "--quiet"], LS, [*LS, "--quiet"], [*PARSE, "--quiet"]]


def test_processes_say_the_same(tmp_path: Path) -> None:
    """Compare processes to their end, where extension modules report memory that is not freed."""
    said = []
    for switch in ("0", "1"):
        project = tmp_path / switch / "project"
        generate("small_everything", project, None)
        for arguments in AS_PROCESSES if EVERY_COMMAND else AS_PROCESSES[:2]:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "dbt.cli.main", *arguments[1:]],
                cwd=project,
                env={
                    **os.environ,
                    **PRIVATE,
                    "FLATMANIFEST": switch,
                    "DBT_PROFILES_DIR": str(project),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            printed = [
                re.sub(r"\d\d:\d\d:\d\d", "TIME", text) for text in (done.stdout, done.stderr)
            ]
            said.append((done.returncode, *printed))
    half = len(said) // 2
    assert said[:half] == said[half:]
