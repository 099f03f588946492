"""One side of a comparison: steps in the side's own project (session.py), running or remembered."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.dbt import oracle
from tests.dbt.template import PYTHON
from tests.projects.parsed import PRIVATE

ROOT = Path(__file__).parents[2]


class Side:
    """Starts when it is constructed, unless an earlier run of the tests has kept dbt's records.

    ``variables`` are environment variables; FLATMANIFEST=0 is dbt alone. With ``program``, each
    command is a process of that program.
    """

    def __init__(
        self,
        project: Path,
        steps: list[Any],
        variables: dict[str, str],
        *,
        program: Path | None = None,
        is_remembered: bool = True,
    ) -> None:
        self.records_file = project.parent / "records.json"
        self.place: Path | None = None
        self.recalled: list[dict[str, Any]] | None = None
        if is_remembered and variables.get("FLATMANIFEST") == "0":
            self.place = oracle.place_of(project, steps, variables)
            self.recalled = oracle.recall(self.place)
        if self.recalled is None:
            steps_file = project.parent / "steps.json"
            steps_file.write_text(json.dumps(steps))
            arguments = [project, steps_file, self.records_file, *([program] if program else [])]
            others = {**os.environ, **PRIVATE, "PYTHONHASHSEED": "0"}
            for name in ("FLATMANIFEST", "FLATMANIFEST_CACHE_DIR"):
                others.pop(name, None)
            self.running = subprocess.Popen(
                [PYTHON, "-m", "tests.dbt.session", *arguments],
                cwd=ROOT,
                env={**others, **variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def records(self) -> list[dict[str, Any]]:
        """Wait for the end, and return what each step left."""
        if self.recalled is not None:
            return self.recalled
        output, _ = self.running.communicate()
        assert self.running.returncode == 0, output
        found: list[dict[str, Any]] = json.loads(self.records_file.read_text())
        if self.place is not None:
            oracle.remember(self.place, found)
        return found
