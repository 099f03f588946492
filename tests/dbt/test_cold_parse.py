"""Each part of a faster cold parse, compared with dbt without that part."""

from __future__ import annotations

import copy
import importlib
import io
import json
import os
import pickle
import random
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.template import PYTHON
from tests.dbt.test_dbt_parity import check, compare, make_small_everything, run_both
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.randomness import seeded
from tests.running import run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Checks = dict[type, Callable[[Any], Any]]

ROOT = Path(__file__).parents[2]
MUTATIONS = int(os.environ.get("FLATMANIFEST_SCHEMA_MUTATIONS", "10000"))

Record = tuple[type, Any]


pytestmark = pytest.mark.usefixtures("_seams")


class Text(str):
    __slots__ = ()


STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**70, 1.0, 1.5, float("nan"), "", "x", "table", "\n", b"x"),
    *([], [1], ["a", "b"], [None], [[]], {}, {"a": 1}, {1: "a"}, {"name": "x"}, [{"name": "x"}]),
    *((), ("a", "b"), (1,), [("a",)], {"a": ("b",)}, {1, 2}, {"a"}, Text("x"), Text("table")),
    *(date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc), Decimal("1.5"), object()),
]
KEYS: list[Any] = ["x", "name", "meta", 1, Text("y")]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Return what dbt validates while it parses small_everything."""
    directory = tmp_path_factory.mktemp("validations")
    project, file = directory / "project", directory / "records"
    generate("small_everything", project, None)
    command = [PYTHON, "-m", "tests.dbt.recorded_validations", str(project), str(file)]
    run_program(command, ROOT, {**PRIVATE, "DBT_PROFILES_DIR": str(project)})
    found = [pickle.loads(record) for record in pickle.loads(file.read_bytes())]
    return [(getattr(importlib.import_module(module), name), data) for module, name, data in found]


@pytest.fixture(scope="module")
def checks(records: list[Record]) -> Checks:
    from flatmanifest.dbt.cold.validation import compiled

    kinds: dict[Any, None] = dict.fromkeys(kind for kind, _ in records)
    found = {kind: compiled(kind.json_schema()) for kind in kinds}
    return {kind: check for kind, check in found.items() if check is not None}


def is_accepted_by_dbt(kind: type, data: Any) -> bool:
    from dbt_common.dataclass_schema import ValidationError, dbtClassMixin

    function: Any = dbtClassMixin.validate.__func__
    try:
        getattr(function, "__wrapped__", function)(kind, data)
    except (ValidationError, TypeError):
        return False
    return True


def containers(data: Any) -> Iterator[Any]:
    if isinstance(data, (dict, list)) and data:
        yield data
        for value in data.values() if isinstance(data, dict) else data:
            yield from containers(value)


def mutate(data: Any, chance: random.Random) -> Any:
    """Return a copy with one to three values replaced, removed or added."""
    data = copy.deepcopy(data)
    for _ in range(chance.randint(1, 3)):
        places = list(containers(data))
        if not places:
            return copy.deepcopy(chance.choice(STRANGE))
        place = chance.choice(places)
        key: Any = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
        how = chance.randrange(4)
        if how == 0:
            del place[key]
        elif how == 1 and isinstance(place, dict):
            place[chance.choice(["x", "name", "meta", 1, Text("y")])] = copy.deepcopy(
                chance.choice(STRANGE)
            )
        elif how == 1:
            place.append(copy.deepcopy(chance.choice(STRANGE)))
        else:
            place[key] = copy.deepcopy(chance.choice(STRANGE))
    return data


def test_most_schemas_are_compiled_and_accept_what_dbt_accepts(
    records: list[Record], checks: Checks
) -> None:
    from flatmanifest.dbt.cold.validation import passes

    known = [(checks[kind], data) for kind, data in records if kind in checks]
    assert len(known) >= 0.95 * len(records)
    assert sum(passes(check, data) for check, data in known) >= 0.99 * len(known)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_accepted_that_dbt_rejects(
    records: list[Record], checks: Checks, seed: int
) -> None:
    from flatmanifest.dbt.cold.validation import passes

    chance = seeded(seed)
    of_kind: dict[type, list[Any]] = {}
    for kind, data in records:
        if kind in checks:
            of_kind.setdefault(kind, []).append(data)
    accepted = rejected = 0
    for _ in range(MUTATIONS // 2):
        kind = chance.choice(list(of_kind))
        data = mutate(chance.choice(of_kind[kind]), chance)
        ours, of_dbt = passes(checks[kind], data), is_accepted_by_dbt(kind, data)
        assert not ours or of_dbt, (kind, data)
        accepted += ours
        rejected += not of_dbt
    assert min(accepted, rejected) > MUTATIONS / 40


def test_schemas_with_more_to_say_are_left_to_dbt() -> None:
    from flatmanifest.dbt.cold.validation import compiled

    schemas: list[dict[str, Any]] = [
        {"$ref": "#"},
        {"type": "array", "uniqueItems": True},
        {"enum": [1, True]},
        {"const": 1},
        {"properties": {"a": {"anyOf": [{"not": {}}]}}},
        {"items": [{"type": "string"}]},
    ]
    for schema in schemas:
        assert compiled(schema) is None, schema


def test_data_that_contains_itself_is_left_to_dbt() -> None:
    from flatmanifest.dbt.cold.validation import passes

    data: dict[str, Any] = {}
    data["itself"] = data
    assert not passes(lambda data: data, data)


def test_data_is_not_touched(records: list[Record], checks: Checks) -> None:
    from flatmanifest.dbt.cold.validation import passes

    for kind, data in records:
        if kind in checks:
            before = repr(data)
            passes(checks[kind], data)
            assert repr(data) == before


def make_many(project: Path) -> None:
    """Add so many resources of a kind that their schemas are compiled."""
    make_small_everything(project)
    models, tests = project / "models" / "many", []
    models.mkdir()
    for number in range(30):
        (models / f"many_{number}.sql").write_text(
            "{{ config(tags=['many'], meta={'at': " + str(number) + "}) }} select 1 as id"
        )
        tests.append(
            f"  - name: many_{number}\n    description: Number {number}\n    config:\n"
            f"      docs: {{show: true}}\n    columns:\n      - name: id\n"
            "        data_tests: [not_null]\n"
        )
    (models / "_many.yml").write_text("models:\n" + "".join(tests))


def of_model(text: str) -> str:
    return f"models:\n  - name: broken\n{text}"


SQL, YAML = "models/many/broken.sql", "models/many/broken.yml"
BROKEN_SQL = [
    "{{ config(tags=('a', 'b')) }} select 1 as id",
    "{{ config(tags=5) }} select 1 as id",
    "{{ config(enabled='perhaps') }} select 1 as id",
    "{{ config(materialized=['table']) }} select 1 as id",
    "{{ config(meta=['a']) }} select 1 as id",
    "{{ config(pre_hook={'sqll': 'x'}) }} select 1 as id",
    "{{ config(pre_hook=[('a', 'b')]) }} select 1 as id",
    "{{ config(contract={'enforced': 'sometimes'}) }} select 1 as id",
    "{{ config(access='secret') }} select 1 as id",
    "{{ config(persist_docs='yes') }} select 1 as id",
    "{{ config(docs={'show': 'maybe', 'color': 5}) }} select 1 as id",
    "{{ config(on_schema_change='explode') }} select 1 as id",
    "{{ config(unique_key=('a', 'b')) }} select 1 as id",
    "{{ config(column_types={'a': 1}) }} select 1 as id",
    "{{ config(grants='select') }} select 1 as id",
    "{{ config(anything={'goes': ('here', 1.5, none)}) }} select 1 as id",
    "{{ config(group=5) }} select 1 as id",
    "{{ no_such_macro() }} select 1 as id",
    "{{ ref() }} select 1 as id",
    "{% if %} select 1 as id",
    "{{ exceptions.raise_compiler_error('no') }}",
    "select * from {{ ref('many_1', v='x') }}",
    "select * from {{ source('no', 'such') }}",
]
BROKEN_YAML = [
    of_model("    description: 5\n"),
    of_model("    description: [a, b]\n"),
    of_model("    columns: {id: 1}\n"),
    of_model("    columns: [id]\n"),
    of_model("    columns: [{name: 1}]\n"),
    of_model("    columns: [{nam: id}]\n"),
    of_model("    config: [a]\n"),
    of_model("    config: {tags: 5}\n"),
    of_model("    config: {meta: {when: 2026-01-01}}\n"),
    of_model("    meta: [1, 2]\n"),
    of_model("    meta: {at: 2026-01-01 10:00:00}\n"),
    of_model("    docs: {show: 3}\n"),
    of_model("    unknown: true\n"),
    of_model("    access: nobody\n"),
    of_model("    group: no_such_group\n"),
    of_model("    latest_version: [1]\n"),
    of_model("    versions: [{v: 1, columns: 5}]\n"),
    of_model("    constraints: [{type: no_such}]\n"),
    of_model("    constraints: [{type: check}]\n"),
    of_model("    columns: [{name: id, constraints: [5]}]\n"),
    of_model("    columns: [{name: id, data_tests: not_null}]\n"),
    of_model("    columns: [{name: id, data_tests: [5]}]\n"),
    of_model("    columns: [{name: id, data_tests: [{not_null: {config: {severity: loud}}}]}]\n"),
    of_model("    columns: [{name: id, data_tests: [{accepted_values: 5}]}]\n"),
    of_model("    columns: [{name: id, data_tests: [no_such_test]}]\n"),
    of_model("    columns: [{name: id, data_tests: [{not_null: {name: 5}}]}]\n"),
    of_model("    data_tests: [{unique: {column_name: id, config: {limit: many}}}]\n"),
    of_model("    time_spine: {standard_granularity_column: 5}\n"),
    of_model("    freshness: {build_after: 5}\n"),
    of_model("    deprecation_date: someday\n"),
    of_model("    config: {event_time: 5, batch_size: eon}\n"),
    "models: 5\n",
    "models:\n  - 5\n",
    "models:\n  - description: nameless\n",
    "models:\n  - name: broken\n  - name: broken\n",
    "sources:\n  - name: s\n    tables: [{name: 5}]\n",
    "sources:\n  - name: s\n    tables: [t]\n",
    "sources:\n  - name: s\n    freshness: {warn_after: {count: few}}\n    tables: [{name: t}]\n",
    "sources:\n  - name: s\n    loaded_at_field: 5\n    quoting: {database: 7}\n",
    "exposures:\n  - name: e\n    type: dashboard\n",
    "exposures:\n  - name: e\n    type: sculpture\n    owner: {name: x}\n",
    "exposures:\n  - {name: e, type: dashboard, owner: {name: x}, depends_on: [5]}\n",
    "groups:\n  - name: g\n",
    "groups:\n  - {name: g, owner: {email: [1]}}\n",
    "metrics:\n  - name: m\n",
    "metrics:\n  - {name: m, label: M, type: simple, type_params: 5}\n",
    "semantic_models:\n  - {name: s, model: ref('broken'), entities: 5}\n",
    "saved_queries:\n  - {name: q, query_params: []}\n",
    "unit_tests:\n  - {name: u, model: broken, given: 5, expect: {rows: []}}\n",
    "unit_tests:\n  - {name: u, model: broken}\n",
    "seeds:\n  - {name: countries, config: {column_types: 5}}\n",
    "snapshots:\n  - {name: s, relation: ref('broken'), config: {strategy: guess}}\n",
    "snapshots:\n  - {name: s, relation: 5, config: {unique_key: id, strategy: check}}\n",
    "macros:\n  - {name: cents, arguments: [{name: 5, type: [x]}]}\n",
    "analyses:\n  - {name: best_customers, columns: 5}\n",
    "version: two\nmodels: []\n",
    "no_such_section:\n  - name: x\n",
    "models:\n  - {name: broken, name: broken}\n",
    "x: &x {name: broken}\nmodels:\n  - {<<: *x, description: 5}\n",
    "models: [\n",
    "\tmodels:\n",
]
PARSE = ["dbt", "parse", "--no-partial-parse"]


# There are sixteen parts; FLATMANIFEST_EVERY_ERROR has all of them run.
PARTS = range(16 if "FLATMANIFEST_EVERY_ERROR" in os.environ else 1)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_broken_is_refused_as_dbt_does(tmp_path: Path, part: int) -> None:
    """Compare message, log, exit status and artifacts, after the schemas have been compiled.

    Workers parse, and leave broken files to dbt.
    """
    right = ["write", SQL, "select 1 as id"]
    steps: list[list[str]] = [PARSE]
    for text in BROKEN_SQL[part::16]:
        steps += [["write", SQL, text], PARSE]
    steps += [right, PARSE]
    for text in BROKEN_YAML[part::16]:
        steps += [["write", YAML, text], PARSE]
    steps += [["remove", YAML], PARSE]
    failed = 0
    workers = {"FLATMANIFEST_PARSE_WORKERS": "2", "TEST_LEAST_WEIGHT": "0"}
    records = run_both(tmp_path, steps, make=make_many, variables=({}, workers))
    for step, pair in zip(steps, records, strict=True):
        if step[0] == "dbt":
            for record in pair:
                record["stdout"] = without_frames(record["stdout"])
                # The log is sorted, which tears indented lines apart; the screen has them, too.
                record["log"] = [line for line in record["log"] if not line.startswith("  ")]
            compare(step, *pair)
            failed += pair[0]["success"] is False
    assert failed >= 2


def without_frames(lines: list[str]) -> list[str]:
    """Remove tracebacks of dbt's internal errors: they have frames of the plugin."""
    left, is_trace = [], False
    for line in lines:
        is_trace = line.startswith("  ") if is_trace else "Traceback (most recent call" in line
        if not is_trace:
            left.append(line)
    return left


