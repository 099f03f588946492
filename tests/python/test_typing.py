"""The stub agrees with the native module, and type checkers infer the intended types."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# mypy reports an unused `type: ignore`, so each one here asserts an error.
USES = """
import os
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

import flatmanifest
from flatmanifest import Array, ConvertError, FormatError, Graph, Manifest, Node, Object

m = flatmanifest.open("manifest.json")
assert_type(m, Manifest)
assert_type(flatmanifest.open(Path("manifest.json")), Manifest)
assert_type(flatmanifest.open("manifest.json", copy=True), Manifest)
assert_type(m.refresh(), bool)
assert_type(m.generation, int)
for newer in flatmanifest.watch("manifest.fman", interval=1):
    assert_type(newer, Manifest)
with flatmanifest.watch(Path("manifest.fman"), print) as watching:
    assert_type(watching, flatmanifest.Watch)
    assert_type(next(watching), Manifest)
assert_type(flatmanifest.convert("manifest.json"), Path)
assert_type(flatmanifest.convert(Path("manifest.json"), "manifest.fman"), Path)
assert_type(flatmanifest.__version__, str)

mapping: Mapping[str, Any] = m
assert_type(m["nodes"], Any)
assert_type(m.get("nodes"), Any)
assert_type(list(m), list[str])
assert_type(iter(m), Iterator[str])
assert_type(m.keys(), KeysView[str])
assert_type(m.values(), ValuesView[Any])
assert_type(m.items(), ItemsView[str, Any])
assert_type(m.to_dict(), dict[str, Any])
assert_type(m.to_json(), str)
assert_type(dict(m), dict[str, Any])
assert_type(list(reversed(m)), list[str])
assert_type(m.copy(), dict[str, Any])
assert_type(m | {"a": 1}, dict[str, Any])
assert_type(m | m.node("a"), dict[str, Any])
assert_type(flatmanifest.load("manifest.json"), dict[str, Any])
assert_type(flatmanifest.load(Path("manifest.json"), copy=True), dict[str, Any])
assert_type(m.select("orders"), flatmanifest.Selection)
selected: list[str] = m.select("orders")
assert_type(m.draw(selected), str)
assert_type(m == {}, bool)
assert_type(len(m), int)
assert_type(memoryview(m), memoryview)
assert_type(m.closed, bool)
assert_type(m.path, str)
assert_type(m.generation, int)
with m as entered:
    assert_type(entered, Manifest)

node = m.node("model.shop.orders")
assert_type(node, Node)
assert_type(node.unique_id, str)
assert_type(node.resource_type, str)
assert_type(node.name, str | None)
assert_type(node.materialized, str | None)
assert_type(node.tags, Any)
assert_type(node.any_other_field, Any)
as_object: Object = node
assert_type(m.raw("model.shop.orders", "raw_code"), memoryview)

graph = m.graph
assert_type(graph, Graph)
assert_type(graph.ids, list[str])
assert_type(list(graph), list[str])
assert_type(graph.edges(), list[tuple[str, str]])
assert_type(graph.descendants("model.shop.orders", depth=2), set[str])
assert_type(graph.find_cycle(), list[str] | None)
assert_type(list(graph.all_paths("a", "b", limit=3)), list[list[str]])
assert_type(graph.add_test_edges(fast=True), Graph)
assert_type(flatmanifest.Graph([("a", "b")], nodes={"c"}), Graph)
assert_type(graph.descendant_rows(0), memoryview)
assert_type(graph.id(0), str)
assert_type(graph.row("model.shop.orders"), int)
assert_type(graph.indptr, memoryview)
assert_type(graph.indices, memoryview)
assert_type(graph.parent_indptr, memoryview)
assert_type(graph.parent_indices, memoryview)


def first(array: Array) -> Any:
    sequence: Sequence[Any] = array
    assert_type(array[0], Any)
    assert_type(array[1:], list[Any])
    assert_type(array.to_list(), list[Any])
    assert_type(array.index(1), int)
    return sequence[0]


error: type[ValueError] = ConvertError
error = FormatError
error = flatmanifest.GenerationError

flatmanifest.open("a", True)  # type: ignore[misc]
flatmanifest.open(5)  # type: ignore[arg-type]
flatmanifest.convert("a", 5)  # type: ignore[arg-type]
m["nodes"] = {}  # type: ignore[index]
del m["nodes"]  # type: ignore[attr-defined]
m[0]  # type: ignore[index]
m.path = "other"  # type: ignore[misc]
node.name = "other"  # type: ignore[misc]
graph.ids = []  # type: ignore[misc]
flatmanifest.Graph([("a", "b", "c")])  # type: ignore[list-item]
m.node(1)  # type: ignore[arg-type]
m.no_such_method()  # type: ignore[attr-defined]
graph.no_such_column  # type: ignore[attr-defined]
"""


# Differences that stubtest may report, as regular expressions.
ALLOWED = r"""
# A stub cannot express that a class has no constructor; test_views.py tests it.
flatmanifest\._native\.\w+\.__init__
# Base classes and helpers of the public classes.
flatmanifest\._native\.(View|Buffer|KeyIterator|ValueIterator|ItemIterator|PathIterator)
# The metaclass of pybind11.
flatmanifest\._native\.(Graph|ManifestDiff|Roots|StoredMap|StoredObjects)
# The buffer protocol has a name that Python code can see since Python 3.12.
flatmanifest\._native\.Manifest\.__buffer__
# Inherited from collections.abc, where typeshed has another signature.
flatmanifest\._native\.Array\.(count|index)
"""


def mypy(tool: str, *arguments: str, cwd: Path) -> str:
    """Run a tool of mypy on the installed package; return its output, '' if there is no error."""
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode != 0 else ""


def test_types_are_as_meant(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(USES)
    assert mypy("mypy", "--strict", "uses.py", cwd=tmp_path) == ""


def test_the_stub_is_what_the_module_is(tmp_path: Path) -> None:
    (tmp_path / "allowed").write_text(ALLOWED)
    options = ["--allowlist", "allowed", "--ignore-unused-allowlist"]
    assert mypy("mypy.stubtest", "flatmanifest._native", *options, cwd=tmp_path) == ""


def test_the_package_is_marked_as_typed() -> None:
    package = resources.files("flatmanifest")
    assert (package / "py.typed").is_file()
    assert (package / "_native.pyi").is_file()
