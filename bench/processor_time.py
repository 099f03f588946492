"""Processor time of whole processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# No command of a benchmark reaches the network.
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}


def seconds_of(command: Sequence[str], project: Path, environment: Mapping[str, str]) -> float:
    """User and system time of a command in a project, and of its children.

    ``environment`` is added to this process's. Raises ``subprocess.CalledProcessError`` where the
    command fails.
    """
    process = subprocess.Popen(
        command,
        cwd=project,
        env={**os.environ, **QUIET, "DBT_PROFILES_DIR": str(project), **environment},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime
