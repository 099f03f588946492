"""Whether dbt's static parser has worked in this process (dbt_extractor).

It starts threads of its own when it first works, which are missing in a copy of the process: there
it would wait for them for ever. Threads that other libraries have started do not matter, as no
worker calls those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.clients import jinja_static
from dbt.parser import models

from flatmanifest.dbt.seams import Kind, seam
from flatmanifest.dbt.workers.pool import has_native_threads

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "py_extract_from_source"
DOES = "notes that the static parser has worked in this process"
CALLERS: tuple[Any, ...] = (models, jinja_static)
# Before this module could see it, any thread may be its.
_has_worked = has_native_threads()


def has_worked() -> bool:
    return _has_worked


def replace(extract: Callable[..., Any]) -> None:
    """Have dbt call this in the static parser's place."""
    for module in CALLERS:
        setattr(module, NAME, extract)


@seam("dbt.parser.models", NAME, DOES, kind=Kind.ATTRIBUTE)
@seam("dbt.clients.jinja_static", NAME, DOES, kind=Kind.ATTRIBUTE)
def noticed(extract: Callable[[str], Any]) -> Callable[[str], Any]:
    def call(text: str) -> Any:
        global _has_worked  # noqa: PLW0603 - of the process, as the threads are
        _has_worked = True
        return extract(text)

    return call
