"""Storing and reading dbt's objects, and lazy dicts, which build objects on first use."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
import threading
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from dbt.artifacts.resources.types import AccessType, NodeType
from dbt.contracts.files import FileHash, FilePath, ParseFileType, SchemaSourceFile
from dbt.node_types import ModelLanguage
from hypothesis import given
from hypothesis import strategies as st

import flatmanifest
from flatmanifest._native import Unbuilt
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cache.lazy_dict import LazyDict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def round_trip(path: Path, value: Any) -> Any:
    objects.publish(path, {"value": value})
    stored = objects.load(path)
    restored = stored.restore("value")
    assert stored.equals("value", value)
    assert stored.equals("value", restored)
    return restored


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, with equal types and order of keys."""
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one):
        return same(vars(one), vars(other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


VALUES = [
    *[None, True, False, 0, -1, 2**63, -(2**70), 1.5, -0.0, "", "Łódź 🛒", "a\0b"],
    *[[], {}, (), [1, [2]], {"b": 1, "a": 2}, (1, ("x",)), {1: "a", None: [2]}, {"\0key": 1}],
    *[date(2024, 2, 29), datetime(2024, 2, 29, 12, 30, 1, 5)],  # noqa: DTZ001 - dbt stores naive datetimes
    datetime(2024, 2, 29, tzinfo=timezone.utc),
    datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
    *[NodeType.Model, [AccessType.Private], {"language": ModelLanguage.python}],
    FileHash(name="sha256", checksum="x"),
]
NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    "value", [NAN, {"a": [NAN, INFINITY]}, {1: NAN, (2,): (NAN,)}, [-INFINITY]]
)
def test_nan_is_what_it_was(tmp_path: Path, value: Any) -> None:
    """NaN does not equal itself; a manifest that holds NaN must still count as unchanged."""
    objects.publish(tmp_path / "nan", {"value": value})
    stored = objects.load(tmp_path / "nan")
    assert stored.equals("value", value)
    assert stored.equals("value", pickle.loads(pickle.dumps(value)))
    assert repr(stored.restore("value")) == repr(value)


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (0.0, -0.0),
        (NAN, 1.0),
        (1.0, NAN),
        (1.0, 1),
        ({1: NAN}, {1: 1.0}),
        ({1: "a", 2: "b"}, {2: "b", 1: "a"}),
        ({1: "a"}, {1: "a", 2: "b"}),
        ({1: "a", 2: "b"}, {1: "a"}),
        ({1: "a"}, {True: "a"}),
    ],
)
def test_what_is_written_otherwise_differs(tmp_path: Path, value: Any, other: Any) -> None:
    objects.publish(tmp_path / "one", {"value": value})
    stored = objects.load(tmp_path / "one")
    assert stored.equals("value", value)
    assert not stored.equals("value", other)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_as_what_they_were(value: Any, tmp_path: Path) -> None:
    assert same(round_trip(tmp_path / "o.fman", value), value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(value=json_values)
def test_any_value_comes_back(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.fman"
    assert same(round_trip(path, value), value)


def schema_file() -> SchemaSourceFile:
    path = FilePath("models", "a.yml", 1.5, "/project")
    made = SchemaSourceFile(path, FileHash.from_contents("x"), "shop", ParseFileType.Schema)
    made.contents = "models: []"
    made.pp_dict = {"models": []}
    made.dfy = {"models": [{"name": "a"}]}
    return made


def test_dataclasses_come_back_without_what_dbt_leaves_out(tmp_path: Path) -> None:
    restored = round_trip(tmp_path / "o.fman", schema_file())
    assert type(restored) is SchemaSourceFile
    assert restored.parse_file_type is ParseFileType.Schema
    assert restored.path.modification_time == 1.5
    assert restored.contents is None
    assert restored.pp_dict is None
    assert restored.dfy == {"models": [{"name": "a"}]}


def test_changes_are_seen(tmp_path: Path) -> None:
    objects.publish(tmp_path / "o.fman", {"files": {"a": schema_file()}, "list": [1, 2]})
    stored = objects.load(tmp_path / "o.fman")
    changes: list[Callable[[Any], object]] = [
        lambda file: setattr(file, "project_name", "other"),
        lambda file: file.dfy["models"].append(1),
        lambda file: setattr(file, "parse_file_type", ParseFileType.Model),
        lambda file: delattr(file, "sources"),
    ]
    for change in changes:
        file = stored.restore("files")["a"]
        assert stored.equals("files", {"a": file})
        change(file)
        assert not stored.equals("files", {"a": file})
    assert not stored.equals("files", {"b": stored.restore("files")["a"]})
    assert not stored.equals("list", [1, 2.0])
    assert not stored.equals("list", (1, 2))
    assert not stored.equals("list", [1, 2, 3])
    assert not stored.equals("list", [1, True])


class WithLock:
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.Lock()


def test_what_unpickling_makes_is_made() -> None:
    made = objects.made_by_setstate(WithLock)
    assert list(made) == ["lock"]
    assert made["lock"]() is not made["lock"]()
    assert objects.made_by_setstate(FileHash) == {}


class Name(str):
    __slots__ = ()


def test_subclasses_of_str_are_stored_as_text(tmp_path: Path) -> None:
    restored = round_trip(tmp_path / "o.fman", {"name": Name("shop"), "names": [Name("a")]})
    assert restored == {"name": "shop", "names": ["a"]}
    assert type(restored["name"]) is str
    assert not objects.load(tmp_path / "o.fman").equals("value", {"name": "shop", "names": ["b"]})


def test_members_of_enums_are_not_their_values(tmp_path: Path) -> None:
    objects.publish(tmp_path / "o.fman", {"value": "model", "member": NodeType.Model})
    stored = objects.load(tmp_path / "o.fman")
    assert not stored.equals("value", NodeType.Model)
    assert not stored.equals("member", "model")
    assert not stored.equals("member", NodeType.Seed)


class Other:
    pass


def holding_itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (Other(), TypeError, "not a class of dbt"),
        ({"a": [object()]}, TypeError, "not a class of dbt"),
        ({1, 2}, TypeError, "not a class of dbt"),
        ("\ud800", ValueError, "lone surrogate"),
        (holding_itself(), ValueError, "hold themselves"),
    ],
)
def test_what_cannot_be_stored_leaves_the_file_as_it_was(
    value: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "o.fman"
    objects.publish(path, {"value": 1})
    before = path.read_bytes()
    with pytest.raises(error, match=message):
        objects.publish(path, {"value": value})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["o.fman"]


@pytest.mark.parametrize("name", ["os:system", "dbt.version:__version__", "dbt.flags:Nothing"])
def test_a_file_cannot_name_any_class(name: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        objects.resolve(name)


def test_a_module_of_others_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)  # prints when it is imported
    for name in ("this:Class", "dbtx.this:Class", "tests.python.test_planted:Fault"):
        with pytest.raises(TypeError, match="is not a class of dbt"):
            objects.resolve(name)
    assert "this" not in sys.modules


def test_artifacts_are_no_objects(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"nodes": {}}')
    flatmanifest.convert(tmp_path / "m.json", tmp_path / "m.fman")
    with pytest.raises(flatmanifest.FormatError, match="artifact"):
        objects.load(tmp_path / "m.fman")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.fman"
    objects.publish(path, {"files": {str(i): schema_file() for i in range(20)}})
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            stored = objects.load(path)
            for name in stored.names():
                stored.restore(name)
        except (flatmanifest.FormatError, TypeError, AttributeError, ModuleNotFoundError):
            pass  # the damage may have made another valid name; it must not crash
        except (KeyError, ValueError, ImportError):
            pass


# --- LazyDict ---


def test_values_with_dates_are_named(tmp_path: Path) -> None:
    day, moment = date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=timezone.utc)
    values = {
        "none": {"begin": "2024-03-01", "rows": [[], {}, 1, None]},
        "a date": {"config": {"meta": {"rows": [{"of": day}]}}},
        "a moment": {"config": [moment]},
        "apart": {"deprecation_date": moment},
        "deeper": {"config": {"deprecation_date": moment}},
        "both": {"deprecation_date": moment, "begin": day},
        "itself": day,
    }
    objects.publish(tmp_path / "dates.fman", {"items": values})
    stored = objects.load(tmp_path / "dates.fman").map("items")
    assert stored.dated("deprecation_date") == [*("a date", "a moment", "deeper", "both", "itself")]
    assert stored.dated("deprecation_date", "config") == ["both", "itself"]
    assert stored.dated() == [name for name in values if name != "none"]


