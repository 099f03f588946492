"""Selection by the installed dbt, on a bare manifest: the oracle for ``Manifest.select``.

The oracle does the steps of ``dbt ls`` after parsing (dbt/task/list.py, dbt/task/runnable.py): it
links the graph, makes a spec of the options, and asks a ResourceTypeSelector. It needs dbt-core,
which it imports at its first use.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The formatting of messages, which differs between dbt's releases.
COLOURS = re.compile("\x1b\\[[0-9;]*m")
TAG = re.compile(r"\A\[?WARNING\]?: ")
# flatmanifest follows the pathlib of CPython 3.11 in path:, and dbt uses the running Python's.
HAS_OTHER_PATHLIB = sys.version_info[:2] not in {(3, 11), (3, 12)}
# The errors of different versions of pathlib for path:, path:. and path:./.
NO_PATTERN = re.compile(
    r"Unacceptable pattern: ('\.?'|PosixPath\('\.'\))|tuple index out of range"
    "|'_TerminatingSelector' object has no attribute 'select_from'",
)
# Patterns whose meaning differs: 3.10 finds files by "a.sql/", 3.13 reads "a**" as "a*".
DISPUTED = re.compile(r'[^/:@+ ,"]\*\*|\*\*[^/ ,"]|/(?:\+\d*)?(?:[ ,"]|$)')


def is_disputed(texts: Iterable[str]) -> bool:
    """Return whether criteria may hold a path with another meaning in the running Python."""
    return HAS_OTHER_PATHLIB and any(DISPUTED.search(text) for text in texts)


def untagged(text: str) -> str:
    """Return a warning without colours and without "[WARNING]: "."""
    return TAG.sub("", COLOURS.sub("", text))


@dataclass(frozen=True)
class Request:
    """The options of one selection, as ``Manifest.select`` takes them."""

    select: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    resource_type: tuple[str, ...] = ()
    exclude_resource_type: tuple[str, ...] = ()
    indirect_selection: str = "eager"
    include_empty: bool = True

    def keywords(self) -> dict[str, Any]:
        """Return the arguments but the first, as far as the oracle's release of dbt has them."""
        return {
            "exclude": self.exclude,
            "selector": self.selector,
            "resource_type": self.resource_type,
            "exclude_resource_type": self.exclude_resource_type,
            "indirect_selection": self.indirect_selection,
            "include_empty": self.include_empty,
            "dbt_version": installed_dbt(),
        }


@dataclass
class Answer:
    """The ids in order with the warnings, or the message of an error."""

    ids: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None

    def __post_init__(self) -> None:
        """Replace the messages of other versions of pathlib by those of 3.11."""
        if HAS_OTHER_PATHLIB and self.error is not None and NO_PATTERN.fullmatch(self.error):
            self.error = "no pattern"


def project_of(manifest: dict[str, Any], directory: Path) -> Path:
    """Make empty files for the resources of the root project, so that path: finds them."""
    project = manifest.get("metadata", {}).get("project_name")
    for collection in manifest.values():
        if not isinstance(collection, dict):
            continue
        for resource in collection.values():
            if not isinstance(resource, dict) or "original_file_path" not in resource:
                continue
            if project is not None and resource.get("package_name") != project:
                continue
            paths = [resource["original_file_path"]]
            if resource.get("patch_path"):
                paths.append(resource["patch_path"].split("://")[1])
            for path in paths:
                if path in {"", "."}:
                    continue
                file = directory / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
    return directory


