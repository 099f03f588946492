"""Views behave like the dict or list with the same values, except that they are read-only."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Hashable, ItemsView, KeysView, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, containers, identical, sample, write

if TYPE_CHECKING:
    from pathlib import Path

LONE_SURROGATE = "\ud800"


def outcome(action: Any, *arguments: Any) -> Any:
    """Return the result of a call, or the type of its exception."""
    try:
        return action(*arguments)
    except Exception as error:
        return type(error)


def objects(manifest: flatmanifest.Manifest) -> list[tuple[Any, dict[str, Any]]]:
    found = [pair for pair in containers(manifest, sample()) if isinstance(pair[1], dict)]
    assert len(found) > 10
    return found


def arrays(manifest: flatmanifest.Manifest) -> list[tuple[Any, list[Any]]]:
    found = [pair for pair in containers(manifest, sample()) if isinstance(pair[1], list)]
    assert len(found) > 10
    return found


# --- objects ---


def test_object_lookups_are_dicts(manifest: flatmanifest.Manifest) -> None:
    absent = ["no such key", "", "unique_id\0", LONE_SURROGATE, 1, 1.0, None, True, (), b"nodes"]
    fallback = object()
    for view, plain in objects(manifest):
        key: Any
        for key in [*plain, *absent]:
            assert (key in view) == (key in plain)
            assert view.get(key) == plain.get(key)
            assert view.get(key, fallback) == plain.get(key, fallback)
            assert outcome(view.__getitem__, key) == outcome(plain.__getitem__, key)


def test_missing_key_is_named(manifest: flatmanifest.Manifest) -> None:
    for key in ("no such key", LONE_SURROGATE, 5):
        with pytest.raises(KeyError) as caught:
            manifest["nodes"][key]
        assert caught.value.args == (key,)


@pytest.mark.parametrize("key", [[], {}, set()])
def test_unhashable_key_is_a_type_error(manifest: flatmanifest.Manifest, key: Any) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        manifest[key]
    with pytest.raises(TypeError, match="unhashable"):
        manifest.get(key)
    with pytest.raises(TypeError, match="unhashable"):
        key in manifest  # noqa: B015  # it raises


def test_object_iteration_is_dicts(manifest: flatmanifest.Manifest) -> None:
    for view, plain in objects(manifest):
        assert len(view) == len(plain)
        assert bool(view) == bool(plain)
        assert list(view) == list(plain)
        assert list(view.keys()) == list(plain.keys())
        assert list(view.values()) == list(plain.values())
        assert list(view.items()) == list(plain.items())
        assert iter(view).__length_hint__() == len(plain)
        iterator = iter(view)
        assert iter(iterator) is iterator


def test_key_views_are_sets(manifest: flatmanifest.Manifest) -> None:
    plain = sample()
    keys, values, items = manifest.keys(), manifest.values(), manifest.items()
    assert isinstance(keys, KeysView)
    assert isinstance(values, ValuesView)
    assert isinstance(items, ItemsView)
    assert len(keys) == len(values) == len(items) == len(plain)
    assert keys == plain.keys()
    assert plain.keys() == keys
    assert keys & {"nodes", "absent"} == {"nodes"}
    assert keys - {"nodes"} == plain.keys() - {"nodes"}
    assert items == plain.items()
    assert ("nodes", plain["nodes"]) in items
    assert ("nodes", {}) not in items
    assert plain["scalars"] in values
    assert "nodes" in keys
    assert LONE_SURROGATE not in keys


def test_objects_unpack_into_dicts(manifest: flatmanifest.Manifest) -> None:
    plain = sample()
    assert dict(manifest) == plain
    assert {**manifest} == plain
    assert {**manifest.node(ORDERS), "name": "other"} == {**plain["nodes"][ORDERS], "name": "other"}
    assert (lambda **fields: fields)(**manifest["metadata"]) == plain["metadata"]
    assert list(dict(manifest)) == list(plain)


# --- arrays ---


def test_array_items_are_lists(manifest: flatmanifest.Manifest) -> None:
    for view, plain in arrays(manifest):
        assert len(view) == len(plain)
        assert bool(view) == bool(plain)
        for index in [*range(-len(plain) - 2, len(plain) + 2), True, 10**30, -(10**30)]:
            assert outcome(view.__getitem__, index) == outcome(plain.__getitem__, index), index


@pytest.mark.parametrize("index", ["0", 1.0, None, (0,)])
def test_array_index_of_another_type(manifest: flatmanifest.Manifest, index: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(index).__name__}"):
        manifest["scalars"][index]


def test_slices_are_lists(manifest: flatmanifest.Manifest) -> None:
    bounds = [None, 0, 1, 2, 5, 100, -1, -2, -100]
    steps = [None, 1, 2, -1, -2, 100, -100]
    for view, plain in (
        (manifest["scalars"], sample()["scalars"]),
        (manifest[""]["empty_list"], []),
    ):
        for start in bounds:
            for stop in bounds:
                for step in steps:
                    picked = view[start:stop:step]
                    assert type(picked) is list
                    assert picked == plain[start:stop:step]


def test_impossible_slices(manifest: flatmanifest.Manifest) -> None:
    with pytest.raises(ValueError, match="zero"):
        manifest["scalars"][::0]
    with pytest.raises(TypeError, match="slice indices"):
        manifest["scalars"]["a":]  # type: ignore[misc]


def test_array_iteration_is_lists(manifest: flatmanifest.Manifest) -> None:
    for view, plain in arrays(manifest):
        assert list(view) == plain
        assert list(reversed(view)) == plain[::-1]
        assert iter(view).__length_hint__() == len(plain)
        assert [*view] == plain


def test_array_search_is_lists(manifest: flatmanifest.Manifest) -> None:
    for view, plain in arrays(manifest):
        for value in [*plain, "absent", None, 1, [], {}, LONE_SURROGATE]:
            assert (value in view) == (value in plain)
            assert view.count(value) == plain.count(value)
            assert outcome(view.index, value) == outcome(plain.index, value)
            assert outcome(view.index, value, 1) == outcome(plain.index, value, 1)


# --- equality ---


def test_equality_is_that_of_plain_values(manifest: flatmanifest.Manifest) -> None:
    plains = [plain for _, plain in containers(manifest, sample())]
    for view, plain in containers(manifest, sample()):
        for other in [*plains, None, 1, "nodes", (), object()]:
            assert (view == other) == (plain == other)
            assert (view != other) == (plain != other)
            assert (other == view) == (other == plain)
            assert (other != view) == (other != plain)


def test_equality_between_views(manifest: flatmanifest.Manifest, tmp_path: Path) -> None:
    with flatmanifest.open(write(tmp_path / "other.json", sample())) as other:
        assert manifest == other
        views = [view for view, _ in containers(manifest, sample())]
        others = [view for view, _ in containers(other, sample())]
        plains = [plain for _, plain in containers(manifest, sample())]
        for view, plain in zip(views, plains, strict=True):
            for other_view, other_plain in zip(others, plains, strict=True):
                assert (view == other_view) == (plain == other_plain)


def test_equality_disregards_order_and_number_type(tmp_path: Path) -> None:
    one = {"nodes": {}, "a": [1, 0, 1.5], "b": {"x": 1, "y": 2}}
    two = {"b": {"y": 2.0, "x": True}, "nodes": {}, "a": [1.0, False, 1.5]}
    left = flatmanifest.open(write(tmp_path / "one.json", one))
    right = flatmanifest.open(write(tmp_path / "two.json", two))
    assert one == two
    assert left == right
    assert left == two
    assert one == right
    assert not identical(left.to_dict(), right.to_dict())


def test_other_types_of_equal_content_differ(manifest: flatmanifest.Manifest) -> None:
    plain = sample()
    assert manifest["scalars"] != tuple(plain["scalars"])
    assert manifest["nodes"] != list(plain["nodes"])
    assert manifest["nodes"] != tuple(plain["nodes"].items())
    assert manifest[""]["empty"] != manifest[""]["empty_list"]
    assert manifest[""]["empty"] != []
    assert manifest[""]["empty_list"] != {}


def test_comparing_calls_the_others_code(manifest: flatmanifest.Manifest) -> None:
    class Anything:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

    class Failing:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

    tags = ["nightly", "finance"]
    assert manifest.node(ORDERS).tags == tags
    assert manifest.node(ORDERS).tags == ["nightly", Anything()]
    with pytest.raises(ZeroDivisionError):
        assert manifest.node(ORDERS).tags == ["nightly", Failing()]
    with pytest.raises(ZeroDivisionError):
        assert manifest["metadata"] == {"dbt_schema_version": Failing(), "generated_at": ""}


def test_there_is_no_order(manifest: flatmanifest.Manifest) -> None:
    with pytest.raises(TypeError):
        assert manifest["scalars"] < manifest["scalars"]


# --- other properties of dicts and lists ---


def test_hash_is_refused(manifest: flatmanifest.Manifest) -> None:
    for view in (manifest, manifest["nodes"], manifest["scalars"], manifest.node(ORDERS)):
        assert not isinstance(view, Hashable)
        with pytest.raises(TypeError, match="unhashable"):
            hash(view)


def test_abstract_base_classes(manifest: flatmanifest.Manifest) -> None:
    for view in (manifest, manifest["nodes"], manifest.node(ORDERS)):
        assert isinstance(view, Mapping)
        assert isinstance(view, flatmanifest.Object)
        assert not isinstance(view, Sequence)
    assert isinstance(manifest["scalars"], Sequence)
    assert isinstance(manifest["scalars"], flatmanifest.Array)
    assert not isinstance(manifest["scalars"], Mapping)


def test_match_statement(manifest: flatmanifest.Manifest) -> None:
    match manifest.node(ORDERS):
        case {"config": {"materialized": "view"}}:
            pytest.fail("the model is a table")
        case {"config": {"materialized": how}, "tags": [first, *others], **rest}:
            assert (how, first, others) == ("table", "nightly", ["finance"])
            assert "config" not in rest
            assert rest["name"] == "orders"
        case _:
            pytest.fail("no pattern matched")
    match manifest["scalars"]:
        case [None, True, False, *_]:
            pass
        case _:
            pytest.fail("no pattern matched")


def test_copies_are_plain(manifest: flatmanifest.Manifest) -> None:
    for view, plain in containers(manifest, sample()):
        assert identical(copy.copy(view), plain)
        assert identical(copy.deepcopy(view), plain)
        if view is manifest:  # a manifest pickles as its path: test_sharing.py
            continue
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert identical(pickle.loads(pickle.dumps(view, protocol)), plain)
    assert identical(
        copy.deepcopy({"model": manifest.node(CUSTOMERS)})["model"].copy(),
        sample()["nodes"][CUSTOMERS],
    )


def test_plain_values_are_new_each_time(manifest: flatmanifest.Manifest) -> None:
    plain = manifest.to_dict()
    plain["nodes"].clear()
    plain["scalars"].append("more")
    assert identical(manifest.to_dict(), sample())
    assert identical(manifest["scalars"].to_list(), sample()["scalars"])


def test_equal_subtrees_are_not_one_plain_object(tmp_path: Path) -> None:
    config = {"materialized": "view", "tags": ["a"]}
    document = {"nodes": {}, "x": [config, config], "y": config}
    with flatmanifest.open(write(tmp_path / "m.json", document)) as manifest:
        plain = manifest.to_dict()
        plain["y"]["tags"].append("b")
        assert plain["x"] == [config, config]


def test_json_of_every_part(manifest: flatmanifest.Manifest) -> None:
    for view, plain in containers(manifest, sample()):
        assert view.to_json() == json.dumps(plain)


def test_dict_views_and_iterators_cannot_be_pickled(manifest: flatmanifest.Manifest) -> None:
    for half in (manifest.keys(), manifest.values(), manifest.items(), iter(manifest)):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(half)


def test_nothing_can_be_changed(manifest: flatmanifest.Manifest) -> None:
    for view in (manifest, manifest["nodes"], manifest.node(ORDERS), manifest["scalars"]):
        for change in ("__setitem__", "__delitem__", "pop", "clear", "update", "append", "sort"):
            assert not hasattr(view, change)
        with pytest.raises(AttributeError):
            view.anything = 1  # type: ignore[union-attr]
    with pytest.raises(AttributeError):
        manifest.node(ORDERS).name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["Object", "Array", "Node", "Manifest"])
def test_views_come_from_open_alone(name: str) -> None:
    kind = getattr(flatmanifest, name)
    for make in (kind, lambda: kind.__new__(kind), lambda: object.__new__(kind)):
        with pytest.raises(TypeError):
            make()
