"""Runs commands with a time limit, and ends every process that they leave."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Done:
    """A command's exit status (None if it took too long) and its output."""

    status: int | None
    output: str


class Processes:
    """Runs one command at a time, and always ends every process that the command started."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            # Orphans of a test become children of this process, so that they are found.
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def run(
        self, command: list[str], directory: Path, environment: dict[str, str], seconds: float
    ) -> Done:
        # The output goes to a file: a leftover process would keep a pipe open.
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status: int | None = None
            try:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    status = process.wait(seconds)
            finally:
                end_all(process)
            said.seek(0)
            return Done(status, said.read())


def end_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, its group and its orphans, and wait for each."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
            child.wait()
