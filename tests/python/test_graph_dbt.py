"""The graph of a manifest, compared with dbt's own Linker, Graph and GraphQueue."""

from __future__ import annotations

import gzip
import shutil
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flatmanifest
from tests.conftest import COMPARED
from tests.projects.parsed import GENERATED
from tests.python.graphs import (
    Resource,
    dbt_graph,
    dbt_manifest,
    dbt_scores,
    edge_lists,
    linked,
    manifest_json,
    resource_lists,
    shape,
)
from tests.python.samples import write
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.python.graphs import Edges

pytest.importorskip("dbt.compilation")

# The first schema version that dbt reads.
FIRST_READABLE = 4
# With more nodes, dbt's thorough test edges take minutes.
FEW_NODES = 1_000


def opened(resources: list[Resource]) -> flatmanifest.Manifest:
    with TemporaryDirectory() as directory:
        return flatmanifest.open(write(Path(directory) / "m.json", manifest_json(resources)))


def edges_of(graph: nx.DiGraph[str]) -> dict[tuple[str, str], str | None]:
    return {(a, b): data.get("edge_type") for a, b, data in graph.edges(data=True)}


def with_test_edges(resources_or_manifest: Any, *, fast: bool) -> nx.DiGraph[str]:
    linker = linked(resources_or_manifest)
    (linker.add_test_edges_2 if fast else linker.add_test_edges_1)(resources_or_manifest)
    graph: nx.DiGraph[str] = linker.graph
    return graph


# --- random manifests ---


@given(resource_lists())
def test_linking(resources: list[Resource]) -> None:
    expected = linked(dbt_manifest(resources)).graph
    with opened(resources) as manifest:
        graph = manifest.graph
        graph.check()
        assert shape(graph.to_networkx()) == shape(expected.copy())
        assert graph.edges() == list(expected.edges)
        for node in expected:
            assert graph.predecessors(node) == list(expected.predecessors(node))
            assert graph.in_degree(node) == expected.in_degree(node)
            assert graph.out_degree(node) == expected.out_degree(node)
        assert graph.topological_sort() == list(nx.topological_sort(expected))
        assert graph.queue_scores() == dbt_scores(expected)


@given(resource_lists(tests_on_tests=True))
@settings(max_examples=300)
def test_test_edges(resources: list[Resource]) -> None:
    theirs = dbt_manifest(resources)
    with opened(resources) as manifest:
        for fast in (False, True):
            expected = with_test_edges(theirs, fast=fast)
            graph = manifest.graph.add_test_edges(fast=fast)
            assert list(graph) == list(expected)
            assert edges_of(graph.to_networkx()) == edges_of(expected)
            assert set(graph.test_edges()) == {
                edge for edge, kind in edges_of(expected).items() if kind is not None
            }
            assert graph.queue_scores() == dbt_scores(expected)
        assert manifest.graph.test_edges() == []


@given(resource_lists(tests_on_tests=True), st.booleans())
def test_test_edges_on_top_of_others(resources: list[Resource], fast: bool) -> None:  # noqa: FBT001
    theirs = dbt_manifest(resources)
    linker = linked(theirs)
    linker.add_test_edges_2(theirs)
    (linker.add_test_edges_2 if fast else linker.add_test_edges_1)(theirs)
    with opened(resources) as manifest:
        graph = manifest.graph.add_test_edges(fast=True).add_test_edges(fast=fast)
        assert edges_of(graph.to_networkx()) == edges_of(linker.graph)


@given(resource_lists())
def test_single_test_edges_come_in_dbts_order(resources: list[Resource]) -> None:
    for resource in resources:
        if resource.resource_type == "test":
            del resource.depends_on_nodes[1:]
    expected = with_test_edges(dbt_manifest(resources), fast=True)
    with opened(resources) as manifest:
        graph = manifest.graph.add_test_edges(fast=True)
        assert graph.edges() == list(expected.edges)
        for node in expected:
            assert graph.predecessors(node) == list(expected.predecessors(node))


@given(resource_lists(), st.booleans(), st.none() | st.integers(-1, 3), st.data())
def test_walks_leave_test_edges_out(
    resources: list[Resource],
    fast: bool,  # noqa: FBT001
    depth: int | None,
    data: st.DataObject,
) -> None:
    theirs = dbt_graph(with_test_edges(dbt_manifest(resources), fast=fast))
    with opened(resources) as manifest:
        check_walks(manifest.graph.add_test_edges(fast=fast), theirs, depth, data)


@given(resource_lists(), st.none() | st.integers(-1, 3), st.data())
def test_walks(resources: list[Resource], depth: int | None, data: st.DataObject) -> None:
    theirs = dbt_graph(linked(dbt_manifest(resources)).graph)
    with opened(resources) as manifest:
        check_walks(manifest.graph, theirs, depth, data)


