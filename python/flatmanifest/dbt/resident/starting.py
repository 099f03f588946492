"""Starting a template when a command has ended that had to start Python.

The front door says in a variable where the template's socket is to be (native/resident). The
command itself is not delayed: the template loads dbt in a process of its own, after it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET = "FLATMANIFEST_RESIDENT_SOCKET"
MODE = "FLATMANIFEST_RESIDENT"
TOLD = "told"  # a file beside the sockets: the user has read the line below
LINE = (
    "flatmanifest: the next dbt commands start sooner: a process that has dbt loaded waits for "
    "them, for {minutes} minutes (FLATMANIFEST_RESIDENT=0 turns this off)\n"
)


def taken_socket() -> str:
    """The path of the socket for a template; "" for none. No child process sees the variable."""
    return os.environ.pop(SOCKET, "")


def start(path: str, environment: Mapping[str, str]) -> None:
    """Start a template that serves the socket at ``path``, unless one does. Raises nothing.

    ``environment``: the variables that the command was started with.
    """
    from flatmanifest.dbt.resident.command import adapters_in_use  # noqa: PLC0415 - seldom needed

    if path and not is_served(path):
        # The command has succeeded or failed by itself, and another one will try again.
        with contextlib.suppress(OSError, ValueError):
            _start(path, adapters_in_use(), environment)


def is_served(path: str) -> bool:
    """Whether a template holds the lock of a socket, or has just refused to serve it."""
    from flatmanifest.dbt.resident import lock  # noqa: PLC0415

    return lock.is_held(path) or lock.has_refused(path)


def _start(path: str, adapters: list[str], environment: Mapping[str, str]) -> None:
    from flatmanifest._native import is_read_at_start  # noqa: PLC0415

    variables = b"".join(
        os.fsencode(name) + b"=" + os.fsencode(value) + b"\0" for name, value in environment.items()
    )
    # In a file without a name: /proc/PID/environ shows what a process was started with.
    with open(os.memfd_create("environment"), "w+b") as file:  # noqa: PTH123
        file.write(variables)
        file.seek(0)
        subprocess.Popen(  # noqa: S603 - this Python
            [sys.executable, "-m", "flatmanifest.dbt.resident", path, *adapters],
            cwd="/",
            env={name: value for name, value in environment.items() if is_read_at_start(name)},
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    tell_once(Path(path).with_name(TOLD), environment)


def tell_once(marker: Path, environment: Mapping[str, str]) -> None:
    """Tell a user, the first time, that a process stays. With the mode 1, the user knows."""
    if environment.get(MODE, "auto") == "1" or marker.exists():
        return
    marker.touch()
    from flatmanifest.dbt.resident.lock import idle_seconds  # noqa: PLC0415

    sys.stderr.write(LINE.format(minutes=round(idle_seconds(environment) / 60, 1)))
