"""Values without a source (the clock, ids, flags, random numbers) in every place for templates.

If a settings file uses such a value, no command is answered natively. If a resource was parsed with
such a value, it is parsed again whenever dbt parses it again: after a change of target, and with
the values of the new command.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from flatmanifest.dbt.cache import entry as entries
from tests.dbt.sides import ROOT
from tests.dbt.template import PROGRAM, PYTHON
from tests.dbt.test_front_door import run
from tests.running import run_program

if TYPE_CHECKING:
    from pathlib import Path

PROFILES, PROJECT = "profiles.yml", "dbt_project.yml"
PACKAGES, SELECTORS = "packages.yml", "selectors.yml"
SETTINGS = (PROFILES, PROJECT, PACKAGES, SELECTORS)
DATETIME, RANDOM = "modules.datetime", "the filter random"
# By the recorded name of the value: expressions that use it.
EVERYWHERE = {
    "run_started_at": ["run_started_at", "(run_started_at | string)[:4]"],
    "invocation_id": ["invocation_id", "{'id': invocation_id}['id']"],
    "thread_id": ["thread_id"],
    "flags": ["flags.INDIRECT_SELECTION", "flags['FULL_REFRESH']", "flags | string | length"],
    DATETIME: [
        "modules.datetime.datetime.now()",
        "modules['datetime'].date.today()",
        "modules.get('datetime').datetime.utcnow()",
        "(modules | items | list)[0]",
        "(modules | dictsort)[0]",
        "(modules.values() | list)[0]",
        "dict(modules)['datetime'].datetime.now()",
        "modules.copy()['datetime'].datetime.now()",
        "modules.setdefault('datetime', 1)",
        "dict(**modules)['datetime'].datetime.now()",
        "modules | length",  # any use except the name of another module
        "modules.get('re') is defined",
        "(modules if true else 1).re is defined",
    ],
    "context": ["context['invocation_id']"],
    "builtins": ["builtins['env_var']('NONE', 'none')"],
    "lipsum": ["lipsum(n=1)"],
    RANDOM: ["range(100000) | random", "['a', 'b'] | map('upper') | list | random"],
}
# Values that only models and macros have.
OF_MODELS = {
    "invocation_args_dict": ["invocation_args_dict.indirect_selection"],
    "dbt_metadata_envs": ["dbt_metadata_envs"],
    "selected_resources": ["selected_resources"],
    "created_at": ["(model | default({})).created_at"],
}
SOURCED = [
    "env_var('NONE', 'none')",
    "var('a', 'none')",
    "dbt_version",
    "modules.re.sub('a', 'b', 'aaa')",
    "modules.itertools.chain([1], [2]) | list",
    "modules['re'].sub('a', 'b', 'aaa')",
    "local_md5('a')",
    "fromjson('[1]') | first",
    "(zip([1], [2]) | list)[0]",
    "'flags' ~ 'invocation_id'",
    "{'flags': 1}.flags",
]
# Renders texts in the places of settings files, without a project.
RENDER = """
import json, os, sys
from argparse import Namespace
from dbt.config.renderer import DbtProjectYamlRenderer, ProfileRenderer
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context
from flatmanifest.dbt.switch import switch_on
from flatmanifest.dbt.dependencies import values
set_from_args(Namespace(), {})
set_invocation_context(dict(os.environ))
switch_on()
project = DbtProjectYamlRenderer(None, {})
renderers = {
    "profiles.yml": lambda text: ProfileRenderer({}).render_data({"schema": text}),
    "dbt_project.yml": lambda text: project.render_data({"models": {"+meta": {"a": [text]}}}),
    "packages.yml": lambda text: project.get_package_renderer().render_data({"packages": [text]}),
    "selectors.yml": lambda text: project.render_selectors({"selectors": [{"value": text}]}),
}
found = []
for file, text in json.load(sys.stdin):
    used = {}
    with values.collected(used):
        renderers[file](text)
    found.append(used)
print(json.dumps(found))
"""


def uses(cases: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the recorded uses after the renderers of settings files have rendered these texts."""
    done = run_program([PYTHON, "-c", RENDER], input=json.dumps(cases))
    found: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_uses_in_settings_files() -> None:
    cases = [
        (file, name, text)
        for file in SETTINGS
        for name, expressions in EVERYWHERE.items()
        for expression in expressions
        for text in (
            f"{{{{ {expression} }}}}",
            f"{{% set found = {expression} %}}{{{{ found }}}}",
            f"{{% if ({expression}) is defined %}}a{{% endif %}}",
        )
    ]
    found = uses([(file, text) for file, _, text in cases])
    for (file, name, text), used in zip(cases, found, strict=True):
        assert used == {name: file}, (file, text)


