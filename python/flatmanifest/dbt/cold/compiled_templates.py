"""The seam of compiled templates (dbt_common.clients.jinja, get_template).

dbt compiles a template each time it renders it. The text of a generic test is a call of its macro,
and the same for each column that it tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt_common.clients import jinja
from dbt_common.clients.jinja import MacroFuzzEnvironment

from flatmanifest.dbt.cold.syntax_trees import tree_key
from flatmanifest.dbt.seams import seam

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

SWITCH = "codes"
MOST = 4096
MOST_MET = 16 * MOST  # more, because a hash takes less memory than code
# The hashes of texts that were compiled once. Most texts occur once, so code is kept only when a
# text occurs again.
_met: set[int] = set()
_codes: dict[tuple[Any, ...], CodeType] = {}


@seam(
    "dbt_common.clients.jinja:MacroFuzzEnvironment",
    "compile",
    "the code that the same text has had, from its second time on",
    switch=SWITCH,
)
def compile_(
    original: Callable[..., CodeType],
    environment: MacroFuzzEnvironment,
    source: Any,
    *more: Any,
    **named: Any,
) -> CodeType:
    # get_template compiles a text without a name and without a file; leave all else to dbt.
    if more or named or not isinstance(source, str) or jinja.MACRO_DEBUGGING:
        return original(environment, source, *more, **named)
    key = tree_key(environment, source)
    code = _codes.get(key)
    if code is None:
        code = original(environment, source)
        remember(key, code)
    return code


def remember(key: tuple[Any, ...], code: CodeType) -> None:
    met = hash(key)
    if met not in _met:
        if len(_met) >= MOST_MET:
            _met.clear()
        _met.add(met)
        return
    if len(_codes) >= MOST:
        _codes.clear()
    _codes[key] = code
