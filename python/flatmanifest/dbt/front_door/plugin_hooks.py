"""The hooks of other plugins of dbt (dbt.plugins.manager): which commands with them are recorded.

A hook runs in each command, and its reads are dependencies like dbt's own. What it does without
reading a file or a variable is unknown. So a hook must have changed nothing, or must belong to a
plugin of which it is known that its nodes depend on its files alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.front_door.blanks import require
from flatmanifest.dbt.seams import Level, Stage, seam

if TYPE_CHECKING:
    from collections.abc import Callable

MANAGER = "dbt.plugins.manager:PluginManager"
DOES = "the recorder notes what the hooks of plugins have returned"
# Plugins that make nodes of the files that they open, each by its module.
OF_FILES = {"dbt_loom"}

# The names of hooks that have returned something in this process.
_changing: set[str] = set()


@seam(MANAGER, "get_nodes", DOES, level=Level.RECORDER, stage=Stage.COMMAND)
def get_nodes(original: Callable[..., Any], manager: Any) -> Any:
    found = original(manager)
    if found.models:
        _changing.add("get_nodes")
    return found


@seam(MANAGER, "get_manifest_artifacts", DOES, level=Level.RECORDER, stage=Stage.COMMAND)
def get_manifest_artifacts(original: Callable[..., Any], manager: Any, manifest: Any) -> Any:
    found = original(manager, manifest)
    if found:
        _changing.add("get_manifest_artifacts")
    return found


def require_recordable() -> None:
    """Raise NotRecordedError if hooks of plugins may return something else at the next command."""
    from dbt import plugins  # noqa: PLC0415 - seconds of imports

    manager: Any = plugins.PLUGIN_MANAGER
    require(manager is not None, "dbt has not looked for plugins")
    artifacts = names_of(manager, "get_manifest_artifacts")
    is_writing = "get_manifest_artifacts" in _changing
    require(not is_writing, f"a plugin of dbt writes artifacts: {', '.join(artifacts)}")
    others = [name for name in names_of(manager, "get_nodes") if name not in OF_FILES]
    is_adding = "get_nodes" in _changing and others
    require(not is_adding, f"a plugin of dbt adds nodes: {', '.join(others)}")


def has_hooks() -> bool:
    """Whether a plugin has hooks, which fire events while dbt loads a manifest."""
    from dbt import plugins  # noqa: PLC0415

    manager: Any = plugins.PLUGIN_MANAGER
    return any(manager.hooks.values())


def names_of(manager: Any, hook: str) -> list[str]:
    """The modules of the plugins that have a hook."""
    bound = [each.__self__ for each in manager.hooks.get(hook, [])]
    return sorted({type(plugin).__module__.partition(".")[0] for plugin in bound})
