"""The seam that notes whether dbt's static parser (dbt_extractor) has worked in this process.

The static parser starts threads when it first works. A copy of the process lacks these threads, and
the static parser would wait for them forever. Threads of other libraries do not matter, because
workers do not call these libraries.
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
# If there are threads before this module is loaded, they may be the static parser's.
_has_worked = has_native_threads()


def has_worked() -> bool:
    return _has_worked


def replace(extract: Callable[..., Any]) -> None:
    """Have dbt call ``extract`` in the static parser's place."""
    for module in CALLERS:
        setattr(module, NAME, extract)


@seam("dbt.parser.models", NAME, DOES, kind=Kind.ATTRIBUTE)
@seam("dbt.clients.jinja_static", NAME, DOES, kind=Kind.ATTRIBUTE)
def noticed(extract: Callable[[str], Any]) -> Callable[[str], Any]:
    def call(text: str) -> Any:
        global _has_worked  # noqa: PLW0603 - threads belong to the whole process
        _has_worked = True
        return extract(text)

    return call