def test_values_with_a_source_are_not_recorded() -> None:
    shadowed = [
        "{% set flags = {'a': 1} %}{{ flags.a }}",
        "{% for run_started_at in [1] %}{{ run_started_at }}{% endfor %}",
        "{% with thread_id = 1 %}{{ thread_id }}{% endwith %}",
        "{# flags.WHICH #}{% raw %}{{ flags.WHICH }}{% endraw %}",
    ]
    texts = [*(f"{{{{ {expression} }}}}" for expression in SOURCED), *shadowed]
    cases = [(file, text) for file in SETTINGS for text in texts]
    for case, used in zip(cases, uses(cases), strict=True):
        assert used == {}, case


# A project without warnings of dbt.
FILES = {
    PROFILES: """unsourced:
  target: dev
  outputs:
    dev: &dev {type: duckdb, path: unsourced.duckdb, schema: "s_PROFILES"}
    prod: {<<: *dev, schema: prod}
""",
    PROJECT: """name: unsourced
version: '1.0'
profile: unsourced
flags: {send_anonymous_usage_stats: false}
models:
  unsourced:
    +meta: {place: "PROJECT"}
    +tags: ["t_PROJECT"]
""",
    SELECTORS: """selectors:
  - name: chosen
    definition: {method: tag, value: "v_SELECTORS"}
""",
    PACKAGES: 'packages:\n  - local: "packages/PACKAGES"\n',
    "dbt_packages/extra/dbt_project.yml": "name: extra\nversion: 1.0.0\n",
    "models/first.sql": "select 1 as a",
}
KEYS = "unique_id schema alias tags config"
LIST = ["ls", "--output", "json", "--output-keys", KEYS]
FRONT = [str(PROGRAM), "dbt"]
SIDES = {
    "dbt": ("0", [str(PYTHON), "-m", "tests.dbt.program"]),
    "plugin": ("1", [str(PYTHON), "-m", "tests.dbt.program"]),
    "front": ("1", FRONT),
}


def make(project: Path, files: dict[str, str], **expressions: str) -> None:
    """``expressions``: the expression for the place of each name."""
    for name, content in files.items():
        text = content
        for place in ("PROFILES", "PROJECT", "SELECTORS", "PACKAGES"):
            expression = expressions.get(place)
            text = text.replace(place, f"{{{{ {expression} }}}}" if expression else "one")
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)


def ask(
    project: Path, side: str, arguments: list[str], **variables: str
) -> subprocess.CompletedProcess[str]:
    switch, program = SIDES[side]
    more = {"FLATMANIFEST": switch, "PYTHONPATH": str(ROOT), **variables}
    done = run(project, [*program, *arguments], **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("file", "name", "expression"),
    [
        (PROFILES, "run_started_at", "run_started_at.year"),
        (PROJECT, DATETIME, "modules.datetime.date.today()"),
        (PACKAGES, RANDOM, "range(9) | random"),
        (SELECTORS, "flags", "flags.INDIRECT_SELECTION"),
    ],
)
def test_a_settings_file_that_uses_one_is_left_to_dbt(
    tmp_path: Path, file: str, name: str, expression: str
) -> None:
    place = file.removeprefix("dbt_").removesuffix(".yml").upper()
    make(tmp_path, FILES, **{place: expression})
    for _ in range(3):
        said = ask(tmp_path, "front", LIST).stderr
        assert "dbt runs" in said
        assert f"{file} uses {name}" in said


def test_what_has_a_source_is_answered_natively(tmp_path: Path) -> None:
    expression = "env_var('UNSOURCED', 'none') ~ var('a', 'none') ~ modules.re.sub('a', 'b', 'a')"
    places = ("PROFILES", "PROJECT", "PACKAGES", "SELECTORS")
    make(tmp_path, FILES, **dict.fromkeys(places, f"{expression} ~ dbt_version"))
    (tmp_path / "models" / "first.sql").write_text(
        "{{ config(meta={'a': target.name ~ project_name ~ var('a', 'b') ~ dbt_version}) }}"
        f"select '{{{{ {expression} }}}}' as a"
    )
    warm = [*LIST, "--target", "dev"]
    told = [ask(tmp_path, "front", warm) for _ in range(3)]
    assert "dbt runs" not in told[-1].stderr, told[-1].stderr
    ask(tmp_path, "front", [*LIST, "--target", "prod"])
    again = ask(tmp_path, "front", warm)
    assert "Unable to do partial parsing" not in again.stdout


