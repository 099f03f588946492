"""The seams of the indexes of ``ref``, ``source`` and ``doc``: dbt.contracts.graph.manifest.

dbt iterates over all nodes to index their names. Here the names come from columns of the entry. A
node is built when its name is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt.contracts.graph.manifest import DocLookup, RefableLookup, SourceLookup
from dbt.node_types import NodeType

from flatmanifest.dbt.cache.lazy_dict import fields_now
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest


@dataclass
class Named:
    """The attributes that an index needs from a resource without versions."""

    unique_id: str
    package_name: str
    name: str
    search_name: str
    resource_type: NodeType
    is_versioned: bool = False


@seam("dbt.contracts.graph.manifest:RefableLookup", "populate", "names from columns of the entry")
def populate_refs(original: Callable[..., Any], lookup: RefableLookup, manifest: Manifest) -> None:
    add_all(original, lookup, manifest, named_nodes, lookup.add_node)


@seam("dbt.contracts.graph.manifest:SourceLookup", "populate", "names from columns of the entry")
def populate_sources(
    original: Callable[..., Any], lookup: SourceLookup, manifest: Manifest
) -> None:
    add_all(original, lookup, manifest, named_sources, lookup.add_source)


@seam("dbt.contracts.graph.manifest:DocLookup", "populate", "names from columns of the entry")
def populate_docs(original: Callable[..., Any], lookup: DocLookup, manifest: Manifest) -> None:
    add_all(original, lookup, manifest, named_docs, lookup.add_doc)


def add_all(
    original: Callable[..., Any],
    lookup: Any,
    manifest: Manifest,
    named: Callable[[Manifest], list[Any] | None],
    add: Callable[[Any], None],
) -> None:
    found = attempt(named, manifest)
    if found is None:
        original(lookup, manifest)
        return
    for resource in found:
        add(resource)


def named_nodes(manifest: Manifest) -> list[Any] | None:
    fields = ("package_name", "name", "resource_type", "version")
    found: list[Any] | None = fields_now(manifest.nodes, *fields)
    return found and [
        Named(unique_id, package, name, name, NodeType(kind))
        if version is None
        else manifest.nodes[unique_id]
        for unique_id, package, name, kind, version in found
    ]


def named_sources(manifest: Manifest) -> list[Any] | None:
    found: list[Any] | None = fields_now(manifest.sources, "package_name", "source_name", "name")
    return found and [
        Named(unique_id, package, name, f"{source}.{name}", NodeType.Source)
        for unique_id, package, source, name in found
    ]


def named_docs(manifest: Manifest) -> list[Any] | None:
    found: list[Any] | None = fields_now(manifest.docs, "package_name", "name")
    return found and [
        Named(unique_id, package, name, name, NodeType.Documentation)
        for unique_id, package, name in found
    ]
