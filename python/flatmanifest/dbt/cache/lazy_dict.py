"""A dict whose values are built when they are first touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from flatmanifest._native import StoredMap, Unbuilt, build_values

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, ValuesView

MISSING = object()
# One for all: building takes microseconds, and must not run twice for one value, or an edit of the
# one copy would be lost in the other.
BUILDING = threading.RLock()


class LazyDict(dict[str, Any]):
    """The values of a stored map by key, in its order; once built, they are kept.

    A dict through and through: it can be changed, compared, copied, pickled and iterated as any
    other, and is a dict to ``isinstance`` and to ``json``. Copies and pickles are plain dicts. Safe
    to read from several threads.

    For a value that has not been built stands an ``Unbuilt``, which C code sees that reads a dict
    past its methods: it refuses it, or hands it to ``flatmanifest.json_default`` or the like.
    ``__iter__`` is a method of its own so that CPython does not copy these out of it.
    """

    __slots__ = ("stored_map",)

    def __new__(cls, values: Any = (), /) -> Any:
        """Make a plain dict of all else: of what ``dataclasses.asdict`` gives to a dict's type."""
        if not isinstance(values, StoredMap):
            return dict(values)
        return super().__new__(cls)

    def __init__(self, stored_map: StoredMap, finish: Any = None, /) -> None:
        """``finish``: called with each value when that is built, and what it gives is kept."""
        super().__init__()
        stored_map.fill(self, finish)
        self.stored_map = stored_map

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return self._built(key) if type(value) is Unbuilt else value

    def _built(self, key: str) -> Any:
        with BUILDING:
            value = super().__getitem__(key)
            if type(value) is Unbuilt:
                value = value.build()
                super().__setitem__(key, value)
            return value

    def build(self) -> None:
        """Build all that has not been."""
        with BUILDING:
            build_values(self)

    def is_as_stored(self) -> bool:
        """Whether the keys, their order and the values are those of the stored map."""
        return self.stored_map.matches(self)

    def unbuilt_items(self) -> ItemsView[str, Any]:
        """The items as they are: an ``Unbuilt`` where the value has not been built."""
        return super().items()

    @classmethod
    def assembled(cls, stored_map: StoredMap, members: Iterable[tuple[str, Any]]) -> LazyDict:
        """Make a dict of these members; an ``Unbuilt`` among the values is one of the map."""
        made: LazyDict = cls(stored_map)
        dict.clear(made)
        for key, value in members:
            dict.__setitem__(made, key, value)
        return made

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            return default
        return self[key]

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self.build()
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self.build()
        return super().items()

    def pop(self, key: str, default: Any = MISSING) -> Any:
        if key not in self:
            if default is MISSING:
                raise KeyError(key)
            return default
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        if not self:
            return super().popitem()
        key = next(reversed(self))
        return key, self.pop(key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key in self:
            return self[key]
        self[key] = default
        return default

    def copy(self) -> dict[str, Any]:
        self.build()
        return dict(super().items())

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        from copy import deepcopy  # noqa: PLC0415

        copied: dict[str, Any] = {}
        memo[id(self)] = copied
        copied.update((key, deepcopy(value, memo)) for key, value in self.items())
        return copied

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (self.copy(),)

    def __reduce_ex__(self, protocol: Any) -> tuple[type, tuple[dict[str, Any]]]:
        return self.__reduce__()

    def __eq__(self, other: object) -> bool:
        self.build()
        if isinstance(other, LazyDict):
            other.build()
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __or__(self, other: Any) -> dict[str, Any]:  # type: ignore[override]
        merged: dict[str, Any] = self.copy() | other
        return merged

    def __ror__(self, other: Any) -> dict[str, Any]:  # type: ignore[override]
        merged: dict[str, Any] = other | self.copy()
        return merged

    def __repr__(self) -> str:
        self.build()
        return super().__repr__()

    @classmethod
    def fromkeys(cls, keys: Iterable[str], value: Any = None) -> dict[str, Any]:  # type: ignore[override]
        return dict.fromkeys(keys, value)


def places_of(stored_map: StoredMap) -> dict[str, int]:
    """The keys of a stored map, each with the place of its value."""
    return {key: place for place, key in enumerate(stored_map.keys())}


def is_stored(stored_map: StoredMap, place: int | None, value: Any) -> bool:
    """Whether a value, or the ``Unbuilt`` of this map, is the one at a place; None: nowhere."""
    if place is None:
        return False
    return bool(value.place == place if type(value) is Unbuilt else stored_map.equals(place, value))


def changed_from(stored_map: StoredMap, values: dict[str, Any]) -> dict[str, Any]:
    """The members of a dict, lazy or not, that a stored map does not have as they are."""
    is_of_map = isinstance(values, LazyDict) and values.stored_map is stored_map
    items = dict.items(values) if is_of_map else values.items()
    places = places_of(stored_map)
    return {
        key: values[key]
        for key, value in items
        if not is_stored(stored_map, places.get(key), value)
    }
