"""Doing something when a module is imported, before its code runs or after it."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Actions = Mapping[str, Callable[[], object]]


def wait_for(*, before: Actions | None = None, after: Actions | None = None) -> None:
    """Call each function once, before or after the code of the module that it is named for.

    A module must not have been imported. A function that is called before must import neither the
    module nor one below it. An error of a function goes to whoever imports.
    """
    sys.meta_path.insert(0, _Waiting({**(before or {})}, {**(after or {})}))


class _Waiting(MetaPathFinder):
    """Finds the awaited modules by the other finders."""

    def __init__(
        self, before: dict[str, Callable[[], object]], after: dict[str, Callable[[], object]]
    ) -> None:
        self.before = before
        self.after = after

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        before, after = self.before.pop(fullname, None), self.after.pop(fullname, None)
        if before is None and after is None:
            return None
        if not self.before and not self.after:
            sys.meta_path.remove(self)
        if before is not None:
            before()
        if after is None:
            return None
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_and_do(module: ModuleType) -> None:
            run(module)
            after()

        spec.loader.exec_module = run_and_do  # type: ignore[method-assign]
        return spec
