"""What the native views take from Python: set-like views of an Object, reprs, plain values."""

from __future__ import annotations

import reprlib
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from itertools import islice

from flatmanifest._native import Array, Object, Unbuilt

TYPE_CHECKING = False  # typing's, whose import would cost each reader memory
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from flatmanifest._native import Manifest, Node


def json_default(value: object) -> Any:
    """Give the plain value of a view: ``json.dumps(view, default=flatmanifest.json_default)``.

    Likewise orjson's ``default``, msgspec's ``enc_hook``, msgpack's ``default`` and pydantic's
    ``fallback``. Inside dbt, also what stands in its dicts for objects that it has not touched.
    Raises ``TypeError`` for all else, as those want it.
    """
    if isinstance(value, Object):
        return value.to_dict()
    if isinstance(value, Array):
        return value.to_list()
    if isinstance(value, Unbuilt):
        return value.build()
    message = f"Object of type {type(value).__name__} is not JSON serializable"
    raise TypeError(message)


class _Unpickled:
    """Refuses to be copied or pickled, as dict's views do."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        message = f"cannot pickle '{type(self).__name__}' object"
        raise TypeError(message)


class ObjectKeys(_Unpickled, KeysView[str]):
    """``Object.keys()``: set-like, as dict's."""

    _mapping: Object

    def __repr__(self) -> str:
        return f"ObjectKeys({_brief.repr(self._mapping)})"


class ObjectValues(_Unpickled, ValuesView[object]):
    """``Object.values()``. Iterates the cells in order instead of looking every key up."""

    _mapping: Object

    def __iter__(self) -> Iterator[object]:
        return self._mapping._iterate_values()

    def __repr__(self) -> str:
        return f"ObjectValues({_brief.repr(self._mapping)})"


class ObjectItems(_Unpickled, ItemsView[str, object]):
    """``Object.items()``: set-like where the values are hashable, as dict's."""

    _mapping: Object

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return self._mapping._iterate_items()

    def __repr__(self) -> str:
        return f"ObjectItems({_brief.repr(self._mapping)})"


class _Brief(reprlib.Repr):
    """Reprs of bounded size, whatever the manifest's: reprlib picks a method by the type's name."""

    def repr_Object(self, value: Object, level: int) -> str:
        if level <= 0:
            return "{...}" if len(value) else "{}"
        shown = [
            f"{self.repr1(key, level - 1)}: {self.repr1(member, level - 1)}"
            for key, member in islice(value.items(), self.maxdict)
        ]
        return "{" + ", ".join(shown + ["..."] * (len(value) > self.maxdict)) + "}"

    def repr_Array(self, value: Array, level: int) -> str:
        if level <= 0:
            return "[...]" if len(value) else "[]"
        shown = [self.repr1(member, level - 1) for member in islice(value, self.maxlist)]
        return "[" + ", ".join(shown + ["..."] * (len(value) > self.maxlist)) + "]"


_brief = _Brief()
_brief.maxlevel = 2
_brief.maxstring = _brief.maxother = 60


def summary(view: Object | Array) -> str:
    """The repr of a view: ``flatmanifest.Object({...})``, of bounded length."""
    return f"flatmanifest.{type(view).__name__}({_contents(view)})"


def _contents(view: Object | Array) -> str:
    if type(view).__name__ == "Array":
        return _brief.repr_Array(view, _brief.maxlevel)  # type: ignore[arg-type]
    return _brief.repr_Object(view, _brief.maxlevel)  # type: ignore[arg-type]


def summary_of_node(node: Node) -> str:
    """``<flatmanifest.Node model.shop.orders>``."""
    return f"<flatmanifest.Node {node.unique_id}>"


def summary_of_manifest(manifest: Manifest) -> str:
    """``<flatmanifest.Manifest 'target/manifest.json', generation 3>``, closed ones included."""
    if manifest.closed:
        return f"<flatmanifest.Manifest {manifest.path!r}, closed>"
    return f"<flatmanifest.Manifest {manifest.path!r}, generation {manifest.generation}>"
