"""Values without a source that templates use: the clock, ids, flags, random numbers.

Such a value is another in the next command, and no file or variable tells. Jinja looks every name
up in a template's context (jinja2.runtime.Context), so that is where uses are seen. A name counts
as used when a template looks it up, even if the branch that shows it is not taken.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from dbt_common.clients.jinja import MacroFuzzEnvironment
from jinja2.filters import FILTERS
from jinja2.runtime import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

# Members of dbt.context.base.BaseContext and dbt.context.providers.ProviderContext, and of Jinja.
# `context` and `builtins` hold all the others.
UNSOURCED = frozenset(
    (
        *("run_started_at", "invocation_id", "thread_id", "flags", "invocation_args_dict"),
        *("dbt_metadata_envs", "selected_resources", "context", "builtins", "lipsum"),
    )
)
MODULES = "modules"
CLOCK = "datetime"  # of the modules that a template has, the one that knows the time
RANDOM = "random"  # a filter
_WATCHED = UNSOURCED | {MODULES}

# By the renderer that a value was asked for in (dbt.config.renderer, dbt.parser.schema_renderer).
_RENDERED = {
    "ProfileRenderer": "profiles.yml",
    "DbtProjectYamlRenderer": "dbt_project.yml",
    "PackageRenderer": "packages.yml",
    "SelectorRenderer": "selectors.yml",
}

# The name of each value that was used, and where it was first.
Used = dict[str, str]
_used: Used = {}


@contextlib.contextmanager
def collected(used: Used) -> Iterator[None]:
    """Note what templates use meanwhile in ``used`` alone."""
    global _used  # noqa: PLW0603 - dbt renders in one thread while it parses
    outer, _used = _used, used
    try:
        yield
    finally:
        _used = outer


def current() -> Used:
    """The uses that are being collected."""
    return _used


class WatchedContext(Context):
    """What Jinja looks names up in."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        # Not a variable that the template has set itself.
        if key in _WATCHED and key in self.parent and key not in self.vars:
            if key != MODULES:
                note(key, self)
            elif isinstance(found, dict):
                return WatchedModules(found)
        return found


class WatchedModules(dict[str, Any]):
    """The ``modules`` of a template: the clock is among them, the others are functions."""

    def __getitem__(self, key: str) -> Any:
        if key == CLOCK:
            note(f"{MODULES}.{CLOCK}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if key == CLOCK:
            note(f"{MODULES}.{CLOCK}")
        return super().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else super().setdefault(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        if key == CLOCK:
            note(f"{MODULES}.{CLOCK}")
        return super().pop(key, *default)

    def copy(self) -> dict[str, Any]:
        note(f"{MODULES}.{CLOCK}")
        return super().copy()

    def __iter__(self) -> Iterator[str]:
        """Python copies a dict by itself, unless this is another's: dict(modules)."""
        return super().__iter__()

    def items(self) -> Any:
        note(f"{MODULES}.{CLOCK}")
        return super().items()

    def values(self) -> Any:
        note(f"{MODULES}.{CLOCK}")
        return super().values()


def note(name: str, context: Context | None = None) -> None:
    if name not in _used:
        _used[name] = _place(context)


def _place(context: Context | None) -> str:
    """Where a value is asked for, in words."""
    frame = sys._getframe(2)  # noqa: SLF001 - documented for such use
    while frame is not None:
        if frame.f_code.co_name == "render_selectors":
            return _RENDERED["SelectorRenderer"]
        rendering = _RENDERED.get(type(frame.f_locals.get("self")).__name__)
        # The renderer of a project renders its selectors, too.
        if rendering is not None and frame.f_code.co_name == "render_data":
            outer = frame.f_back
            is_selectors = outer is not None and outer.f_code.co_name == "render_selectors"
            return _RENDERED["SelectorRenderer"] if is_selectors else rendering
        if frame.f_back is None:
            break
        frame = frame.f_back
    model = None if context is None else context.parent.get("model")
    if isinstance(model, dict) and model.get("unique_id"):
        return str(model["unique_id"])
    return "a template"


def watch() -> None:
    """Have Jinja's contexts note what is looked up, for the rest of the process."""
    MacroFuzzEnvironment.context_class = WatchedContext
    original: Any = FILTERS[RANDOM]
    if getattr(original, "flatmanifest_is_watched", False):
        return

    def random(*arguments: Any, **named: Any) -> Any:
        note(f"the filter {RANDOM}")
        return original(*arguments, **named)

    for name, value in vars(original).items():  # which says that it takes the context
        setattr(random, name, value)
    random.flatmanifest_is_watched = True  # type: ignore[attr-defined]
    FILTERS[RANDOM] = random