def check_walks(
    graph: flatmanifest.Graph, theirs: Any, depth: int | None, data: st.DataObject
) -> None:
    for node in theirs:
        assert graph.ancestors(node, depth) == theirs.ancestors(node, depth)
        assert graph.descendants(node, depth) == theirs.descendants(node, depth)
        assert graph.get_dependent_nodes(node) == theirs.get_dependent_nodes(node)
    some = data.draw(st.sets(st.sampled_from(sorted(theirs))))
    assert graph.select_children(some, depth) == theirs.select_children(some, depth)
    assert graph.select_parents(some, depth) == theirs.select_parents(some, depth)
    assert graph.select_childrens_parents(some) == theirs.select_childrens_parents(some)
    assert graph.select_successors(some) == theirs.select_successors(some)
    subset = theirs.get_subset_graph(some).graph
    ours = graph.get_subset_graph(some)
    assert shape(ours.to_networkx())[:2] == shape(subset)[:2]
    part = graph.subgraph(some)
    assert edges_of(part.to_networkx()) == edges_of(theirs.subgraph(some).graph)


@given(edge_lists(), st.sets(st.sampled_from("abcé")))
@settings(max_examples=300)
def test_walks_and_subsets_of_cyclic_graphs(made: tuple[Edges, list[str]], some: set[str]) -> None:
    graph = flatmanifest.Graph(*made)
    expected: nx.DiGraph[str] = nx.DiGraph()
    expected.add_nodes_from(made[1])
    expected.add_edges_from(made[0])
    theirs = dbt_graph(expected)
    some &= set(expected)
    for node in expected:
        assert graph.ancestors(node) == theirs.ancestors(node)
        assert graph.descendants(node, 2) == theirs.descendants(node, 2)
    assert graph.select_children(some) == theirs.select_children(some)
    assert graph.select_parents(some, 2) == theirs.select_parents(some, 2)
    subset = graph.get_subset_graph(some)
    assert shape(subset.to_networkx())[:2] == shape(theirs.get_subset_graph(some).graph)[:2]
    for node in subset:
        assert subset.predecessors(node) == list(
            theirs.get_subset_graph(some).graph.predecessors(node)
        )


# --- manifests that dbt refuses ---


KINDS = ["model", "test", "source", "exposure", "metric", "saved_query", "unit_test", "snapshot"]


def dbts_error(manifest: Any) -> str:
    from dbt.exceptions import GraphDependencyNotFoundError

    try:
        linked(manifest)
    except GraphDependencyNotFoundError as error:
        return str(error.msg)
    except RuntimeError as error:
        return str(getattr(error, "msg", error))  # dbt 1.12 raises one of its own
    return ""


@given(st.lists(st.integers(0, 7), max_size=12), st.permutations(KINDS))
def test_what_dbt_refuses_to_link(ends: list[int], kinds: list[str]) -> None:
    resources = [Resource(f"{kind}.shop.{i}", kind) for i, kind in enumerate(kinds)]
    for child, parent in zip(ends[::2], ends[1::2], strict=False):
        if resources[child].resource_type != "source":
            resources[child].depends_on_nodes.append(resources[parent].unique_id)
    if ends and ends[0] == 0 and resources[0].resource_type != "source":
        resources[0].depends_on_nodes.append("model.shop.nowhere")
    expected = dbts_error(dbt_manifest(resources))
    with opened(resources) as manifest:
        if not expected:
            manifest.graph.check()
            return
        with pytest.raises(flatmanifest.GraphError) as caught:
            manifest.graph.check()
        assert str(caught.value) == expected


def test_an_unknown_node_is_dbts_error() -> None:
    from dbt_common.exceptions import CompilationError, DbtInternalError

    # dbt 1.12 raises a CompilationError in both cases.
    with pytest.raises((CompilationError, DbtInternalError)) as theirs:
        dbt_graph(nx.DiGraph()).ancestors("model.shop.a")
    with pytest.raises(flatmanifest.NodeNotFoundError) as ours:
        flatmanifest.Graph().ancestors("model.shop.a")
    assert str(ours.value) == theirs.value.msg
    with pytest.raises((CompilationError, ValueError), match="Couldn't find") as theirs_value:
        dbt_graph(nx.DiGraph()).get_subset_graph(["model.shop.a"])
    with pytest.raises(ValueError, match="Couldn't find") as ours_value:
        flatmanifest.Graph().get_subset_graph(["model.shop.a"])
    said = theirs_value.value
    assert str(ours_value.value) == str(getattr(said, "msg", said))


# --- real manifests ---


