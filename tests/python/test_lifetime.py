"""Views outlive the manifest object, and using a closed manifest is an error, never a crash."""

from __future__ import annotations

import copy
import gc
import os
import pickle
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, RAW_CODE, identical, sample, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = [
    name for name in vars(flatmanifest.Node) if isinstance(vars(flatmanifest.Node)[name], property)
]

# The uses of each kind of object. The uses of Object apply to Node and Manifest, too.
OBJECT: dict[str, Callable[[Any], Any]] = {
    "__contains__": lambda view: "nodes" in view,
    "__eq__": lambda view: view == {},
    "__getitem__": lambda view: view["name" if "name" in view else "nodes"],
    "__iter__": iter,
    "__len__": len,
    "__ne__": lambda view: view != {},
    "__or__": lambda view: view | {},
    "__reduce__": lambda view: view.__reduce__(),
    "__reversed__": lambda view: list(reversed(view)),
    "__ror__": lambda view: {} | view,
    "bool": bool,
    "copy": lambda view: view.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "dict": dict,
    "get": lambda view: view.get("name"),
    "items": lambda view: list(view.items()),
    "keys": lambda view: list(view.keys()),
    "pickle": pickle.dumps,
    "to_dict": lambda view: view.to_dict(),
    "to_json": lambda view: view.to_json(),
    "unhashable": lambda view: view.get([]),
    "values": lambda view: list(view.values()),
}
ARRAY: dict[str, Callable[[Any], Any]] = {
    "__add__": lambda view: view + [1],  # noqa: RUF005
    "__contains__": lambda view: "nightly" in view,
    "__eq__": lambda view: view == [],
    "__getitem__": lambda view: view[0],
    "__iter__": iter,
    "__len__": len,
    "__ne__": lambda view: view != [],
    "__radd__": lambda view: [1] + view,  # noqa: RUF005
    "__reduce__": lambda view: view.__reduce__(),
    "__reversed__": lambda view: list(reversed(view)),
    "__repr__": repr,
    "copy": lambda view: view.copy(),
    "copy.copy": copy.copy,
    "count": lambda view: view.count("nightly"),
    "index": lambda view: view.index("nightly"),
    "list": list,
    "out of range": lambda view: view[99],
    "pickle": pickle.dumps,
    "slice": lambda view: view[::-1],
    "to_json": lambda view: view.to_json(),
    "to_list": lambda view: view.to_list(),
}
NODE: dict[str, Callable[[Any], Any]] = {
    **OBJECT,
    **{name: attrgetter(name) for name in COLUMNS},
    "__getattr__": lambda view: view.raw_code,
    "__repr__": repr,
    "no such field": lambda view: view.no_such_field,
}
GRAPH: dict[str, Callable[[Any], Any]] = {
    "__contains__": lambda graph: ORDERS in graph,
    "__iter__": list,
    "__len__": len,
    "__repr__": repr,
    "add_edge": lambda graph: graph.add_edge(ORDERS, CUSTOMERS),
    "add_node": lambda graph: graph.add_node("model.shop.new"),
    "add_test_edges": lambda graph: graph.add_test_edges(fast=True),
    "all_ancestor_rows": lambda graph: graph.all_ancestor_rows(),
    "all_descendant_rows": lambda graph: graph.all_descendant_rows(),
    "all_paths": lambda graph: list(graph.all_paths(CUSTOMERS, ORDERS)),
    "ancestor_rows": lambda graph: graph.ancestor_rows(0),
    "ancestors": lambda graph: graph.ancestors(ORDERS),
    "check": lambda graph: graph.subgraph([ORDERS]).check(),
    "children_rows": lambda graph: graph.children_rows([0]),
    "childrens_parents_rows": lambda graph: graph.childrens_parents_rows([0]),
    "copy": lambda graph: graph.copy(),
    "cycle_rows": lambda graph: graph.cycle_rows(),
    "descendant_rows": lambda graph: graph.descendant_rows(0),
    "descendants": lambda graph: graph.descendants(ORDERS),
    "edge_rows": lambda graph: graph.edge_rows(),
    "edges": lambda graph: graph.edges(),
    "find_cycle": lambda graph: graph.find_cycle(),
    "generation_rows": lambda graph: graph.subgraph([ORDERS]).generation_rows(),
    "get_dependent_nodes": lambda graph: graph.get_dependent_nodes(ORDERS),
    "get_subset_graph": lambda graph: graph.get_subset_graph([ORDERS]),
    "has_edge": lambda graph: graph.has_edge(CUSTOMERS, ORDERS),
    "id": lambda graph: graph.id(0),
    "ids": lambda graph: graph.ids,
    "in_degree": lambda graph: graph.in_degree(ORDERS),
    "indices": lambda graph: graph.indices,
    "indptr": lambda graph: graph.indptr,
    "node_rows": lambda graph: graph.node_rows(),
    "nodes": lambda graph: graph.nodes(),
    "number_of_edges": lambda graph: graph.number_of_edges(),
    "out_degree": lambda graph: graph.out_degree(ORDERS),
    "parent_indices": lambda graph: graph.parent_indices,
    "parent_indptr": lambda graph: graph.parent_indptr,
    "parents_rows": lambda graph: graph.parents_rows([0]),
    "predecessor_rows": lambda graph: graph.predecessor_rows(0),
    "predecessors": lambda graph: graph.predecessors(ORDERS),
    "queue_score_rows": lambda graph: graph.queue_score_rows(),
    "queue_scores": lambda graph: graph.queue_scores(),
    "remove_edge": lambda graph: graph.copy().remove_edge(CUSTOMERS, ORDERS),
    "remove_node": lambda graph: graph.copy().remove_node(ORDERS),
    "row": lambda graph: graph.row(ORDERS),
    "select_children": lambda graph: graph.select_children([ORDERS]),
    "select_childrens_parents": lambda graph: graph.select_childrens_parents([ORDERS]),
    "select_parents": lambda graph: graph.select_parents([ORDERS]),
    "select_successors": lambda graph: graph.select_successors([ORDERS]),
    "shortest_path": lambda graph: graph.shortest_path(CUSTOMERS, ORDERS),
    "shortest_path_rows": lambda graph: graph.shortest_path_rows(0, 1),
    "subgraph": lambda graph: graph.subgraph([ORDERS]),
    "successor_rows": lambda graph: graph.successor_rows(0),
    "successors": lambda graph: graph.successors(ORDERS),
    "test_edges": lambda graph: graph.test_edges(),
    "to_networkx": lambda graph: graph.to_networkx(),
    "to_rustworkx": lambda graph: graph.to_rustworkx(),
    "to_scipy": lambda graph: graph.to_scipy(),
    "topological_generations": lambda graph: graph.topological_generations(),
    "topological_rows": lambda graph: graph.topological_rows(),
    "topological_sort": lambda graph: graph.topological_sort(),
    "transitive_reduction": lambda graph: graph.transitive_reduction(),
}
MANIFEST: dict[str, Callable[[Any], Any]] = {
    **OBJECT,
    "__buffer__": memoryview,
    "__copy__": copy.copy,
    "__deepcopy__": copy.deepcopy,
    "__enter__": lambda manifest: manifest.__enter__(),
    "bytes": bytes,
    "generation": lambda manifest: manifest.generation,
    "graph": lambda manifest: manifest.graph,
    "node": lambda manifest: manifest.node(ORDERS),
    "raw": lambda manifest: manifest.raw(ORDERS, "raw_code"),
    "refresh": lambda manifest: manifest.refresh(),
    "select": lambda manifest: manifest.select("model.*"),
    "select_with_warnings": lambda manifest: manifest.select_with_warnings("model.*"),
    "draw": lambda manifest: manifest.draw([ORDERS], "tree"),
    "list_lines": lambda manifest: manifest.list_lines([ORDERS]),
    "verify": lambda manifest: manifest.verify(),
}
# The attributes that a closed manifest still has.
STAYS = {"path", "closed", "close", "__exit__"}

