"""Every form in which a project can read environment variables, with values that change.

hypothesis makes projects whose settings, schema files, models and macros use ``env_var`` in random
forms. Then the variables get other values, are unset and set again. dbt alone, the plugin and the
front door must list the same each time. FLATMANIFEST_ENV_VAR_EXAMPLES asks for more projects than
`make test` has time for, FLATMANIFEST_ENV_VAR_SEED for other projects.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests import randomness
from tests.dbt.sides import Side
from tests.dbt.template import PROGRAM
from tests.dbt.test_dbt_parity import SLOWER, compare
from tests.dbt.test_front_door import check as check_front
from tests.dbt.test_front_door import is_served, stable

if TYPE_CHECKING:
    from pathlib import Path

Step = list[Any]
Draw = st.DrawFn
EXAMPLES = int(os.environ.get("FLATMANIFEST_ENV_VAR_EXAMPLES", "3"))
SEED = int(os.environ.get("FLATMANIFEST_ENV_VAR_SEED", "0"))
VARIABLES, VALUES = ("FORM_A", "FORM_B", "FORM_C"), ("one", "two", "three")
# FORM_A is only in settings files, whose variables no record of a parse names; FORM_C is not there.
OF_SETTINGS, OF_PARSED = VARIABLES[:2], VARIABLES[1:]
KEYS = "unique_id schema alias tags description config"
LIST: Step = ["dbt", "ls", "--output", "json", "--output-keys", KEYS]
CHOSEN: Step = ["dbt", "ls", "--selector", "chosen", "--output", "path"]

# Expressions for the name of a variable, FORM_X.
NAMES = (
    *("'FORM_X'", '"FORM_X"', "'FORM_' ~ 'X'", "'form_x' | upper", "['FORM', 'X'] | join('_')"),
    *("'FORM_%s' | format('X')", "'-FORM_X'[1:]", "('FORM_X' if 2 > 1 else 'FORM_Z')"),
    *("{'name': 'FORM_X'}['name']", "env_var('FORM_NAME', 'FORM_X')", "'FORM_Z'.replace('Z', 'X')"),
)
# Templates that read the variable with the name NAME.
CALLS = (
    "{{ env_var(NAME, 'unset') }}",
    '{{env_var(NAME,"unset")}}',
    "{{- env_var( NAME , 'unset' ) -}}",
    "{{ env_var(default='unset', var=NAME) }}",
    "{{ env_var(*[NAME, 'unset']) }}",
    "{{ env_var(**{'var': NAME, 'default': 'unset'}) }}",
    "{% set name = NAME %}{{ env_var(name, 'unset') }}",
    "{% set ask = env_var %}{{ ask(NAME, 'unset') }}",
    "{% for name in [NAME, 'FORM_NONE'] %}{{ env_var(name, 'unset') }}{% endfor %}",
    "{{ 'is_one' if env_var(NAME, 'unset') == 'one' else 'is_other' }}",
    "{% if env_var(NAME, '') %}set_{{ env_var(NAME) }}{% else %}unset{% endif %}",
    "{{ env_var(NAME, 'unset') | upper }}",
    "{{ (env_var(NAME, 'unset'), 1) | first }}",
    "{% if 2 > 1 %}{{ env_var(NAME, 'unset') }}{% else %}{{ env_var('FORM_NONE') }}{% endif %}",
    "{# env_var('FORM_NONE') #}{{ env_var(NAME, 'unset') }}",
)
# Templates that fail if the variable is unset.
STRICT = "{{ env_var(NAME) }}"


@st.composite
def forms(
    draw: Draw, variables: tuple[str, ...], *, is_strict: bool = False, is_described: bool = False
) -> str:
    """Draw a text that reads a variable.

    ``is_strict``: the text may fail if the variable is unset. ``is_described``: the text is a
    description, in which dbt 1.11 itself fails at ``{%``.
    """
    calls = [*CALLS, STRICT] if is_strict else CALLS
    call = draw(st.sampled_from([call for call in calls if not is_described or "{%" not in call]))
    name = draw(st.sampled_from(NAMES))
    letter = draw(st.sampled_from(variables))[-1]
    return call.replace(
        "NAME", name.replace("X", letter).replace("'form_x'", f"'form_{letter.lower()}'")
    )


@st.composite
def in_yaml(
    draw: Draw, variables: tuple[str, ...], indent: int, *, is_described: bool = False
) -> str:
    """Draw such a text as a value of a YAML file with this indentation."""
    text = draw(forms(variables, is_described=is_described))
    beginning = "\n" + " " * (indent + 2)
    style = draw(st.sampled_from(["double", "single", "folded", "broken", "literal"]))
    if style == "double":
        return json.dumps(text)
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    if style == "broken":  # YAML joins the lines again
        text = text.replace(", ", f",{beginning}")
    return ("|-" if style == "literal" else ">-") + beginning + text


@st.composite
def projects(draw: Draw) -> dict[str, str]:
    """Draw the files of a project by path."""

    def value(indent: int) -> str:
        found: str = draw(in_yaml(OF_SETTINGS, indent))
        return found

    def parsed(indent: int, *, is_described: bool = False) -> str:
        found: str = draw(in_yaml(OF_PARSED, indent, is_described=is_described))
        return found

    settings = f"""name: forms
version: '1.0'
profile: forms
flags: {{send_anonymous_usage_stats: false}}
model-paths:
  - models
  - {value(2)}
models:
  forms:
    +tags:
      - {value(6)}
    +meta:
      set: {value(6)}
"""
    profile = f"""forms:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: forms.duckdb
      schema: {value(6)}
"""
    schema = f"""models:
  - name: first
    description: {parsed(4, is_described=True)}
    config:
      alias: {parsed(6)}
      meta:
        schema: {parsed(8)}
    columns:
      - name: a
        data_tests:
          - unique:
              config:
                where: {parsed(16)}
sources:
  - name: raw
    schema: {parsed(4)}
    tables:
      - name: orders
        description: {parsed(8, is_described=True)}
"""
    selectors = f"""selectors:
  - name: chosen
    definition:
      union:
        - method: tag
          value: {value(10)}
        - method: config.meta.model
          value: {value(10)}
"""
    asked = draw(st.sampled_from(["here", "in a macro", "in a macro of dbt's"]))
    macros = "{% macro asked() %}" + draw(forms(OF_PARSED)) + "{% endmacro %}\n"
    if asked == "in a macro of dbt's":
        macros += (
            "{% macro generate_alias_name(custom_alias_name=none, node=none) %}"
            "{{ node.name }}_{{ asked() | trim }}{% endmacro %}"
        )
    found = "{{ asked() }}" if asked == "in a macro" else draw(forms(OF_PARSED, is_strict=True))
    third = draw(forms(OF_PARSED))
    files = {
        "dbt_project.yml": settings,
        "profiles.yml": profile,
        "selectors.yml": selectors,
        "models/schema.yml": schema,
        "models/first.sql": "select 1 as a",
        "models/second.sql": "{% set found %}" + found + "{% endset %}"
        "{{ config(meta={'model': found | trim}, tags=[found | trim]) }} select 1 as a",
        "models/third.sql": third + " {{ ref('first') }}",
        "macros/macros.sql": macros,
        "dbt_packages/extra/dbt_project.yml": "name: extra\nversion: 1.0.0\n",
        "dbt_packages/extra/models/extra.sql": "{{ config(tags=env_var('FORM_C', 'a')) }} select 1",
        "packages.yml": f"packages:\n  - local: {value(4)}\n",
    }
    for directory in (*VALUES, "unset", "is_one", "ONE"):
        files[f"{directory}/in_{directory}.sql"] = "select 1"
    return files


@st.composite
def changes(draw: Draw) -> list[list[Step]]:
    """Draw edits of the environment, each of which changes the value of some form."""
    current: dict[str, str | None] = dict.fromkeys(VARIABLES)
    found: list[list[Step]] = []
    for variable in (*draw(st.permutations(VARIABLES)), draw(st.sampled_from(VARIABLES))):
        others: list[str | None] = [*VALUES, *([None] if current[variable] else [])]
        value = draw(st.sampled_from([each for each in others if each != current[variable]]))
        current[variable] = value
        found.append([["unsetenv", variable] if value is None else ["setenv", variable, value]])
    # A form may take the name of one variable from the value of another.
    name: Step = ["setenv", "FORM_NAME", draw(st.sampled_from(VARIABLES))]
    return [*found, [name], [["unsetenv", "FORM_NAME"]]]


def make(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def without_order(path: str, text: str) -> str:
    """Sort an artifact, whose nodes may come in any order."""

    def sorted_all(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: sorted_all(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return sorted(map(sorted_all, value), key=json.dumps)
        return value

    artifact = json.loads(text)
    if path.endswith("graph_summary.json"):  # the file numbers the nodes
        for graph in ("linked", "with_test_edges"):
            nodes = artifact.get(graph, {})
            artifact[graph] = {
                node["name"]: [nodes[str(number)]["name"] for number in node.get("succ", [])]
                for node in nodes.values()
            }
    return json.dumps(sorted_all(artifact), sort_keys=True)


class Agreement:
    """Compares one side with dbt alone, command by command.

    If all variables have their earlier values again, dbt parses again and the plugin uses the
    entry. Then the order of nodes may differ (docs/dbt.md), until both parse everything.
    """

    def __init__(self) -> None:
        self.is_reordered = False

    def check(self, step: Step, vanilla: dict[str, Any], ours: dict[str, Any]) -> None:
        skipped = frozenset({"target/perf_info.json"})
        parses, ours_parses = (
            any(SLOWER in line for line in side["stdout"]) for side in (vanilla, ours)
        )
        is_warmer = parses and not ours_parses
        if parses:
            self.is_reordered = is_warmer
        if not self.is_reordered:
            if "exit" in ours:
                check_front(step, vanilla, ours)
            else:
                compare(step, vanilla, ours, skipped=skipped)
            return
        assert vanilla["success"] == (ours.get("exit", not ours["success"]) == 0), (step, ours)
        sides = (
            {
                **side,
                "success": True,
                "exception": None,
                "stdout": sorted(stable(side["stdout"])),
                "artifacts": {
                    path: without_order(path, text) for path, text in side["artifacts"].items()
                },
            }
            for side in (vanilla, ours)
        )
        compare(step, *sides, warmer=is_warmer, skipped=skipped)


def check(directory: Path, files: dict[str, str], edits: list[list[Step]]) -> int:
    """Compare the three sides; return the number of commands that the front door has answered."""
    steps = [LIST, CHOSEN, LIST, CHOSEN]
    for edit in edits:
        steps += [*edit, LIST, CHOSEN]
    sides = []
    for side, switch, program in (("0", "0", None), ("1", "1", None), ("2", "1", PROGRAM)):
        project = directory / side / "project"
        make(project, files)
        variables = {"FLATMANIFEST": switch, "DBT_PROFILES_DIR": ""}
        sides.append(Side(project, steps, variables, program=program))
    served = 0
    beside_plugin, beside_front = Agreement(), Agreement()
    records = zip(steps, *(side.records() for side in sides), strict=True)
    for number, (step, vanilla, plugin, front) in enumerate(records):
        if step[0] != "dbt":
            continue
        try:
            beside_plugin.check(step, vanilla, plugin)
            beside_front.check(step, vanilla, front)
        except AssertionError as error:
            said = "\n".join(f"--- {name}\n{text}" for name, text in files.items())
            message = f"step {number} after {steps[:number]}:\n{error}\n{said}"
            raise AssertionError(message) from error
        served += is_served(front)
    return served


def test_variables_in_every_form(tmp_path: Path) -> None:
    randomness.SEEDS.append(SEED)
    served: list[int] = []
    numbers = itertools.count()

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],  # shrinking a project would take hours
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    @hypothesis.given(projects(), changes())
    def each(files: dict[str, str], edits: list[list[Step]]) -> None:
        directory = tmp_path / str(next(numbers))
        served.append(check(directory, files, edits))
        shutil.rmtree(directory)

    each()
    assert sum(served) >= 2 * len(served), f"nearly everything was left to dbt: {served}"
