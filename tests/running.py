"""Running programs in tests, and whether a process still runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def run_program(
    command: Sequence[Any],
    directory: Path | None = None,
    variables: Mapping[str, str] = NO_VARIABLES,
    *,
    status: int = 0,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its output as text.

    ``variables`` are added to the environment of this process; ``options`` go to
    ``subprocess.run``. The assertion that the exit status is ``status`` shows the program's output.
    """
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def is_running(pid: int) -> bool:
    """Return whether a process runs. An ended process that nobody has waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The name before the state may contain spaces and parentheses.
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def wait_for_the_end_of(pid: int, seconds: float = 30) -> None:
    """Wait until a process has ended; the assertion fails if it runs longer than ``seconds``."""
    deadline = time.monotonic() + seconds
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.05)
