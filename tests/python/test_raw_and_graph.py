"""Nodes, raw bytes and the graph are read in place from the file, and are read-only."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, RAW_CODE, sample, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sample

REPORT = "exposure.shop.report"
SOURCE = "source.shop.raw.orders"


def address(buffer: Any) -> int:
    return int(np.frombuffer(buffer, np.uint8).__array_interface__["data"][0])


def lies_within(part: memoryview, whole: memoryview) -> bool:
    begin = address(whole)
    return begin <= address(part) and address(part) + part.nbytes <= begin + whole.nbytes


# --- raw bytes ---


def test_raw_is_the_encoded_field(manifest: flatmanifest.Manifest) -> None:
    raw = manifest.raw(ORDERS, "raw_code")
    assert bytes(raw) == RAW_CODE.encode()
    assert str(raw, "utf-8") == manifest[("nodes")][ORDERS]["raw_code"]
    assert (raw.format, raw.itemsize, raw.ndim, raw.shape) == ("B", 1, 1, (len(raw),))
    assert raw.contiguous


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("config.materialized", b"table"),
        ("config.meta.a.b", b"dotted"),
        ("tags.1", b"finance"),
        ("depends_on.nodes.0", CUSTOMERS.encode()),
        ("description", b""),
    ],
)
def test_raw_follows_dotted_paths(
    manifest: flatmanifest.Manifest, field: str, value: bytes
) -> None:
    assert bytes(manifest.raw(ORDERS, field)) == value


def test_raw_is_in_the_mapping(manifest: flatmanifest.Manifest) -> None:
    whole = memoryview(manifest)
    assert lies_within(manifest.raw(ORDERS, "raw_code"), whole)
    again = manifest.raw(ORDERS, "raw_code")
    assert address(again) == address(manifest.raw(ORDERS, "raw_code"))


def test_buffers_are_read_only(manifest: flatmanifest.Manifest) -> None:
    graph = manifest.graph
    for buffer in (
        memoryview(manifest),
        manifest.raw(ORDERS, "raw_code"),
        graph.indptr,
        graph.indices,
        graph.parent_indptr,
        graph.parent_indices,
    ):
        assert buffer.readonly
        assert len(buffer) > 0
        with pytest.raises(TypeError, match="read-only"):
            buffer[0] = 1
        assert not np.asarray(buffer).flags.writeable


def test_memoryview_is_the_file(manifest: flatmanifest.Manifest, fman_path: Path) -> None:
    whole = memoryview(manifest)
    assert (whole.format, whole.itemsize, whole.ndim) == ("B", 1, 1)
    assert bytes(whole) == fman_path.read_bytes()
    assert bytes(whole[4:8]) == b"FMAN"
    assert address(memoryview(manifest)) == address(whole)


@pytest.mark.parametrize(
    ("unique_id", "field", "named"),
    [
        ("model.shop.nothing", "name", "model.shop.nothing"),
        ("", "name", ""),
        ("\ud800", "name", "\ud800"),
        (ORDERS, "nothing", "nothing"),
        (ORDERS, "config.nothing", "config.nothing"),
        (ORDERS, "name.x", "name.x"),
        (ORDERS, "tags.2", "tags.2"),
        (ORDERS, "tags.-1", "tags.-1"),
        (ORDERS, "", ""),
        (ORDERS, ".", "."),
        (ORDERS, "\ud800", "\ud800"),
    ],
)
def test_raw_of_nothing_is_a_key_error(
    manifest: flatmanifest.Manifest, unique_id: str, field: str, named: str
) -> None:
    with pytest.raises(KeyError) as caught:
        manifest.raw(unique_id, field)
    assert caught.value.args == (named,)


@pytest.mark.parametrize("field", ["config", "tags", "version", "latest", "relation_name"])
def test_raw_of_another_type_is_a_type_error(manifest: flatmanifest.Manifest, field: str) -> None:
    with pytest.raises(TypeError, match=f"^{ORDERS}: the field '{field}' is not a string$"):
        manifest.raw(ORDERS, field)


@pytest.mark.parametrize("arguments", [(1, "name"), (ORDERS, 1), (None, None), (ORDERS,), ()])
def test_wrong_arguments_are_a_type_error(
    manifest: flatmanifest.Manifest, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(TypeError):
        manifest.raw(*arguments)


def test_raw_of_real_manifests(real: Sample) -> None:
    whole = memoryview(real.view)
    for unique_id, node in real.plain["nodes"].items():
        for field in ("name", "raw_code", "raw_sql", "path", "checksum.checksum"):
            value: Any = node
            for key in field.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, str):
                raw = real.view.raw(unique_id, field)
                assert bytes(raw) == value.encode()
                assert lies_within(raw, whole)


# --- nodes ---


def test_attributes_from_columns(manifest: flatmanifest.Manifest) -> None:
    orders = manifest.node(ORDERS)
    plain = sample()["nodes"][ORDERS]
    for name in (
        *("unique_id", "resource_type", "package_name", "name", "path", "original_file_path"),
        *("patch_path", "access", "group", "fqn", "tags", "config", "version"),
    ):
        assert getattr(orders, name) == plain[name], name
    assert orders.materialized == "table"
    assert orders.source_name is None
    assert manifest.node(SOURCE).source_name == "raw"


def test_attributes_that_only_the_config_has(manifest: flatmanifest.Manifest) -> None:
    customers = manifest.node(CUSTOMERS)
    assert "access" not in customers
    assert (customers.access, customers.group) == ("private", "people")


def test_columns_are_none_where_there_is_nothing(manifest: flatmanifest.Manifest) -> None:
    intro = manifest.node("doc.shop.intro")
    assert (intro.unique_id, intro.resource_type, intro.name) == ("doc.shop.intro", "doc", "intro")
    for name in (
        *("package_name", "path", "original_file_path", "patch_path", "source_name", "access"),
        *("materialized", "group", "fqn", "tags", "config", "version"),
    ):
        assert getattr(intro, name) is None, name


def test_other_fields_are_attributes(manifest: flatmanifest.Manifest) -> None:
    orders = manifest.node(ORDERS)
    assert orders.raw_code == RAW_CODE
    assert orders.depends_on == sample()["nodes"][ORDERS]["depends_on"]
    assert orders.latest is True
    assert orders.relation_name is None
    assert hasattr(orders, "description")
    assert not hasattr(orders, "no_such_field")
    assert getattr(orders, "no_such_field", 5) == 5


@pytest.mark.parametrize("name", ["no_such_field", "é", "\ud800", "a\0b"])
def test_a_missing_attribute_is_named(manifest: flatmanifest.Manifest, name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(manifest.node(ORDERS), name)
    assert str(caught.value) == f"{ORDERS} has no field {name!r}"


def test_a_node_is_its_object(manifest: flatmanifest.Manifest) -> None:
    orders = manifest.node(ORDERS)
    assert isinstance(orders, flatmanifest.Object)
    assert orders == manifest["nodes"][ORDERS]
    assert orders["name"] == orders.name
    assert list(orders) == list(sample()["nodes"][ORDERS])
    assert orders.get("no_such_field") is None


@pytest.mark.parametrize("unique_id", ["model.shop.nothing", "", "orders", "\ud800", "a\0b"])
def test_a_missing_node_is_a_key_error(manifest: flatmanifest.Manifest, unique_id: str) -> None:
    with pytest.raises(KeyError) as caught:
        manifest.node(unique_id)
    assert caught.value.args == (unique_id,)


def test_nodes_of_every_collection(manifest: flatmanifest.Manifest) -> None:
    types = {
        ORDERS: "model",
        SOURCE: "source",
        REPORT: "exposure",
        "macro.shop.cents": "macro",
        "doc.shop.intro": "doc",
        "group.shop.finance": "group",
    }
    for unique_id, resource_type in types.items():
        assert manifest.node(unique_id).unique_id == unique_id
        assert manifest.node(unique_id).resource_type == resource_type


# --- graph ---


def test_the_graph_of_the_sample(manifest: flatmanifest.Manifest) -> None:
    graph = manifest.graph
    assert graph.ids == [REPORT, CUSTOMERS, ORDERS, SOURCE]
    assert len(graph) == 4
    # A dependency that is listed twice is one edge; a dependency on a missing resource is no edge.
    assert list(graph.indptr) == [0, 0, 1, 2, 3]
    assert list(graph.indices) == [2, 0, 2]
    assert list(graph.parent_indptr) == [0, 1, 1, 3, 3]
    assert list(graph.parent_indices) == [2, 1, 3]


def test_rows_and_ids(manifest: flatmanifest.Manifest) -> None:
    graph = manifest.graph
    for row, unique_id in enumerate(graph.ids):
        assert graph.row(unique_id) == row
        assert graph.id(row) == unique_id
        assert graph.id(row - len(graph)) == unique_id
    assert graph.ids is not graph.ids
    graph.ids.clear()
    assert len(graph.ids) == 4


@pytest.mark.parametrize("row", [4, 5, -5, 2**31, 2**32, 2**62, 10**30])
def test_a_row_out_of_range(manifest: flatmanifest.Manifest, row: int) -> None:
    with pytest.raises(IndexError, match=r"row out of range|cannot fit"):
        manifest.graph.id(row)


@pytest.mark.parametrize("unique_id", ["macro.shop.cents", "model.shop.is_not_here", "\ud800"])
def test_what_is_not_in_the_graph(manifest: flatmanifest.Manifest, unique_id: str) -> None:
    with pytest.raises(KeyError) as caught:
        manifest.graph.row(unique_id)
    assert caught.value.args == (unique_id,)


def test_numpy_takes_the_columns_without_a_copy(manifest: flatmanifest.Manifest) -> None:
    graph = manifest.graph
    whole = memoryview(manifest)
    for column in (graph.indptr, graph.indices, graph.parent_indptr, graph.parent_indices):
        assert (column.format, column.itemsize, column.ndim) == ("I", 4, 1)
        array = np.asarray(column)
        assert array.dtype == np.uint32
        assert array.base is not None
        assert not array.flags.owndata
        assert array.tolist() == list(column)
        assert lies_within(column, whole)
        assert address(column) == array.__array_interface__["data"][0]


def test_numpy_arrays_outlive_everything(fman_path: Path) -> None:
    indices = np.asarray(flatmanifest.open(fman_path).graph.indices)
    fman_path.unlink()
    assert indices.tolist() == [2, 0, 2]


def test_a_manifest_without_resources(tmp_path: Path) -> None:
    graph = flatmanifest.open(write(tmp_path / "empty.json", {"nodes": {}})).graph
    assert len(graph) == 0
    assert graph.ids == []
    assert list(graph.indptr) == list(graph.parent_indptr) == [0]
    assert list(graph.indices) == list(graph.parent_indices) == []
    assert np.asarray(graph.indices).size == 0
    with pytest.raises(IndexError):
        graph.id(0)
    with pytest.raises(KeyError):
        graph.row("")


def test_cycles_and_loops_are_kept(tmp_path: Path) -> None:
    parents = {"m.a": ["m.b", "m.a"], "m.b": ["m.a"], "m.c": []}
    nodes = {unique_id: {"depends_on": {"nodes": ids}} for unique_id, ids in parents.items()}
    graph = flatmanifest.open(write(tmp_path / "cycle.json", {"nodes": nodes})).graph
    found = [
        [graph.id(row) for row in graph.parent_indices[begin:end]]
        for begin, end in pairwise(graph.parent_indptr)
    ]
    assert found == [["m.a", "m.b"], ["m.a"], []]


def test_rows_are_sorted_by_bytes(tmp_path: Path) -> None:
    ids = ["\U0001f600", "\uffff", "é", "z", "a", "", "Z", "a\0"]
    path = write(tmp_path / "order.json", {"nodes": {unique_id: {} for unique_id in ids}})
    graph = flatmanifest.open(path).graph
    assert graph.ids == sorted(ids, key=str.encode)
    assert [graph.row(unique_id) for unique_id in graph.ids] == list(range(len(ids)))


@pytest.mark.parametrize(
    "resources",
    [
        {"a": None, "b": [], "c": 1, "d": "text"},
        {"a": {"depends_on": None}, "b": {"depends_on": []}, "c": {"depends_on": {"nodes": {}}}},
        {"a": {"depends_on": {"nodes": [1, None, ["a"], {"b": 1}, ""]}}},
        {"a": {"resource_type": 5, "name": {}, "config": [], "tags": None, "fqn": "x"}},
    ],
)
def test_resources_of_odd_shapes_make_no_edges(tmp_path: Path, resources: Any) -> None:
    document = {"nodes": resources, "macros": resources, "sources": None, "docs": []}
    manifest = flatmanifest.open(write(tmp_path / "odd.json", document))
    assert manifest == document
    assert manifest.graph.ids == sorted(
        key for key, value in resources.items() if isinstance(value, dict)
    )
    assert list(manifest.graph.indices) == []
    manifest.verify()
