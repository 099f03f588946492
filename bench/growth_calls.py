"""The public calls whose growth is measured, each with arguments in proportion to the manifest."""

from __future__ import annotations

import contextlib
import copy
import itertools
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flatmanifest

Call = tuple[str, Callable[[], object]]

LOOKUPS = 1_000  # for every size
SELECTIONS = {
    "everything": {},
    "a name": {"select": "marts_7"},
    "a tag": {"select": "tag:tag_1"},
    "a path": {"select": "path:models/staging"},
    "a configuration": {"select": "config.materialized:table"},
    "a package": {"select": "package:growth"},
    "a pattern of names": {"select": "base_*7"},
    "a type of test": {"select": "test_type:generic"},
    "a resource type": {"select": "resource_type:model"},
    "all that is downstream": {"select": "source:growth.raw.calendar+"},
    "all that is upstream": {"select": "+exposure:*"},
    "the at sign": {"select": "@source:growth.raw.calendar"},
    "an intersection": {"select": "tag:tag_1,config.materialized:view+"},
    "an exclusion": {"exclude": "tag:tag_1+"},
    "cautious": {"select": "path:models/marts", "indirect_selection": "cautious"},
    "buildable": {"select": "path:models/marts", "indirect_selection": "buildable"},
}
OUTPUTS = ("selector", "name", "path", "json")


def calls(directory: Path) -> Iterator[Call]:
    """Yield calls on the manifest.json in ``directory``; ``directory/state`` has an earlier one."""
    source = directory / "manifest.json"
    fman = directory / "manifest.fman"
    yield "convert", lambda: flatmanifest.convert(source, fman)
    flatmanifest.convert(directory / "state" / "manifest.json")
    yield "open", lambda: flatmanifest.open(fman)
    yield "open the JSON, converted before", lambda: flatmanifest.open(source)
    yield "open a copy", lambda: flatmanifest.open(fman, copy=True)
    with flatmanifest.open(fman) as manifest, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from _whole(fman, manifest)
        yield from _views(manifest)
        yield from _selections(manifest, directory)
        with flatmanifest.open(directory / "state" / "manifest.json") as earlier:
            yield "diff", lambda: flatmanifest.diff(earlier, manifest)
        yield from _graph(manifest)


def _whole(fman: Path, manifest: flatmanifest.Manifest) -> Iterator[Call]:
    yield "verify", manifest.verify
    yield "refresh, nothing new", manifest.refresh
    yield "load", lambda: flatmanifest.load(fman)
    yield "to_dict", manifest.to_dict
    yield "to_json", manifest.to_json
    yield "copy.copy", lambda: copy.copy(manifest)
    yield "copy.deepcopy", lambda: copy.deepcopy(manifest)
    yield "pickle and back", lambda: pickle.loads(pickle.dumps(manifest))
    nodes = manifest["nodes"]
    yield "pickle the nodes", lambda: pickle.dumps(nodes)
    yield "nodes | {}", lambda: nodes | {}
    same = flatmanifest.load(fman)
    yield "== a dict", lambda: manifest == same
    yield "== a manifest", lambda: manifest == flatmanifest.open(fman)


def _views(manifest: flatmanifest.Manifest) -> Iterator[Call]:
    nodes: Any = manifest["nodes"]
    ids = list(nodes)
    some = (ids * LOOKUPS)[:: len(ids)][:LOOKUPS]
    yield "list(nodes)", lambda: list(nodes)
    yield "nodes.items()", lambda: list(nodes.items())
    yield "reversed(nodes)", lambda: list(reversed(nodes))
    yield "a field of every node", lambda: [n["config"]["materialized"] for n in nodes.values()]
    yield "1,000 lookups by key", lambda: [nodes[key] for key in some]
    yield "1,000 lookups by id", lambda: [manifest.node(key).name for key in some]
    yield "1,000 raw texts", lambda: [manifest.raw(key, "unique_id") for key in some]
    yield "_repr_html_", manifest._repr_html_
    long = manifest.node("source.growth.raw.calendar")
    yield "to_json of a resource", long.to_json


