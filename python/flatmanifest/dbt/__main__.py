"""``python -m flatmanifest.dbt``: dbt with the plugin on. ``flatmanifest dbt`` runs it."""

from __future__ import annotations

import os
import sys


def main() -> None:
    # Python puts the working directory first on its path, and dbt would look for plugins there.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109
        del sys.path[0]
    import importlib.util  # noqa: PLC0415

    if importlib.util.find_spec("dbt") is None:
        sys.exit(f"flatmanifest: there is no dbt in {sys.prefix}: pip install dbt-core there")
    from flatmanifest.dbt.cache import shared  # noqa: PLC0415
    from flatmanifest.dbt.front_door import history  # noqa: PLC0415
    from flatmanifest.dbt.resident import starting  # noqa: PLC0415

    because = history.taken_reason()
    socket = starting.taken_socket()
    shared.answer_from_remote(sys.argv[1:])
    from flatmanifest.dbt.dependencies import recording  # noqa: PLC0415
    from flatmanifest.dbt.locks import use_unnamed  # noqa: PLC0415
    from flatmanifest.dbt.recorded_command import RecordedCommand  # noqa: PLC0415

    command = RecordedCommand(because)
    use_unnamed()
    from dbt.cli.main import cli  # noqa: PLC0415 - seconds of imports

    if recording.of_imports is not None:
        load_env_file()
    try:
        with command.running():
            sys.argv[0] = "dbt"
            cli(prog_name="dbt")
    finally:
        starting.start(socket, command.dependencies.environment)


def load_env_file() -> None:
    """Load the .env file of the working directory, as importing dbt.cli.main does in dbt 1.12.

    In a copy of a template, the module has been imported elsewhere.
    """
    from dbt.cli import main as of_dbt  # noqa: PLC0415

    load = getattr(of_dbt, "load_dotenv", None)
    if load is not None:
        load(of_dbt.find_dotenv(usecwd=True), override=False)


if __name__ == "__main__":
    main()
