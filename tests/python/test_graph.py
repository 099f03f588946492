"""Graphs of edges, compared with networkx."""

from __future__ import annotations

import contextlib
import copy
import itertools
import sys
import threading
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
import rustworkx as rx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import flatmanifest
from flatmanifest import Graph, GraphError, NodeNotFoundError
from tests.python.graphs import NAMES, digraph, edge_lists, shape
from tests.python.samples import CUSTOMERS, ORDERS
from tests.python.test_lifetime import GRAPH
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.python.graphs import Edges

DEPTHS = st.none() | st.integers(-1, 4)
EXPONENTIAL = [
    (f"{side}{step}", f"{other}{step + 1}") for step in range(60) for side in "ab" for other in "ab"
]
DEEP = 1_000_000


def upstream(graph: nx.DiGraph[str], node: str, depth: int | None) -> set[str]:
    return {child for _, child in nx.bfs_edges(graph, node, reverse=True, depth_limit=depth)}


def downstream(graph: nx.DiGraph[str], node: str, depth: int | None) -> set[str]:
    return {child for _, child in nx.bfs_edges(graph, node, depth_limit=depth)}


# --- nodes and edges ---


@given(edge_lists())
def test_nodes_and_edges_are_networkxs(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), digraph(*made)
    assert list(graph) == graph.nodes() == list(expected)
    assert len(graph) == len(expected)
    assert graph.edges() == list(expected.edges)
    assert graph.number_of_edges() == expected.number_of_edges()
    assert graph.test_edges() == []
    for node in expected:
        assert node in graph
        assert graph.successors(node) == list(expected.successors(node))
        assert graph.predecessors(node) == list(expected.predecessors(node))
        assert graph.in_degree(node) == expected.in_degree(node)
        assert graph.out_degree(node) == expected.out_degree(node)
        for other in expected:
            assert graph.has_edge(node, other) == expected.has_edge(node, other)
    assert shape(graph.to_networkx()) == shape(expected.copy())


@given(edge_lists())
def test_rows_say_the_same_as_ids(made: tuple[Edges, list[str]]) -> None:
    graph = Graph(*made)
    assert graph.ids == list(graph)  # rows are numbered in the order of nodes
    all_ids = graph.ids

    def ids(rows: memoryview) -> list[str]:
        return [all_ids[row] for row in rows]

    for row, node in enumerate(graph.ids):
        assert graph.row(node) == row
        assert graph.id(row) == graph.id(row - len(graph)) == node
        assert ids(graph.successor_rows(row)) == graph.successors(node)
        assert ids(graph.predecessor_rows(row)) == graph.predecessors(node)
        assert set(ids(graph.ancestor_rows(row, 2))) == graph.ancestors(node, 2)
        assert set(ids(graph.descendant_rows(row))) == graph.descendants(node)
    assert ids(graph.node_rows()) == graph.nodes()
    parents, children = graph.edge_rows()
    assert list(zip(ids(parents), ids(children), strict=True)) == graph.edges()
    for indptr, indices, neighbours in (
        (graph.indptr, graph.indices, graph.successors),
        (graph.parent_indptr, graph.parent_indices, graph.predecessors),
    ):
        for row, (begin, end) in enumerate(itertools.pairwise(indptr)):
            found = list(indices[begin:end])
            assert found == sorted(graph.row(node) for node in neighbours(graph.id(row)))
        assert (indptr.format, indptr.readonly) == ("I", True)
        assert (indices.format, indices.readonly) == ("I", True)


def test_buffers_of_rows_are_read_only_and_outlive_the_graph() -> None:
    graph = Graph([("a", "b"), ("b", "c")])
    rows = graph.topological_rows()
    assert (rows.format, rows.itemsize, rows.ndim, rows.readonly) == ("I", 4, 1, True)
    del graph
    assert list(rows) == [0, 1, 2]
    with pytest.raises(TypeError):
        rows[0] = 1


# --- walks ---