class Oracle:
    """The installed dbt with a loaded and linked manifest."""

    def __init__(self, manifest: Path, project: Path) -> None:
        """Load a manifest's JSON; path: looks for files in ``project``."""
        from dbt.artifacts.schemas.manifest import WritableManifest
        from dbt.compilation import Linker
        from dbt.contracts.graph.manifest import Manifest
        from dbt_common.context import set_invocation_context

        set_invocation_context({})
        self.compare_more_unrendered_values = False
        self._set_flags("eager")
        writable = WritableManifest.read_and_check_versions(str(manifest))
        self.manifest = Manifest.from_writable_manifest(writable)
        plain = json.loads(manifest.read_text())
        self._restore_generic_tests(plain)
        # dbt uses the selectors of the project, not those of a loaded manifest.
        self.selectors = list(plain.get("selectors", {}).values())
        self.graph = Linker().get_graph(self.manifest)
        self.project = project

    def _restore_generic_tests(self, plain: dict[str, Any]) -> None:
        """Give generic tests the class that they have after parsing.

        In a loaded manifest, dbt makes every test a singular test.
        """
        from dbt.artifacts.resources import GenericTest
        from dbt.contracts.graph.nodes import GenericTestNode

        for unique_id, node in plain["nodes"].items():
            if node.get("test_metadata"):
                upgraded = self.manifest.nodes[unique_id].to_dict(omit_none=False)
                test = GenericTest.from_dict({**node, **upgraded})
                self.manifest.nodes[unique_id] = GenericTestNode.from_resource(test)

    def _set_flags(self, indirect_selection: str) -> None:
        from dbt.flags import set_flags

        set_flags(
            Namespace(
                INDIRECT_SELECTION=indirect_selection,
                WARN_ERROR=False,
                USE_COLORS=False,
                MAXIMUM_SEED_SIZE_MIB=1,  # since dbt 1.12
                state_modified_compare_more_unrendered_values=self.compare_more_unrendered_values,
            )
        )

    def select(self, request: Request, state: Any = None) -> Answer:
        """Select as ``dbt ls`` does. ``state`` is dbt's PreviousState."""
        self._set_flags(request.indirect_selection)
        with warnings_of_dbt() as warnings:
            try:
                ids = self._select(request, state)
            except Exception as error:
                message = getattr(error, "msg", None)
                return Answer(error=str(error) if message is None else message)
        return Answer(ids, warnings if ids else [*warnings, "No nodes selected!"])

    def _select(self, request: Request, state: Any) -> list[str]:
        from dbt.graph import ResourceTypeSelector
        from dbt.task.base import resource_types_from_args
        from dbt.task.list import ListTask
        from dbt_common.events.contextvars import task_contextvars

        arguments = Namespace(
            resource_types=request.resource_type,
            exclude_resource_types=request.exclude_resource_type,
        )
        types = resource_types_from_args(
            arguments,
            set(ListTask.ALL_RESOURCE_VALUES),
            set(ListTask.DEFAULT_RESOURCE_VALUES),
        )
        spec = self._spec(request)
        options: dict[str, Any] = {}
        if "selectors" in inspect.signature(ResourceTypeSelector).parameters:  # dbt 1.12
            options["selectors"] = self._selector_config()
        selector = ResourceTypeSelector(
            graph=self.graph,
            manifest=self.manifest,
            previous_state=state,
            resource_types=list(types),
            include_empty_nodes=request.include_empty,
            **options,
        )
        with task_contextvars(project_root=str(self.project)):
            return sorted(selector.get_selected(spec))

    def _selector_config(self) -> Any:
        from dbt.config.selectors import SelectorConfig

        return SelectorConfig.selectors_from_dict({"selectors": self.selectors})

    def _spec(self, request: Request) -> Any:
        from dbt.graph import parse_difference

        by_hand = request.select or request.exclude
        if request.selector is not None or not by_hand:
            config = self._selector_config()
            if request.selector is not None:
                if request.selector not in config:
                    message = (
                        f"Could not find selector named {request.selector}, "
                        f"expected one of {list(config)}"
                    )
                    raise NoSelectorError(message)
                return config[request.selector]["definition"]
            for selector in config.values():
                if selector["default"] is True:
                    return selector["definition"]
        select = None if request.select is None else list(request.select)
        return parse_difference(select, list(request.exclude) or None)


class NoSelectorError(Exception):
    """The error of get_selector in dbt/config/project.py, for tests without a project."""


@contextmanager
def warnings_of_dbt() -> Iterator[list[str]]:
    """Collect the texts that dbt would show as warnings, without their colours."""
    from dbt_common.events.base_types import EventMsg
    from dbt_common.events.event_manager_client import get_event_manager

    texts: list[str] = []

    def note(message: EventMsg) -> None:
        if message.info.level == "warn":
            texts.append(untagged(message.info.msg))

    manager = get_event_manager()
    manager.callbacks.append(note)
    try:
        yield texts
    finally:
        manager.callbacks.remove(note)


def installed_dbt() -> str:
    """Return the version of the installed dbt."""
    from dbt.version import __version__

    return str(__version__)
