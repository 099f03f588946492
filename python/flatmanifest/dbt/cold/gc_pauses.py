"""Pauses of Python's garbage collector during a command.

A full collection walks over everything that dbt has imported. It takes a tenth of a second, and
finds nothing: a command keeps to its end what it has when its manifest is loaded. Parsing does make
garbage, above all Jinja's contexts and trees, but most objects that it makes stay.
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

import click

from flatmanifest.dbt.dependencies import recording

if TYPE_CHECKING:
    from collections.abc import Iterator


YOUNG = 20_000  # new objects before a collection of the youngest generation; Python's value is 700
# CPython 3.12 itself exempts some hundreds of objects when it starts; a program that calls
# gc.freeze exempts thousands, which Python has as soon as it runs.
MOST_OF_PYTHON = 1000


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Collect nothing within the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def rarer() -> Iterator[None]:
    """Collect less often within the block."""
    thresholds = gc.get_threshold()
    gc.set_threshold(YOUNG, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def leave_alone_what_is_there() -> None:
    """Exempt all existing objects from collection until dbt's command ends (gc.freeze).

    The exemption ends before the process does, although a longer one would save a collection:
    extension modules such as DuckDB's report objects that are not collected at the end as leaked.
    Nothing happens if the program has exempted objects of its own, or runs no command of dbt's.
    """
    if recording.of_imports is not None:  # in a copy, whose template has exempted its objects
        return
    command = click.get_current_context(silent=True)
    if command is not None and gc.get_freeze_count() < MOST_OF_PYTHON:
        gc.freeze()
        command.find_root().call_on_close(gc.unfreeze)
