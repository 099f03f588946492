"""``graph`` for Jinja: the manifest as dicts, made when a template looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.lazy import BUILDING, LazyDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest


class FlatDict(LazyDict):
    """Resources as dicts, as they were when the graph was built: later edits do not show."""

    __slots__ = ()

    def _built(self, key: str) -> Any:
        with BUILDING:
            value = dict.__getitem__(self, key)
            if type(value) is int:
                value = self.stored_map.restore(value).to_dict(omit_none=False)
                dict.__setitem__(self, key, value)
            return value

    def build(self) -> None:
        for key in list(dict.keys(self)):
            self._built(key)


class NoResources:
    """A manifest of any release that holds nothing."""

    flat_graph: dict[str, Any]

    def __getattr__(self, name: str) -> dict[str, Any]:
        return {}


def flat_graph(original: Callable[..., Any], manifest: Manifest) -> dict[str, Any] | None:
    """Build what dbt's build_flat_graph does, lazily where that can be; None if nowhere."""
    if not isinstance(manifest.nodes, LazyDict):
        return None
    empty = NoResources()
    original(empty)
    return {name: flat_collection(getattr(manifest, name)) for name in empty.flat_graph}


def flat_collection(resources: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(resources, LazyDict):
        return {key: value.to_dict(omit_none=False) for key, value in resources.items()}
    stored = resources.stored_map
    flat = FlatDict(stored)
    if resources.is_as_stored():
        return flat
    places = dict(dict.items(flat))
    if list(dict.keys(resources)) != list(places):
        dict.clear(flat)
    for key, value in dict.items(resources):
        place = places.get(key)
        if type(value) is int:
            dict.__setitem__(flat, key, value)
        elif place is not None and stored.equals(place, value):
            dict.__setitem__(flat, key, place)
        else:
            dict.__setitem__(flat, key, value.to_dict(omit_none=False))
    return flat
