"""Configs and compiled templates that a parse reuses, compared with those that dbt makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.template import PYTHON
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

ROOT = Path(__file__).parents[2]
CONFIGS = """
models:
  +meta: {owner: all}
  +tags: [one]
  small_everything:
    +tags: two
    +pre-hook: "select 1"
    +grants: {select: [a]}
data_tests:
  +severity: warn
"""


pytestmark = pytest.mark.usefixtures("_seams")


@pytest.mark.parametrize("more", ["", CONFIGS])
def test_a_config_that_is_taken_is_what_dbt_makes(tmp_path: Path, more: str) -> None:
    generate("small_everything", tmp_path / "project", None)
    settings = tmp_path / "project" / "dbt_project.yml"
    text = settings.read_text()
    if more:
        kept = text.split("\nmodels:")[0]
        settings.write_text(kept + "\n" + more)
    project = str(tmp_path / "project")
    variables = {**PRIVATE, "FLATMANIFEST": "1", "FLATMANIFEST_PARSE_WORKERS": "1"}
    command = [PYTHON, "-m", "tests.dbt.compared_configs", project]
    done = run_program(command, ROOT, {**variables, "DBT_PROFILES_DIR": project})
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["taken"] > 10
    assert counts["made"] > 10


def test_values_that_are_equal_but_not_the_same_have_keys_of_their_own() -> None:
    from flatmanifest.dbt.cold.node_configs import of_value

    values: list[Any] = [True, 1, 1.0, "1", None, [1], ["1"], {"a": 1}, {"a": True}, b"1", (1,)]
    keys = [of_value({"resource_type": "model", "config_call_dict": value}) for value in values]
    assert len({*keys}) == len(values)
    orders: Any = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert len({of_value({"resource_type": "model", "patch": each}) for each in orders}) == 2
    one, two = str(b"abc", "ascii"), str(b"abc", "ascii")
    assert one is not two
    assert of_value({"resource_type": "m", "c": [one, one]}) == of_value(
        {"resource_type": "m", "c": [one, two]}
    )


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [Text("x"), object(), {"a": [Text("x")]}])
def test_objects_that_are_not_plain_values_are_left_to_dbt(value: Any) -> None:
    from flatmanifest.dbt.cold.node_configs import of_value

    with pytest.raises(ValueError, match="unmarshallable"):
        of_value({"resource_type": "model", "config_call_dict": value})


PIECES = st.sampled_from(
    [
        "{{ x }}",
        "{{ 1 + 1 }}",
        "{% if x %}a{% endif %}",
        "b",
        " ",
        "{{ x | upper }}",
        "\n",
        "{% do f(x) %}",
    ]
)


@given(
    st.lists(st.lists(PIECES, max_size=4).map("".join), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), max_size=12),
)
def test_templates_render_as_if_compiled_anew(
    texts: list[str], asked: list[tuple[int, bool, bool]]
) -> None:
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    from flatmanifest.dbt.cold import compiled_templates

    with_seam: Any = MacroFuzzEnvironment.compile
    for number, (which, captures, native) in enumerate(asked):
        text = texts[which % len(texts)]
        context = {"x": f"v{number}", "f": lambda _: ""}
        found = rendered(text, context, captures=captures, native=native)
        MacroFuzzEnvironment.compile = with_seam.__wrapped__
        try:
            expected = rendered(text, context, captures=captures, native=native)
        finally:
            MacroFuzzEnvironment.compile = with_seam
        assert (found, type(found)) == (expected, type(expected))
    assert compiled_templates._met or not asked  # noqa: SLF001


def rendered(text: str, context: dict[str, Any], *, captures: bool, native: bool) -> Any:
    from dbt_common.clients import jinja

    template = jinja.get_template(text, context, capture_macros=captures, native=native)
    return jinja.render_template(template, context)


def test_code_is_kept_from_the_second_time_on_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dbt_common.clients import jinja

    from flatmanifest.dbt.cold import compiled_templates

    monkeypatch.setattr(compiled_templates, "MOST", 3)
    monkeypatch.setattr(compiled_templates, "MOST_MET", 48)
    compiled_templates._codes.clear()  # noqa: SLF001
    for _ in range(3):
        jinja.get_template("{{ kept_or_not }}", {})
    assert len(compiled_templates._codes) == 1  # noqa: SLF001
    for number in range(10):
        for _ in range(3):
            jinja.get_template(f"{{{{ kept_or_not }}}} {number}", {})
        assert len(compiled_templates._codes) <= 3  # noqa: SLF001
    for number in range(100):
        jinja.get_template(f"{{{{ once }}}} {number}", {})
        assert len(compiled_templates._met) <= 48  # noqa: SLF001


def test_templates_compiled_with_a_file_name_are_left_to_jinja() -> None:
    from dbt_common.clients import jinja

    from flatmanifest.dbt.cold import compiled_templates

    environment = jinja.get_environment()
    before = dict(compiled_templates._codes)  # noqa: SLF001
    for _ in range(3):
        assert environment.compile("{{ named }}", filename="a.sql").co_filename == "a.sql"
        assert environment.compile("{{ named }}", "a", "b.sql").co_filename == "b.sql"
        assert isinstance(environment.compile("{{ named }}", raw=True), str)
    assert compiled_templates._codes == before  # noqa: SLF001


def test_what_does_not_compile_fails_each_time() -> None:
    from dbt.exceptions import CompilationError
    from dbt_common.clients import jinja
    from dbt_common.exceptions import CompilationError as CommonError

    for _ in range(3):
        with pytest.raises((CompilationError, CommonError), match="expected token"):
            jinja.get_template("{{ a b", {})


def test_templates_that_are_to_be_debugged_are_left_to_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt_common.clients import jinja

    from flatmanifest.dbt.cold import compiled_templates

    monkeypatch.setattr(jinja, "MACRO_DEBUGGING", "1")
    compiled_templates._codes.clear()  # noqa: SLF001
    names = {
        jinja.get_template("{{ 'a debugged one' }}", {}).root_render_func.__code__.co_filename
        for _ in range(3)
    }
    assert len(names) == 3
    assert not compiled_templates._codes  # noqa: SLF001
