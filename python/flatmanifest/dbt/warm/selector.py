"""The seams of selecting: dbt.graph.selector, by the native selector on the entry.

It selects where it is known what was written on the command line or in selectors.yml, and the
manifest and its graph are what the entry holds. Whatever would be warned of, and every error, is
dbt's to say: it then selects itself.
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
    """What a spec of dbt's was parsed from."""

    indirect_selection: str
    select: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    # The project's, as manifests have them (Project.manifest_selectors).
    selectors: dict[str, Any] | None = None


def remember(spec: Any, **written: Any) -> None:
    spec.flatmanifest_written = Written(str(get_flags().INDIRECT_SELECTION), **written)


def are_selectors_known(manifest: Any, written: Written) -> bool:
    """Whether the selectors of the manifest are those of this command, or none is asked for.

    dbt selects by the project's selectors as they are now. The manifest's are those of its last
    parse, and the native selector takes its default selector, too.
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
    # dbt walks over all nodes for the graph of those that may be selected.
    original(selector, Graph(DiGraph()), *args, **kwargs)
    selector.full_graph = graph
    selector.flatmanifest_init = lambda made: original(made, graph, *args, **kwargs)
    del selector.graph


class GraphOfMembers:
    """``NodeSelector.graph``, made when dbt itself selects."""

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
    """The ids that dbt would select, sorted; None if they are not known, or are none."""
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
