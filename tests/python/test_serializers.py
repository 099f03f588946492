"""Other packages serialize views and lazy dicts as plain values, or raise an error."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import cattrs
import cloudpickle
import msgpack
import msgspec
import orjson
import pyarrow as pa
import pydantic
import pytest
import yaml
from dbt.contracts.files import FileHash

import flatmanifest
from flatmanifest import json_default
from flatmanifest._native import Unbuilt
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cache.lazy_dict import LazyDict
from flatmanifest.dbt.warm.flat_graph import FlatDict
from tests.python.samples import ORDERS

PLAIN = {"a": ["x", "y"], "b": {"y": None}, "c": "text"}
Many = pydantic.TypeAdapter(dict[str, Any])


class Model(pydantic.BaseModel):
    values: dict[str, Any]


@attrs.define
class Attrs:
    values: Any


@dataclasses.dataclass
class Held:
    values: Any


def lazy_dict(directory: Path, plain: dict[str, Any]) -> LazyDict:
    objects.publish(directory / "lazy.fman", {"items": plain})
    return LazyDict(objects.load(directory / "lazy.fman").map("items"))


# Packages that call the methods of a dict or of a mapping.
GIVE = {
    "json": lambda held: json.loads(json.dumps(held)),
    "json with indent": lambda held: json.loads(json.dumps(held, indent=1)),
    "msgpack": lambda held: msgpack.unpackb(msgpack.packb(held)),
    "pickle": lambda held: pickle.loads(pickle.dumps(held)),
    "pickle 0": lambda held: pickle.loads(pickle.dumps(held, 0)),
    "cloudpickle": lambda held: pickle.loads(cloudpickle.dumps(held)),
    "yaml": lambda held: yaml.unsafe_load(yaml.dump(held)),
    "cattrs": cattrs.unstructure,
    "attrs": lambda held: attrs.asdict(Attrs(held))["values"],
    "dataclasses": lambda held: dataclasses.asdict(Held(held))["values"],
    "deepcopy": copy.deepcopy,
    "its type": lambda held: type(held)(held.items()),
    "pyarrow rows": lambda held: pa.Table.from_pylist([held]).to_pylist()[0],
    "pydantic model": lambda held: json.loads(Model(values=held).model_dump_json())["values"],
    "pydantic, validated": Many.validate_python,
}
# Packages that bypass the methods, without a hook for types that they do not know.
REFUSE: dict[str, Callable[[Any], Any]] = {
    "orjson": orjson.dumps,
    "orjson, default=str": lambda held: orjson.dumps(held, default=str),
    "orjson, default=repr of format": lambda held: orjson.dumps(held, default="{}".format),
    "msgspec": msgspec.json.encode,
    "msgspec to msgpack": msgspec.msgpack.encode,
    "msgspec to builtins": msgspec.to_builtins,
    "pyarrow array": lambda held: pa.array([held]),
    "pydantic": Many.dump_json,
    "values of dict": lambda held: json.dumps(list(dict.values(held))),
    "pickle of those": lambda held: pickle.dumps(list(dict.values(held))),
    "pickle 0 of those": lambda held: pickle.dumps(list(dict.values(held)), 0),
    "cloudpickle of those": lambda held: cloudpickle.dumps(list(dict.values(held))),
    "copy of one": lambda held: copy.deepcopy(next(iter(dict.values(held)))),
    "yaml of those": lambda held: yaml.dump(list(dict.values(held))),
    "safe yaml": yaml.safe_dump,
    "msgpack of those": lambda held: msgpack.packb(list(dict.values(held))),
    "text of one": lambda held: str(next(iter(dict.values(held)))),
}
TOLD: dict[str, Callable[[Any], Any]] = {
    "json": lambda held: json.loads(json.dumps(held, default=json_default)),
    "orjson": lambda held: orjson.loads(orjson.dumps(held, default=json_default)),
    "msgspec": lambda held: json.loads(msgspec.json.encode(held, enc_hook=json_default)),
    "msgspec to msgpack": lambda held: msgpack.unpackb(
        msgspec.msgpack.encode(held, enc_hook=json_default)
    ),
    "msgspec to builtins": lambda held: msgspec.to_builtins(held, enc_hook=json_default),
    "msgpack": lambda held: msgpack.unpackb(msgpack.packb(held, default=json_default)),
}


@pytest.mark.parametrize("give", GIVE.values(), ids=GIVE)
def test_a_lazy_dict_gives_its_values(tmp_path: Path, give: Callable[[Any], Any]) -> None:
    assert give(lazy_dict(tmp_path, PLAIN)) == PLAIN


@pytest.mark.parametrize("refuse", REFUSE.values(), ids=REFUSE)
def test_code_that_bypasses_the_methods_of_a_lazy_dict_fails(
    tmp_path: Path, refuse: Callable[[Any], Any]
) -> None:
    lazy = lazy_dict(tmp_path, PLAIN)
    with pytest.raises(
        (TypeError, ValueError, pa.ArrowException, yaml.YAMLError, pydantic.ValidationError)
    ):
        refuse(lazy)
    assert lazy == PLAIN


@pytest.mark.parametrize("take", TOLD.values(), ids=TOLD)
def test_json_default_gives_the_values(tmp_path: Path, take: Callable[[Any], Any]) -> None:
    assert take(lazy_dict(tmp_path, PLAIN)) == PLAIN


def test_pydantics_fallback_is_json_default(tmp_path: Path) -> None:
    lazy = lazy_dict(tmp_path, PLAIN)
    assert json.loads(Many.dump_json(lazy, fallback=json_default)) == PLAIN


def test_objects_of_dbt_come_out_of_orjson_as_without_the_plugin(tmp_path: Path) -> None:
    plain = {"a": FileHash(name="sha256", checksum="x"), "b": FileHash(name="none", checksum="")}
    lazy = lazy_dict(tmp_path, plain)
    assert orjson.dumps(lazy, default=json_default) == orjson.dumps(plain)
    assert isinstance(lazy["a"], FileHash)


def test_the_flat_graph_is_given_as_dicts(tmp_path: Path) -> None:
    plain = {"a": FileHash(name="sha256", checksum="x")}
    objects.publish(tmp_path / "lazy.fman", {"items": plain})
    flat = FlatDict(objects.load(tmp_path / "lazy.fman").map("items"))
    with pytest.raises(TypeError, match="Unbuilt"):
        orjson.dumps(flat)
    told = orjson.loads(orjson.dumps(flat, default=json_default))
    assert told == {"a": plain["a"].to_dict(omit_none=False)} == dict(flat)
    with pytest.raises(TypeError, match="not a class of dbt"):
        objects.publish(
            tmp_path / "flat.fman",
            {"items": FlatDict(objects.load(tmp_path / "lazy.fman").map("items"))},
        )


def test_an_unbuilt_value_says_what_to_do(tmp_path: Path) -> None:
    lazy = lazy_dict(tmp_path, PLAIN)
    unbuilt = next(iter(dict.values(lazy)))
    assert type(unbuilt) is Unbuilt
    assert repr(unbuilt) == "<flatmanifest.Unbuilt: value 0 of a LazyDict>"
    assert unbuilt.build() == PLAIN["a"]
    assert unbuilt.build() is not unbuilt.build()
    assert unbuilt.place == 0
    with pytest.raises(TypeError, match=r"default=flatmanifest\.json_default"):
        str(unbuilt)
    with pytest.raises(TypeError, match="has not been built"):
        copy.copy(unbuilt)
    with pytest.raises(TypeError, match="cannot create"):
        Unbuilt()
    with pytest.raises(TypeError, match="method of Unbuilt"):
        Unbuilt.build(1)  # type: ignore[arg-type]
    del lazy
    assert unbuilt.build() == PLAIN["a"], "the value has lost its file"


def test_json_default_refuses_what_is_not_ours() -> None:
    with pytest.raises(TypeError, match="Object of type object is not JSON serializable"):
        json_default(object())


# --- Views ---


VIEWED = {
    "json": TOLD["json"],
    "orjson": TOLD["orjson"],
    "msgspec": TOLD["msgspec"],
    "msgpack": TOLD["msgpack"],
    "pickle": lambda held: pickle.loads(pickle.dumps(held)),
    "cloudpickle": lambda held: pickle.loads(cloudpickle.dumps(held)),
    "deepcopy": copy.deepcopy,
    "pydantic fallback": lambda held: json.loads(
        pydantic.TypeAdapter(Any).dump_json(held, fallback=json_default)
    ),
    "yaml": lambda held: yaml.unsafe_load(yaml.dump(held)),
}


@pytest.mark.parametrize("take", VIEWED.values(), ids=VIEWED)
def test_views_give_plain_values(
    manifest: flatmanifest.Manifest, take: Callable[[Any], Any]
) -> None:
    for part in (manifest["nodes"], manifest["metadata"], manifest.node(ORDERS)):
        assert take(part) == part.to_dict()
    path = manifest.node(ORDERS).fqn
    assert take(path) == path.to_list()
