"""One command of dbt with the plugin on, recorded from before dbt is imported to its end."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from flatmanifest.dbt.cache import shared
from flatmanifest.dbt.dependencies import DependencyRecorder, recording
from flatmanifest.dbt.front_door import history
from flatmanifest.dbt.front_door.answers import kept
from flatmanifest.dbt.front_door.transcript import TranscriptRecorder
from flatmanifest.dbt.seams import attempt, is_on
from flatmanifest.dbt.switch import switch_on

if TYPE_CHECKING:
    from collections.abc import Iterator


class RecordedCommand:
    """A command that this process runs. Make it before dbt is imported.

    ``because``: why dbt runs the command, for `flatmanifest cache status`. No error is raised into
    dbt.
    """

    def __init__(self, because: str) -> None:
        self.because = because
        self.dependencies = DependencyRecorder(recording.of_imports)
        if is_on():
            self.dependencies.start()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Record the command that the block runs. dbt.cli.main has been imported."""
        arguments = sys.argv[1:]
        recorder = TranscriptRecorder(arguments, self.dependencies)
        if switch_on(records=True):
            attempt(self.dependencies.take_values)
            attempt(recorder.start)
        try:
            with kept(arguments, self.dependencies):
                yield
        except SystemExit as exit_of_dbt:
            if not exit_of_dbt.code:
                recorder.finish()
            raise
        finally:
            recorder.forget()
            self.dependencies.stop()
            if is_on():
                history.count(arguments, self.because, recorder.not_recorded)
            shared.push_exported()
