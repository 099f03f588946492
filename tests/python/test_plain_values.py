"""Views in places where programs expect a dict or a list give plain values."""

# ruff: noqa: RUF005, RUF017 - these tests are about adding lists
from __future__ import annotations

import copy
import json
import pickle
import pprint
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pydantic
import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, containers, identical, sample, write

if TYPE_CHECKING:
    from pathlib import Path


class Model(pydantic.BaseModel):
    tags: Sequence[str]
    path: list[str]
    config: Mapping[str, Any]
    columns: dict[str, Any]


def test_pprint_shows_what_repr_does(manifest: flatmanifest.Manifest) -> None:
    views: list[Any] = [manifest, manifest["nodes"], manifest.node(ORDERS)]
    for view in [*views, manifest.node(ORDERS).tags, manifest.graph]:
        assert pprint.pformat(view).replace("\n", " ") == repr(view)
        assert repr(view) in pprint.pformat({"a": view}, width=10_000)
    manifest.close()
    assert "closed" in pprint.pformat(manifest)
    with pytest.raises(ValueError, match="closed"):
        pprint.pformat(views[1])


def test_pydantic_takes_views(manifest: flatmanifest.Manifest) -> None:
    node = manifest.node(ORDERS)
    made = Model(tags=node.tags, path=node.fqn, config=node.config, columns=node.config)
    plain = node.to_dict()
    assert type(made.tags) is list
    assert made.tags == plain["tags"]
    assert made.path == plain["fqn"]
    assert dict(made.config) == plain["config"]
    assert made.columns == plain["config"]
    assert json.loads(made.model_dump_json(fallback=flatmanifest.json_default))
    with pytest.raises(pydantic.ValidationError):
        Model(tags=node.config, path=node.fqn, config=node.config, columns=node.config)


def test_the_type_of_a_view_makes_plain_values(manifest: flatmanifest.Manifest) -> None:
    for view in (manifest, manifest.node(ORDERS), manifest["nodes"]):
        made = type(view)({"a": 1})
        assert type(made) is dict
        assert made == {"a": 1}
        with pytest.raises(TypeError, match=r"flatmanifest\.open\(\)"):
            type(view)(a=1)  # type: ignore[call-arg]
    made_list: Any = flatmanifest.Array(x for x in "ab")
    assert type(made_list) is list
    assert made_list == ["a", "b"]
    with pytest.raises(TypeError, match="not iterable"):
        flatmanifest.Array(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"flatmanifest\.open\(\)"):
        flatmanifest.Array([], [])  # type: ignore[call-arg]


def test_copy_is_plain(manifest: flatmanifest.Manifest) -> None:
    for view, plain in containers(manifest, sample()):
        assert identical(view.copy(), plain)


def test_merging_is_that_of_dicts(manifest: flatmanifest.Manifest) -> None:
    plain = sample()["nodes"]
    orders, customers = manifest.node(ORDERS), manifest.node(CUSTOMERS)
    assert identical(orders | customers, plain[ORDERS] | plain[CUSTOMERS])
    assert identical(orders | {"name": 1}, plain[ORDERS] | {"name": 1})
    assert identical({"name": 1} | orders, {"name": 1} | plain[ORDERS])
    grown = {"name": 1}
    grown |= orders
    assert grown == {"name": 1} | plain[ORDERS]
    wrong: Any
    for wrong in ([], 1, None, orders.tags):
        with pytest.raises(TypeError, match="unsupported operand"):
            orders | wrong
        with pytest.raises(TypeError, match="unsupported operand"):
            wrong | orders


def test_adding_is_that_of_lists(manifest: flatmanifest.Manifest) -> None:
    node = manifest.node(ORDERS)
    tags, path = sample()["nodes"][ORDERS]["tags"], sample()["nodes"][ORDERS]["fqn"]
    assert identical(node.tags + node.fqn, tags + path)
    assert identical(node.tags + ["x"], [*tags, "x"])
    assert identical(["x"] + node.tags, ["x", *tags])
    assert identical(sum([node.tags, node.fqn], []), tags + path)
    grown = ["x"]
    grown += node.tags
    assert grown == ["x", *tags]
    for wrong in ((), "x", 1, node.config):
        with pytest.raises(TypeError):
            node.tags + wrong
        with pytest.raises(TypeError):
            wrong + node.tags


def test_reversed_is_that_of_dicts(manifest: flatmanifest.Manifest) -> None:
    for view, plain in containers(manifest, sample()):
        assert list(reversed(view)) == list(reversed(plain))
        if isinstance(plain, dict):
            assert list(reversed(view.keys())) == list(reversed(plain.keys()))
            assert list(reversed(view.items())) == list(reversed(plain.items()))
            assert list(reversed(view.values())) == list(reversed(plain.values()))


def test_a_closed_manifest_gives_nothing(manifest: flatmanifest.Manifest) -> None:
    node, tags = manifest.node(ORDERS), manifest.node(ORDERS).tags
    manifest.close()
    for take in (
        node.copy,
        tags.copy,
        lambda: node | {},
        lambda: {} | node,
        lambda: tags + [],
        lambda: [] + tags,
        lambda: reversed(node),
        lambda: json.dumps(node, default=flatmanifest.json_default),
    ):
        with pytest.raises(ValueError, match="closed"):
            take()


# --- load ---


def test_load_gives_what_json_gives(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", sample())
    for _ in range(2):  # the first converts, the second reads the converted file
        loaded = flatmanifest.load(path)
        assert type(loaded) is dict
        assert identical(loaded, json.loads(path.read_text(encoding="utf-8")))
    assert identical(flatmanifest.load(str(tmp_path / "manifest.fman"), copy=True), sample())
    loaded["nodes"].clear()
    assert flatmanifest.load(path)["nodes"], "another one each time"


def test_load_sees_what_is_written_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", sample())
    flatmanifest.load(path)
    write(path, {**sample(), "nodes": {}})
    assert flatmanifest.load(path)["nodes"] == {}


def test_load_raises_as_open_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        flatmanifest.load(tmp_path / "nothing.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(flatmanifest.ConvertError):
        flatmanifest.load(broken)
    damaged = tmp_path / "damaged.fman"
    damaged.write_bytes(b"no .fman file" * 100)
    with pytest.raises(flatmanifest.FormatError):
        flatmanifest.load(damaged)
    with pytest.raises(TypeError):
        flatmanifest.load(1)  # type: ignore[arg-type]


def test_loaded_values_outlive_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", sample())
    loaded = flatmanifest.load(path)
    for file in tmp_path.iterdir():
        file.unlink()
    assert identical(loaded, sample())


# --- Selections ---


def test_a_selection_is_a_list(manifest: flatmanifest.Manifest) -> None:
    selected = manifest.select("customers+")
    assert isinstance(selected, list)
    assert type(selected) is flatmanifest.Selection
    assert selected == list(selected)
    assert repr(selected) == repr(list(selected))
    assert selected.manifest is manifest
    assert json.loads(json.dumps(selected)) == selected
    for plain in (
        pickle.loads(pickle.dumps(selected)),
        copy.copy(selected),
        copy.deepcopy(selected),
        selected[:1],
        selected + [],
        selected.copy(),
    ):
        assert type(plain) is list
    assert pickle.loads(pickle.dumps(selected)) == selected
