"""The seam of merged configs (dbt.context.context_config, ContextConfigGenerator).

dbt makes a resource's config three times while it parses the resource. Each time it starts at the
defaults of the class and goes up level by level, with two conversions for each level and a
validation at the end. Most resources of a project have the same config as others: the same levels
of dbt_project.yml and the same values of their own make the same config.
"""

from __future__ import annotations

import contextlib
import marshal
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from dbt.utils import fqn_search

from flatmanifest.dbt.seams import Level, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH = "configs"
PLACE = {"fqn", "project_name", "resource_type"}
BY_VALUE = 2  # the version of marshal that writes equal values as equal bytes, shared or not
WITH_NAMES = 4  # the version of marshal that keeps one copy of each name


class Made(NamedTuple):
    """A config that dbt has made."""

    config: bytes
    # The objects whose ids are in the key. As long as they live, no other object has these ids.
    known_by_id: list[Any]


CONFIGS: ContextVar[dict[Any, Made] | None] = ContextVar("CONFIGS", default=None)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load",
    "configs are kept while a manifest is loaded",
    switch=SWITCH,
    level=Level.COLD,
)
def load(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    token = CONFIGS.set({})
    try:
        return original(*args, **kwargs)
    finally:
        CONFIGS.reset(token)


def keep() -> None:
    """Keep configs from now on, in a process that does not call load: a forkserver's worker."""
    if CONFIGS.get() is None and is_on(SWITCH):
        CONFIGS.set({})


@seam(
    "dbt.context.context_config:ContextConfigGenerator",
    "calculate_node_config_dict",
    "a copy of the config that equal levels and values have made",
    switch=SWITCH,
)
def calculate_node_config_dict(
    original: Callable[..., dict[str, Any]], generator: Any, *args: Any, **asked: Any
) -> dict[str, Any]:
    configs = CONFIGS.get()
    if configs is None or args:
        return original(generator, *args, **asked)
    try:
        levels = levels_of(generator, asked["fqn"], asked["resource_type"], asked["project_name"])
        key = (*map(id, levels), of_value(asked))
    except (ValueError, KeyError):  # a value cannot be compared, or an argument is missing
        return original(generator, **asked)
    if key in configs:
        return marshal.loads(configs[key].config)  # type: ignore[no-any-return]  # noqa: S302
    config = original(generator, **asked)
    with contextlib.suppress(ValueError):  # the config contains an object that marshal refuses
        configs[key] = Made(marshal.dumps(config, WITH_NAMES), levels)
    return config


def of_value(asked: dict[str, Any]) -> bytes:
    """The arguments that a config is made from, except its place in the project, as bytes."""
    values = {name: value for name, value in asked.items() if name not in PLACE}
    return marshal.dumps([str(asked["resource_type"]), values], BY_VALUE)


def levels_of(generator: Any, fqn: list[str], kind: Any, project_name: str) -> list[Any]:
    """The projects, and the levels of their dbt_project.yml, that apply to a resource."""
    active = generator._active_project  # noqa: SLF001
    found = []
    for project in (generator.get_node_project(project_name), active):
        configs = generator.get_config_source(project).get_config_dict(kind)
        found += [project, *fqn_search(configs, fqn)]
    return found
