"""The seams of rendering text without Jinja in it (dbt.clients.jinja, dbt.parser.manifest).

dbt compiles a template for every value of a YAML file that it renders to a native value. It parses
every description to find the doc blocks that it names. It makes a context for every resource to
render the descriptions in. Most texts have no braces: they render to themselves, name no doc block,
and need no context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.clients import jinja

from flatmanifest.dbt.seams import Kind, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH = "texts"


class PlainTexts(dict[str, Any]):
    """dbt's cache of native renderings of texts without braces. It knows all texts of one line.

    Texts of several lines are not known in advance, because Jinja changes the ends of lines.
    """

    def __contains__(self, text: object) -> bool:
        return super().__contains__(text) or (is_one_line(text) and is_on(SWITCH))

    def __missing__(self, text: str) -> str:
        return str(text)


def is_one_line(text: object) -> bool:
    return isinstance(text, str) and "\n" not in text and "\r" not in text


def is_plain(text: object) -> bool:
    return isinstance(text, str) and not jinja._HAS_RENDER_CHARS_PAT.search(text)  # noqa: SLF001


@seam(
    "dbt.clients.jinja",
    "_render_cache",
    "a text of one line without braces renders to itself",
    kind=Kind.ATTRIBUTE,
)
def render_cache(of_dbt: dict[str, Any]) -> PlainTexts:
    return PlainTexts(of_dbt)


@seam(
    "dbt.parser.manifest",
    "_get_doc_blocks",
    "a text without braces names no doc block",
    switch=SWITCH,
)
def doc_blocks(
    original: Callable[..., list[str]], description: str, *args: Any, **kwargs: Any
) -> list[str]:
    if is_plain(description):
        return []
    return original(description, *args, **kwargs)


class DocsContext(dict[str, Any]):
    """The context that descriptions are rendered in, made when there is something to render."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self.make = make

    def fill(self) -> None:
        if not self:
            self.update(self.make())


@seam(
    "dbt.parser.manifest",
    "generate_runtime_docs_context",
    "the context is made when a description has something to render",
    switch=SWITCH,
)
def docs_context(original: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    return DocsContext(lambda: original(*args))


@seam(
    "dbt.parser.manifest", "get_rendered", "a text without braces is rendered without the context"
)
def get_rendered(
    original: Callable[..., Any], text: Any, context: dict[str, Any], *args: Any, **kwargs: Any
) -> Any:
    if isinstance(context, DocsContext):
        if is_plain(text):
            return text  # as dbt does
        context.fill()
    return original(text, context, *args, **kwargs)