def test_each_switch_leaves_its_part_to_dbt(tmp_path: Path) -> None:
    switches = "validation,secrets,json,texts,configs,codes,trees,files,yaml"
    steps = [PARSE, ["write", YAML, of_model("    columns: 5\n")], PARSE]
    variables: Any = ({}, {"FLATMANIFEST_LEAVE": switches})
    check(tmp_path, steps, make=make_many, variables=variables)


def test_a_switch_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from flatmanifest.dbt.seams import is_on

    assert is_on("json")
    monkeypatch.setenv("FLATMANIFEST_LEAVE", "secrets,json")
    assert not is_on("json")
    assert is_on("validation")
    assert is_on()
    monkeypatch.setenv("FLATMANIFEST", "0")
    assert not is_on("validation")
    monkeypatch.delenv("FLATMANIFEST")
    monkeypatch.delenv("FLATMANIFEST_LEAVE")
    assert is_on("json")
    monkeypatch.setattr(os, "environ", {"FLATMANIFEST_LEAVE": "json"})
    assert not is_on("json")


def test_secrets_are_those_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt_common.exceptions import DbtRuntimeError, base

    from flatmanifest.dbt.cold import secret_scrubbing

    assert isinstance(base.env_secrets, secret_scrubbing.Secrets)
    assert "s3cret" in str(DbtRuntimeError("s3cret"))
    monkeypatch.setenv("DBT_ENV_SECRET_ONE", "s3cret")
    assert str(DbtRuntimeError("s3cret").msg) == "*****"
    base.env_secrets().append("more")
    assert base.env_secrets() == ["s3cret"]
    monkeypatch.setenv("DBT_ENV_SECRET_ONE", "another")
    assert str(DbtRuntimeError("s3cret another").msg) == "s3cret *****"
    monkeypatch.delenv("DBT_ENV_SECRET_ONE")
    assert base.env_secrets() == []


