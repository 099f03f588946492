"""One dbt command in this process, and how long each part of it took.

``python -m bench.dbt_phases ARGUMENTS OF DBT`` prints the seconds of each phase as JSON on the last
line. It is run with the plugin and without, in processes of their own: ``bench.dbt_commands``.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import time
from functools import wraps
from typing import Any

# Phase by phase, the functions that it consists of. What one calls of another counts there alone.
PHASES = {
    "load": [
        ("dbt.parser.manifest", "ManifestLoader.read_manifest_for_partial_parse"),
        ("dbt.parser.manifest", "ManifestLoader.load"),
    ],
    "files": [("dbt.parser.read_files", "ReadFilesFromFileSystem.read_files")],
    "check": [("dbt.parser.manifest", "_check_manifest")],
    "flat graph": [("dbt.contracts.graph.manifest", "Manifest.build_flat_graph")],
    "macros": [("dbt.parser.manifest", "ManifestLoader.save_macros_to_adapter")],
    "link": [("dbt.compilation", "Compiler.compile")],
    "write": [
        ("dbt.parser.manifest", "write_manifest"),
        ("dbt.compilation", "Linker.write_graph"),
        ("dbt.parser.manifest", "ManifestLoader.write_manifest_for_partial_parse"),
    ],
    "output": [("dbt.task.list", "ListTask.output_results")],
}


class Stopwatch:
    """Seconds by phase; while one runs within another, only the inner one's clock does."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.running: list[str] = []
        self.since = time.perf_counter()

    def switch(self) -> None:
        now = time.perf_counter()
        if self.running:
            self.seconds[self.running[-1]] += now - self.since
        self.since = now

    def time(self, phase: str, module: str, path: str) -> None:
        owner: Any = importlib.import_module(module)
        *parts, name = path.split(".")
        for part in parts:
            owner = getattr(owner, part)
        timed = getattr(owner, name)

        @wraps(timed)
        def stopped(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self.running.append(phase)
            try:
                return timed(*args, **kwargs)
            finally:
                self.switch()
                self.running.pop()

        setattr(owner, name, stopped)


def main() -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds of imports, not part of a phase

    # The seams have to be in place before the clocks are put around them.
    importlib.import_module("dbt_flatmanifest")
    stopwatch = Stopwatch()
    for phase, functions in PHASES.items():
        for module, path in functions:
            stopwatch.time(phase, module, path)
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke(sys.argv[1:])
    elapsed = time.perf_counter() - start
    if result.exception is not None:
        raise result.exception
    print(json.dumps({**stopwatch.seconds, "command": elapsed}))


if __name__ == "__main__":
    main()
