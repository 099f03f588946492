"""Joining the results of workers for the parts of a schema file, without starting dbt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

FILE = SimpleNamespace(
    file_id="shop://models/schema.yml",
    dict_from_yaml={"version": 2, "models": [{"name": name} for name in "abcd"]},
)


def outcome(name: str, **values: Any) -> dict[str, Any]:
    """Return a worker's result for a part that describes one model and tests it once."""
    added = SimpleNamespace(unique_id=f"test.{name}")
    return {
        "calls": [("add_disabled", SimpleNamespace(unique_id=name)), ("add_node", added)],
        "patches": 1,
        "patched": {f"model.{name}": f"described by {name}"},
        "file": {"dfy": [{"name": name}], "patches": [f"model.{name}"]},
        "env_vars": [],
        "env_vars_of_macros": {},
        "values": {},
        "path_count": 1,
        "parsed_path_count": 1,
        **values,
    }


def names(calls: list[Any]) -> list[str]:
    return [call[1].unique_id for call in calls]


def test_calls_come_in_dbts_order() -> None:
    """The properties of all models come first, then the tests of all models."""
    from flatmanifest.dbt.workers.schema_parts import joined

    whole: Any = joined(FILE, [outcome(name) for name in "ab"])
    assert names(whole["calls"]) == ["a", "b", "test.a", "test.b"]
    assert list(whole["patched"]) == ["model.a", "model.b"]
    assert whole["file"]["patches"] == ["model.a", "model.b"]
    assert whole["file"]["dfy"] == {"version": 2, "models": [{"name": "a"}, {"name": "b"}]}
    assert whole["path_count"] == 2


@pytest.mark.parametrize(
    "other",
    [
        None,  # a worker could not parse the part
        outcome("b", patched={"model.a": "described again"}),
        outcome("b", calls=outcome("a")["calls"]),
        outcome("b", env_vars=["READ"]),
        outcome("b", env_vars_of_macros={"shop://macros/a.sql": ["READ"]}),
    ],
)
def test_parts_of_one_resource_are_left_to_dbt(other: Any) -> None:
    from flatmanifest.dbt.workers.schema_parts import joined

    assert joined(FILE, [outcome("a"), outcome("b")]) is not None
    assert joined(FILE, [outcome("a"), other]) is None


def test_outcomes_come_in_the_order_of_the_parts() -> None:
    from flatmanifest.dbt.workers.parse_project import Round
    from flatmanifest.dbt.workers.schema_parts import Part

    parts = [Part(FILE.file_id, 0, 1), Part(FILE.file_id, 1, 2)]
    tasks = [SimpleNamespace(parser=SimpleNamespace, parts=[part]) for part in parts]
    job: Any = SimpleNamespace(manifest=None, tasks=tasks)
    round_ = Round(job)
    found: Any = [{part.key: outcome(name)} for part, name in zip(parts, "ab", strict=True)]
    round_.outcomes = dict(enumerate(found))
    whole: Any = round_.outcome_of("SimpleNamespace", FILE)
    assert names(whole["calls"]) == ["a", "b", "test.a", "test.b"]
    assert round_.outcome_of("SimpleNamespace", SimpleNamespace(file_id="another")) is None


def test_what_has_been_described_is_left_to_dbt() -> None:
    from flatmanifest.dbt.workers.replay_file import is_applicable

    node = SimpleNamespace(patch_path=None)
    manifest: Any = SimpleNamespace(nodes={"model.a": node}, disabled={})
    found: Any = outcome("a")
    assert is_applicable(manifest, found)
    node.patch_path = "shop://models/other.yml"
    assert not is_applicable(manifest, found)
    node.patch_path = None
    manifest.nodes["test.a"] = node
    assert not is_applicable(manifest, found)  # another file has added it
    del manifest.nodes["model.a"], manifest.nodes["test.a"]
    assert not is_applicable(manifest, found)


def test_variables_are_remembered_as_by_dbt() -> None:
    from dbt.constants import DEFAULT_ENV_PLACEHOLDER
    from dbt_common.context import set_invocation_context

    from flatmanifest.dbt.workers.replay_file import values_of

    set_invocation_context({"THERE": "1"})
    assert values_of(["THERE", "MISSING"]) == {"THERE": "1", "MISSING": DEFAULT_ENV_PLACEHOLDER}
