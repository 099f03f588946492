"""A place for resident templates of its own, and commands that use it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.projects.parsed import PRIVATE

PROGRAM = Path(sys.executable).with_name("flatmanifest")
SECONDS_TO_START = 60.0


class Place:
    """A directory for the sockets of templates; ``variables`` lead commands there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700)
        self.variables = {
            **PRIVATE,
            "FLATMANIFEST": "1",
            "FLATMANIFEST_EXPLAIN": "1",
            "FLATMANIFEST_RESIDENT": "1",
            "XDG_RUNTIME_DIR": str(directory),
        }

    def environment(self, **variables: str) -> dict[str, str]:
        return {**os.environ, **self.variables, **variables}

    def status(self, **variables: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [PROGRAM, "resident", "status", "--json"],
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def await_templates(self, count: int, **variables: str) -> list[dict[str, Any]]:
        """Wait until there are so many templates, and return what they say of themselves."""
        until = time.monotonic() + SECONDS_TO_START
        while len(found := self.status(**variables)) != count:
            assert time.monotonic() < until, (found, self.refusals())
            time.sleep(0.05)
        return found

    def refusals(self) -> list[str]:
        return [path.read_text() for path in self.directory.rglob("*.refused")]

    def stop(self) -> None:
        """End the templates, and the copies that a failed test has left."""
        for template in self.status():
            for copy in children_of(template["pid"]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(copy, signal.SIGKILL)
        subprocess.run(
            [PROGRAM, "resident", "stop"], env=self.environment(), capture_output=True, check=True
        )
        self.await_templates(0)


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(each) for each in found.split()]


def is_resident(stderr: str) -> bool:
    """Whether the command ran in a copy of a template."""
    return "dbt runs" in stderr and "Python starts" not in stderr


def state_of(process: int) -> str:
    """The state in /proc: R, S, T (stopped), Z; "" for a process that is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_gone(process: int) -> bool:
    return state_of(process) in {"", "Z"}
