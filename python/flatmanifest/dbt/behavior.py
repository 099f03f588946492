"""The seam of dbt_common.behavior_flags: which module a flag is from.

dbt asks ``inspect.stack()``, which reads the source of every caller and resolves the path of every
module there is, for the name of the first caller outside: 30 ms a flag.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dbt_common import behavior_flags
from dbt_common.behavior_flags import BehaviorFlagRendered

from flatmanifest.dbt import seams
from flatmanifest.dbt.seams import attempt

if TYPE_CHECKING:
    from types import FrameType

BETWEEN = {behavior_flags.__name__, seams.__name__, __name__}


source_of_dbt = BehaviorFlagRendered._default_source  # noqa: SLF001


def default_source() -> str:
    return attempt(calling_module) or source_of_dbt()


BehaviorFlagRendered._default_source = staticmethod(default_source)  # noqa: SLF001


def calling_module() -> str | None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as inspect does
    while frame is not None:
        name: str | None = frame.f_globals.get("__name__")
        if name not in BETWEEN and name in sys.modules:
            return name
        frame = frame.f_back
    return None
