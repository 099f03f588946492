"""The seam of compiled templates (dbt_common.clients.jinja, get_template).

dbt compiles a template each time it renders it. Generic tests have their macro's call for a text,
and the same one for each column that they test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_common.clients import jinja
from dbt_common.clients.jinja import MacroFuzzEnvironment

from flatmanifest.dbt.seams import seam

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

SWITCH = "codes"
MOST = 4096
# Most texts are met once: their code is worth keeping when they are met again.
_met: set[int] = set()
_codes: dict[tuple[Any, ...], CodeType] = {}


@seam(MacroFuzzEnvironment, "compile", SWITCH)
def compile_(
    original: Callable[..., CodeType], environment: MacroFuzzEnvironment, source: Any, *rest: Any
) -> CodeType:
    if (
        not isinstance(source, str)
        or any(each is not None for each in rest)
        or jinja.MACRO_DEBUGGING
    ):
        return original(environment, source, *rest)
    # All that an environment of dbt's can differ in, for compiling, is its class and extensions.
    key = (type(environment), *environment.extensions, source)
    if key not in _codes:
        code = original(environment, source, *rest)
        remember(key, code)
        return code
    return _codes[key]


def remember(key: tuple[Any, ...], code: CodeType) -> None:
    met = hash(key)
    if met not in _met:
        if len(_met) >= 16 * MOST:
            _met.clear()
        _met.add(met)
        return
    if len(_codes) >= MOST:
        _codes.clear()
    _codes[key] = code
