"""The progress line of a parse: shown on the terminal if parsing takes more than two seconds.

The line goes to standard error, so that dbt's output can be piped. It is not shown with
``--quiet``, ``--no-use-colors`` or JSON logs, if NO_COLOR is set, or if standard error is no
terminal. dbt's own lines overwrite it, and it is never written to a log.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from contextvars import ContextVar
from typing import Any

import click
from dbt_common.events.event_manager_client import get_event_manager

SECONDS_BEFORE = 2.0
SECONDS_BETWEEN = 0.1
CLEARED = "\r\x1b[K"


class Progress:
    """Counts files. After :data:`SECONDS_BEFORE` it shows the count, the total and the speed."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.parsed = 0
        self.started = time.monotonic()
        self.shown_at = self.started + SECONDS_BEFORE - SECONDS_BETWEEN
        self.is_shown = False

    def advance(self) -> None:
        self.parsed += 1
        now = time.monotonic()
        if now - self.shown_at >= SECONDS_BETWEEN:
            self.shown_at = now
            self._show(now - self.started)

    def _show(self, elapsed: float) -> None:
        if not self.is_shown:
            get_event_manager().loggers.insert(0, Clearing(self))
        self.is_shown = True
        rate = self.parsed / elapsed
        text = f"Parsing: {self.parsed:,} of {self.total:,} files, {rate:,.0f} a second"
        self.clear(text[: shutil.get_terminal_size().columns - 1])

    def clear(self, text: str = "") -> None:
        """Clear the line and write ``text``. A terminal that is gone is ignored: dbt must go on."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the stream is closed
            click.echo(CLEARED + text, err=True, nl=False)

    def end(self) -> None:
        if self.is_shown:
            self.clear()
            loggers = get_event_manager().loggers
            loggers[:] = [each for each in loggers if not isinstance(each, Clearing)]


class Clearing:
    """A logger before dbt's own: clears the progress line before they print a line."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def filter(self, _message: Any) -> bool:
        self.progress.clear()
        return False

    def write_line(self, _message: Any) -> None:
        pass

    def flush(self) -> None:
        pass


PROGRESS: ContextVar[Progress | None] = ContextVar("PROGRESS", default=None)
