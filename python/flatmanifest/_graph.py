"""Conversions of a Graph for networkx, rustworkx and scipy. Each package is imported at its use.

Each function raises ``ImportError``, naming the package, if the package is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from flatmanifest._native import Graph


def to_networkx(graph: Graph) -> Any:
    """Give the networkx.DiGraph of ``Graph.to_networkx()``."""
    networkx = _required("networkx", "to_networkx")
    made = networkx.DiGraph()
    made.add_nodes_from(graph.nodes())
    made.add_edges_from(graph.edges())
    made.add_edges_from(graph.test_edges(), edge_type="parent_test")
    return made


def to_rustworkx(graph: Graph) -> Any:
    """Give the rustworkx.PyDiGraph of ``Graph.to_rustworkx()``."""
    rustworkx = _required("rustworkx", "to_rustworkx")
    # With multigraph=False rustworkx looks through all children of a parent at each edge.
    made = rustworkx.PyDiGraph(multigraph=True)
    rows = sorted(graph.node_rows())
    index_of = dict(zip(rows, made.add_nodes_from(map(graph.id, rows)), strict=True))
    tested = {(graph.row(parent), graph.row(child)) for parent, child in graph.test_edges()}
    made.add_edges_from(
        [
            (index_of[edge[0]], index_of[edge[1]], "parent_test" if edge in tested else None)
            for edge in zip(*graph.edge_rows(), strict=True)
        ]
    )
    return made


def to_scipy(graph: Graph) -> Any:
    """Give the scipy.sparse.csr_array of ``Graph.to_scipy()``."""
    sparse = _required("scipy.sparse", "to_scipy")
    numpy = _required("numpy", "to_scipy")
    # scipy accepts signed indices only. A file of at most 2 GiB keeps both far below 2**31.
    indptr = numpy.asarray(graph.indptr).view(numpy.int32)
    indices = numpy.asarray(graph.indices).view(numpy.int32)
    rows = len(indptr) - 1
    edges = numpy.ones(len(indices), dtype=numpy.bool_)
    return sparse.csr_array((edges, indices, indptr), shape=(rows, rows), copy=False)


def _required(module: str, method: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        message = f"Graph.{method}() needs the package {package}: pip install {package}"
        raise ImportError(message, name=package) from error
