"""``import flatmanifest.dbt.activate``: warm starts in a program that calls dbt's code itself.

dbt imports its plugins while it loads a manifest. In a program that makes dbt's ``ManifestLoader``
itself, instead of running a command of dbt's, that is too late for this manifest. Such a program
imports this module first. The import puts the seams in: at once if ``dbt.parser.manifest`` has been
imported, else as soon as it is imported. The import costs nothing if dbt is not used. It also has
dbt make locks without names (``locks``).

sqlfluff imports this module through its entry point (pyproject.toml).
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

# The function to call when a module of dbt has been imported.
AWAITED: dict[str, Callable[[], object]] = {
    "dbt.mp_context": use_unnamed,
    "dbt.parser.manifest": switch_on,
}


class _WithDbt(MetaPathFinder):
    """Finds the awaited modules by the other finders, and calls their function after their code."""

    def __init__(self, awaited: dict[str, Callable[[], object]]) -> None:
        self.awaited = awaited

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        action = self.awaited.pop(fullname, None)
        if action is None:
            return None
        if not self.awaited:
            sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_and_do(module: ModuleType) -> None:
            run(module)
            action()

        spec.loader.exec_module = run_and_do  # type: ignore[method-assign]
        return spec


def wait_for_dbt() -> None:
    """Call the functions of the modules that are imported now, and the others at their import."""
    for name, action in AWAITED.items():
        if name in sys.modules:
            action()
    awaited = {name: action for name, action in AWAITED.items() if name not in sys.modules}
    if awaited:
        sys.meta_path.insert(0, _WithDbt(awaited))


wait_for_dbt()
