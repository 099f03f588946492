"""A dict that builds each value from a mapped file at its first use."""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING, Any

from flatmanifest._native import StoredMap, Unbuilt, build_values

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, ValuesView

MISSING = object()
# One lock for all dicts, because building takes microseconds. A value must not be built twice: an
# edit of one copy would be lost in the other.
BUILDING = threading.RLock()


class LazyDict(dict[str, Any]):
    """The values of a stored map by key, in its order. A value is built once, and then kept.

    It is a real dict: it can be changed, compared, copied, pickled and iterated like any other, and
    ``isinstance`` and ``json`` take it for a dict. Copies and pickles are plain dicts. Several
    threads may read it at once. The stored map keeps its file mapped.

    An ``Unbuilt`` takes the place of a value that has not been built. C code that reads a dict
    without its methods sees the Unbuilt. Such code refuses it, or passes it to
    ``flatmanifest.json_default`` or the like. The class defines ``__iter__`` so that CPython does
    not copy Unbuilts out of it when it makes another dict.
    """

    __slots__ = ("stored_map",)

    def __new__(cls, values: Any = (), /) -> Any:
        """Make a plain dict of any argument but a StoredMap.

        ``dataclasses.asdict`` calls the type of a dict with pairs.
        """
        if not isinstance(values, StoredMap):
            return dict(values)
        return super().__new__(cls)

    def __init__(self, stored_map: StoredMap, finish: Any = None, /) -> None:
        """``finish``: called with each value when it is built; its result is kept instead."""
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
        """Build all values that have not been built."""
        with BUILDING:
            build_values(self)

    def is_as_stored(self) -> bool:
        """Whether the keys, their order and the values equal those of the stored map."""
        return self.stored_map.matches(self)

    def unbuilt_items(self) -> ItemsView[str, Any]:
        """The items without building: a value that has not been built is an ``Unbuilt``."""
        return super().items()

    @classmethod
    def assembled(cls, stored_map: StoredMap, members: Iterable[tuple[str, Any]]) -> LazyDict:
        """Make a dict of these members. Each ``Unbuilt`` among the values must be of this map."""
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


def fields_now(values: dict[str, Any], *fields: str) -> list[tuple[Any, ...]] | None:
    """The key and some fields of each member, in order; None for a dict that is not lazy.

    ``fields`` are dotted paths. Members that have not been built give what is stored; the others
    have the field as an attribute. Both give None for a field that is missing, and the value of a
    member of an Enum.
    """
    if not isinstance(values, LazyDict):
        return None
    columns = [values.stored_map.column(field) for field in fields]
    rows: list[tuple[Any, ...]] = []
    for key, value in values.unbuilt_items():
        if type(value) is Unbuilt:
            place = value.place
            rows.append((key, *[column[place] for column in columns]))
        else:
            rows.append((key, *[attribute_of(value, field) for field in fields]))
    return rows


def rows_of(manifest: Any, names: Iterable[str], *fields: str) -> list[tuple[Any, ...]] | None:
    """The rows of ``fields_now`` of several collections, one after the other.

    None if one of them is not lazy. A collection that this release of dbt does not have is skipped.
    """
    rows: list[tuple[Any, ...]] = []
    for name in names:
        if not hasattr(manifest, name):
            continue
        found = fields_now(getattr(manifest, name), *fields)
        if found is None:
            return None
        rows += found
    return rows


def attribute_of(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name, None)
    return value.value if isinstance(value, Enum) else value


def places_of(stored_map: StoredMap) -> dict[str, int]:
    """The keys of a stored map, each with the index of its value."""
    return {key: place for place, key in enumerate(stored_map.keys())}


def is_stored(stored_map: StoredMap, place: int | None, value: Any) -> bool:
    """Whether a value, or an ``Unbuilt`` of this map, equals the one at an index.

    False if ``place`` is None.
    """
    if place is None:
        return False
    return bool(value.place == place if type(value) is Unbuilt else stored_map.equals(place, value))


def changed_from(stored_map: StoredMap, values: dict[str, Any]) -> dict[str, Any]:
    """The members of a dict, lazy or not, that are missing in a stored map or differ there."""
    is_of_map = isinstance(values, LazyDict) and values.stored_map is stored_map
    items = dict.items(values) if is_of_map else values.items()
    places = places_of(stored_map)
    return {
        key: values[key]
        for key, value in items
        if not is_stored(stored_map, places.get(key), value)
    }