@given(edge_lists(), DEPTHS)
def test_ancestors_and_descendants(made: tuple[Edges, list[str]], depth: int | None) -> None:
    graph, expected = Graph(*made), digraph(*made)
    for node in expected:
        assert graph.ancestors(node, depth) == upstream(expected, node, depth)
        assert graph.descendants(node, depth=depth) == downstream(expected, node, depth)


@given(edge_lists(), DEPTHS)
def test_all_rows_at_once(made: tuple[Edges, list[str]], depth: int | None) -> None:
    graph = Graph(*made)
    for node in graph.nodes()[::3]:
        graph.remove_node(node)
    for all_rows, of_one in (
        (graph.all_ancestor_rows(depth), graph.ancestor_rows),
        (graph.all_descendant_rows(depth=depth), graph.descendant_rows),
    ):
        starts, rows = all_rows
        assert len(starts) == len(graph.ids) + 1
        for row, (begin, end) in enumerate(itertools.pairwise(starts)):
            expected = list(of_one(row, depth)) if graph.id(row) in graph else []
            assert list(rows[begin:end]) == expected


def test_nearest_come_first() -> None:
    graph = Graph([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")])
    assert [graph.id(row) for row in graph.descendant_rows(graph.row("a"))] == ["b", "c", "d"]
    assert [graph.id(row) for row in graph.children_rows([graph.row("a")])] == ["b", "c", "d", "a"]


@pytest.mark.parametrize("depth", [0, -1, -(10**30)])
def test_a_depth_of_zero_or_less_selects_nothing(depth: int) -> None:
    graph = Graph([("a", "b")])
    assert graph.descendants("a", depth) == set()
    assert graph.select_children(["a"], depth) == set()
    assert list(graph.descendant_rows(0, depth)) == []


def test_a_depth_beyond_any_number() -> None:
    assert Graph([("a", "b")]).descendants("a", 10**30) == {"b"}


def test_rows_as_buffers() -> None:
    graph = Graph([("a", "b"), ("b", "c"), ("d", "c")])
    for rows in ([0, 3], (0, 3), np.array([0, 3], dtype=np.uint32), np.array([0, 3])):
        assert sorted(graph.children_rows(rows)) == [1, 2]
    strided: Any = np.array([0, 9, 3, 9], dtype=np.uint32)[::2]
    assert sorted(graph.children_rows(memoryview(strided))) == [1, 2]
    assert sorted(graph.children_rows(graph.node_rows(), depth=1)) == [1, 2]
    assert sorted(graph.parents_rows([2])) == [0, 1, 3]
    assert sorted(graph.childrens_parents_rows([1])) == [0, 1, 2, 3]
    for bad in ([4], np.array([4], dtype=np.uint32), [-5], [2**40], [10**30]):
        with pytest.raises(IndexError):
            graph.children_rows(bad)
    for wrong in (["a"], [1.5], 5, [None]):
        with pytest.raises(TypeError):
            graph.children_rows(wrong)  # type: ignore[arg-type]


# --- orders ---


@given(edge_lists(acyclic=True))
def test_topological_orders_are_networkxs(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), digraph(*made)
    assert graph.topological_sort() == list(nx.topological_sort(expected))
    generations = graph.topological_generations()
    assert generations == list(nx.topological_generations(expected))
    assert [graph.id(row) for row in graph.topological_rows()] == graph.topological_sort()
    starts, rows = graph.generation_rows()
    assert [
        [graph.id(row) for row in rows[begin:end]] for begin, end in itertools.pairwise(starts)
    ] == generations
    scores = graph.queue_scores()
    assert scores == {node: i for i, nodes in enumerate(generations) for node in nodes}
    assert [scores[node] for node in graph.ids] == list(graph.queue_score_rows())
    assert graph.find_cycle() is None
    assert list(graph.cycle_rows()) == []
    graph.check()


@given(edge_lists())
@settings(max_examples=300)
def test_the_cycle_is_networkxs(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), digraph(*made)
    try:
        cycle = [edge[0] for edge in nx.find_cycle(expected)]
    except nx.NetworkXNoCycle:
        assert graph.find_cycle() is None
        return
    assert graph.find_cycle() == cycle
    assert [graph.id(row) for row in graph.cycle_rows()] == cycle
    for refused in (
        graph.topological_sort,
        graph.topological_generations,
        graph.topological_rows,
        graph.generation_rows,
        graph.transitive_reduction,
        graph.check,
    ):
        with pytest.raises(GraphError) as caught:
            refused()
        assert str(caught.value) == "Found a cycle: " + " --> ".join(cycle)


def test_scores_of_a_cyclic_graph_leave_out_what_comes_after() -> None:
    graph = Graph([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])
    assert graph.queue_scores() == {"a": 0}
    assert list(graph.queue_score_rows()) == [0] + [0xFFFFFFFF] * 3


@given(edge_lists(acyclic=True))
def test_transitive_reduction(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), nx.transitive_reduction(digraph(*made))
    reduced = graph.transitive_reduction()
    assert list(reduced) == list(expected)
    assert set(reduced.edges()) == set(expected.edges)
    assert [edge for edge in graph.edges() if edge in expected.edges] == reduced.edges()


# --- paths ---


@given(edge_lists())
@settings(max_examples=200)
def test_shortest_paths_are_networkxs(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), digraph(*made)
    for parent, child in itertools.product(expected, expected):
        rows = graph.shortest_path_rows(graph.row(parent), graph.row(child))
        try:
            path = nx.shortest_path(expected, parent, child)
        except nx.NetworkXNoPath:
            assert graph.shortest_path(parent, child) is None
            assert list(rows) == []
        else:
            assert graph.shortest_path(parent, child) == path
            assert [graph.id(row) for row in rows] == path


@given(edge_lists())
def test_all_paths_are_networkxs(made: tuple[Edges, list[str]]) -> None:
    graph, expected = Graph(*made), digraph(*made)
    for parent, child in itertools.islice(itertools.product(expected, expected), 40):
        paths = list(itertools.islice(nx.all_simple_paths(expected, parent, child), 50))
        assert list(itertools.islice(graph.all_paths(parent, child), 50)) == paths
        assert list(graph.all_paths(parent, child, limit=3)) == paths[:3]


def test_exponentially_many_paths_do_not_hang() -> None:
    graph = Graph([*EXPONENTIAL, ("a60", "end")])
    paths = graph.all_paths("a0", "end")
    assert len(next(paths)) == 62
    assert len(list(itertools.islice(paths, 1_000))) == 1_000
    assert len(list(graph.all_paths("a0", "end", limit=7))) == 7
    # Dead ends do not hang either, with a cycle and without.
    assert list(Graph([*EXPONENTIAL, ("start", "a0"), ("start", "end")]).all_paths("start", "end"))
    back = [(child, parent) for parent, child in EXPONENTIAL]
    cyclic = Graph([("start", "a0"), *EXPONENTIAL, *back, ("a0", "end")])
    assert next(cyclic.all_paths("start", "end")) == ["start", "a0", "end"]
    assert len(list(cyclic.all_paths("a1", "end", limit=20))) == 20


def test_paths_go_on_while_the_graph_changes() -> None:
    graph = Graph(EXPONENTIAL)
    paths = graph.all_paths("a0", "a60")
    first = next(paths)
    graph.remove_node("a1")
    graph.remove_node("b1")
    second = next(paths)
    assert len(second) == len(first) == 61
    assert list(graph.all_paths("a0", "a60")) == []
    del graph
    assert next(paths) != second


def test_threads_share_a_path_iterator() -> None:
    paths = Graph(EXPONENTIAL[:48]).all_paths("a0", "a12")
    taken: list[list[list[str]]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda mine=mine: mine.extend(paths)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, taken)) == 2**11


# --- changes ---


class Changes(RuleBasedStateMachine):
    """Makes the same changes to a graph and to networkx's graph."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph([("a", "b")])
        self.expected = digraph([("a", "b")])
        self.before: list[tuple[Graph, Any]] = []

    @rule(node=NAMES)
    def add_node(self, node: str) -> None:
        self.graph.add_node(node)
        self.expected.add_node(node)

    @rule(parent=NAMES, child=NAMES)
    def add_edge(self, parent: str, child: str) -> None:
        self.graph.add_edge(parent, child)
        self.expected.add_edge(parent, child)

    @rule(parent=NAMES, child=NAMES)
    def remove_edge(self, parent: str, child: str) -> None:
        if self.expected.has_edge(parent, child):
            self.graph.remove_edge(parent, child)
            self.expected.remove_edge(parent, child)
        elif parent in self.expected and child in self.expected:
            with pytest.raises(ValueError, match=f"^there is no edge from {parent} to {child}$"):
                self.graph.remove_edge(parent, child)
        else:
            with pytest.raises(NodeNotFoundError):
                self.graph.remove_edge(parent, child)

    @rule(node=NAMES)
    def remove_node(self, node: str) -> None:
        if node in self.expected:
            row = self.graph.row(node)
            self.graph.remove_node(node)
            self.expected.remove_node(node)
            assert self.graph.id(row) == node
            with pytest.raises(NodeNotFoundError):
                self.graph.descendant_rows(row)
        else:
            with pytest.raises(NodeNotFoundError):
                self.graph.remove_node(node)

    @rule()
    def keep_a_copy(self) -> None:
        self.before = [*self.before[-3:], (self.graph.copy(), shape(self.expected))]

    @rule(kept=st.sets(NAMES))
    def take_a_part(self, kept: set[str]) -> None:
        self.graph = self.graph.subgraph(kept)
        self.expected.remove_nodes_from([node for node in self.expected if node not in kept])

    @invariant()
    def same(self) -> None:
        assert shape(self.graph.to_networkx())[:2] == shape(self.expected)[:2]
        for node in self.expected:
            assert self.graph.predecessors(node) == list(self.expected.predecessors(node))
        for graph, kept in self.before:
            assert shape(graph.to_networkx())[:2] == kept[:2]


Changes.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestChanges = Changes.TestCase


def test_removing_from_a_hub_takes_constant_time() -> None:
    spokes = [f"s{number}" for number in range(100_000)]
    graph = Graph([("hub", spoke) for spoke in spokes])
    for spoke in spokes[:-1]:
        graph.remove_node(spoke)
    for spoke in spokes[:-1]:
        graph.add_edge("hub", spoke)
        graph.remove_edge("hub", spoke)
    assert graph.successors("hub") == spokes[-1:]
    assert len(graph) == 100_001


# --- the graph of a manifest ---


def test_changes_stay_with_one_holder(manifest: flatmanifest.Manifest) -> None:
    columns = bytes(manifest.graph.indices)
    mine = manifest.graph
    other = manifest.graph
    mine.add_edge(ORDERS, "model.shop.new")
    mine.remove_node(CUSTOMERS)
    assert mine.successors(ORDERS) == ["exposure.shop.report", "model.shop.new"]
    assert mine.ids == [*other.ids, "model.shop.new"]
    assert mine.id(other.row(CUSTOMERS)) == CUSTOMERS
    assert CUSTOMERS not in mine
    for graph in (other, manifest.graph):
        assert len(graph) == 4
        assert CUSTOMERS in graph
        assert "model.shop.new" not in graph
        assert bytes(graph.indices) == columns
    another = manifest.graph
    another.add_node("model.shop.another")
    assert another.id(4) == "model.shop.another"
    assert mine.id(4) == "model.shop.new"


def test_the_nodes_have_dbts_order(manifest: flatmanifest.Manifest) -> None:
    graph = manifest.graph
    source, report = "source.shop.raw.orders", "exposure.shop.report"
    assert list(graph) == [source, ORDERS, CUSTOMERS, report]
    assert graph.edges() == [(source, ORDERS), (ORDERS, report), (CUSTOMERS, ORDERS)]
    assert graph.predecessors(ORDERS) == [CUSTOMERS, source]
    assert graph.topological_sort() == [source, CUSTOMERS, ORDERS, report]
    missing = f"'{CUSTOMERS}' depends on 'model.shop.is_not_here' which is not in the graph!"
    with pytest.raises(GraphError) as caught:
        graph.check()
    assert str(caught.value) == missing


# --- errors ---

BY_ID: list[Any] = [
    lambda graph, unknown: graph.ancestors(unknown),
    lambda graph, unknown: graph.descendants(unknown, 1),
    lambda graph, unknown: graph.successors(unknown),
    lambda graph, unknown: graph.predecessors(unknown),
    lambda graph, unknown: graph.in_degree(unknown),
    lambda graph, unknown: graph.out_degree(unknown),
    lambda graph, unknown: graph.select_children(["a", unknown]),
    lambda graph, unknown: graph.select_parents([unknown]),
    lambda graph, unknown: graph.select_childrens_parents({unknown}),
    lambda graph, unknown: graph.select_successors([unknown]),
    lambda graph, unknown: graph.get_dependent_nodes(unknown),
    lambda graph, unknown: graph.shortest_path("a", unknown),
    lambda graph, unknown: graph.shortest_path(unknown, "a"),
    lambda graph, unknown: graph.all_paths("a", unknown),
    lambda graph, unknown: graph.remove_node(unknown),
    lambda graph, unknown: graph.remove_edge("a", unknown),
]


@pytest.mark.parametrize("use", BY_ID)
@pytest.mark.parametrize("unknown", ["", "A", "a\0", "\ud800", "x" * 10_000])
def test_ids_that_are_not_in_the_graph(use: Any, unknown: str) -> None:
    with pytest.raises(KeyError) as caught:
        use(Graph([("a", "b")]), unknown)
    assert isinstance(caught.value, NodeNotFoundError)
    assert str(caught.value) == f"Node {unknown} not found in the graph!"


@pytest.mark.parametrize("use", BY_ID)
@pytest.mark.parametrize("wrong", [None, 1, b"a", ["a"]])
def test_what_is_no_id(use: Any, wrong: Any) -> None:
    with pytest.raises(TypeError):
        use(Graph([("a", "b")]), wrong)


def test_one_str_is_not_several_ids() -> None:
    with pytest.raises(TypeError, match="not one str"):
        Graph([("a", "b")]).select_children("a")


def test_a_subset_of_what_is_not_there() -> None:
    graph = Graph([("a", "b")])
    with pytest.raises(ValueError, match=r"^Couldn't find model 'c' -- does it exist or is it"):
        graph.get_subset_graph(["a", "c"])
    assert graph.subgraph(["a", "c", 5, None]).nodes() == ["a"]  # type: ignore[list-item]


@pytest.mark.parametrize(
    "edges",
    [["ab"], [("a",)], [("a", "b", "c")], [1], [None], [("a", 1)], [(b"a", "b")], [{}], 5],
)
def test_what_is_no_edge(edges: Any) -> None:
    with pytest.raises(TypeError):
        Graph(edges)


def test_ids_that_are_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        Graph([("\ud800", "b")])
    with pytest.raises(UnicodeEncodeError):
        Graph().add_node("\ud800")
    graph = Graph()
    with pytest.raises(UnicodeEncodeError):
        graph.add_edge("a", "\ud800")
    assert len(graph) == 0


def test_what_graphs_are_made_of() -> None:
    pairs: Any = [["a", "b"]]
    assert Graph(edges=pairs, nodes="cab").nodes() == ["c", "a", "b"]
    assert Graph(nodes=iter(["a"])).edges() == []
    assert Graph(zip("ab", "bc", strict=True)).edges() == [("a", "b"), ("b", "c")]
    assert repr(Graph([("a", "b")])) == "<flatmanifest.Graph of 2 nodes and 1 edges>"
    assert list(Graph()) == Graph().topological_sort() == []
    assert Graph().topological_generations() == []
    assert len(Graph.__new__(Graph)) == 0
    with pytest.raises(TypeError):
        Graph(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Graph(no_such_argument=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        object.__new__(Graph)
    with pytest.raises(TypeError):
        type("Sub", (Graph,), {})


def test_an_iterable_that_fails() -> None:
    def edges() -> Any:
        yield ("a", "b")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Graph(edges())
    with pytest.raises(ZeroDivisionError):
        Graph(nodes=(1 // 0 for _ in range(1)))  # type: ignore[misc]


def test_membership_is_a_dicts() -> None:
    graph = Graph([("a", "b")])
    assert 5 not in graph
    assert None not in graph
    with pytest.raises(TypeError, match="unhashable"):
        assert [] in graph


def test_test_edges_need_a_manifest() -> None:
    with pytest.raises(GraphError, match="need a manifest"):
        Graph([("a", "b")]).add_test_edges()


def test_row_arguments() -> None:
    graph = Graph([("a", "b")])
    for bad in (2, -3, 2**32, 10**30):
        for use in (graph.id, graph.descendant_rows, graph.successor_rows):
            with pytest.raises(IndexError):
                use(bad)
    with pytest.raises(TypeError):
        graph.descendant_rows("a")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        graph.descendants("a", "b")  # type: ignore[arg-type]


# --- size ---


@pytest.fixture(scope="module")
def deep() -> Graph:
    """Return a chain of a million nodes."""
    ids = [f"n{number}" for number in range(DEEP)]
    return Graph(itertools.pairwise(ids))


def test_a_deep_chain(deep: Graph) -> None:
    assert len(deep.descendants("n0")) == DEEP - 1
    assert len(deep.ancestors(f"n{DEEP - 1}")) == DEEP - 1
    assert deep.find_cycle() is None
    assert list(deep.topological_rows()) == list(range(DEEP))
    assert len(deep.generation_rows()[0]) == DEEP + 1
    assert deep.queue_score_rows()[DEEP - 1] == DEEP - 1
    assert len(deep.shortest_path_rows(0, DEEP - 1)) == DEEP
    assert len(next(deep.all_paths("n0", f"n{DEEP - 1}"))) == DEEP
    assert deep.transitive_reduction().number_of_edges() == DEEP - 1


def test_a_part_of_a_deep_chain(deep: Graph) -> None:
    ends = ["n0", f"n{DEEP - 1}"]
    assert deep.get_subset_graph(ends).edges() == [(ends[0], ends[1])]
    assert deep.get_subset_graph(ends[:1]).nodes() == ends[:1]
    assert deep.subgraph(ends).edges() == []


def test_a_deep_cycle(deep: Graph) -> None:
    cyclic = deep.copy()
    cyclic.add_edge(f"n{DEEP - 1}", "n0")
    cycle = cyclic.find_cycle()
    assert cycle is not None
    assert len(cycle) == DEEP
    assert len(cyclic.descendants("n5")) == DEEP - 1
    with pytest.raises(GraphError, match=r"^Found a cycle: n0 --> n1 --> n2 "):
        cyclic.check()
    assert deep.find_cycle() is None


def test_a_subset_across_two_hubs_is_not_quadratic() -> None:
    middle = [f"m{number}" for number in range(30_000)]
    graph = Graph([edge for node in middle for edge in (("in", node), (node, "out"))])
    assert graph.get_subset_graph(["in", "out"]).edges() == [("in", "out")]


def test_others_run_meanwhile(deep: Graph) -> None:
    done = threading.Event()

    def work() -> None:
        deep.queue_score_rows()
        done.set()

    thread = threading.Thread(target=work)
    ticks = 0
    thread.start()
    while not done.is_set():
        ticks += 1
    thread.join()
    assert ticks > 0


def test_threads_change_and_read() -> None:
    graph = Graph(EXPONENTIAL)
    stop = threading.Event()
    failures: list[tuple[int, int]] = []

    def read() -> None:
        while not stop.is_set():
            found = (len(graph.descendants("a0")), len(graph.topological_sort()))
            if found < (120, 122) or graph.find_cycle() is not None:
                failures.append(found)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    choice = seeded(3)
    for number in range(3_000):
        node = f"x{choice.randrange(50)}"
        graph.add_edge("b60", node)
        if number % 3:
            graph.remove_node(node)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


# --- damage ---


def test_a_damaged_file_is_an_error_or_a_graph(fman_path: Path) -> None:
    intact = fman_path.read_bytes()
    choice = seeded(9)
    read = 0
    for _ in range(600):
        damaged = bytearray(intact)
        for _ in range(choice.randrange(1, 4)):
            at = choice.randrange(len(intact))
            damaged[at] = choice.choice([0, 1, 2, 3, 0xFF, choice.randrange(256)])
        fman_path.write_bytes(damaged)
        try:
            graph = flatmanifest.open(fman_path).graph
        except flatmanifest.FormatError:
            continue
        for use in GRAPH.values():
            # FormatError and GraphError are ValueErrors.
            with contextlib.suppress(ValueError, KeyError, IndexError):
                use(graph)
                read += 1
    assert read > 1_000


# --- conversions for other packages ---


@given(edge_lists())
def test_rustworkx_gets_the_same(made: tuple[Edges, list[str]]) -> None:
    graph = Graph(*made)
    for node in graph.nodes()[1::4]:
        graph.remove_node(node)
    theirs = graph.to_rustworkx()
    assert isinstance(theirs, rx.PyDiGraph)
    assert set(theirs.nodes()) == set(graph.nodes())
    found = [(theirs[parent], theirs[child]) for parent, child in theirs.edge_list()]
    assert sorted(found) == sorted(graph.edges())


def test_rustworkx_gets_the_kinds_of_edges(generated: Callable[[str], Path]) -> None:
    graph = flatmanifest.open(generated("small_everything")).graph.add_test_edges(fast=True)
    assert graph.test_edges()
    theirs = graph.to_rustworkx()
    assert not theirs.has_parallel_edges()
    kinds: dict[str | None, list[tuple[str, str]]] = {None: [], "parent_test": []}
    for parent, child, kind in theirs.weighted_edge_list():
        kinds[kind].append((theirs[parent], theirs[child]))
    assert sorted(kinds["parent_test"]) == sorted(graph.test_edges())
    assert len(kinds[None]) == graph.number_of_edges() - len(graph.test_edges())


@given(edge_lists())
def test_scipy_gets_the_same(made: tuple[Edges, list[str]]) -> None:
    pytest.importorskip("scipy.sparse")
    graph = Graph(*made)
    matrix = graph.to_scipy()
    expected = nx.to_numpy_array(digraph(*made), nodelist=graph.ids) if len(graph) else None
    assert matrix.shape == (len(graph), len(graph))
    if expected is not None:
        assert (matrix.toarray() == (expected != 0)).all()


def test_scipy_takes_the_mapping_without_a_copy(manifest: flatmanifest.Manifest) -> None:
    pytest.importorskip("scipy.sparse")
    matrix = manifest.graph.to_scipy()
    assert np.shares_memory(matrix.indices, np.asarray(manifest.graph.indices))
    assert np.shares_memory(matrix.indptr, np.asarray(manifest.graph.indptr))


@pytest.mark.parametrize("package", ["networkx", "rustworkx", "scipy"])
def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"pip install {package}$") as caught:
        getattr(Graph([("a", "b")]), f"to_{package}")()
    assert caught.value.name == package


def test_graphs_do_not_pickle() -> None:
    with pytest.raises(TypeError):
        copy.copy(Graph())
