"""Replaying in dbt's process what parsing a file did in a worker (``record_file``)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import dbt.deprecations
from dbt.constants import DEFAULT_ENV_PLACEHOLDER
from dbt_common.context import get_invocation_context
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import get_event_manager

from flatmanifest.dbt.dependencies import values
from flatmanifest.dbt.workers.record_file import ADDS

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import BaseEvent

    from flatmanifest.dbt.workers.record_file import Outcome


def is_applicable(manifest: Manifest, outcome: Outcome) -> bool:
    """Whether an outcome can be applied: the manifest has not changed for this file.

    Files before it may have patched the same nodes or added the same resources. dbt then has to
    parse the file, and reports the duplicates.
    """
    for unique_id in outcome["patched"]:
        node = manifest.nodes.get(unique_id)
        if node is None or node.patch_path:
            return False
    return not any(
        call[1].unique_id in getattr(manifest, ADDS[call[0]])
        for call in outcome["calls"]
        if call[0] in ADDS
    )


def apply(manifest: Manifest, file: Any, outcome: Outcome) -> None:
    """Change the manifest as the worker's manifest was changed, and fire the same events.

    ``file``: the file of the outcome, from ``manifest.files``. :func:`is_applicable` must be true.
    """
    for unique_id, node in outcome["patched"].items():
        manifest.nodes[unique_id] = node
    for name, *arguments in outcome["calls"]:
        if name == "event":
            fire_again(*arguments)
        elif name == "deprecation":
            dbt.deprecations.warn(arguments[0], **arguments[1])
        else:
            getattr(manifest, name)(file, *arguments)
    for field, value in outcome["file"].items():
        setattr(file, field, value)
    manifest.env_vars.update(values_of(outcome["env_vars"]))
    for file_id, names in outcome["env_vars_of_macros"].items():
        manifest.files[file_id].env_vars.extend(names)
    for name, place in outcome["values"].items():
        values.current().setdefault(name, place)
    info = manifest._parsing_info  # noqa: SLF001
    info.static_analysis_path_count += outcome["path_count"]
    info.static_analysis_parsed_path_count += outcome["parsed_path_count"]


def values_of(names: list[str]) -> dict[str, str]:
    """The values that dbt notes for variables that were read (dbt.context.providers, env_var)."""
    env = get_invocation_context().env
    return {name: env.get(name, DEFAULT_ENV_PLACEHOLDER) for name in names}


def fire_again(path: str, content: str, level: str | None, is_forced: bool) -> None:  # noqa: FBT001
    module, _, name = path.partition(":")
    kind: type[BaseEvent] = getattr(importlib.import_module(module), name)
    event = kind()
    event.pb_msg.ParseFromString(bytes.fromhex(content))
    get_event_manager().fire_event(
        event,
        level=None if level is None else EventLevel(level),
        force_warn_or_error_handling=is_forced,
    )
