"""A command of plain ``dbt``, recorded so that ``flatmanifest dbt`` can answer it next time.

dbt imports its plugins after it has read its first settings, which is too late to record a command.
The file flatmanifest.pth in site-packages has Python import this module at its start, if it starts
the program ``dbt`` (``site``, "Path configuration files"). dbt's own script then imports
dbt.cli.main, and calls the click group in it.
"""

from __future__ import annotations

import contextlib
from typing import Any

from flatmanifest.dbt.awaited_imports import wait_for

BECAUSE = "the command was dbt, not fdbt"

_command: Any = None


def begin() -> None:
    """Begin to record, before any code of dbt runs. Raises nothing: dbt runs in any case."""
    global _command  # noqa: PLW0603 - one command in a process
    with contextlib.suppress(Exception):
        # Nothing here may import dbt, which is being imported: there would be two modules.
        from flatmanifest.dbt.recorded_command import RecordedCommand  # noqa: PLC0415

        _command = RecordedCommand(BECAUSE)


def make_unnamed_locks() -> None:
    """Have dbt make locks without names, once it can. Raises nothing."""
    with contextlib.suppress(Exception):
        from flatmanifest.dbt.locks import use_unnamed  # noqa: PLC0415

        use_unnamed()


def await_call() -> None:
    """Have the click group record its first call; later calls are not this command."""
    from dbt.cli.main import cli  # noqa: PLC0415 - has just been imported

    group: Any = cli

    def main(*arguments: Any, **named: Any) -> Any:
        del group.main
        with _command.running():
            return group.main(*arguments, **named)

    if _command is not None:
        group.main = main


wait_for(
    before={"dbt": begin},
    after={"dbt.mp_context": make_unnamed_locks, "dbt.cli.main": await_call},
)
