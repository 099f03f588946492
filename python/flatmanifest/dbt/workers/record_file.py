"""Recording what parsing a file does to a manifest. For workers only.

A worker's process is thrown away, so dbt's parsers may change its manifest freely. Three kinds of
changes can be replayed in another process: calls of the methods in :data:`ADDS`, patches of nodes,
and events. If parsing a file does anything else, fails, or needs a connection, the file is *left*:
it has no outcome, and dbt parses it itself.
"""

from __future__ import annotations

import copy
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import dbt.deprecations
import dbt.tracking
from dbt.adapters.factory import get_adapter
from dbt.parser.schemas import NodePatchParser
from dbt_common.events.event_manager_client import get_event_manager

from flatmanifest.dbt.cache.objects import made_again, stored_fields
from flatmanifest.dbt.dependencies import values
from flatmanifest.dbt.releases import has_functions

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.config import RuntimeConfig
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import BaseEvent, EventLevel

_FUNCTIONS: dict[str, str] = {"add_function": "functions"} if has_functions() else {}
# Methods of Manifest that add a resource of a file, each with the name of its collection.
ADDS = {
    "add_node": "nodes",
    "add_source": "sources",
    "add_exposure": "exposures",
    "add_group": "groups",
    "add_doc": "docs",
    **_FUNCTIONS,
}
ADD_DISABLED = "add_disabled"
# Methods that the methods above call. A parser may also call them itself, to move nodes.
NOFILE = ("add_node_nofile", "add_disabled_nofile")
# Methods that change more than one resource.
REFUSED = (
    *("add_macro", "add_metric", "add_semantic_model", "add_unit_test", "add_fixture"),
    *("add_saved_query", "rebuild_ref_lookup", "rebuild_doc_lookup", "rebuild_disabled_lookup"),
)
COLLECTIONS = (
    *("nodes", "sources", "macros", "docs", "exposures", "metrics", "groups", "semantic_models"),
    *("unit_tests", "saved_queries", "fixtures", "source_patches", *_FUNCTIONS.values()),
)
# The fields of a file that parsing does not change.
SETTLED = {"path", "checksum", "project_name", "parse_file_type"}

ONCE = "AdapterDeprecationWarning"

Outcome = dict[str, Any]


class LeftError(Exception):
    """Parsing a file does something that cannot be replayed in another process."""


