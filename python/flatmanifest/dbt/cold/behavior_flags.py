"""The seam of dbt_common.behavior_flags: the name of the module that makes a flag.

dbt calls ``inspect.stack()`` to get the name of the first caller outside its module. That reads the
source of every caller and resolves the path of every loaded module: 30 ms for each flag.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

from dbt_common import behavior_flags

from flatmanifest.dbt import seams
from flatmanifest.dbt.seams import Kind, attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

BETWEEN = {behavior_flags.__name__, seams.__name__, __name__}


@seam(
    "dbt_common.behavior_flags:BehaviorFlagRendered",
    "_default_source",
    "the name of the calling module, without its source",
    kind=Kind.STATICMETHOD,
)
def default_source(original: Callable[[], str]) -> str:
    return attempt(calling_module) or original()


def calling_module() -> str:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as inspect does
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name not in BETWEEN:
            found = module_of(frame, name)
            if found is not None:
                return found
        frame = frame.f_back
    return "Unknown"


def module_of(frame: FrameType, name: str) -> str | None:
    """The name of the module that a frame's code belongs to, as inspect.getmodule finds it."""
    file = frame.f_code.co_filename
    if file.startswith("<"):
        return None
    if getattr(sys.modules.get(name), "__file__", None) == file:
        return name
    found = inspect.getmodule(frame)
    return None if found is None else found.__name__