PARTS: dict[str, tuple[Callable[[flatmanifest.Manifest], Any], dict[str, Callable[[Any], Any]]]] = {
    "Object": (lambda manifest: manifest["nodes"][ORDERS], {**OBJECT, "__repr__": repr}),
    "Array": (lambda manifest: manifest["nodes"][ORDERS]["tags"], ARRAY),
    "Node": (lambda manifest: manifest.node(ORDERS), NODE),
    "Graph": (lambda manifest: manifest.graph, GRAPH),
    "Manifest": (lambda manifest: manifest, MANIFEST),
    "keys": (
        lambda manifest: manifest.keys(),
        {"iter": list, "len": len, "in": lambda keys: "a" in keys, "and": lambda keys: keys & {1}},
    ),
    "values": (
        lambda manifest: manifest.values(),
        {"iter": list, "len": len, "in": lambda values: 1 in values, "repr": lambda v: list(v)},
    ),
    "items": (
        lambda manifest: manifest.items(),
        {"iter": list, "len": len, "in": lambda items: ("nodes", 1) in items},
    ),
}


@pytest.mark.parametrize(
    ("part", "use"), [(part, use) for part, (_, uses) in PARTS.items() for use in uses]
)
def test_use_after_close_is_a_value_error(
    manifest: flatmanifest.Manifest, part: str, use: str
) -> None:
    take, uses = PARTS[part]
    taken = take(manifest)
    if use not in ("no such field", "out of range", "unhashable"):
        uses[use](taken)
    manifest.close()
    with pytest.raises(ValueError, match=r"^the manifest is closed: .*manifest\.fman$"):
        uses[use](taken)


