"""Python's part of the native views: set-like views of an Object, reprs, plain values."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView

from flatmanifest._native import Array, Object, Unbuilt
from flatmanifest._reprs import brief, representation

TYPE_CHECKING = False  # instead of typing.TYPE_CHECKING: importing typing costs each reader memory
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from flatmanifest._native import Graph

__all__ = ["ObjectItems", "ObjectKeys", "ObjectValues", "html", "json_default", "representation"]


def json_default(value: object) -> Any:
    """Give the plain value of a view: ``json.dumps(view, default=flatmanifest.json_default)``.

    The function also fits orjson's ``default``, msgspec's ``enc_hook``, msgpack's ``default`` and
    pydantic's ``fallback``. Inside dbt, it also builds the object of an ``Unbuilt`` placeholder.
    Raises ``TypeError`` for any other value, as these serializers require.
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
    """A base of views that cannot be copied or pickled, as dict's views cannot."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        message = f"cannot pickle '{type(self).__name__}' object"
        raise TypeError(message)


class ObjectKeys(_Unpickled, KeysView[str]):
    """The keys of an Object (``Object.keys()``): set-like, as those of a dict."""

    _mapping: Object

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._mapping)

    def __repr__(self) -> str:
        return f"ObjectKeys({brief(self._mapping)})"


class ObjectValues(_Unpickled, ValuesView[object]):
    """The values of an Object (``Object.values()``), iterated in order without key look-ups."""

    _mapping: Object

    def __iter__(self) -> Iterator[object]:
        return self._mapping._iterate_values()

    def __reversed__(self) -> Iterator[object]:
        return (self._mapping[key] for key in reversed(self._mapping))

    def __repr__(self) -> str:
        return f"ObjectValues({brief(self._mapping)})"


class ObjectItems(_Unpickled, ItemsView[str, object]):
    """The items of an Object (``Object.items()``): set-like if the values are hashable, as dict's.

    They are iterated in order, without key look-ups.
    """

    _mapping: Object

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return self._mapping._iterate_items()

    def __reversed__(self) -> Iterator[tuple[str, object]]:
        return ((key, self._mapping[key]) for key in reversed(self._mapping))

    def __repr__(self) -> str:
        return f"ObjectItems({brief(self._mapping)})"


def html(view: Object | Graph) -> str:
    """The HTML that a notebook shows for a view (``_repr_html_``)."""
    from flatmanifest import _html  # noqa: PLC0415 - for notebooks

    return _html.of(view)