class Recorder:
    """Watches the manifest, events and adapter of this process, from its creation on.

    It replaces functions of dbt and never puts them back: use it only in a process that ends after
    its work, in one thread.
    """

    def __init__(self, manifest: Manifest, config: RuntimeConfig) -> None:
        self.manifest = manifest
        self.file: Any = None
        self.calls: list[list[Any]] = []
        self.patched: dict[str, Any] = {}
        self.is_left = False
        self.is_adding = False
        # A variable that a macro reads is noted in the macro's file (dbt.context.providers,
        # env_var).
        self.macro_files = [file for file in manifest.files.values() if getattr(file, "macros", 0)]
        self._watch_manifest()
        self._watch_patches()
        self._watch_events()
        self._keep_off_connections(config)

    def record(self, file: Any, parse: Callable[[], None]) -> Outcome | None:
        """Call ``parse`` for a file, and return what it did; None if the file is left.

        Raises nothing. ``replay_file`` applies the outcome.
        """
        self.file, self.calls, self.patched, self.is_left = file, [], {}, False
        manifest, info = self.manifest, self.manifest._parsing_info  # noqa: SLF001
        manifest.env_vars = {}
        sizes = self._sizes()
        counts = info.static_analysis_path_count, info.static_analysis_parsed_path_count
        variables = [len(each.env_vars) for each in self.macro_files]
        used: values.Used = {}
        try:
            with values.collected(used):
                parse()
        except BaseException:  # noqa: BLE001 - dbt parses the file again, and reports the error
            return None
        if self.is_left or self._sizes() != self._with_added(sizes):
            return None
        return {
            "calls": self.calls,
            "patched": self.patched,
            "file": state_of(file),
            "env_vars": list(manifest.env_vars),  # names only: no file may have the values
            "env_vars_of_macros": {
                each.file_id: each.env_vars[before:]
                for each, before in zip(self.macro_files, variables, strict=True)
                if len(each.env_vars) != before
            },
            "values": used,
            "path_count": info.static_analysis_path_count - counts[0],
            "parsed_path_count": info.static_analysis_parsed_path_count - counts[1],
        }

    def leave(self, *_: object, **__: object) -> NoReturn:
        self.is_left = True  # in case that the error is caught
        raise LeftError

    def _sizes(self) -> dict[str, int]:
        return {name: len(getattr(self.manifest, name)) for name in COLLECTIONS}

    def _with_added(self, sizes: dict[str, int]) -> dict[str, int]:
        expected = dict(sizes)
        for name, *_ in self.calls:
            if name in ADDS:
                expected[ADDS[name]] += 1
        return expected

    def _watch_manifest(self) -> None:
        watched = dict.fromkeys((*ADDS, ADD_DISABLED), self._recorded)
        watched |= dict.fromkeys(NOFILE, self._within_an_add)
        for name, wrap in watched.items():
            setattr(self.manifest, name, wrap(name))
        for name in REFUSED:
            setattr(self.manifest, name, self.leave)

    def _recorded(self, name: str) -> Callable[..., None]:
        original = getattr(self.manifest, name)

        def add(file: Any, resource: Any, test_from: dict[str, str] | None = None) -> None:
            if file is not self.file or not is_storable(resource):
                self.leave()
            more = () if test_from is None else (test_from,)
            self.is_adding = True
            original(file, resource, *more)
            self.is_adding = False
            self.calls.append([name, resource, *more])

        return add

    def _within_an_add(self, name: str) -> Callable[..., None]:
        original = getattr(self.manifest, name)

        def add(*arguments: Any) -> None:
            if not self.is_adding:
                self.leave()
            original(*arguments)

        return add

    def _watch_patches(self) -> None:
        original = NodePatchParser.patch_node_properties

        def patch(parser: Any, node: Any, *rest: Any) -> None:
            if self.manifest.nodes.get(node.unique_id) is not node:
                self.leave()  # a disabled node, or a function
            original(parser, node, *rest)
            if not is_storable(node):
                self.leave()
            self.patched[node.unique_id] = node

        NodePatchParser.patch_node_properties = patch

    def _watch_events(self) -> None:
        events = get_event_manager()

        def fire_event(
            e: BaseEvent,
            level: EventLevel | None = None,
            node: Any = None,  # noqa: ARG001 - for the message of an error
            force_warn_or_error_handling: bool = False,  # noqa: FBT001, FBT002 - dbt's
        ) -> None:
            kind = type(e)
            # An adapter fires this warning only once in a process.
            if kind.__name__ == ONCE or events.warn_error or events.warn_error_options.errors(e):
                self.leave()
            name = None if level is None else level.value
            content = e.pb_msg.SerializeToString().hex()
            path = f"{kind.__module__}:{kind.__qualname__}"
            self.calls.append(["event", path, content, name, force_warn_or_error_handling])

        def warn(name: str, *arguments: Any, **named: Any) -> None:
            event = dbt.deprecations.deprecations[name].event(**named)
            if arguments or events.warn_error or events.warn_error_options.errors(event):
                self.leave()
            self.calls.append(["deprecation", name, named])

        def fire_or_defer_event(e: BaseEvent, *_: object, **named: Any) -> None:
            if events.allow_deferral:
                self.leave()
            named.pop("event_group_type", None)
            fire_event(e, **named)

        events.fire_event = fire_event
        events.fire_or_defer_event = fire_or_defer_event
        # Only the other process knows how often a deprecation occurred, and whether dbt warned.
        dbt.deprecations.warn = warn
        dbt.tracking.active_user = silenced(dbt.tracking.active_user)
        sys.stdout = sys.stderr = Leaving(self)

    def _keep_off_connections(self, config: RuntimeConfig) -> None:
        connections = type(get_adapter(config).connections)
        for name in ("set_connection_name", "get_thread_connection", "open"):
            setattr(connections, name, self.leave)


def silenced(user: Any) -> Any:
    """A copy of dbt's user, with the same start time, for whom nothing is sent (dbt.tracking)."""
    if user is None:
        return None
    silent = copy.copy(user)
    silent.do_not_track = True
    return silent


class Leaving:
    """A stream for stdout and stderr: a write leaves the file."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def write(self, _text: str) -> int:
        self.recorder.leave()

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def state_of(file: Any) -> dict[str, Any]:
    """The fields of a file that parsing the file may change."""
    kind: Any = type(file)
    return {name: getattr(file, name) for name in stored_fields(kind) if name not in SETTLED}


def is_storable(resource: Any) -> bool:
    """Whether a resource has no attributes beside its fields: others are not stored.

    See docs/objects.md.
    """
    kind: Any = type(resource)
    return set(vars(resource)) <= known_of(kind)


@cache
def known_of(kind: Any) -> frozenset[str]:
    """The names of the attributes of an object of a class that is restored from a file."""
    return frozenset((*stored_fields(kind), *made_again(kind)))
