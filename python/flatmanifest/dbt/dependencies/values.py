"""Values without a source that templates use: the clock, ids, flags, random numbers.

Such a value is another in the next command, and no file or variable tells. Jinja compiles each
template to Python (jinja2.compiler.CodeGenerator). Where a template names such a value, the code
notes that when it is evaluated: a branch that is not taken uses nothing.
"""

from __future__ import annotations

import contextlib
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment
from jinja2.compiler import CodeGenerator
from jinja2.filters import FILTERS
from jinja2.idtracking import VAR_LOAD_RESOLVE
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2.compiler import Frame
    from jinja2.nodes import Name

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
_of_command: Used = {}
# A program may have dbt parse in several threads at once.
_USED: ContextVar[Used] = ContextVar("USED", default=_of_command)


@contextlib.contextmanager
def collected(used: Used) -> Iterator[None]:
    """Note what templates use meanwhile, in this thread, in ``used`` alone."""
    token = _USED.set(used)
    try:
        yield
    finally:
        _USED.reset(token)


def current() -> Used:
    """The uses that are being collected."""
    return _USED.get()


class WatchedContext(Context):
    """What a template's names are looked up in."""

    def flatmanifest_noted(self, name: str, found: Any) -> Any:
        """Note that a value is used, and return it. Called by the code of templates."""
        # Not a variable that the template has set itself.
        if name not in self.parent or name in self.vars:
            return found
        if name != MODULES:
            note(name, self)
            return found
        return WatchedModules(found) if isinstance(found, dict) else found


class WatchedCode(CodeGenerator):
    """Compiles templates so that they note the values without a source that they use."""

    def visit_Name(self, node: Name, frame: Frame) -> None:  # noqa: N802 - Jinja's
        if node.ctx != "load" or node.name not in _WATCHED:
            super().visit_Name(node, frame)
            return
        load = frame.symbols.find_load(frame.symbols.ref(node.name))
        is_of_context = load is not None and load[0] == VAR_LOAD_RESOLVE
        self.write(f"context.flatmanifest_noted({node.name!r}, " if is_of_context else "(")
        super().visit_Name(node, frame)
        self.write(")")


class WatchedNativeCode(WatchedCode, NativeCodeGenerator):
    """The same for templates whose values keep their types."""


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
    used = current()
    if name not in used:
        used[name] = _place(context)


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
    """Have templates note what they use, for the rest of the process."""
    MacroFuzzEnvironment.context_class = WatchedContext
    MacroFuzzEnvironment.code_generator_class = WatchedCode
    NativeSandboxEnvironment.code_generator_class = WatchedNativeCode
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
