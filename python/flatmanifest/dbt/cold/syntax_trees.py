"""The seam of Jinja's syntax trees (ManifestLoader.load_and_parse_macros; ``v2_parser.handoff``).

dbt parses the text of each macro twice: first for its name, and when all macros are loaded, for the
macros that it calls. Both uses only read the tree, so that one tree serves both.
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
    """Within the block, parse each text once."""
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
    """Everything that the tree of a text, and the code made from it, depend on.

    dbt's environments differ in nothing else that changes a tree.
    """
    return type(environment), *environment.extensions, *text
