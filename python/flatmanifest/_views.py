"""What the native views take from Python: set-like views of an Object, reprs, plain values."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView

from flatmanifest._native import Array, Object, Unbuilt
from flatmanifest._reprs import brief, representation

TYPE_CHECKING = False  # typing's, whose import would cost each reader memory
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from flatmanifest._native import Graph

__all__ = ["ObjectItems", "ObjectKeys", "ObjectValues", "html", "json_default", "representation"]


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
        return f"ObjectKeys({brief(self._mapping)})"


class ObjectValues(_Unpickled, ValuesView[object]):
    """``Object.values()``. Iterates the cells in order instead of looking every key up."""

    _mapping: Object

    def __iter__(self) -> Iterator[object]:
        return self._mapping._iterate_values()

    def __reversed__(self) -> Iterator[object]:
        return (self._mapping[key] for key in reversed(self._mapping))

    def __repr__(self) -> str:
        return f"ObjectValues({brief(self._mapping)})"


class ObjectItems(_Unpickled, ItemsView[str, object]):
    """``Object.items()``: set-like where the values are hashable, as dict's."""

    _mapping: Object

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return self._mapping._iterate_items()

    def __reversed__(self) -> Iterator[tuple[str, object]]:
        return ((key, self._mapping[key]) for key in reversed(self._mapping))

    def __repr__(self) -> str:
        return f"ObjectItems({brief(self._mapping)})"


def html(view: Object | Graph) -> str:
    """``_repr_html_``: what a notebook shows."""
    from flatmanifest import _html  # noqa: PLC0415 - for notebooks

    return _html.of(view)
