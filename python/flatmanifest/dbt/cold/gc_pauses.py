"""Python's garbage collector during a command.

A full collection walks over all that dbt has imported, a tenth of a second for each, and finds
nothing: what a command has when its manifest is loaded, it keeps to its end. Parsing does make
garbage, Jinja's contexts and trees above all, but few objects of all that it makes.
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


YOUNG = 20_000  # objects more than were freed, before those are looked at; Python's is 700


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Collect nothing meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def rarer() -> Iterator[None]:
    """Collect less often meanwhile."""
    thresholds = gc.get_threshold()
    gc.set_threshold(YOUNG, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def leave_alone_what_is_there() -> None:
    """Exempt all objects there are from being collected, until dbt's command ends.

    Not longer, though it would spare the collection at the end of the process: extension modules,
    DuckDB's for one, report what is not collected there as leaked. Nothing is done for a program
    that has exempted objects of its own.
    """
    command = click.get_current_context(silent=True)
    if command is not None and gc.get_freeze_count() == 0:
        gc.freeze()
        command.find_root().call_on_close(gc.unfreeze)
