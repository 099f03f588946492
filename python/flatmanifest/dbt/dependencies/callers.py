"""Which code asks, as the stack of calls tells."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# dbt prints nothing that depends on what these do: Python's `platform` asks `uname` what machine
# this is, and dbt sends its usage statistics.
_APART = {"platform", "dbt.tracking", "snowplow_tracker"}


def frames() -> Iterator[FrameType]:
    """The calls that are under way, the innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - documented for such use
    while frame is not None:
        yield frame
        frame = frame.f_back


def callers() -> Iterator[str]:
    """The modules of the calls that are under way, the innermost first."""
    for frame in frames():
        yield str(frame.f_globals.get("__name__", ""))


def is_apart() -> bool:
    """Whether the call under way is one that dbt's output does not depend on."""
    return any(module in _APART or module.partition(".")[0] in _APART for module in callers())
