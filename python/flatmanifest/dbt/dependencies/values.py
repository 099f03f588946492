"""Values without a source that templates use: the clock, ids, flags, random numbers.

Such a value differs in the next command, although no file and no variable has changed. Jinja
compiles each template to Python (jinja2.compiler.CodeGenerator). Where a template names such a
value, the compiled code notes the use when it is evaluated. A branch that is not taken notes
nothing.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jinja2.compiler import CodeGenerator
from jinja2.idtracking import VAR_LOAD_RESOLVE
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.nodes import Const, Name
from jinja2.runtime import Context

from flatmanifest.dbt.dependencies.callers import frames
from flatmanifest.dbt.seams import Kind, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.compiler import Frame
    from jinja2.nodes import Getattr, Getitem

# Members of dbt.context.base.BaseContext, of dbt.context.providers.ProviderContext, and of Jinja.
# `context` and `builtins` are dicts that hold all the other members.
UNSOURCED = frozenset(
    (
        *("run_started_at", "invocation_id", "thread_id", "flags", "invocation_args_dict"),
        *("dbt_metadata_envs", "selected_resources", "context", "builtins", "lipsum"),
    )
)
MODULES = "modules"
CLOCK = "datetime"  # the only member of `modules` that knows the time
PARSED_AT = "created_at"  # a field of a resource: the time when it was parsed
RANDOM = "random"  # a filter of Jinja
OF_DICT = frozenset(dir(dict))  # the attributes of `modules` that are no modules: it is a dict
_WATCHED = UNSOURCED | {MODULES}
_JINJA = "dbt_common.clients.jinja"
_DOES = "notes values without a source when a template uses them"

# The settings file by the renderer that renders it (dbt.config.renderer).
_RENDERED = {
    "ProfileRenderer": "profiles.yml",
    "DbtProjectYamlRenderer": "dbt_project.yml",
    "PackageRenderer": "packages.yml",
    "SelectorRenderer": "selectors.yml",
}

# The name of each value that was used, with the place of its first use.
Used = dict[str, str]
_of_command: Used = {}
# A program may have dbt parse in several threads at once.
_USED: ContextVar[Used] = ContextVar("USED", default=_of_command)


@contextlib.contextmanager
def collected(used: Used) -> Iterator[None]:
    """Within the block, note the values that templates use in this thread in ``used`` only."""
    token = _USED.set(used)
    try:
        yield
    finally:
        _USED.reset(token)


def current() -> Used:
    """The dict that uses are noted in now, in this thread."""
    return _USED.get()


class WatchedContext(Context):
    """The context in which a template's names are looked up (jinja2.runtime.Context)."""

    def flatmanifest_noted(self, name: str, found: Any) -> Any:
        """Note that a value is used, and return it. The code of templates calls this method."""
        # A variable that the template has set itself does not count.
        if name in self.parent and name not in self.vars:
            note(f"{MODULES}.{CLOCK}" if name == MODULES else name, self)
        return found

    def flatmanifest_noted_member(self, name: str, found: Any) -> Any:
        """Note that a member of an object is used, and return it."""
        note(name, self)
        return found


class WatchedCode(CodeGenerator):
    """Compiles templates so that they note each value without a source that they use."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # The ids of Name nodes whose use is not noted, because a member without a clock is read.
        self._unnoted: set[int] = set()

    def visit_Name(self, node: Name, frame: Frame) -> None:  # noqa: N802 - Jinja's
        if node.ctx != "load" or node.name not in _WATCHED or id(node) in self._unnoted:
            super().visit_Name(node, frame)
            return
        load = frame.symbols.find_load(frame.symbols.ref(node.name))
        is_of_context = load is not None and load[0] == VAR_LOAD_RESOLVE
        self.write(f"context.flatmanifest_noted({node.name!r}, " if is_of_context else "(")
        super().visit_Name(node, frame)
        self.write(")")

    def visit_Getattr(self, node: Getattr, frame: Frame) -> None:  # noqa: N802
        self._visit_member(node, node.attr, frame, super().visit_Getattr)

    def visit_Getitem(self, node: Getitem, frame: Frame) -> None:  # noqa: N802
        member = node.arg.value if isinstance(node.arg, Const) else None
        self._visit_member(node, member, frame, super().visit_Getitem)

    def _visit_member(
        self, node: Any, member: Any, frame: Frame, visit: Callable[..., object]
    ) -> None:
        """Note any use of `modules` as a use of the clock, unless it names another module."""
        owner = node.node
        is_of_modules = isinstance(owner, Name) and owner.name == MODULES
        if is_of_modules and isinstance(member, str) and member not in {CLOCK, *OF_DICT}:
            self._unnoted.add(id(owner))
        is_noted = member == PARSED_AT and node.ctx == "load"
        self.write(f"context.flatmanifest_noted_member({PARSED_AT!r}, " if is_noted else "")
        visit(node, frame)
        self.write(")" if is_noted else "")


class WatchedNativeCode(WatchedCode, NativeCodeGenerator):
    """The same for native templates, whose values keep their types."""


def note(name: str, context: Context | None = None) -> None:
    used = current()
    if name not in used:
        used[name] = _place(context)


def _place(context: Context | None) -> str:
    """The place where a value is used: a settings file, a unique_id, or "a template"."""
    rendered = ""
    for frame in frames():
        function = frame.f_code.co_name
        # The renderer of dbt_project.yml also renders selectors.yml.
        if function == "render_selectors":
            return _RENDERED["SelectorRenderer"]
        if rendered:
            return rendered
        if function == "render_data":
            rendered = _RENDERED.get(type(frame.f_locals.get("self")).__name__, "")
    model = None if context is None else context.parent.get("model")
    if isinstance(model, dict) and model.get("unique_id"):
        return str(model["unique_id"])
    return "a template"


@seam(f"{_JINJA}:MacroFuzzEnvironment", "context_class", _DOES, kind=Kind.ATTRIBUTE)
def watched_context(original: type[Context]) -> type[Context]:  # noqa: ARG001
    return WatchedContext


@seam(f"{_JINJA}:MacroFuzzEnvironment", "code_generator_class", _DOES, kind=Kind.ATTRIBUTE)
def watched_code(original: type[CodeGenerator]) -> type[CodeGenerator]:  # noqa: ARG001
    return WatchedCode


@seam(f"{_JINJA}:NativeSandboxEnvironment", "code_generator_class", _DOES, kind=Kind.ATTRIBUTE)
def watched_native_code(original: type[CodeGenerator]) -> type[CodeGenerator]:  # noqa: ARG001
    return WatchedNativeCode


@seam("jinja2.filters:FILTERS", RANDOM, _DOES, kind=Kind.ITEM)
def watched_random(original: Callable[..., Any]) -> Callable[..., Any]:
    def random(*arguments: Any, **named: Any) -> Any:
        note(f"the filter {RANDOM}")
        return original(*arguments, **named)

    for name, value in vars(original).items():  # the mark by which Jinja passes the context
        setattr(random, name, value)
    return random
