"""Real manifests of every schema version, and their parts, equal the result of json.load.

Views are compared with the JSON. Nodes are compared with their fields, and the graph with dbt's own
child_map and parent_map.
"""

from __future__ import annotations

import json
import pickle
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import flatmanifest
from tests.python.samples import containers, identical
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Sample

GRAPH_COLLECTIONS = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
    "functions",
)
OTHER_COLLECTIONS = ("macros", "docs", "groups")

# The attributes that are columns, and the paths of the JSON fields that they must equal.
STRING_COLUMNS = {
    "package_name": ("package_name",),
    "name": ("name",),
    "path": ("path",),
    "original_file_path": ("original_file_path",),
    "patch_path": ("patch_path",),
    "source_name": ("source_name",),
    "materialized": ("config", "materialized"),
}
VALUE_COLUMNS = ("fqn", "tags", "config", "version")

# The types of resources without resource_type, which the first schema versions have.
DEFAULT_TYPES = {
    "exposures": "exposure",
    "metrics": "metric",
    "macros": "macro",
    "docs": "doc",
    "groups": "group",
}

# Members of a section that are compared at all levels; only the largest manifests have more.
SAMPLED_MEMBERS = 250


def members(plain: dict[str, Any], collections: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {
        unique_id: resource
        for collection in collections
        for unique_id, resource in (plain.get(collection) or {}).items()
        if isinstance(resource, dict)
    }


def neighbours(
    graph: flatmanifest.Graph, indptr: memoryview, indices: memoryview
) -> dict[str, list[str]]:
    ids = graph.ids
    return {
        unique_id: [ids[row] for row in indices[begin:end]]
        for unique_id, (begin, end) in zip(ids, pairwise(indptr), strict=True)
    }


def string(resource: dict[str, Any], path: tuple[str, ...]) -> str | None:
    value: Any = resource
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def parts(real: Sample) -> Iterator[tuple[Any, Any]]:
    """Yield the containers of a sample at all levels, with their plain counterparts."""
    choice = seeded(0)
    yield real.view, real.plain
    for section, plain in real.plain.items():
        view = real.view[section]
        if not isinstance(plain, dict) or len(plain) <= SAMPLED_MEMBERS:
            yield from containers(view, plain)
            continue
        yield view, plain
        for key in choice.sample(sorted(plain), SAMPLED_MEMBERS):
            yield from containers(view[key], plain[key])


def is_view_of(viewed: object, plain: object) -> bool:
    if isinstance(plain, dict):
        return type(viewed) is flatmanifest.Object
    if isinstance(plain, list):
        return type(viewed) is flatmanifest.Array
    return type(viewed) is type(plain) and viewed == plain


def test_equals_what_json_load_gives(real: Sample) -> None:
    assert real.view == real.plain
    assert real.plain == real.view
    assert not real.view != real.plain  # noqa: SIM202  # __ne__ is under test
    assert real.view != {**real.plain, "metadata": {}}
    assert {**real.plain, "another": 1} != real.view


def test_plain_value_is_identical(real: Sample) -> None:
    plain = real.view.to_dict()
    assert identical(plain, real.plain)
    nodes = real.view["nodes"].to_dict()
    assert identical(nodes, real.plain["nodes"])
    assert nodes is not plain["nodes"]


def test_order_and_types_at_every_level(real: Sample) -> None:
    count = 0
    for view, plain in parts(real):
        count += 1
        assert len(view) == len(plain)
        values = list(plain)
        viewed = list(view)
        if isinstance(plain, dict):
            assert viewed == values
            assert list(view.keys()) == values
            values = list(plain.values())
            viewed = list(view.values())
            assert list(view.items()) == list(plain.items())
        assert all(map(is_view_of, viewed, values))
    assert count > 1000


def test_every_key_is_found(real: Sample) -> None:
    for view, plain in parts(real):
        if isinstance(plain, dict):
            assert all(is_view_of(view[key], value) for key, value in plain.items())
            assert all(key in view for key in plain)
            assert "no such key" not in view


def test_json_is_what_json_dumps_gives(real: Sample) -> None:
    assert real.view.to_json() == json.dumps(real.plain)
    for key, value in real.plain.items():
        if isinstance(value, (dict, list)):
            assert real.view[key].to_json() == json.dumps(value), key


def test_pickles_as_the_plain_value(real: Sample) -> None:
    for key in ("metadata", "nodes", "sources", "disabled"):
        view, plain = real.view[key], real.plain[key]
        assert identical(pickle.loads(pickle.dumps(view)), plain), key
    smallest = min(real.plain["nodes"])
    assert identical(
        pickle.loads(pickle.dumps(real.view.node(smallest))), real.plain["nodes"][smallest]
    )


def test_graph_rows_are_the_resources(real: Sample) -> None:
    graph = real.view.graph
    expected = sorted(members(real.plain, GRAPH_COLLECTIONS), key=str.encode)
    assert graph.ids == expected
    assert len(graph) == len(expected)
    assert len(graph.indptr) == len(graph.parent_indptr) == len(expected) + 1
    assert all(graph.row(unique_id) == row for row, unique_id in enumerate(expected))
    assert all(graph.id(row) == unique_id for row, unique_id in enumerate(expected))


def test_children_are_dbts_child_map(real: Sample) -> None:
    graph = real.view.graph
    found = neighbours(graph, graph.indptr, graph.indices)
    assert found == {key: sorted(set(ids)) for key, ids in real.plain["child_map"].items()}
    assert graph.indptr[-1] == len(graph.indices)


def test_parents_are_dbts_parent_map(real: Sample) -> None:
    graph = real.view.graph
    found = neighbours(graph, graph.parent_indptr, graph.parent_indices)
    # parent_map has dependencies on disabled resources; the graph has no rows for them.
    rows = set(graph.ids)
    expected = {key: sorted(set(ids) & rows) for key, ids in real.plain["parent_map"].items()}
    assert found == expected
    assert len(graph.parent_indices) == len(graph.indices) > 0


def test_columns_are_the_fields(real: Sample) -> None:
    resources = members(real.plain, OTHER_COLLECTIONS) | members(real.plain, GRAPH_COLLECTIONS)
    assert len(resources) > 100
    for unique_id, resource in resources.items():
        node = real.view.node(unique_id)
        assert node.unique_id == unique_id
        assert node == resource
        for attribute, path in STRING_COLUMNS.items():
            assert getattr(node, attribute) == string(resource, path), (unique_id, attribute)
        for attribute in VALUE_COLUMNS:
            assert getattr(node, attribute) == resource.get(attribute), (unique_id, attribute)
        for attribute in ("access", "group"):
            expected = string(resource, (attribute,)) or string(resource, ("config", attribute))
            assert getattr(node, attribute) == expected, (unique_id, attribute)


def test_every_resource_has_a_type(real: Sample) -> None:
    for collection in (*GRAPH_COLLECTIONS, *OTHER_COLLECTIONS):
        for unique_id, resource in members(real.plain, (collection,)).items():
            expected = resource.get("resource_type") or DEFAULT_TYPES[collection]
            assert real.view.node(unique_id).resource_type == expected


def test_is_intact(real: Sample) -> None:
    real.view.verify()
