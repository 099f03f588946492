"""The seams of selecting (dbt.graph.selector): the native selector selects on the entry.

It selects if the text of the selection, from the command line or selectors.yml, is known, and if
the manifest and its graph equal the entry's. If there is a warning or an error, dbt selects itself
and reports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt.config.project import Project
from dbt.flags import get_flags
from dbt.graph import Graph, NodeSelector, ResourceTypeSelector
from dbt_common.events.contextvars import get_project_root
from networkx import DiGraph

from flatmanifest import SelectionError
from flatmanifest.dbt.cache.entry import entry_of, unchanged
from flatmanifest.dbt.seams import Kind, attempt, seam
from flatmanifest.dbt.warm.linker import linked_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Written:
    """The texts that dbt has parsed a selection spec from."""

    indirect_selection: str
    select: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    # The project's selectors in the form of a manifest (Project.manifest_selectors).
    selectors: dict[str, Any] | None = None


def remember(spec: Any, **written: Any) -> None:
    spec.flatmanifest_written = Written(str(get_flags().INDIRECT_SELECTION), **written)


def are_selectors_known(manifest: Any, written: Written) -> bool:
    """Whether the manifest's selectors equal the project's, or the selection uses no selector.

    dbt selects by the project's current selectors. The manifest has those of its last parse, and
    the native selector uses them, the default selector included.
    """
    if written.selector is None:
        if any("selector:" in text for text in (*(written.select or ()), *written.exclude)):
            return False
        is_by_hand = bool(written.select or written.exclude)
        return is_by_hand or not any(each.get("default") for each in manifest.selectors.values())
    return bool(written.selectors == manifest.selectors)


@seam("dbt.task.runnable", "parse_difference", "the spec remembers what it was parsed from")
def parse_difference(
    original: Callable[..., Any], include: Iterable[str] | None, exclude: Iterable[str] | None
) -> Any:
    spec = original(include, exclude)
    select = tuple(include) if include else None
    attempt(lambda: remember(spec, select=select, exclude=tuple(exclude or ())))
    return spec


@seam("dbt.config.project:Project", "get_selector", "the spec remembers what it was parsed from")
def get_selector(original: Callable[..., Any], project: Project, name: str) -> Any:
    spec = original(project, name)
    attempt(lambda: remember(spec, selector=name, selectors=project.manifest_selectors))
    return spec


@seam(
    "dbt.graph:NodeSelector",
    "__init__",
    "a selector has the whole graph, and makes that of its members later",
)
def init_selector(
    original: Callable[..., Any], selector: NodeSelector, graph: Graph, *args: Any, **kwargs: Any
) -> None:
    if type(selector) is not ResourceTypeSelector or linked_from(graph.graph) is None:
        original(selector, graph, *args, **kwargs)
        return
    # dbt walks over all nodes here to make the graph of members, the nodes that may be selected.
    original(selector, Graph(DiGraph()), *args, **kwargs)
    selector.full_graph = graph
    selector.flatmanifest_init = lambda made: original(made, graph, *args, **kwargs)
    del selector.graph


class GraphOfMembers:
    """The attribute ``NodeSelector.graph``, made at its first use: when dbt itself selects."""

    def __get__(self, selector: Any, owner: Any = None) -> Any:
        if selector is None:
            return self
        if "flatmanifest_init" not in vars(selector):
            message = f"{type(selector).__name__!r} object has no attribute 'graph'"
            raise AttributeError(message)
        made = object.__new__(type(selector))
        selector.flatmanifest_init(made)
        selector.graph = made.graph
        return made.graph


@seam(
    "dbt.graph:NodeSelector",
    "graph",
    "the graph of members is made when dbt itself selects",
    kind=Kind.ADDITION,
)
def graph_of_members() -> GraphOfMembers:
    return GraphOfMembers()


@seam("dbt.graph:NodeSelector", "get_selected", "the native selector on the entry")
def get_selected(
    original: Callable[..., Any], selector: NodeSelector, spec: Any, *args: Any, **kwargs: Any
) -> set[str]:
    selected = attempt(select, selector, spec)
    if selected is None:
        found: set[str] = original(selector, spec, *args, **kwargs)
        return found
    return set(selected)


def select(selector: Any, spec: Any) -> list[str] | None:
    """The ids that dbt would select, sorted; None if they are unknown, or if there are none."""
    written: Written | None = getattr(spec, "flatmanifest_written", None)
    if written is None or type(selector) is not ResourceTypeSelector:
        return None
    if selector.previous_state is not None or not selector.resource_types:
        return None
    manifest = selector.manifest
    entry = entry_of(manifest)
    if entry is None or linked_from(selector.full_graph.graph) is not entry:
        return None
    if not are_selectors_known(manifest, written) or unchanged(manifest) is None:
        return None
    try:
        ids, warnings = entry.view().select_with_warnings(
            written.select,
            exclude=written.exclude,
            selector=written.selector,
            resource_type=[str(kind) for kind in selector.resource_types],
            indirect_selection=written.indirect_selection,
            include_empty=selector.include_empty_nodes,
            project_dir=get_project_root() or ".",
        )
    except SelectionError:
        return None
    return None if warnings else ids or None