@pytest.mark.parametrize("name", ["Object", "Array", "Node", "Graph", "Manifest"])
def test_every_public_name_was_tried(name: str) -> None:
    kind = getattr(flatmanifest, name)
    public = {member for member in dir(kind) if not member.startswith("_")}
    special = {
        member
        for member in dir(kind)
        if member.startswith("__") and callable(getattr(kind, member)) and member not in dir(object)
    }
    assert len(public) >= 4
    assert (public | special) - STAYS <= set(PARTS[name][1])


@pytest.mark.parametrize("start", ["iter", "values", "items", "reversed", "list"])
def test_closing_half_way_through(manifest: flatmanifest.Manifest, start: str) -> None:
    iterators: dict[str, Callable[[], Any]] = {
        "iter": lambda: iter(manifest["nodes"][ORDERS]),
        "values": lambda: iter(manifest["nodes"][ORDERS].values()),
        "items": lambda: iter(manifest["nodes"][ORDERS].items()),
        "reversed": lambda: reversed(manifest["scalars"]),
        "list": lambda: iter(manifest["scalars"]),
    }
    iterator = iterators[start]()
    next(iterator)
    next(iterator)
    manifest.close()
    with pytest.raises(ValueError, match="the manifest is closed"):
        next(iterator)


def test_closed_by_the_with_statement(fman_path: Path) -> None:
    with flatmanifest.open(fman_path) as manifest:
        nodes = manifest["nodes"]
        assert not manifest.closed
        assert ORDERS in nodes
    assert manifest.closed
    assert manifest.path == str(fman_path)
    with pytest.raises(ValueError, match="closed"):
        len(nodes)
    with pytest.raises(ValueError, match="closed"), manifest:
        pytest.fail("a closed manifest was entered")
    manifest.close()
    assert manifest.closed


def test_closed_by_the_with_statement_that_fails(fman_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), flatmanifest.open(fman_path) as manifest:
        raise ZeroDivisionError
    assert manifest.closed


def test_manifests_of_one_file_close_apart(fman_path: Path) -> None:
    one, two = flatmanifest.open(fman_path), flatmanifest.open(fman_path)
    one.close()
    assert two == sample()
    with pytest.raises(ValueError, match="closed"):
        assert two == one


