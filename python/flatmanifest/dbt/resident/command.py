"""The command that a copy of the template runs, as ``python -m flatmanifest.dbt`` would."""

from __future__ import annotations

import contextlib
import os
import runpy
import socket
import sys
from dataclasses import dataclass

PROGRAM = "flatmanifest.dbt"


@dataclass
class Command:
    """A command of a client, in the copy that is to run it."""

    arguments: list[bytes]
    connection: socket.socket
    tell: int

    def run(self) -> None:
        """Run the command in this process. Raises what ends it: SystemExit, KeyboardInterrupt."""
        arguments = [os.fsdecode(each) for each in self.arguments]
        sys.argv = ["-m", *arguments]
        sys.orig_argv = [sys.executable, "-m", PROGRAM, *arguments]
        code: object = 1
        try:
            # The function that Python itself runs for -m: the code gets the namespace of __main__.
            runpy._run_module_as_main(PROGRAM)  # type: ignore[attr-defined]  # noqa: SLF001
            code = 0
        except SystemExit as exit_of_dbt:
            code = exit_of_dbt.code
            raise
        finally:
            self.tell_end(code)

    def tell_end(self, code: object) -> None:
        """Tell the client the exit code, and the template the adapters that it may load.

        The template tells the real end. The client needs this one if the template has been killed.
        """
        status = 0 if code is None else code & 0xFF if isinstance(code, int) else 1
        with contextlib.suppress(OSError):
            self.connection.sendall(b"exiting %d\n" % status)
        with contextlib.suppress(OSError):
            os.write(self.tell, b"".join(b"%s\n" % each.encode() for each in adapters_in_use()))


def adapters_in_use() -> list[str]:
    """The names of the adapters that dbt has loaded in this process."""
    factory = sys.modules.get("dbt.adapters.factory")
    plugins = getattr(getattr(factory, "FACTORY", None), "plugins", {})
    return [name for name in plugins if isinstance(name, str) and name.isidentifier()]
