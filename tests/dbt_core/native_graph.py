"""A pytest plugin that puts the native graph and selector into dbt's own classes.

``pytest -p native_graph tests/unit/graph`` in a checkout of dbt-core runs dbt's tests unchanged;
what they import from ``dbt.graph`` is answered here:

- ``Graph``: ancestors, descendants, select_*, get_subset_graph, get_dependent_nodes
- ``GraphQueue._get_scores`` and ``Linker.find_cycles``
- ``SelectorMethod.search`` of every method, and ``SelectionCriteria.from_single_spec``'s errors

Where the native answer is an error or comes with warnings, dbt's own code runs too: it must fail or
warn likewise, and its exception, which tests ask for by type, is what they get. A summary says how
many calls went which way.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import NonCallableMock

import dbt.graph.selector_methods as methods
import networkx as nx
import pytest
from dbt.compilation import Linker
from dbt.graph.graph import Graph
from dbt.graph.queue import GraphQueue
from dbt.utils import JSONEncoder
from dbt_common.events.contextvars import get_project_root
from dbt_common.exceptions import DbtBaseException, DbtInternalError

import flatmanifest

CALLS: Counter[str] = Counter()
TYPES = [
    *["model", "analysis", "test", "snapshot", "seed", "source", "exposure", "metric", "operation"],
    *["saved_query", "semantic_model", "unit_test", "function", "sql_operation"],
]


def native(graph: nx.DiGraph) -> flatmanifest.Graph:
    """The native graph of a networkx one, with its edges' kinds left to the caller."""
    return flatmanifest.Graph(list(graph.edges()), list(graph.nodes()))


def dependencies(graph: nx.DiGraph) -> nx.DiGraph:
    """The graph without the edges that only make nodes wait for tests."""
    kinds = nx.get_edge_attributes(graph, "edge_type")
    if not any(kind == "parent_test" for kind in kinds.values()):
        return graph
    plain = nx.DiGraph()
    plain.add_nodes_from(graph.nodes())
    plain.add_edges_from(edge for edge in graph.edges() if kinds.get(edge) != "parent_test")
    return plain


def walk(name: str) -> Callable[..., set[str]]:
    """Graph.ancestors or Graph.descendants."""

    def walked(self: Graph, node: str, max_depth: int | None = None) -> set[str]:
        CALLS[f"Graph.{name}"] += 1
        try:
            found: set[str] = getattr(native(dependencies(self.graph)), name)(node, max_depth)
        except flatmanifest.NodeNotFoundError as error:
            raise DbtInternalError(error.args[0]) from error
        return found

    return walked


def select(name: str) -> Callable[..., set[str]]:
    """Graph.select_children and its like."""

    def selected_by(self: Graph, selected: set[str], max_depth: int | None = None) -> set[str]:
        CALLS[f"Graph.{name}"] += 1
        depth = () if max_depth is None else (max_depth,)
        found: set[str] = getattr(native(dependencies(self.graph)), name)(selected, *depth)
        return found

    return selected_by


def select_successors(self: Graph, selected: set[str]) -> set[str]:
    CALLS["Graph.select_successors"] += 1
    return native(self.graph).select_successors(selected)


def get_subset_graph(self: Graph, selected: Any) -> Graph:
    CALLS["Graph.get_subset_graph"] += 1
    subset = native(self.graph).get_subset_graph(selected)
    made = nx.DiGraph()
    made.add_nodes_from(subset.nodes())
    made.add_edges_from(subset.edges())
    return Graph(made)


def get_scores(_self: GraphQueue, graph: nx.DiGraph) -> dict[str, int]:
    CALLS["GraphQueue._get_scores"] += 1
    return native(graph).queue_scores()


def find_cycles(self: Linker) -> str | None:
    CALLS["Linker.find_cycles"] += 1
    cycle = native(self.graph).find_cycle()
    return None if cycle is None else " --> ".join(cycle)


def patch_graph() -> None:
    for name in ("ancestors", "descendants"):
        setattr(Graph, name, walk(name))
    for name in ("select_children", "select_parents", "select_childrens_parents"):
        setattr(Graph, name, select(name))
    Graph.select_successors = select_successors
    Graph.get_subset_graph = get_subset_graph
    GraphQueue._get_scores = get_scores  # noqa: SLF001
    Linker.find_cycles = find_cycles