def parsed_files() -> dict[str, dict[str, str]]:
    """Return files by place; parsing them uses every value that the place has."""
    of_models = {**EVERYWHERE, **OF_MODELS}
    of_configs = {
        f"models/by_config_{number}.sql": "{{ config(meta={'value': (EXPRESSION) | string}) }}"
        "select 1 as a".replace("EXPRESSION", each[0])
        for number, each in enumerate(of_models.values())
    }
    described = "".join(
        f'  - name: described_{number}\n    config: {{meta: {{value: "{{{{ {each[0]} }}}}"}}}}\n'
        for number, each in enumerate(EVERYWHERE.values())
    )
    of_schemas = {
        f"models/described_{number}.sql": "select 1 as a" for number in range(len(EVERYWHERE))
    }
    asked = "".join(
        f"{{% if node.name == 'named_{number}' %}}{{{{ {each[0]} }}}}{{% endif %}}"
        for number, each in enumerate(of_models.values())
    )
    of_macros = {f"models/named_{number}.sql": "select 1 as a" for number in range(len(of_models))}
    return {
        "a config": of_configs,
        "a schema file": {**of_schemas, "models/schema.yml": f"models:\n{described}"},
        "a macro": {
            **of_macros,
            "macros/names.sql": "{% macro generate_alias_name(custom_alias_name=none, node=none) %}"
            f"{{{{ node.name }}}}_{asked}{{% endmacro %}}",
        },
    }


@pytest.mark.parametrize("place", parsed_files())
def test_uses_in_what_is_parsed_are_kept(tmp_path: Path, place: str) -> None:
    make(tmp_path, {**FILES, **parsed_files()[place]})
    ask(tmp_path, "plugin", ["parse"])
    (state,) = (tmp_path / "target" / "flatmanifest").glob("*.state.fman")
    kept = entries.read(state)
    assert kept is not None
    expected = {*EVERYWHERE, *({} if place == "a schema file" else OF_MODELS)}
    assert {*kept["dependencies"]["values"]} == expected


def values_of(output: str) -> dict[str, str]:
    """Return the output of the templates by resource."""
    found = {}
    for line in output.splitlines():
        if line.startswith("{"):
            node = json.loads(line)
            told = {key: node[key] for key in ("schema", "alias", "tags")}
            found[node["unique_id"]] = json.dumps([told, node["config"]["meta"]])
    return found


def history(values: list[str]) -> list[int]:
    """Return for each value the first step with the same value."""
    return [values.index(value) for value in values]


def test_what_was_parsed_is_parsed_anew_with_the_values_of_this_command(tmp_path: Path) -> None:
    files = {name: text for each in parsed_files().values() for name, text in each.items()}
    steps = [
        ["--target", "dev"],
        ["--target", "dev", "--indirect-selection", "buildable"],  # keeps what was parsed
        ["--target", "prod"],
        ["--target", "dev", "--indirect-selection", "cautious"],  # parses anew
        ["--target", "dev"],
    ]
    told: dict[str, list[dict[str, str]]] = {}
    for side in SIDES:
        project = tmp_path / side
        make(project, {**FILES, **files})
        told[side] = [values_of(ask(project, side, [*LIST, *step]).stdout) for step in steps]
    vanilla = told["dbt"]
    assert '"cautious"' in "".join(vanilla[3].values())
    number = [*EVERYWHERE].index("invocation_id")
    for name in ("by_config", "described", "named"):
        ids = [step[f"model.unsourced.{name}_{number}"] for step in vanilla]
        assert history(ids) == [0, 0, 2, 3, 3], ids
    for side in ("plugin", "front"):
        for unique_id in vanilla[0]:
            expected = [step[unique_id] for step in vanilla]
            found = [step[unique_id] for step in told[side]]
            assert history(found) == history(expected), (side, unique_id, found, expected)
            if history(expected) == history(expected[:1] * 5) or "cautious" in expected[3]:
                assert found == expected, (side, unique_id)
