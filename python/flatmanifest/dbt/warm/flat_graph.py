"""Jinja's ``graph``: the manifest as dicts, each made when a template reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.cache.lazy_dict import LazyDict, is_stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest._native import StoredMap


class FlatDict(LazyDict):
    """Resources as dicts, in the state of the moment when the graph was built.

    Later edits of a resource do not show in it.
    """

    __slots__ = ()

    def __init__(self, stored_map: StoredMap) -> None:
        super().__init__(stored_map, flattened)

    def build(self) -> None:
        for key in list(dict.keys(self)):
            self._built(key)


def flattened(resource: Any) -> Any:
    return resource.to_dict(omit_none=False)


class NoResources:
    """An empty manifest of any release: dbt's build_flat_graph names its collections with it."""

    flat_graph: dict[str, Any]

    def __getattr__(self, name: str) -> dict[str, Any]:
        return {}


def flat_graph(original: Callable[..., Any], manifest: Manifest) -> dict[str, Any] | None:
    """The graph of Manifest.build_flat_graph, with lazy dicts; None if the nodes are not lazy."""
    if not isinstance(manifest.nodes, LazyDict):
        return None
    empty = NoResources()
    original(empty)
    return {name: flat_collection(getattr(manifest, name)) for name in empty.flat_graph}


def flat_collection(resources: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(resources, LazyDict):
        return {key: flattened(value) for key, value in resources.items()}
    stored = resources.stored_map
    flat = FlatDict(stored)
    if resources.is_as_stored():
        return flat
    stand_ins = dict(flat.unbuilt_items())

    def member(key: str, value: Any) -> Any:
        stand_in = stand_ins.get(key)
        if stand_in is not None and is_stored(stored, stand_in.place, value):
            return stand_in
        return flattened(resources[key])

    members = ((key, member(key, value)) for key, value in resources.unbuilt_items())
    return FlatDict.assembled(stored, members)
