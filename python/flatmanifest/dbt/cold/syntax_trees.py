"""The seam of Jinja's syntax trees (ManifestLoader.load_and_parse_macros, and handoff.py).

dbt parses the text of each macro twice: for its name, and when it has all of them for the macros
that it calls. The tree is the same, as both only look at it.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dbt.parser.manifest import ManifestLoader
from dbt_common.clients.jinja import MacroFuzzEnvironment

from flatmanifest.dbt.seams import Level, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.nodes import Template

SWITCH = "trees"
TREES: ContextVar[dict[tuple[Any, ...], Template] | None] = ContextVar("TREES", default=None)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load_and_parse_macros",
    "syntax trees are kept while macros are loaded",
    switch=SWITCH,
    level=Level.COLD,
)
def load_and_parse_macros(
    original: Callable[..., None], loader: ManifestLoader, project_parser_files: Any
) -> None:
    with kept():
        original(loader, project_parser_files)


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Meanwhile, each text is parsed once."""
    token = TREES.set({} if is_on(SWITCH) else None)
    try:
        yield
    finally:
        TREES.reset(token)


@seam(
    "dbt_common.clients.jinja:MacroFuzzEnvironment",
    "_parse",
    "the tree that the same text has had",
    switch=SWITCH,
)
def parse(
    original: Callable[..., Template], environment: MacroFuzzEnvironment, *text: str | None
) -> Template:
    trees = TREES.get()
    if trees is None:
        return original(environment, *text)
    key = tree_key(environment, *text)
    if key not in trees:
        trees[key] = original(environment, *text)
    return trees[key]


def tree_key(environment: MacroFuzzEnvironment, *text: str | None) -> tuple[Any, ...]:
    """All that a tree of the text, or code made of it, depends on.

    As far as that goes, dbt's environments differ in nothing else.
    """
    return type(environment), *environment.extensions, *text
