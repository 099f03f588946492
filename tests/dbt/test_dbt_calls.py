"""A warm start serializes no manifest and no nodes: no JSON, no msgpack, no mashumaro."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.template import PYTHON
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

ROOT = Path(__file__).parents[2]
# Counts calls while a warm command runs, and prints them as JSON on the last line.
COUNTER = """
import contextlib, io, json, sys
from collections import Counter

import dbt_flatmanifest
import msgpack
from dbt.artifacts.resources.base import BaseResource
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.cli.main import dbtRunner
from dbt.contracts.files import BaseSourceFile
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import BaseNode
from dbt_common.dataclass_schema import dbtClassMixin

calls = Counter()


def count(owner, name, label):
    original = getattr(owner, name)
    call = original.__func__ if hasattr(original, "__func__") else original

    def counted(*args, **kwargs):
        whole = args[0] if args else None
        is_manifest = isinstance(whole, dict) and "nodes" in whole
        is_large = isinstance(whole, (bytes, str)) and len(whole) > 100_000
        if label is not None or is_manifest or is_large:
            calls[label or name] += 1
        return call(*args, **kwargs)

    setattr(owner, name, classmethod(counted) if hasattr(original, "__func__") else counted)


def run(command):
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke(command)
    assert result.success, result.exception


run(["parse"])
run(sys.argv[1:])
run(sys.argv[1:])
seen = []


def classes(base):
    yield base
    for sub in base.__subclasses__():
        yield from classes(sub)


for base in (BaseNode, BaseResource, BaseSourceFile, Manifest, WritableManifest):
    for cls in set(classes(base)):
        for name in ("to_dict", "to_msgpack"):
            if name in vars(cls):
                count(cls, name, "object")
for name in ("dumps", "dump", "loads", "load"):
    count(json, name, None)  # only values as large as a manifest
for name in ("packb", "unpackb"):
    count(msgpack, name, None)
run(sys.argv[1:])
print(json.dumps(calls))
"""


@pytest.mark.parametrize(
    "command",
    [
        ["ls"],
        ["parse"],
        ["ls", "--select", "+marts_0", "--output", "name"],
        ["ls", "--output", "json"],
        ["ls", "--output", "json", "--output-keys", "name", "config.materialized"],
    ],
)
def test_a_warm_command_serializes_nothing(tmp_path: Path, command: list[str]) -> None:
    assert count_calls(tmp_path / "project", command, "1") == {}


def test_a_run_serializes_what_it_runs(tmp_path: Path) -> None:
    command = ["run", "--select", "base_0"]
    calls = count_calls(tmp_path / "ours", command, "1")
    assert set(calls) == {"object"}
    assert calls["object"] < 50 < count_calls(tmp_path / "dbts", command, "0")["object"]


def test_the_counter_sees_the_calls_of_dbt_alone(tmp_path: Path) -> None:
    assert set(count_calls(tmp_path / "project", ["ls"], "0")) >= {"object", "dump"}


def printed_by(code: str, project: Path, command: list[str], switch: str) -> Any:
    """Run Python code with a dbt command in a chain project; return the JSON on the last line."""
    generate("chain", project, 10)
    variables = {**PRIVATE, "FLATMANIFEST": switch, "DBT_PROFILES_DIR": str(project)}
    done = run_program([PYTHON, "-c", code, *command], project, variables)
    return json.loads(done.stdout.splitlines()[-1])


def count_calls(project: Path, command: list[str], switch: str) -> dict[str, int]:
    calls: dict[str, int] = printed_by(COUNTER, project, command, switch)
    return calls


# Names the collections whose values are built while a warm command runs.
BUILT = """
import contextlib, io, json, sys

import dbt_flatmanifest
from dbt.cli.main import dbtRunner
from flatmanifest._native import Unbuilt
from flatmanifest.dbt.cache.lazy_dict import LazyDict


def watched(original):
    def build(self, *key):
        if any(type(value) is Unbuilt for value in dict.values(self)):
            built.add(next(iter(self)).partition(".")[0])
        return original(self, *key)

    return build


LazyDict.build = watched(LazyDict.build)
LazyDict._built = watched(LazyDict._built)
for _ in range(3):
    built = set()
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke(sys.argv[1:])
    assert result.success, result.exception
print(json.dumps(sorted(built)))
"""


@pytest.mark.parametrize(
    "command",
    [
        ["ls"],
        ["ls", "--select", "+marts_0", "--exclude", "resource_type:test", "--output", "name"],
        ["ls", "--select", "@base_1,config.materialized:view", "--output", "path"],
        ["ls", "--output", "json"],
        ["parse"],
    ],
)
def test_a_warm_command_builds_macros_only(tmp_path: Path, command: list[str]) -> None:
    assert printed_by(BUILT, tmp_path / "project", command, "1") in ([], ["macro"])