COLLECTIONS = [
    *["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"],
    *["unit_tests", "functions", "macros", "docs", "groups"],
]


def as_written(resource: Any) -> Any:
    """A resource as dbt writes it, or as it is where a test put into it what dbt cannot write."""
    if isinstance(resource, NonCallableMock):
        fields = ("unique_id", "fqn", "package_name", "tags", "resource_type")
        return {field: getattr(resource, field) for field in fields}
    try:
        return resource.to_dict(omit_none=False)
    except AttributeError:
        return {key: value for key, value in vars(resource).items() if not key.startswith("_")}


def write_manifest(manifest: Any, path: Path) -> dict[str, Any]:
    """Write a dbt Manifest as dbt writes it, and return what was written."""
    try:
        document = (
            {"nodes": {key: as_written(node) for key, node in manifest.nodes.items()}}
            if isinstance(manifest, NonCallableMock)
            else manifest.writable_manifest().to_dict(omit_none=False)
        )
    except AttributeError:
        document = {
            name: {key: as_written(value) for key, value in getattr(manifest, name).items()}
            for name in COLLECTIONS
        }
    text = json.dumps(document, default=as_encoded)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    written: dict[str, Any] = json.loads(text)
    return written


def as_encoded(value: Any) -> Any:
    """What JSON has not: other dataclasses, and what dbt's own encoder knows."""
    return value.to_dict() if hasattr(value, "to_dict") else JSONEncoder().default(value)


def native_search(method: Any, included: set[str], value: Any) -> tuple[set[str], bool]:
    """Return the natively selected nodes, and whether it warned. Raises SelectionError."""
    kinds = methods.MethodManager.SELECTOR_METHODS.items()
    name = next(key for key, kind in kinds if kind is type(method))
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "now" / "manifest.json"
        plain = write_manifest(method.manifest, path)
        definition = {
            "method": ".".join([str(name), *method.arguments]),
            "value": value,
            "indirect_selection": "empty",
        }
        plain["selectors"] = {"s": {"name": "s", "definition": definition}}
        path.write_text(json.dumps(plain))
        state = Path(work) / "old"
        previous = getattr(method.previous_state, "manifest", None)
        if previous is not None:
            write_manifest(previous, state / "manifest.json")
        with flatmanifest.open(path) as manifest, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = manifest.select(
                selector="s",
                resource_type=TYPES,
                project_dir=get_project_root() or Path.cwd(),
                state=state if previous is not None else None,
            )
    warned = [str(warning.message) for warning in caught if "No nodes" not in str(warning.message)]
    return set(found) & set(included), bool(warned)


def patch_method(kind: type) -> None:
    vanilla = kind.search

    @wraps(vanilla)
    def search(self: Any, included_nodes: set[str], selector: Any) -> Iterator[str]:
        needs_results = kind in (methods.ResultSelectorMethod, methods.SourceStatusSelectorMethod)
        if needs_results:
            CALLS[f"{kind.__name__}: dbt's own, whose results are no files"] += 1
            yield from vanilla(self, included_nodes, selector)
            return
        try:
            found, warned = native_search(self, included_nodes, selector)
        except flatmanifest.SelectionError as error:
            CALLS[f"{kind.__name__}: the same error"] += 1
            message = str(error)
            try:
                list(vanilla(self, included_nodes, selector))
            except DbtBaseException as expected:
                assert expected.msg == message  # noqa: PT017
                raise
            pytest.fail(f"dbt refuses nothing here, flatmanifest says: {message}")
        if warned:
            CALLS[f"{kind.__name__}: the same with warnings"] += 1
            assert set(vanilla(self, included_nodes, selector)) == found
        else:
            CALLS[kind.__name__] += 1
        yield from found

    kind.search = search


def pytest_configure() -> None:
    patch_graph()
    for kind in methods.MethodManager.SELECTOR_METHODS.values():
        patch_method(kind)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("answered by flatmanifest, by calls")
    for name, count in sorted(CALLS.items()):
        terminalreporter.write_line(f"{count:6}  {name}")
