"""``import flatmanifest.dbt.activate``: warm starts in a program that calls dbt's code itself.

dbt imports its plugins while it loads a manifest, which is too late for that manifest where a
program makes dbt's ``ManifestLoader`` by itself instead of running one of dbt's commands. Imported
before that, this puts the seams in with the module ``dbt.parser.manifest``: at once if dbt has
been imported, else when it is. So it costs nothing where dbt is not used. dbt's locks are to have
no names (locks.py).

sqlfluff imports it by its entry point (pyproject.toml).
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING

from flatmanifest.dbt.locks import use_unnamed
from flatmanifest.dbt.switch import switch_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# What is done when dbt has imported a module.
AWAITED: dict[str, Callable[[], object]] = {
    "dbt.mp_context": use_unnamed,
    "dbt.parser.manifest": switch_on,
}


class _WithDbt(MetaPathFinder):
    """Finds the awaited modules as others do, and does what is due after they have been run."""

    def __init__(self, awaited: dict[str, Callable[[], object]]) -> None:
        self.awaited = awaited

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        due = self.awaited.pop(fullname, None)
        if due is None:
            return None
        if not self.awaited:
            sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_and_do(module: ModuleType) -> None:
            run(module)
            due()

        spec.loader.exec_module = run_and_do  # type: ignore[method-assign]
        return spec


def wait_for_dbt() -> None:
    """Do at once what is due, and the rest when dbt imports it."""
    for name, due in AWAITED.items():
        if name in sys.modules:
            due()
    awaited = {name: due for name, due in AWAITED.items() if name not in sys.modules}
    if awaited:
        sys.meta_path.insert(0, _WithDbt(awaited))


wait_for_dbt()
