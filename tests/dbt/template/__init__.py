"""The template: a process that has imported dbt, from which tests fork dbt's commands.

Importing dbt takes most of the time of a short command. So each pytest process has one template of
dbt's process. PYTHON is a program that acts as Python: ``-m flatmanifest.dbt``,
``-m dbt.cli.main``, ``-m tests…`` and ``-c CODE`` run in a copy of the template, with the caller's
arguments, environment, directory and descriptors. PYTHON ends with the copy's exit status. PROGRAM
is ``flatmanifest`` beside PYTHON; when it leaves a command to dbt, it becomes PYTHON.

There are two templates: dbt alone, for ``FLATMANIFEST=0``, and a copy that has also imported the
plugin's modules. Neither knows a project or has a second thread. Both have the functions, JSON
schemas and syntax trees that dbt makes at the first use of its classes and of its own macros.

A copy cannot show the imports, the options of Python itself, and the end of a new process. Tests of
these use ``sys.executable`` and the ``flatmanifest`` beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SHELL = """#!/bin/sh
# Acts as the Python beside the real flatmanifest.
exec '{python}' -I -S '{client}' '{directory}' '{python}' "$@"
"""


class TemplateDiedError(Exception):
    """The template has ended; the message has its status and its output."""


class Template:
    """The process from which dbt's processes are copied, and the programs that ask for copies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.python = directory / "bin" / "python"
        self.program = directory / "bin" / "flatmanifest"
        self.log = directory / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start the template if none runs. Raises TemplateDiedError if the last one has died."""
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
        # The template ends with this process: it reads the end of its standard input.
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
        """End the template and every copy of it."""
        if self.process is not None:
            if not (self.directory / "dbt").exists():  # the template is still importing
                self.process.kill()
            self.process.communicate()  # closes the template's standard input
        self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)


# The template of this pytest process. `make clean` removes the directory of a killed one.
TEMPLATE = Template(ROOT / "build" / "template" / str(os.getpid()))
PYTHON = TEMPLATE.python
PROGRAM = TEMPLATE.program
