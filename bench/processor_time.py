"""Processor time of whole processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Keeps dbt from sending usage statistics over the network.
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}


def seconds_of(command: Sequence[str], project: Path, environment: Mapping[str, str]) -> float:
    """Return the user and system seconds of a command in a project, its children included.

    ``environment`` is added to the environment of this process. Raises
    ``subprocess.CalledProcessError`` if the command fails.
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