JSON_KEYS = st.text() | st.integers() | st.booleans() | st.none() | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(JSON_KEYS, inner) | st.tuples(inner, inner),
    max_leaves=30,
)


@given(JSON)
def test_json_is_written_as_json_writes_it(data: Any) -> None:
    from dbt_common.utils.encoding import JSONEncoder

    from flatmanifest.dbt.cold.write_json import LEVELS, pieces

    expected = io.StringIO()
    json.dump(data, expected, cls=JSONEncoder)
    assert "".join(pieces(JSONEncoder().encode, data, LEVELS)) == expected.getvalue()


def test_what_is_no_json_fails_as_with_dbt(tmp_path: Path) -> None:
    from dbt.artifacts.schemas import base

    from flatmanifest.dbt.cold import write_json

    assert base.write_json is not write_json.write_json
    assert base.write_json.__module__ == "dbt_common.clients.system"
    with pytest.raises(TypeError, match="not JSON serializable"):
        base.write_json(str(tmp_path / "a" / "b.json"), {"a": {"b": object()}})
    with pytest.raises(IsADirectoryError):
        base.write_json(str(tmp_path), {})
    assert base.write_json(str(tmp_path / "c" / "d.json"), {"a": {"b": [1]}})
    assert (tmp_path / "c" / "d.json").read_text() == '{"a": {"b": [1]}}'


@given(st.text() | st.sampled_from(["", "1", "true", "null", "[1]", "a\n", "a\r\nb", " x ", "#"]))
def test_plain_texts_render_to_themselves(text: str) -> None:
    from dbt.clients import jinja

    from flatmanifest.dbt.cold import plain_text

    assert isinstance(jinja._render_cache, plain_text.PlainTexts)  # noqa: SLF001
    for given_text in (text, Text(text)):
        rendered = jinja.get_rendered(given_text, {}, native=True)
        template = jinja.get_template(given_text, {}, native=True)
        expected = jinja.render_template(template, {})
        assert (rendered, type(rendered)) == (expected, type(expected))
