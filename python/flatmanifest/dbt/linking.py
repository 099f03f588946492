"""The seams of checking and linking: dbt.parser.manifest and dbt.compilation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dbt.parser.manifest
from dbt.compilation import Linker
from dbt.flags import get_flags

from flatmanifest import Graph
from flatmanifest.dbt.entry import entry_of
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest.dbt.entry import Entry


@seam(dbt.parser.manifest, "_check_resource_uniqueness")
def check_resource_uniqueness(
    original: Callable[..., Any], manifest: Manifest, config: Any
) -> None:
    entry = entry_of(manifest)
    check = f"uniqueness {getattr(get_flags(), 'require_unique_project_resource_names', None)}"
    if entry is None or entry.came_from is not None or not attempt(is_certain, entry, manifest):
        original(manifest, config)
        return
    if check in entry.passed:
        return
    original(manifest, config)  # raises if it finds anything
    attempt(entry.keep_passed, check)


def is_certain(entry: Entry, manifest: Manifest) -> bool:
    """Whether the check gives the same every time."""
    # Of names that are not unique dbt may merely warn, and does so every time.
    return entry.holds_field("nodes", manifest.nodes) and has_unique_names(manifest)


def has_unique_names(manifest: Manifest) -> bool:
    relational = [node for node in manifest.nodes.values() if node.is_relational]
    return len({(node.package_name, node.name) for node in relational}) == len(relational)


@seam(Linker, "find_cycles")
def find_cycles(original: Callable[..., Any], linker: Linker) -> str | None:
    if attempt(has_no_cycle, linker):
        return None
    found: str | None = original(linker)  # with dbt's choice of the cycle to name
    return found


def has_no_cycle(linker: Linker) -> bool:
    graph = linker.graph
    return Graph(list(graph.edges()), list(graph.nodes())).find_cycle() is None


@seam(Linker, "get_graph_summary")
def get_graph_summary(
    original: Callable[..., Any], linker: Linker, manifest: Manifest
) -> dict[int, dict[str, Any]]:
    summary = attempt(summary_of, linker, manifest)
    if summary is None:
        found: dict[int, dict[str, Any]] = original(linker, manifest)
        return found
    return summary


def summary_of(linker: Linker, manifest: Manifest) -> dict[int, dict[str, Any]]:
    """As dbt's, which makes a dict of every node for the sake of its type."""
    graph = linker.graph
    places = {name: place for place, name in enumerate(graph)}
    summary: dict[int, dict[str, Any]] = {}
    for name, place in places.items():
        summary[place] = {"name": name, "type": str(manifest.expect(name).resource_type)}
        successors = [places[other] for other in graph.successors(name)]
        if successors:
            summary[place]["succ"] = successors
    return summary
