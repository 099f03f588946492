"""The seams of linking: dbt.compilation, and the maps of edges in dbt.contracts.graph.manifest.

If the manifest's resources equal the entry's, edges and graphs are made from columns of the file.
No resource is built for them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import dbt.compilation
import dbt.graph
from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import get_flags
from dbt.graph.queue import GraphQueue
from dbt.node_types import NodeType
from networkx import DiGraph

from flatmanifest import Graph, GraphError
from flatmanifest.dbt.cache.entry import entry_of, unchanged
from flatmanifest.dbt.cache.lazy_dict import fields_now, rows_of
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flatmanifest.dbt.cache.entry import Entry

# In the order of Linker.link_graph; sources have no edges.
LINKED = (
    "nodes",
    "semantic_models",
    "exposures",
    "functions",
    "metrics",
    "unit_tests",
    "saved_queries",
)
# In the order of Manifest.build_parent_and_child_maps.
MEMBERS = (
    "nodes",
    "sources",
    "exposures",
    "functions",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
)
# In the order of Manifest.build_group_map.
GROUPABLE = ("nodes", "saved_queries", "semantic_models", "metrics")
ACYCLIC = "links"  # Entry.passed_checks


@seam("dbt.compilation:Linker", "link_graph", "the same graph from columns of the entry")
def link_graph(original: Callable[..., Any], linker: Linker, manifest: Manifest) -> None:
    if not attempt(link_columns, linker, manifest):
        original(linker, manifest)


def link_columns(linker: Linker, manifest: Manifest) -> bool:
    """Link the graph as Linker.link_graph does; False if dbt has to, which reports any error."""
    entry = unchanged(manifest, "sources", *LINKED)
    if entry is None or len(linker.graph) > 0:
        return False
    graph = entry.view().graph
    if ACYCLIC not in entry.passed_checks:
        try:
            graph.check()
        except GraphError:
            return False
        entry.keep_passed_check(ACYCLIC)
    edges = [
        (parent, child) for child, parents in dependencies(entry, LINKED) for parent in parents
    ]
    linker.graph.add_nodes_from(graph.nodes())
    linker.graph.add_edges_from(edges)
    linker.graph.flatmanifest_entry = entry
    linker.graph.flatmanifest_graph = graph
    return True


def dependencies(entry: Entry, names: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """Each resource of these collections with the ids that it depends on."""
    for name in names:
        if name in entry.maps:
            depends_on = entry.column(name, "depends_on.nodes")
            for child, parents in zip(entry.maps[name].keys(), depends_on, strict=True):
                yield child, parents or []


def linked_from(graph: Any) -> Entry | None:
    """The entry whose columns a networkx graph was linked from.

    Test edges may have been added to the graph since.
    """
    return getattr(graph, "flatmanifest_entry", None)


def native_of(graph: Any) -> Graph | None:
    """The native graph that a networkx graph is a copy of; None if the copy has changed since."""
    native: Graph | None = getattr(graph, "flatmanifest_graph", None)
    if native is None or len(native) != len(graph):
        return None
    edge_count = sum(len(children) for _, children in graph.adjacency())
    return native if native.number_of_edges() == edge_count else None


@seam("dbt.compilation:Linker", "add_test_edges", "the native graph adds them")
def add_test_edges(original: Callable[..., Any], linker: Linker, manifest: Manifest) -> None:
    if not attempt(add_native_test_edges, linker, manifest):
        original(linker, manifest)


def add_native_test_edges(linker: Linker, manifest: Manifest) -> bool:
    native = native_of(linker.graph)
    entry = unchanged(manifest, *MEMBERS)
    if native is None or entry is None or entry is not linked_from(linker.graph):
        return False
    tested = native.add_test_edges(fast=bool(get_flags().USE_FAST_TEST_EDGES))
    linker.graph.add_edges_from(tested.test_edges(), edge_type="parent_test")
    linker.graph.flatmanifest_graph = tested
    return True


@seam("dbt.graph:Graph", "get_subset_graph", "the native graph's subset")
def get_subset_graph(
    original: Callable[..., Any], graph: dbt.graph.Graph, selected: Iterable[str]
) -> dbt.graph.Graph:
    selected = set(selected)
    subset = attempt(native_subset, graph, selected)
    return original(graph, selected) if subset is None else subset


def native_subset(graph: dbt.graph.Graph, selected: set[str]) -> dbt.graph.Graph | None:
    native = native_of(graph.graph)
    if native is None or not all(map(native.__contains__, selected)):
        return None
    native = native.get_subset_graph(selected)
    subset: Any = DiGraph()
    subset.add_nodes_from(native.nodes())
    subset.add_edges_from(native.edges())
    for parent, child in native.test_edges():
        subset.edges[parent, child]["edge_type"] = "parent_test"
    subset.flatmanifest_graph = native
    return dbt.graph.Graph(subset)


@seam("dbt.graph.queue:GraphQueue", "_get_scores", "the native graph's scores")
def get_scores(original: Callable[..., Any], queue: GraphQueue, graph: Any) -> dict[str, int]:
    native = attempt(native_of, graph)
    scores = None if native is None else attempt(native.queue_scores)
    if scores is None or len(scores) != len(graph):
        found: dict[str, int] = original(queue, graph)
        return found
    return scores


@seam("dbt.compilation:Linker", "find_cycles", "the native graph says that there is none")
def find_cycles(original: Callable[..., Any], linker: Linker) -> str | None:
    if attempt(has_no_cycle, linker):
        return None
    found: str | None = original(linker)  # dbt chooses the cycle to name
    return found


def has_no_cycle(linker: Linker) -> bool:
    graph = linker.graph
    return Graph(list(graph.edges()), list(graph.nodes())).find_cycle() is None


@seam("dbt.compilation:Linker", "get_graph_summary", "types from a column of the entry")
def get_graph_summary(
    original: Callable[..., Any], linker: Linker, manifest: Manifest
) -> dict[int, dict[str, Any]]:
    summary = attempt(summary_of, linker, manifest)
    if summary is None:
        found: dict[int, dict[str, Any]] = original(linker, manifest)
        return found
    return summary


def summary_of(linker: Linker, manifest: Manifest) -> dict[int, dict[str, Any]]:
    """The summary of Linker.get_graph_summary. dbt makes a dict of every node to get its type."""
    graph = linker.graph
    entry = unchanged(manifest, *MEMBERS)
    if entry is not None and entry is linked_from(graph):
        types = types_of(entry)
    else:
        types = {name: str(manifest.expect(name).resource_type) for name in graph}
    places = {name: place for place, name in enumerate(graph)}
    summary: dict[int, dict[str, Any]] = {}
    for name, successors in graph.adjacency():
        node: dict[str, Any] = {"name": name, "type": types[name]}
        if successors:
            node["succ"] = [places[other] for other in successors]
        summary[places[name]] = node
    return summary


def types_of(entry: Entry) -> dict[str, str]:
    types: dict[str, str] = {}
    for name in MEMBERS:
        if name in entry.maps:
            column = entry.column(name, "resource_type")
            types.update(zip(entry.maps[name].keys(), column, strict=True))
    return types


class NoNodes:
    """A manifest without its nodes."""

    nodes: dict[str, Any]

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.nodes = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.manifest, name)


@seam("dbt.compilation", "_generate_stats", "nodes counted from a column of the entry")
def generate_stats(
    original: Callable[..., Any], manifest: Manifest, *catalogs: Any
) -> dict[NodeType, int]:
    entry = attempt(unchanged, manifest, "nodes")
    counted = None if entry is None else attempt(count_nodes, entry)
    if counted is None:
        found: dict[NodeType, int] = original(manifest, *catalogs)  # catalogs since dbt 1.12
        return found
    others: dict[NodeType, int] = original(NoNodes(manifest), *catalogs)
    for kind, number in others.items():
        counted[kind] += number
    return counted


def count_nodes(entry: Entry) -> dict[NodeType, int]:
    """The number of nodes of each type, without disabled tests."""
    types = entry.column("nodes", "resource_type")
    are_enabled = entry.column("nodes", "config.enabled")
    found = zip(types, are_enabled, strict=True)
    count = Counter(kind for kind, is_enabled in found if kind != "test" or is_enabled)
    counted: dict[NodeType, int] = defaultdict(int)
    counted.update((NodeType(kind), number) for kind, number in count.items())
    return counted


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "build_parent_and_child_maps",
    "the maps from columns of the entry",
)
def build_parent_and_child_maps(original: Callable[..., Any], manifest: Manifest) -> None:
    if entry_of(manifest) is None or not attempt(map_columns, manifest):
        original(manifest)


def map_columns(manifest: Manifest) -> bool:
    found = rows_of(manifest, MEMBERS, "unique_id", "depends_on.nodes")
    if found is None:
        return False
    edges = [(unique_id, parents or []) for _, unique_id, parents in found]
    children: dict[str, list[str]] = {unique_id: [] for unique_id, _ in edges}
    for child, parents in edges:
        for parent in parents:
            if parent in children:
                children[parent].append(child)
    for of_one in children.values():
        of_one.sort()
    manifest.child_map = children
    manifest.parent_map = {child: sorted(parents) for child, parents in edges}
    return True


@seam(
    "dbt.contracts.graph.manifest:Manifest", "build_group_map", "the map from columns of the entry"
)
def build_group_map(original: Callable[..., Any], manifest: Manifest) -> None:
    if entry_of(manifest) is None or not attempt(group_columns, manifest):
        original(manifest)


def group_columns(manifest: Manifest) -> bool:
    names = fields_now(manifest.groups, "name")
    if names is None:
        return False
    members: dict[str, list[str]] = {name: [] for _, name in names}
    found = rows_of(manifest, GROUPABLE if members else (), "unique_id", "group")
    if found is None:
        return False
    for _, unique_id, group in found:
        if group in members:
            members[group].append(unique_id)
    manifest.group_map = members
    return True