BUFFERS: dict[str, Callable[[flatmanifest.Manifest], memoryview]] = {
    "file": memoryview,
    "raw": lambda manifest: manifest.raw(ORDERS, "raw_code"),
    "indptr": lambda manifest: manifest.graph.indptr,
    "indices": lambda manifest: manifest.graph.indices,
    "parent_indptr": lambda manifest: manifest.graph.parent_indptr,
    "parent_indices": lambda manifest: manifest.graph.parent_indices,
}


@pytest.mark.parametrize("name", BUFFERS)
def test_buffers_outlive_close(fman_path: Path, name: str) -> None:
    manifest = flatmanifest.open(fman_path)  # later, only the buffer keeps the mapping
    buffer = BUFFERS[name](manifest)
    content = buffer.tobytes()
    assert content == {"file": fman_path.read_bytes(), "raw": RAW_CODE.encode()}.get(name, content)
    manifest.close()
    del manifest
    fman_path.unlink()
    gc.collect()
    assert buffer.tobytes() == content


@pytest.mark.parametrize("part", ["Object", "Array", "Node", "keys", "values", "items"])
def test_views_outlive_the_manifest(fman_path: Path, part: str) -> None:
    take = PARTS[part][0]
    expected = list(take(flatmanifest.open(fman_path)))
    view = take(flatmanifest.open(fman_path))
    gc.collect()
    fman_path.unlink()
    assert list(view) == expected
    assert len(view) == len(expected)


def test_iterators_and_graph_outlive_the_manifest(fman_path: Path) -> None:
    iterator = iter(flatmanifest.open(fman_path)["nodes"].items())
    graph = flatmanifest.open(fman_path).graph
    raw = flatmanifest.open(fman_path).raw(ORDERS, "name")
    fman_path.unlink()
    gc.collect()
    assert dict(iterator) == sample()["nodes"]
    assert graph.id(graph.row(ORDERS)) == ORDERS
    assert bytes(raw) == b"orders"


@pytest.mark.parametrize("how", ["delete", "replace", "convert"])
def test_an_open_file_can_be_replaced(fman_path: Path, plain: dict[str, Any], how: str) -> None:
    manifest = flatmanifest.open(fman_path)
    other = write(fman_path.with_name("other.json"), {"nodes": {}})
    if how == "delete":
        fman_path.unlink()
    elif how == "replace":
        flatmanifest.convert(other, fman_path.with_name("other.fman")).replace(fman_path)
    else:
        flatmanifest.convert(other, fman_path)
    assert identical(manifest.to_dict(), plain)
    manifest.verify()
    if how != "delete":
        assert flatmanifest.open(fman_path) == {"nodes": {}}
    assert manifest == plain


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_no_descriptor_is_kept(json_path: Path, fman_path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.fman"
    broken.write_bytes(fman_path.read_bytes()[:-8])
    bad = tmp_path / "bad.json"
    bad.write_text('{"nodes": ')
    before = open_descriptors()
    kept = [flatmanifest.open(fman_path) for _ in range(1_000)]
    assert open_descriptors() == before
    assert all(len(manifest) == len(sample()) for manifest in kept)
    for _ in range(100):
        flatmanifest.open(json_path)
        flatmanifest.convert(json_path, tmp_path / "again.fman")
        with pytest.raises(flatmanifest.FormatError):
            flatmanifest.open(broken)
        with pytest.raises(flatmanifest.ConvertError):
            flatmanifest.convert(bad)
        with pytest.raises(FileNotFoundError):
            flatmanifest.open(tmp_path / "nowhere.fman")
        with pytest.raises(OSError, match="directory"):
            flatmanifest.convert(json_path, tmp_path)
    assert open_descriptors() == before


def test_no_mapping_is_kept(fman_path: Path) -> None:
    def mappings() -> int:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:  # noqa: PTH123
            return sum("manifest.fman" in line for line in maps)

    if not os.path.exists("/proc/self/maps"):  # noqa: PTH110
        pytest.skip("there is no /proc on this system")
    for _ in range(100):
        manifest = flatmanifest.open(fman_path)
        list(manifest.items())
        assert mappings() == 1
        manifest.close()
        del manifest
        assert mappings() == 0