def _selections(manifest: flatmanifest.Manifest, directory: Path) -> Iterator[Call]:
    for what, arguments in SELECTIONS.items():
        yield f"select {what}", lambda arguments=arguments: manifest.select(**arguments)  # type: ignore[misc]
    tenth = [f"staging_{i}" for i in range(len(manifest["exposures"]))]
    yield "select a tenth, by their names", lambda: manifest.select(tenth)
    earlier = directory / "state"
    yield "select state:modified", lambda: manifest.select("state:modified", state=earlier)
    everything = manifest.select()
    for output in OUTPUTS:
        yield f"list_lines, {output}", lambda output=output: manifest.list_lines(everything, output)  # type: ignore[misc]
    yield "draw a tree", lambda: manifest.draw(everything, "tree")
    yield "draw dot", lambda: manifest.draw(everything, "dot")
    yield "Selection._repr_html_", everything._repr_html_


def _graph(manifest: flatmanifest.Manifest) -> Iterator[Call]:
    graph = manifest.graph
    ids = graph.ids
    half = ids[::2]
    hub, end = "source.growth.raw.calendar", "exposure.growth.report_7"
    yield "manifest.graph, linked", lambda: _linked(manifest)
    for name in (
        "nodes", "edges", "test_edges", "topological_sort", "topological_generations",
        "find_cycle", "check", "queue_scores", "transitive_reduction", "to_networkx",
        "to_rustworkx", "to_scipy", "_repr_html_", "all_ancestor_rows", "all_descendant_rows",
    ):  # fmt: skip
        yield f"graph.{name}", getattr(graph, name)
    yield "graph.ids", lambda: graph.ids
    yield "graph.add_test_edges, fast", lambda: graph.add_test_edges(fast=True)
    yield "graph.add_test_edges", graph.add_test_edges
    yield "graph.ancestors", lambda: graph.ancestors(end)
    yield "graph.descendants", lambda: graph.descendants(hub)
    yield "graph.get_dependent_nodes", lambda: graph.get_dependent_nodes(hub)
    yield "graph.successors", lambda: graph.successors(hub)
    for name in ("select_children", "select_parents", "select_childrens_parents",
                 "select_successors", "subgraph", "get_subset_graph"):  # fmt: skip
        yield f"graph.{name}", lambda name=name: getattr(graph, name)(half)  # type: ignore[misc]
    yield "graph.shortest_path", lambda: graph.shortest_path(hub, end)
    yield "graph.all_paths", lambda: list(graph.all_paths(hub, end))
    yield "graph, one edge added to a copy", lambda: _changed(graph)
    pairs = graph.edges()
    yield "Graph(pairs)", lambda: flatmanifest.Graph(pairs)


def _linked(manifest: flatmanifest.Manifest) -> memoryview:
    return manifest.graph.node_rows()  # manifest.graph is a new graph each time


def _changed(graph: flatmanifest.Graph) -> int:
    changed = graph.copy()
    changed.add_edge("model.growth.base_1", "model.growth.marts_2")
    changed.remove_edge("model.growth.base_1", "model.growth.marts_2")
    with contextlib.suppress(flatmanifest.NodeNotFoundError):
        changed.remove_node("model.growth.base_3")
    return changed.number_of_edges()


def line_calls(size: int) -> Iterator[Call]:
    """Yield calls on a graph whose ``size`` nodes form one line: the deepest graph of that size."""
    ids = [f"model.growth.{i}" for i in range(size)]
    graph = flatmanifest.Graph(itertools.pairwise(ids))
    first, last = ids[0], ids[-1]
    yield "in a line: ancestors", lambda: graph.ancestors(last)
    yield "in a line: descendants", lambda: graph.descendants(first)
    yield "in a line: topological_sort", graph.topological_sort
    yield "in a line: topological_generations", graph.topological_generations
    yield "in a line: find_cycle", graph.find_cycle
    yield "in a line: queue_scores", graph.queue_scores
    yield "in a line: transitive_reduction", graph.transitive_reduction
    yield "in a line: shortest_path", lambda: graph.shortest_path(first, last)
    yield "in a line: the one path", lambda: list(graph.all_paths(first, last))
    yield "in a line: every second node", lambda: graph.get_subset_graph(ids[::2])
    yield "in a line: select_childrens_parents", lambda: graph.select_childrens_parents([first])
