"""Lines that are cut out of manifest.json equal those of ``dbt ls --output json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flatmanifest._native import artifact_lines
from tests.dbt.template import PYTHON
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

if TYPE_CHECKING:
    from pathlib import Path

# Prints the fields of every resource, and dbt's lines of every resource for some lists of keys.
LISTER = """
import contextlib, io, json, sys
from types import SimpleNamespace

from dbt.cli.main import dbtRunner
from dbt.task.list import ListTask

with contextlib.redirect_stdout(io.StringIO()):
    result = dbtRunner().invoke(["parse"])
assert result.success, result.exception
manifest = result.result
sections = ["nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests",
            "saved_queries", "functions"]
nodes = {}
for section in sections:
    nodes.update(getattr(manifest, section, {}))


class Task(ListTask):
    def __init__(self, keys):
        self.args = SimpleNamespace(output_keys=keys)

    def _iterate_selected_nodes(self):
        return iter(nodes.values())


print(json.dumps({
    "fields": {key: sorted(node.to_dict(omit_none=False)) for key, node in nodes.items()},
    "lines": [list(Task(keys).generate_json()) for keys in json.loads(sys.argv[1])],
}))
"""
KEYS: list[list[str]] = [
    [],
    ["name", "resource_type", "nothing"],
    ["unique_id", "config.materialized", "config.meta", "config.meta.owner", "name"],
    ["config.enabled.x", "config.", ".", "columns", "created_at", "columns"],
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("listing")
    generate("small_everything", path)
    return path


@pytest.fixture(scope="module")
def dbts(project: Path) -> Any:
    done = run_program([PYTHON, "-c", LISTER, json.dumps(KEYS)], project, PRIVATE)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("place", range(len(KEYS)))
def test_lines_are_dbts(project: Path, dbts: Any, place: int) -> None:
    lines = artifact_lines(project / "target" / "manifest.json", dbts["fields"], KEYS[place])
    assert lines == dbts["lines"][place]


def test_every_field_is_in_the_artifact_or_known_to_be_in_memory_alone(
    project: Path, dbts: Any
) -> None:
    path = project / "target" / "manifest.json"
    for unique_id, fields in dbts["fields"].items():
        for field in fields:
            lines = artifact_lines(path, [unique_id], [field])
            assert lines is None or field in json.loads(lines[0]), (unique_id, field)