@pytest.fixture
def lazy(tmp_path: Path) -> LazyDict:
    plain = {"a": [1], "b": {"x": "y"}, "c": schema_file()}
    objects.publish(tmp_path / "lazy.fman", {"items": plain})
    return LazyDict(objects.load(tmp_path / "lazy.fman").map("items"))


def unbuilt(lazy: LazyDict) -> list[str]:
    return [key for key, value in dict.items(lazy) if type(value) is Unbuilt]


def test_values_are_built_once_and_when_touched(lazy: LazyDict) -> None:
    assert len(lazy) == 3
    assert "a" in lazy
    assert list(lazy) == ["a", "b", "c"]
    assert unbuilt(lazy) == ["a", "b", "c"]
    assert lazy["a"] == [1]
    assert lazy["a"] is lazy["a"]
    assert lazy.get("b") == {"x": "y"}
    assert lazy.get("nope") is None
    assert unbuilt(lazy) == ["c"]
    with pytest.raises(KeyError):
        lazy["nope"]


@pytest.mark.parametrize(
    "take",
    [
        lambda lazy: dict(lazy),
        lambda lazy: {**lazy},
        lambda lazy: dict(lazy.items()),
        lambda lazy: dict(zip(lazy, lazy.values(), strict=True)),
        lambda lazy: lazy.copy(),
        copy.copy,
        copy.deepcopy,
        lambda lazy: pickle.loads(pickle.dumps(lazy)),
        lambda lazy: {} | lazy,
        lambda lazy: lazy | {},
        lambda lazy: (lambda **kw: kw)(**lazy),
        lambda lazy: {key: lazy.pop(key) for key in list(lazy)},
        lambda lazy: dict(reversed([lazy.popitem() for _ in range(3)])),
        lambda lazy: {key: lazy.setdefault(key) for key in lazy},
    ],
)
def test_every_way_out_gives_values(lazy: LazyDict, take: Any) -> None:
    taken = take(lazy)
    assert type(taken) is dict
    assert list(taken) == ["a", "b", "c"]
    assert taken["a"] == [1]
    assert taken["b"] == {"x": "y"}
    assert type(taken["c"]) is SchemaSourceFile


