"""The dependency graph: rows 7 and 8 of the targets, and the growth of its cost with its size.

The competitors are dbt's own classes, which use networkx; networkx called directly; and rustworkx.
Each starts from its usual input: dbt from its Manifest in memory, rustworkx from ids and pairs of
ids in memory, flatmanifest from the file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import rustworkx as rx

import flatmanifest
from bench.contest import Contestant, ratio, run
from bench.figures import Curve, Report

ROUNDS = 5
# dbt filters all edges again for each node: a few hundred nodes take seconds.
SAMPLE = 100
SIZES = (1_000, 10_000, 100_000, 1_000_000)
LAYERS = ("base", "staging", "intermediate", "marts")


def measure(report: Report, large: Path, work: Path, sizes: tuple[int, ...] = SIZES) -> None:
    """``large`` is a manifest as JSON; ``work`` is a directory for files."""
    fman = flatmanifest.convert(large, work / "graph.fman")
    manifest = dbt_manifest(large)
    _ready(report, fman, manifest)
    _walks(report, fman, manifest)
    _orders(report, fman, manifest)
    _test_edges(report, fman, manifest)
    _growth(report, work, sizes)


def dbt_manifest(path: Path) -> Any:
    from dbt.artifacts.schemas.manifest import WritableManifest  # noqa: PLC0415 - takes seconds
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    manifest = Manifest.from_writable_manifest(WritableManifest.read_and_check_versions(str(path)))
    manifest.build_parent_and_child_maps()
    return manifest


def link(manifest: Any) -> Any:
    from dbt.compilation import Linker  # noqa: PLC0415

    linker = Linker()
    linker.link_graph(manifest)
    return linker


def _open(fman: Path) -> flatmanifest.Graph:
    return flatmanifest.open(fman).graph


def _link_ours(fman: Path) -> memoryview:
    return _open(fman).node_rows()


def _ready(report: Report, fman: Path, manifest: Any) -> None:
    graph = flatmanifest.open(fman).graph
    ids, pairs = graph.nodes(), graph.edges()

    def build_rustworkx() -> object:
        built: rx.PyDiGraph[str, None] = rx.PyDiGraph()
        index_of = dict(zip(ids, built.add_nodes_from(ids), strict=True))
        built.add_edges_from_no_data([(index_of[a], index_of[b]) for a, b in pairs])
        return built

    def build_networkx() -> object:
        built: nx.DiGraph[str] = nx.DiGraph()
        built.add_nodes_from(ids)
        built.add_edges_from(pairs)
        return built

    ours = Contestant("flatmanifest.open(...).graph", lambda: _open(fman))
    others = [
        Contestant("the same, in dbt's order", lambda: _link_ours(fman)),
        Contestant("flatmanifest.Graph(pairs)", lambda: flatmanifest.Graph(pairs, ids)),
        Contestant("dbt's Linker.link_graph", lambda: link(manifest)),
        Contestant("networkx, from pairs", build_networkx),
        Contestant("rustworkx, from pairs", build_rustworkx),
    ]
    run([ours, *others], ROUNDS)
    report.contests.append(("the graph ready to use", [ours, *others]))
    report.at_least(7, "graph ready, vs Linker.link_graph", ratio(others[2], ours), 1000)
    report.at_least(7, "graph ready, vs rustworkx", ratio(others[4], ours), 20)


def _walks(report: Report, fman: Path, manifest: Any) -> None:
    from dbt.graph.graph import Graph  # noqa: PLC0415

    graph = flatmanifest.open(fman).graph
    theirs = Graph(link(manifest).graph)
    plain = graph.to_networkx()
    rusty = graph.to_rustworkx()
    ids = list(graph)
    some: list[Any] = ids[:: max(1, len(ids) // SAMPLE)]

    def both(walks: tuple[Callable[[Any], object], ...], nodes: Any) -> Callable[[], object]:
        return lambda: [walk(node) for node in nodes for walk in walks]

    sampled = [
        Contestant("flatmanifest", both((graph.ancestors, graph.descendants), some)),
        Contestant("dbt's Graph", both((theirs.ancestors, theirs.descendants), some)),
    ]
    run(sampled, 1)
    report.contests.append((f"ancestors and descendants of {len(some)} nodes, as ids", sampled))
    report.at_least(8, "ancestors and descendants, vs dbt's Graph", ratio(*sampled[::-1]), 50)

    def every_row() -> object:
        return graph.all_ancestor_rows(), graph.all_descendant_rows()

    rows, in_sets, direct, rust = whole = [
        Contestant("flatmanifest, as rows", every_row),
        Contestant("flatmanifest, as sets of ids", both((graph.ancestors, graph.descendants), ids)),
        Contestant(
            "networkx, as sets of ids",
            both(
                (lambda node: nx.ancestors(plain, node), lambda node: nx.descendants(plain, node)),
                ids,
            ),
        ),
        Contestant(
            "rustworkx, as sets of indices",
            both(
                (lambda node: rx.ancestors(rusty, node), lambda node: rx.descendants(rusty, node)),
                range(len(ids)),
            ),
        ),
    ]
    run(whole, ROUNDS)
    report.contests.append(("ancestors and descendants of every node", whole))
    report.at_least(8, "those of every node as rows, vs networkx", ratio(direct, rows), 50)
    report.facts["ancestors and descendants of every node as sets of ids"] = (
        f"{ratio(direct, in_sets):.1f} x faster than networkx, {ratio(rust, in_sets):.1f} x faster "
        "than rustworkx: filling Python's sets is most of what is left"
    )


def _orders(report: Report, fman: Path, manifest: Any) -> None:
    graph = flatmanifest.open(fman).graph
    linked = link(manifest).graph
    rusty = graph.to_rustworkx()
    sort, sorted_ids, theirs, rust = sorts = [
        Contestant("flatmanifest, as rows", graph.topological_rows),
        Contestant("flatmanifest, as ids", graph.topological_sort),
        Contestant("networkx", lambda: list(nx.topological_sort(linked))),
        Contestant("rustworkx", lambda: rx.topological_sort(rusty)),
    ]
    run(sorts, ROUNDS * 4)
    del sorted_ids, rust
    report.contests.append(("topological order", sorts))
    report.at_least(8, "topological order, vs networkx", ratio(theirs, sort), 50)


def _test_edges(report: Report, fman: Path, manifest: Any) -> None:
    graph = flatmanifest.open(fman).graph
    linked = link(manifest).graph

    def add(method: str) -> Callable[[], object]:
        from dbt.compilation import Linker  # noqa: PLC0415

        def on_a_copy() -> object:
            linker = Linker()
            linker.graph = linked.copy()
            getattr(linker, method)(manifest)
            return linker

        return on_a_copy

    thorough = [
        Contestant("flatmanifest", graph.add_test_edges),
        Contestant("dbt's add_test_edges_1, and a copy", add("add_test_edges_1")),
    ]
    run(thorough, 1)
    report.contests.append(("test edges", thorough))
    report.at_least(8, "test edges, vs dbt's Linker", ratio(*thorough[::-1]), 50)
    fast = [
        Contestant("flatmanifest", lambda: graph.add_test_edges(fast=True)),
        Contestant("dbt's add_test_edges_2, and a copy", add("add_test_edges_2")),
    ]
    run(fast, ROUNDS)
    report.contests.append(("test edges, the fast algorithm", fast))
    report.at_least(8, "test edges, fast, vs dbt's Linker", ratio(*fast[::-1]), 50)


# --- growth ---


def write_chains(path: Path, nodes: int) -> Path:
    """Write a manifest of that many nodes: chains of four models, with one test per model."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"metadata": {}, "nodes": {')
        for number, (unique_id, parents) in enumerate(_chain_nodes(nodes)):
            kind, _, name = unique_id.partition(".chain.")
            node = {"resource_type": kind, "name": name, "depends_on": {"nodes": parents}}
            file.write(f'{", " if number else ""}"{unique_id}": {json.dumps(node)}')
        file.write('}, "sources": {}}')
    return path


