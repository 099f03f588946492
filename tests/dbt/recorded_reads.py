"""``python -m tests.dbt.recorded_reads COMMANDS RECORD``: records what dbt's commands read.

COMMANDS is a JSON list of lists of arguments, which dbt runs in this process. With FLATMANIFEST=1
the dependency recorder runs as in ``python -m flatmanifest.dbt``, and writes all its records into
the JSON file RECORD. With FLATMANIFEST=0 dbt runs alone, and nothing is written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def run(commands: list[list[str]]) -> None:
    from dbt.cli.main import cli

    for arguments in commands:
        cli.main(arguments, prog_name="dbt", standalone_mode=False)


def recorded(commands: list[list[str]]) -> dict[str, Any]:
    from flatmanifest.dbt.dependencies import DependencyRecorder
    from flatmanifest.dbt.seams import Level, Stage, seam
    from flatmanifest.dbt.switch import switch_on

    recorder = DependencyRecorder()
    recorder.start()
    trees: set[str] = set()

    @seam(
        "dbt.parser.manifest:ManifestLoader",
        "load",
        "the entry's directories are recorded",
        level=Level.RECORDER,
        stage=Stage.COMMAND,
    )
    def load(original: Any, loader: Any) -> Any:
        manifest = original(loader)
        trees.update(loader.flatmanifest_load.entry.dependencies.files["read"])
        return manifest

    assert switch_on(records=True)
    recorder.take_values()
    try:
        run(commands)
    finally:
        recorder.stop()
    accesses = recorder.accesses
    return {
        "read": sorted(accesses.read),
        "listed": sorted(accesses.listed),
        "probed": sorted(accesses.probed),
        "written": sorted(accesses.written),
        "reached": accesses.reached,
        "trees": sorted(trees),
        "values": recorder.values,
        "own": recorder.accesses.own,
    }


def main() -> None:
    commands, record = json.loads(sys.argv[1]), Path(sys.argv[2])
    if os.environ.get("FLATMANIFEST") == "0":
        run(commands)
    else:
        record.write_text(json.dumps(recorded(commands)))


if __name__ == "__main__":
    main()