def test_update_json_and_equality(lazy: LazyDict) -> None:
    merged: dict[str, Any] = {"z": 0}
    merged.update(lazy)
    assert merged["a"] == [1]
    del lazy["c"]
    assert json.loads(json.dumps(lazy)) == {"a": [1], "b": {"x": "y"}}
    assert lazy == {"a": [1], "b": {"x": "y"}}
    assert {"a": [1], "b": {"x": "y"}}.__eq__(lazy) is not False
    assert lazy != {"a": [1]}
    assert repr(lazy) == "{'a': [1], 'b': {'x': 'y'}}"
    assert isinstance(lazy, dict)


def test_edits_stay_and_are_seen(lazy: LazyDict) -> None:
    assert lazy.is_as_stored()
    lazy.build()
    assert lazy.is_as_stored()
    lazy["a"].append(2)
    assert not lazy.is_as_stored()
    assert lazy["a"] == [1, 2]
    lazy["a"].pop()
    assert lazy.is_as_stored()
    lazy["new"] = 1.5
    assert not lazy.is_as_stored()
    del lazy["new"]
    assert lazy.is_as_stored()
    del lazy["a"]
    lazy["a"] = [1]
    assert not lazy.is_as_stored(), "the order has changed"


def test_a_lazy_dict_is_published_without_being_built(lazy: LazyDict, tmp_path: Path) -> None:
    lazy["a"].append(2)
    lazy["d"] = "new"
    del lazy["b"]
    objects.publish(tmp_path / "again.fman", {"items": lazy})
    assert unbuilt(lazy) == ["c"]
    again = objects.load(tmp_path / "again.fman").restore("items")
    assert list(again) == ["a", "c", "d"]
    assert again["a"] == [1, 2]
    assert same(again["c"], lazy["c"])


def test_it_may_be_published_over_itself(lazy: LazyDict, tmp_path: Path) -> None:
    objects.publish(tmp_path / "lazy.fman", {"items": lazy})
    assert lazy["a"] == [1]
    assert objects.load(tmp_path / "lazy.fman").restore("items")["a"] == [1]


def test_threads_get_one_object(tmp_path: Path) -> None:
    plain = {str(number): [number] for number in range(2000)}
    objects.publish(tmp_path / "many.fman", {"items": plain})
    lazy = LazyDict(objects.load(tmp_path / "many.fman").map("items"))
    seen: list[list[Any]] = [[] for _ in range(8)]

    def touch(mine: list[Any]) -> None:
        mine.extend(lazy[key] for key in plain)

    threads = [threading.Thread(target=touch, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in seen[1:]:
        assert all(one is other for one, other in zip(seen[0], mine, strict=True))
