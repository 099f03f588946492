"""What the native views take from Python: set-like views of an Object, reprs, plain values."""

from __future__ import annotations

import reprlib
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from itertools import islice

from flatmanifest._native import Array, Graph, Manifest, Node, Object, Unbuilt

TYPE_CHECKING = False  # typing's, whose import would cost each reader memory
if TYPE_CHECKING:
    from typing import Any, NoReturn


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

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._mapping)

    def __repr__(self) -> str:
        return f"ObjectKeys({_brief.repr(self._mapping)})"


class ObjectValues(_Unpickled, ValuesView[object]):
    """``Object.values()``. Iterates the cells in order instead of looking every key up."""

    _mapping: Object

    def __iter__(self) -> Iterator[object]:
        return self._mapping._iterate_values()

    def __reversed__(self) -> Iterator[object]:
        return (self._mapping[key] for key in reversed(self._mapping))

    def __repr__(self) -> str:
        return f"ObjectValues({_brief.repr(self._mapping)})"


class ObjectItems(_Unpickled, ItemsView[str, object]):
    """``Object.items()``: set-like where the values are hashable, as dict's."""

    _mapping: Object

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return self._mapping._iterate_items()

    def __reversed__(self) -> Iterator[tuple[str, object]]:
        return ((key, self._mapping[key]) for key in reversed(self._mapping))

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


def brief(value: object) -> str:
    """Text of a value, of bounded length."""
    return _brief.repr(value)


def representation(view: object) -> str:
    """The repr of a view or a graph, of bounded length, closed ones included."""
    if isinstance(view, Manifest):
        state = "closed" if view.closed else f"generation {view.generation}"
        return f"<flatmanifest.Manifest {view.path!r}, {state}>"
    if isinstance(view, Node):
        return f"<flatmanifest.Node {view.unique_id}>"
    if isinstance(view, Graph):
        return f"<flatmanifest.Graph of {len(view)} nodes and {view.number_of_edges()} edges>"
    if isinstance(view, Array):
        return f"flatmanifest.Array({_brief.repr_Array(view, _brief.maxlevel)})"
    if isinstance(view, Object):
        return f"flatmanifest.Object({_brief.repr_Object(view, _brief.maxlevel)})"
    return object.__repr__(view)


def html(view: Object | Graph) -> str:
    """``_repr_html_``: what a notebook shows."""
    from flatmanifest import _html  # noqa: PLC0415 - for notebooks

    return _html.of(view)
