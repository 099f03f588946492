"""A dbt that has started: commands are forked from a process that has imported it.

Importing dbt takes most of the time of a short command. So each pytest process has one template of
dbt's process, and PYTHON is a program that stands for the Python beside it: what it is told to run
(``-m flatmanifest.dbt``, ``-m dbt.cli.main``, ``-m tests…``, ``-c CODE``) runs in a copy of the
template, with the caller's arguments, environment, directory and descriptors; it ends as that does.
PROGRAM is ``flatmanifest`` beside that Python, which it becomes where it leaves a command to dbt.

There are two templates: dbt alone, for ``FLATMANIFEST=0``, and a copy of that, which has imported
what the plugin consists of. Neither knows of a project, nor has it any other thread. Both have what
dbt makes when it first uses its classes and its own macros: functions, JSON schemas, syntax trees.

What a copy cannot show is a new process's: how imports go, the options of Python itself, its end.
Such tests use ``sys.executable`` and the ``flatmanifest`` beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SHELL = """#!/bin/sh
# Stands for the Python beside the real flatmanifest.
exec '{python}' -I -S '{client}' '{directory}' '{python}' "$@"
"""


class TemplateDiedError(Exception):
    """The template has ended, with this status, and said this."""


class Template:
    """The process that dbt's processes are copied from, and the programs that ask for copies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.python = directory / "bin" / "python"
        self.program = directory / "bin" / "flatmanifest"
        self.log = directory / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start it, or another one. Raises TemplateDiedError if the last one has died."""
        ended = None if self.process is None else self.process.poll()
        if self.process is not None and ended is None:
            return
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        self._start()
        if ended is not None:
            message = f"dbt's template ended with status {ended}; there is another one: {said}"
            raise TemplateDiedError(message)

    def _start(self) -> None:
        self._make_programs()
        server = Path(__file__).with_name("server.py")
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        # It ends with this process: it reads the end of its standard input.
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(server), str(self.directory)],
                env={**environment, "PYTHONHASHSEED": "0"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _make_programs(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.python.parent.mkdir(parents=True)
        client = Path(__file__).with_name("client.py")
        text = SHELL.format(python=sys.executable, client=client, directory=self.directory)
        self.python.write_text(text, "utf-8")
        self.python.chmod(0o700)
        for name in (self.program.name, "fdbt"):
            shutil.copy2(Path(sys.executable).with_name(name), self.program.with_name(name))

    def stop(self) -> None:
        """End it, and every copy of it."""
        if self.process is not None:
            if not (self.directory / "dbt").exists():  # it is still importing
                self.process.kill()
            self.process.communicate()  # which closes its standard input
        self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)


# Of this pytest process alone. What a killed one leaves behind, `make clean` removes.
TEMPLATE = Template(ROOT / "build" / "template" / str(os.getpid()))
PYTHON = TEMPLATE.python
PROGRAM = TEMPLATE.program
