"""Random graphs and manifests, and dbt's own classes to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import networkx as nx
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

Edges = list[tuple[str, str]]

NAMES = st.text(alphabet="abcé", min_size=1, max_size=2)


@st.composite
def edge_lists(draw: st.DrawFn, *, acyclic: bool = False) -> tuple[Edges, list[str]]:
    """Draw edges, with repetitions and loops, and nodes, in any order."""
    nodes = draw(st.lists(NAMES, max_size=12))
    if not acyclic:
        return draw(st.lists(st.tuples(NAMES, NAMES), max_size=40)), nodes
    ends = draw(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=40))
    names = draw(st.permutations([f"n{number}" for number in range(16)]))
    return [(names[min(pair)], names[max(pair)]) for pair in ends if pair[0] != pair[1]], nodes


def digraph(edges: Iterable[tuple[str, str]], nodes: Iterable[str] = ()) -> nx.DiGraph[str]:
    """Return networkx's graph of these edges and nodes."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    return graph


def shape(graph: nx.DiGraph[str]) -> Any:
    """Return everything that networkx stores about a graph, in networkx's order."""
    return (
        list(graph),
        {node: list(graph.succ[node].items()) for node in graph},
        {node: list(graph.pred[node]) for node in graph},
    )


@dataclass
class Resource:
    """The fields of a dbt node that linking reads."""

    unique_id: str
    resource_type: str
    depends_on_nodes: list[str] = field(default_factory=list)


COLLECTIONS = {
    "model": "nodes",
    "snapshot": "nodes",
    "test": "nodes",
    "source": "sources",
    "exposure": "exposures",
    "metric": "metrics",
    "semantic_model": "semantic_models",
    "saved_query": "saved_queries",
    "unit_test": "unit_tests",
    "function": "functions",
}
# Kinds that other resources may depend on. dbt writes no tests on tests; some cases have them.
PARENTS = ("model", "snapshot", "source", "metric", "semantic_model", "function", "test")


@st.composite
def resource_lists(draw: st.DrawFn, *, tests_on_tests: bool = False) -> list[Resource]:
    """Draw resources of every kind without cycles, in any order, many of them models and tests."""
    kinds = draw(
        st.lists(
            st.sampled_from(["model", "test", "model", "test", *COLLECTIONS]),
            min_size=1,
            max_size=20,
        )
    )
    made: list[Resource] = []
    for number, kind in enumerate(kinds):
        resource = Resource(f"{kind}.shop.{number}", kind)
        parents = [
            other.unique_id
            for other in made
            if other.resource_type in PARENTS
            and (other.resource_type != "test" or (tests_on_tests and kind == "test"))
        ]
        if parents and kind != "source":
            resource.depends_on_nodes = draw(st.lists(st.sampled_from(parents), max_size=4))
        made.append(resource)
    return draw(st.permutations(made))


def manifest_json(resources: Iterable[Resource]) -> dict[str, Any]:
    """Return a manifest of these resources."""
    manifest: dict[str, Any] = {name: {} for name in sorted(set(COLLECTIONS.values()))}
    for resource in resources:
        manifest[COLLECTIONS[resource.resource_type]][resource.unique_id] = {
            "resource_type": resource.resource_type,
            "depends_on": {"nodes": resource.depends_on_nodes, "macros": []},
        }
    return manifest


def dbt_manifest(resources: Iterable[Resource]) -> Any:
    """Return an object with the members of a manifest that dbt's Linker uses."""
    from dbt.contracts.graph.manifest import build_node_edges

    collections: dict[str, dict[str, Resource]] = {name: {} for name in COLLECTIONS.values()}
    for resource in resources:
        collections[COLLECTIONS[resource.resource_type]][resource.unique_id] = resource
    members: Any = [member for kind in collections.values() for member in kind.values()]
    children, _ = build_node_edges(members)
    return SimpleNamespace(**collections, child_map=children)


def linked(manifest: Any) -> Any:
    """Return dbt's Linker after link_graph."""
    from dbt.compilation import Linker

    linker = Linker()
    linker.link_graph(manifest)
    return linker


def dbt_scores(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Return the scores that dbt's GraphQueue gives the nodes."""
    from dbt.graph.queue import GraphQueue

    queue = GraphQueue.__new__(GraphQueue)
    scores: dict[str, int] = queue._get_scores(graph)  # noqa: SLF001
    return scores


def dbt_graph(graph: nx.DiGraph[str]) -> Any:
    """Return dbt's Graph of a networkx graph."""
    from dbt.graph.graph import Graph

    return Graph(graph)
