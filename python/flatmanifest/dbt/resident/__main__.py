"""``python -m flatmanifest.dbt.resident SOCKET ADAPTER…``: a template. ``starting`` runs it."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flatmanifest.dbt.resident.command import Command


def main() -> Command | None:
    """Serve as a template. Returns None at its end; in a copy, the command that it is to run."""
    path, *adapters = sys.argv[1:]
    # Python puts the working directory first on its path.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109
        del sys.path[0]
    from flatmanifest.dbt.resident import lock  # noqa: PLC0415

    if lock.held(path) is None:
        return None
    read_environment()
    idle = lock.idle_seconds(os.environ)
    from flatmanifest.dbt.dependencies import recording  # noqa: PLC0415
    from flatmanifest.dbt.resident import imports  # noqa: PLC0415

    loaded = imports.Imports()
    try:
        loaded.load(adapters[0] if adapters else "")
    except imports.JustChangedError:
        return None  # the next command starts another template
    except (imports.NotServingError, ImportError) as error:
        lock.note_refusal(path, str(error))
        return None
    imports.forget_other_variables(loaded.recorder.lookups.names)
    recording.of_imports = loaded.recorder
    from flatmanifest.dbt.resident.template import Template  # noqa: PLC0415

    template = Template(Path(path), loaded, idle)
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, the pages of objects that stay
    return template.serve()


def read_environment() -> None:
    """Set the variables that standard input has: those that the starting command had."""
    for entry in sys.stdin.buffer.read().split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals:
            os.environb[name] = value
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


if __name__ == "__main__":
    command = main()
    if command is None:
        os._exit(0)  # exit functions of dbt's libraries are for commands
    command.run()