@pytest.fixture(scope="module", params=[*GENERATED, *COMPARED])
def both(
    request: pytest.FixtureRequest,
    generated: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[flatmanifest.Graph, Any]]:
    """Return the graph of a real manifest, and dbt's own Manifest of the same file."""
    from dbt.artifacts.schemas.manifest import WritableManifest
    from dbt.contracts.graph.manifest import Manifest

    path = tmp_path_factory.mktemp("both") / "manifest.json"
    if request.param in COMPARED:
        with gzip.open(COMPARED[request.param]) as packed, path.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    else:
        shutil.copy(generated(request.param), path)
    with flatmanifest.open(path) as manifest:
        version = manifest["metadata"]["dbt_schema_version"]
        if int(version.rpartition("/v")[2].removesuffix(".json")) < FIRST_READABLE:
            pytest.skip(f"dbt does not read {version}")
        theirs: Any = Manifest.from_writable_manifest(
            WritableManifest.read_and_check_versions(str(path))
        )
        theirs.build_parent_and_child_maps()
        refusal = dbts_error(theirs)
        if refusal:  # one manifest has a test of a disabled model
            with pytest.raises(flatmanifest.GraphError) as caught:
                manifest.graph.check()
            assert str(caught.value) == refusal
            leave_out_missing(theirs)
        else:
            manifest.graph.check()
        yield manifest.graph, theirs


def leave_out_missing(manifest: Any) -> None:
    """Remove dependencies on missing resources from dbt's manifest, so that dbt links it."""
    known = {*manifest.nodes, *manifest.sources, *manifest.metrics}
    for node in manifest.nodes.values():
        names = node.depends_on_nodes
        names[:] = [name for name in names if name in known]


def test_real_graphs(both: tuple[flatmanifest.Graph, Any]) -> None:
    graph, manifest = both
    expected = linked(manifest).graph
    assert shape(graph.to_networkx()) == shape(expected.copy())
    assert [list(graph.predecessors(node)) for node in expected] == [
        list(expected.predecessors(node)) for node in expected
    ]
    assert graph.topological_sort() == list(nx.topological_sort(expected))
    assert graph.topological_generations() == list(nx.topological_generations(expected))
    assert graph.queue_scores() == dbt_scores(expected)
    assert graph.find_cycle() is None


@pytest.mark.parametrize("fast", [False, True])
def test_real_test_edges(both: tuple[flatmanifest.Graph, Any], *, fast: bool) -> None:
    graph, manifest = both
    if not fast and len(graph) > FEW_NODES:
        pytest.skip("takes dbt minutes")
    try:
        graph.check()
    except flatmanifest.GraphError as error:
        pytest.skip(f"dbt does not link it: {error}")
    expected = with_test_edges(manifest, fast=fast)
    tested = graph.add_test_edges(fast=fast)
    assert list(tested) == list(expected)
    assert edges_of(tested.to_networkx()) == edges_of(expected)
    assert tested.queue_scores() == dbt_scores(expected)
    if len(graph) <= FEW_NODES:
        reduced = nx.transitive_reduction(expected)
        assert set(tested.transitive_reduction().edges()) == set(reduced.edges)


def test_real_walks_and_subsets(both: tuple[flatmanifest.Graph, Any]) -> None:
    graph, manifest = both
    theirs = dbt_graph(linked(manifest).graph)
    nodes = list(theirs)
    choice = seeded(5)
    for node in choice.sample(nodes, min(len(nodes), 100)):
        depth = choice.choice([None, 1, 2, 3])
        assert graph.ancestors(node, depth) == theirs.ancestors(node, depth)
        assert graph.descendants(node, depth) == theirs.descendants(node, depth)
    for size in {1, 5, len(nodes) // 10, len(nodes) // 2}:
        some = set(choice.sample(nodes, size))
        depth = choice.choice([None, 1, 2])
        assert graph.select_children(some, depth) == theirs.select_children(some, depth)
        assert graph.select_parents(some, depth) == theirs.select_parents(some, depth)
        expected = theirs.get_subset_graph(some).graph
        subset = graph.get_subset_graph(some)
        assert shape(subset.to_networkx())[:2] == shape(expected)[:2]
        assert [subset.predecessors(node) for node in subset] == [
            list(expected.predecessors(node)) for node in expected
        ]


def test_real_paths(both: tuple[flatmanifest.Graph, Any]) -> None:
    graph, manifest = both
    expected = linked(manifest).graph
    choice = seeded(6)
    ends = [node for node in graph if graph.in_degree(node)]
    for child in choice.sample(ends, min(len(ends), 30)):
        parent = choice.choice(sorted(graph.ancestors(child)))
        assert graph.shortest_path(parent, child) == nx.shortest_path(expected, parent, child)
        paths = list(islice(nx.all_simple_paths(expected, parent, child), 20))
        assert list(graph.all_paths(parent, child, limit=20)) == paths
