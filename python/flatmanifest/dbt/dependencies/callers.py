"""The callers of a function: the modules on the stack of calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# Modules whose accesses never change dbt's output: Python's `platform` runs `uname` to identify the
# machine, two send dbt's usage statistics, and one shares portable files, which are compared with
# the project before they are used.
_APART = {"platform", "dbt.tracking", "snowplow_tracker", "flatmanifest.remote.supervision"}


def frames() -> Iterator[FrameType]:
    """The frames of the calls that are running, the innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - documented for such use
    while frame is not None:
        yield frame
        frame = frame.f_back


def callers() -> Iterator[str]:
    """The names of the modules of the calls that are running, the innermost first."""
    for frame in frames():
        yield str(frame.f_globals.get("__name__", ""))


def is_apart() -> bool:
    """Whether the current call comes from a module that never changes dbt's output."""
    return any(module in _APART or module.partition(".")[0] in _APART for module in callers())