def _chain_nodes(count: int) -> Iterator[tuple[str, list[str]]]:
    for chain in range(count // (2 * len(LAYERS))):
        parents: list[str] = []
        for layer in LAYERS:
            model = f"model.chain.{layer}_{chain}"
            yield model, parents
            yield f"test.chain.not_null_{layer}_{chain}_id", [model]
            parents = [model]


def _growth(report: Report, work: Path, sizes: tuple[int, ...]) -> None:
    curve = Curve("the graph of chain projects, by its number of nodes", list(sizes))
    for size in sizes:
        path = write_chains(work / f"chains_{size}.json", size)
        fman = flatmanifest.convert(path)
        path.unlink()
        for name, action in _steps(fman):
            curve.add(name, _least(action, rounds=20 if size <= 10_000 else 3) / size)
        fman.unlink()
    report.curves.append(curve)


def _steps(fman: Path) -> list[tuple[str, Callable[[], object]]]:
    graph = flatmanifest.open(fman).graph
    half = [graph.id(int(row)) for row in graph.node_rows()[::2]]
    return [
        ("open, check", lambda: _open(fman)),
        ("open, link in dbt's order", lambda: _link_ours(fman)),
        ("topological order", graph.topological_rows),
        ("search for a cycle", graph.cycle_rows),
        ("ancestors of every node", graph.all_ancestor_rows),
        ("descendants of every node", graph.all_descendant_rows),
        ("test edges", graph.add_test_edges),
        ("test edges, fast", lambda: graph.add_test_edges(fast=True)),
        ("subset graph of the models", lambda: graph.get_subset_graph(half)),
        ("transitive reduction", graph.transitive_reduction),
    ]


def _least(action: Callable[[], object], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = action()
        seconds.append(time.perf_counter() - start)
        del result
    return min(seconds)
